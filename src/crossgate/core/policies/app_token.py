"""Access tokens of apps: what the OAuth 2.0 endpoint gives out and an API of auth type APP takes (gateway.md 3.2)."""

import msgspec


class AppTokens(msgspec.Struct, frozen=True, kw_only=True):
    """The feature `app_token` as configured. `key` is sealed; without one tokens are signed by the apps' secrets alone."""

    uri: str = "/v1/apigw/oauth2/token"
    access_seconds: int = 3600
    refresh_seconds: int = 7200
    key: bytes = b""
