"""Access tokens of apps: what the OAuth 2.0 endpoint gives out and an API of auth type APP takes (gateway.md 3.2).

A token is a JWT that names the app's key as `kid`. It is signed with a key made from the app's id, its secret and,
where the operator has set one, `app_token_key`. So nothing is stored, every worker reads every token, and a reset
secret or a deleted app ends all of the app's tokens at once.

Where the contract is silent:

- The endpoint takes a form, as RFC 6749 says, and the client in the form or by basic authentication, not both.
  A scope means nothing: what an app may call is authorized elsewhere.
- A wrong client is answered with APIG.2201, whatever of it is wrong; its twin APIG.1009 is never sent.
- A refresh gives a new token of each kind. The old ones stay good for their time.
- `through_data` is printable, is in the answer and both tokens, stays through a refresh that brings none, and is
  known as `$context.authorizer.frontend.through_data` when the token is used.
- A call carries its token as `Authorization: Bearer <access_token>`.
"""

import hmac
import math
from collections.abc import Mapping, Sequence
from typing import Final, Literal
from urllib.parse import parse_qsl

import msgspec
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from crossgate.core.errors import Fault, runtime
from crossgate.core.policies.credentials import App, Credentials, OpenSecret, read_basic
from crossgate.core.policies.gateway_response import Rendered

MAX_BODY_BYTES: Final = 64 * 1024
KEY_NAME: Final = "app-token-key"
"""The name `app_token_key` is sealed under."""
_MAX_THROUGH_DATA: Final = 300
_ALGORITHM: Final = "HS256"
_FIELDS: Final = (
    (b"Content-Type", b"application/json"),
    (b"Cache-Control", b"no-store"),
    (b"Pragma", b"no-cache"),
)

Use = Literal["access", "refresh"]
Fields = Sequence[tuple[bytes, bytes]]


class AppTokens(msgspec.Struct, frozen=True, kw_only=True):
    """The feature `app_token` as configured.

    `key` is sealed as KEY_NAME; without one tokens are signed by the apps' secrets alone.
    """

    uri: str = "/v1/apigw/oauth2/token"
    access_seconds: int = 3600
    refresh_seconds: int = 7200
    key: bytes = b""


class _Claims(msgspec.Struct):
    aud: Use
    exp: int
    through_data: str = ""


class AppToken(msgspec.Struct, frozen=True):
    """A token that was given out to `app`, and ends at `expires_at`, in seconds since the epoch."""

    app: App
    expires_at: int
    through_data: str

    @property
    def context(self) -> dict[str, str]:
        """What a call with the token knows by the names of `$context.`."""
        return {"authorizer.frontend.through_data": self.through_data} if self.through_data else {}


class AppTokenIssuer:
    """Writes tokens of the apps there are, and reads them."""

    def __init__(self, config: AppTokens, credentials: Credentials, open_secret: OpenSecret) -> None:
        self.config = config
        self.credentials = credentials
        self._open = open_secret
        self._key: bytes | None = None

    def issued(self, app: App, use: Use, now: float, through_data: str = "") -> str:
        """A token of `app` that is good for as long as is configured from `now` on, in seconds since the epoch."""
        lifetime = self.config.access_seconds if use == "access" else self.config.refresh_seconds
        claims = {"aud": use, "exp": math.floor(now) + lifetime, "through_data": through_data}
        return jwt.encode({"alg": _ALGORITHM, "kid": app.key}, claims, self._key_of(app))

    def accepted(self, text: bytes, now: float) -> AppToken:
        """The access token a call carries; raises what the contract answers to any other."""
        token = self.read(text, "access")
        if token is None:
            raise Fault(runtime.ACCESS_TOKEN_INVALID)
        if token.expires_at <= now:
            raise Fault(runtime.ACCESS_TOKEN_EXPIRED)
        return token

    def read(self, text: bytes, use: Use) -> AppToken | None:
        """The token in `text`, ended or not; None for what is none of this use.

        Raises APIG.1004 where it names an app that is not there.
        """
        try:
            key = jws.extract_compact(text).headers().get("kid")
            app = self.credentials.by_key(key) if isinstance(key, str) else None
            if isinstance(key, str) and app is None:
                raise Fault(runtime.APP_NOT_FOUND)
            if app is None:
                return None
            written = jwt.decode(text, self._key_of(app), algorithms=[_ALGORITHM]).claims
            claims = msgspec.convert(written, _Claims)
        except (JoseError, ValueError, TypeError, RecursionError):
            return None
        return AppToken(app, claims.exp, claims.through_data) if claims.aud == use else None

    def _key_of(self, app: App) -> OctKey:
        if self._key is None:
            self._key = self._open(self.config.key, KEY_NAME) if self.config.key else b"crossgate app tokens"
        return OctKey.import_key(hmac.digest(self._key, f"{app.id} {app.secret}".encode(), "sha256"))


class TokenEndpoint:
    """The OAuth 2.0 endpoint, for whoever calls `uri`."""

    def __init__(self, issuer: AppTokenIssuer) -> None:
        self._issuer = issuer
        self.uri = issuer.config.uri.encode()

    def answer(self, method: bytes, fields: Fields, body: bytes, now: float) -> Rendered:
        """Tokens for the client that asks; raises Fault. `now` is in seconds since the epoch."""
        form = _form(method, fields, body)
        grant_type = form.get("grant_type")
        if not grant_type:
            raise Fault(runtime.GRANT_TYPE_MISSING)
        if grant_type not in ("client_credentials", "refresh_token"):
            raise Fault(runtime.GRANT_TYPE_UNKNOWN)
        key, secret = _client(form, _values(fields, b"authorization"))
        is_refresh = grant_type == "refresh_token"
        if is_refresh and not form.get("refresh_token"):
            raise Fault(runtime.REFRESH_TOKEN_MISSING)
        through_data = _through_data(form)
        app = self._issuer.credentials.by_secret(key, secret)
        if app is None:
            raise Fault(runtime.CLIENT_INVALID)
        if is_refresh:
            refreshed = self._refreshed(app, form["refresh_token"], now)
            through_data = through_data or refreshed.through_data
        return self._tokens(app, through_data, now)

    def _refreshed(self, app: App, text: str, now: float) -> AppToken:
        token = self._issuer.read(text.encode(), "refresh")
        if token is None:
            raise Fault(runtime.REFRESH_TOKEN_INVALID)
        if token.app is not app:
            raise Fault(runtime.REFRESH_TOKEN_OF_ANOTHER)
        if token.expires_at <= now:
            raise Fault(runtime.REFRESH_TOKEN_EXPIRED)
        return token

    def _tokens(self, app: App, through_data: str, now: float) -> Rendered:
        document: dict[str, str | int] = {
            "access_token": self._issuer.issued(app, "access", now, through_data),
            "token_type": "Bearer",
            "expires_in": self._issuer.config.access_seconds,
            "refresh_token": self._issuer.issued(app, "refresh", now, through_data),
        }
        if through_data:
            document["through_data"] = through_data
        return Rendered(200, _FIELDS, msgspec.json.encode(document))


def _values(fields: Fields, name: bytes) -> list[bytes]:
    return [value for field, value in fields if field.lower() == name]


def _form(method: bytes, fields: Fields, body: bytes) -> dict[str, str]:
    """The parameters of a request; raises where it is no form, or not a plain one."""
    if method != b"POST":
        raise Fault(runtime.METHOD_UNSUPPORTED)
    types = [value.partition(b";")[0].strip().lower() for value in _values(fields, b"content-type")]
    if types != [b"application/x-www-form-urlencoded"]:
        raise runtime.CONTENT_TYPE_INVALID.because("send application/x-www-form-urlencoded")
    if len(body) > MAX_BODY_BYTES:
        raise Fault(runtime.ENTITY_TOO_LARGE)
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict")
    except ValueError:
        raise runtime.AUTH_PARAMETER_INVALID.because("the form cannot be read") from None
    form = dict(pairs)
    if len(form) < len(pairs):
        raise runtime.AUTH_PARAMETER_INVALID.because("a parameter is there more than once")
    return form


def _client(form: Mapping[str, str], authorizations: list[bytes]) -> tuple[bytes, bytes]:
    """Key and secret of the client, from where it has put them."""
    if authorizations:
        return _client_in_header(form, authorizations)
    if not form.get("client_id"):
        raise Fault(runtime.CLIENT_ID_MISSING)
    if not form.get("client_secret"):
        raise Fault(runtime.CLIENT_SECRET_MISSING)
    return form["client_id"].encode(), form["client_secret"].encode()


def _client_in_header(form: Mapping[str, str], authorizations: list[bytes]) -> tuple[bytes, bytes]:
    try:
        (authorization,) = authorizations
        basic = read_basic(authorization)
    except ValueError:
        raise runtime.AUTH_PARAMETER_INVALID.because("the header authorization cannot be read") from None
    if basic is None:
        raise runtime.AUTH_METHOD_INVALID.because("send the client in the form, or by basic authentication")
    if "client_secret" in form or form.get("client_id", "").encode() not in (b"", basic[0]):
        raise runtime.AUTH_PARAMETER_INVALID.because("the client is there twice, in the form and in the header")
    return basic


def _through_data(form: Mapping[str, str]) -> str:
    text = form.get("through_data", "")
    if len(text) > _MAX_THROUGH_DATA:
        raise Fault(runtime.THROUGH_DATA_TOO_LONG)
    if not text.isprintable():
        raise runtime.AUTH_PARAMETER_INVALID.because("through_data has characters that cannot be printed")
    return text
