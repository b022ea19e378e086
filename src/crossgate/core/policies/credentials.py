"""Credentials: the apps that may call, found by key or AppCode (gateway.md 1.5)."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterable
from typing import Literal

import msgspec

from crossgate.core.policies.addresses import Address, AddressSet
from crossgate.core.policies.spending import Period

OpenSecret = Callable[[bytes, str], bytes]


class AppQuota(msgspec.Struct, frozen=True, kw_only=True):
    """How often an app may call in all; its first period begins at `starts_at`, in seconds since the epoch."""

    id: str
    limit: int
    period: Period
    starts_at: float | None = None


class AppConfig(msgspec.Struct, frozen=True, kw_only=True):
    """An app as published: `secret` is sealed, of each AppCode there is the SHA-256 alone."""

    id: str
    name: str
    key: str
    secret: bytes
    codes: tuple[bytes, ...] = ()
    acl_type: Literal["PERMIT", "DENY"] | None = None
    acl_values: tuple[str, ...] = ()
    quota: AppQuota | None = None


class App:
    """An app ready to be asked for. Its secret is opened when it is first needed."""

    __slots__ = ("_addresses", "_is_permitted_there", "_open", "_sealed", "_secret", "id", "key", "name", "quota")

    def __init__(self, config: AppConfig, open_secret: OpenSecret) -> None:
        self.id = config.id
        self.key = config.key
        self.name = config.name
        self.quota = config.quota
        self._open = open_secret
        self._sealed = config.secret
        self._secret: str | None = None
        self._addresses = AddressSet(config.acl_values) if config.acl_type else None
        self._is_permitted_there = config.acl_type == "PERMIT"

    @property
    def secret(self) -> str:
        """The app's secret."""
        if self._secret is None:
            self._secret = self._open(self._sealed, secret_name(self.id)).decode()
        return self._secret

    def may_call_from(self, client: Address | None) -> bool:
        """Whether its access control lets it be used from the address `client`."""
        return self._addresses is None or (client in self._addresses) is self._is_permitted_there


def secret_name(app_id: str) -> str:
    """The name an app's secret is sealed under."""
    return f"app:{app_id}:secret"


def read_basic(authorization: bytes) -> tuple[bytes, bytes] | None:
    """Name and password of basic authentication; None for another scheme, ValueError where it cannot be read."""
    scheme, _, coded = authorization.partition(b" ")
    if scheme.lower() != b"basic":
        return None
    name, colon, password = base64.b64decode(coded.strip(), validate=True).partition(b":")
    if not colon:
        raise ValueError("there is no colon between name and password")
    return name, password


def code_digest(code: bytes) -> bytes:
    """What an AppCode is found by."""
    return hashlib.sha256(code).digest()


class Credentials:
    """Every app of one revision."""

    __slots__ = ("_by_code", "_by_key", "_proven")

    def __init__(self, configs: Iterable[AppConfig], open_secret: OpenSecret) -> None:
        self._by_key: dict[str, App] = {}
        self._by_code: dict[bytes, App] = {}
        self._proven: dict[bytes, App] = {}
        for config in configs:
            app = self._by_key[config.key] = App(config, open_secret)
            for digest in config.codes:
                self._by_code[digest] = app

    def by_key(self, key: str) -> App | None:
        """The app with this key."""
        return self._by_key.get(key)

    def by_secret(self, key: bytes, secret: bytes) -> App | None:
        """The app with this key and this secret; an unknown key takes as long as a wrong secret."""
        app = self.by_key(key.decode("latin-1"))
        expected = app.secret.encode() if app is not None else b"\0" * 32
        return app if hmac.compare_digest(expected, secret) else None

    def by_code(self, code: bytes) -> App | None:
        """The app with this AppCode; how long it takes says nothing about the codes there are."""
        app = self._proven.get(code)
        if app is None:
            app = self._by_code.get(code_digest(code))
            if app is not None:
                # Looked for again, it need not be digested: a dictionary compares what has the same hash alone.
                self._proven[code] = app
        return app
