"""Snapshot: one revision compiled for the data plane. Immutable; a request keeps the one it began with."""

from typing import final

import msgspec

from crossgate.core.policies.app_token import TokenEndpoint
from crossgate.core.policies.call import Check
from crossgate.core.policies.client_address import ClientAddressRule
from crossgate.core.policies.cors import CrossOrigin
from crossgate.core.policies.gateway_response import Responses
from crossgate.core.policies.signature_key import BackendSigner
from crossgate.core.snapshot.config import Limits
from crossgate.core.snapshot.mapping import Mapping
from crossgate.core.snapshot.router import Router
from crossgate.cors.table import CorsTable

RELEASE = b"RELEASE"


class Address(msgspec.Struct, frozen=True, cache_hash=True):
    """Where a backend listens; also the key of its connection pool."""

    host: str
    port: int
    tls: bool


class HttpTarget(msgspec.Struct, frozen=True, kw_only=True):
    """A compiled HTTP backend. `method` None stands for the caller's own; times in seconds.

    `retries` counts further attempts; None is the contract's `-1`: one, for methods that may be repeated.
    """

    address: Address
    host_line: bytes
    method: bytes | None
    path: bytes
    timeout_s: float
    retries: int | None
    mapping: Mapping | None


@final
class MockAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A compiled Mock backend."""

    status: int
    body: bytes


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One API in one environment, ready to serve.

    `cross_origin` grants what its responses carry (None: nothing is added). `preflight` is the policy of its
    `cors` plugin, which alone answers preflights. `checks` are what a call has to pass, in order; an OPTIONS API
    lets preflights pass them all, and any other that `asks_for_credentials` refuses them. `responses` are what the
    gateway itself answers, None where that is the contract's own. `signer` signs what the backend gets.
    """

    api_id: str
    api_name: str
    group_id: str
    env_id: str
    env: bytes
    path_names: tuple[str, ...]
    takes_http: bool
    protocol: str
    cross_origin: CrossOrigin | None
    preflight: CorsTable | None
    backend: HttpTarget | MockAnswer
    checks: tuple[Check, ...] = ()
    answers_preflights: bool = False
    asks_for_credentials: bool = False
    responses: Responses | None = None
    signer: BackendSigner | None = None


class Site(msgspec.Struct, frozen=True):
    """One group: its environments by name, each with its router; what it answers where no API is found."""

    group_id: str
    environments: dict[bytes, Router[Route]]
    responses: Responses | None = None


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a worker serves by.

    `client_address` says where else than at the other end of its connection a client is; None: nowhere.
    """

    revision: int
    limits: Limits
    client_address: ClientAddressRule | None
    token_endpoint: TokenEndpoint | None
    sites: dict[bytes, Site]
    wildcard_sites: dict[bytes, Site]
    default_site: Site | None

    def site(self, host: bytes) -> Site | None:
        """The group that a Host field value names (gateway.md 2.1, step 1); None when there is none."""
        site = self.sites.get(host)
        if site is not None:
            return site
        name = _host_name(host)
        if not name or _is_ip_literal(name):
            return self.default_site
        site = self.sites.get(name)
        while site is None and name:
            _, _, name = name.partition(b".")
            site = self.wildcard_sites.get(name)
        return site


def _host_name(host: bytes) -> bytes:
    if host.startswith(b"["):
        return host.partition(b"]")[0] + b"]"
    return host.partition(b":")[0].lower().removesuffix(b".")


def _is_ip_literal(name: bytes) -> bool:
    return name.startswith(b"[") or (name.count(b".") == 3 and name.replace(b".", b"").isdigit())


def path_policy(router: Router[Route], path: bytes) -> CorsTable | None:
    """The `cors` plugin of the path, whatever the method: it speaks where no API of that method exists."""
    return next((route.preflight for route in router.on_path(path) if route.preflight is not None), None)
