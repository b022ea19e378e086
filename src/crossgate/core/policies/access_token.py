"""Access tokens of operators, in `X-Auth-Token`. Signed, so they outlive the process; expiring, so they end."""

from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

LIFETIME: Final = timedelta(hours=24)
_ALGORITHM: Final = "HS256"
_AUDIENCE: Final = "crossgate admin"


class AccessToken(msgspec.Struct, frozen=True):
    """Who logged in, and for how long that counts."""

    user: str
    issued_at: datetime
    expires_at: datetime


def issue(user: str, now: datetime) -> AccessToken:
    """A token for `user` from `now` (aware) on."""
    issued_at = now.astimezone(UTC).replace(microsecond=0)
    return AccessToken(user, issued_at, issued_at + LIFETIME)


def write(token: AccessToken, key: bytes) -> str:
    """`token` as text that only who has `key` can make."""
    claims = {"sub": token.user, "aud": _AUDIENCE, "iat": token.issued_at, "exp": token.expires_at}
    return jwt.encode({"alg": _ALGORITHM}, claims, OctKey.import_key(key))


def read(text: str, key: bytes) -> AccessToken | None:
    """The token in `text`, ended or not; None for what nobody with `key` has written."""
    try:
        claims = jwt.decode(text, OctKey.import_key(key), algorithms=[_ALGORITHM]).claims
        if claims["aud"] != _AUDIENCE:
            return None
        return AccessToken(
            str(claims["sub"]),
            datetime.fromtimestamp(claims["iat"], UTC),
            datetime.fromtimestamp(claims["exp"], UTC),
        )
    except (JoseError, KeyError, TypeError, ValueError, OverflowError, RecursionError):
        return None
