"""Which operator calls: by a signature with their AK/SK, or by an access token (gateway.md 3.1, 3.2)."""

import msgspec


class OperatorConfig(msgspec.Struct, frozen=True, kw_only=True):
    """An operator as published; `secret` is sealed under the name of its access key."""

    id: str
    name: str
    access_key: str
    secret: bytes
