"""Public keys that tokens are verified with: a JWKS, and what it says of a token (RFC 7515, 7517, 7519).

RS256, RS384, RS512, ES256, ES384 and ES512 are the contract's algorithms. A set of one key verifies tokens that
name none; in a larger one every key has a `kid` of its own, and a token names it.
"""

import json
from typing import Any, Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

MAX_BYTES: Final = 50 * 1024
ALGORITHMS: Final = ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512")
_LEAST_MODULUS_CHARS: Final = 2048 // 6
_CURVES: Final = ("P-256", "P-384", "P-521")
_NOT_ASKED: Final = frozenset(("kid", "use", "key_ops"))

Key = RSAKey | ECKey
Keys = dict[str | None, Key]


class NotKeysError(ValueError):
    """The text is no set of public keys; the message says why."""


class NotATokenError(ValueError):
    """The text is no token these keys have signed; the message says why, and is fit for the caller."""


def read_keys(text: str | bytes) -> Keys:
    """The keys in a JWKS, by `kid`; raises NotKeysError.

    What a key may be used for is not asked: the contract's own example has one for encryption.
    """
    if len(text) > MAX_BYTES:
        raise NotKeysError(f"it is longer than {MAX_BYTES} bytes")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list) or not listed:
        raise NotKeysError('it is no JSON object with a list of `keys`, as in `{"keys":[{"kty":"RSA",…}]}`')
    keys: Keys = {}
    for number, each in enumerate(listed, start=1):
        kid = each.get("kid") if isinstance(each, dict) else None
        if kid is not None and not isinstance(kid, str):
            raise NotKeysError(f"the `kid` of key {number} is not a string")
        if kid in keys:
            raise NotKeysError(f"key {number} has no `kid` of its own")
        keys[kid] = _key(each, number)
    if None in keys and len(keys) > 1:
        raise NotKeysError("one of several keys has no `kid`")
    return keys


def _key(document: Any, number: int) -> Key:
    if not isinstance(document, dict):
        raise NotKeysError(f"key {number} is not an object")
    if "d" in document:
        raise NotKeysError(f"key {number} is private: keep that one secret, and give the public one")
    kind = document.get("kty")
    if kind == "RSA" and len(str(document.get("n"))) < _LEAST_MODULUS_CHARS:
        raise NotKeysError(f"key {number} has fewer than 2048 bits")
    if kind != "RSA" and (kind != "EC" or document.get("crv") not in _CURVES):
        raise NotKeysError(f"key {number} is neither RSA nor EC on the curves P-256, P-384 and P-521")
    public = {name: value for name, value in document.items() if name not in _NOT_ASKED}
    try:
        return RSAKey.import_key(public) if kind == "RSA" else ECKey.import_key(public)
    except (JoseError, ValueError, TypeError, KeyError):
        raise NotKeysError(f"key {number} cannot be read") from None


def verified(token: str, keys: Keys) -> dict[str, Any]:
    """The payload of a token that one of `keys` has signed; raises NotATokenError."""
    try:
        header = jws.extract_compact(token.encode()).headers()
    except (JoseError, ValueError, RecursionError):
        raise NotATokenError("it is not a JWT") from None
    if header.get("alg") not in ALGORITHMS:
        raise NotATokenError(f"its algorithm is none of {', '.join(ALGORITHMS)}")
    kid = header.get("kid")
    key = next(iter(keys.values())) if kid is None and len(keys) == 1 else None
    if isinstance(kid, str):
        key = keys.get(kid, keys.get(None))
    if key is None:
        raise NotATokenError("no key is known by its kid")
    try:
        payload = json.loads(jws.deserialize_compact(token, key, list(ALGORITHMS)).payload or b"")
    except JoseError:
        raise NotATokenError("its signature is wrong") from None
    except (ValueError, RecursionError):
        payload = None
    if not isinstance(payload, dict):
        raise NotATokenError("its payload is not a JSON object")
    return payload
