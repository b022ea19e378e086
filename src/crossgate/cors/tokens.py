"""Tokens and comma-separated lists, the two pieces of HTTP grammar that CORS is made of (RFC 9110, 5.6)."""

_TOKEN_BYTES = b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def is_token(value: bytes) -> bool:
    """Whether `value` is a token, as every method and field name must be."""
    return bool(value) and not value.translate(None, _TOKEN_BYTES)


def elements(value: bytes) -> list[bytes]:
    """The elements of a comma-separated list, without the white space around them; empty ones are left out."""
    return [element for part in value.split(b",") if (element := part.strip(b" \t"))]
