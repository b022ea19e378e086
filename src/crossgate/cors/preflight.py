"""What a preflight may announce: the methods and request headers of a policy, and how much a preflight may ask."""

import msgspec

from crossgate.cors.check import FORBIDDEN_METHODS
from crossgate.cors.server import ALLOW_HEADERS, ALLOW_METHODS, Fields
from crossgate.cors.tokens import is_token

# Browsers send far less; beyond these a preflight is refused unread (cases P15, P18).
MAX_METHOD_BYTES = 64
MAX_REQUESTED_HEADERS_BYTES = 4096
MAX_REQUESTED_HEADERS = 128
MAX_EMPTY_ELEMENTS = 16
_MAX_ELEMENTS = MAX_REQUESTED_HEADERS + MAX_EMPTY_ELEMENTS

# Pages may send these without asking, so they need no listing (Fetch, "CORS-safelisted method").
SAFELISTED_METHODS = frozenset((b"GET", b"HEAD", b"POST"))
_FORBIDDEN_METHODS = frozenset(method.encode() for method in FORBIDDEN_METHODS)


class AllowedMethods(msgspec.Struct, frozen=True):
    """The methods of a policy. `echoes`: all are allowed, and the announced one is answered by name."""

    listed: frozenset[bytes]
    is_any: bool
    echoes: bool

    def answer(self, method: bytes) -> Fields | str:
        """Fields to add for the announced method, or the reason for which it is refused."""
        # Before any lookup: hashing takes as long as the value is.
        if len(method) > MAX_METHOD_BYTES:
            return "method-malformed"
        if method not in self.listed:
            reason = self._refusal(method)
            if reason is not None:
                return reason
        return ((ALLOW_METHODS, method),) if self.echoes else ()

    def _refusal(self, method: bytes) -> str | None:
        upper = method.upper()
        if not is_token(method):
            return "method-malformed"
        if upper in _FORBIDDEN_METHODS:
            return "method-forbidden"
        if self.is_any:
            return None
        return "method-wrong-case" if upper in self.listed else "method-not-allowed"


class AllowedHeaders(msgspec.Struct, frozen=True):
    """The request headers of a policy. `echoes`: all are allowed, and the announced ones are answered by name."""

    listed: frozenset[bytes]
    is_any: bool
    echoes: bool

    def answer(self, requested: bytes | None) -> Fields | str:
        """Fields to add for the announced headers, or the reason for which they are refused."""
        if not requested:
            return ()
        if len(requested) > MAX_REQUESTED_HEADERS_BYTES:
            return "headers-too-many"
        parts = requested.lower().split(b",", _MAX_ELEMENTS)
        if len(parts) <= MAX_REQUESTED_HEADERS and self.listed.issuperset(parts) and not self.echoes:
            return ()
        return self._tolerant(parts)

    def _tolerant(self, parts: list[bytes]) -> Fields | str:
        """The answer where spaces, empty elements or names that are not listed ask for a closer look."""
        names = [name for part in parts if (name := part.strip(b" \t"))]
        if len(names) > MAX_REQUESTED_HEADERS or len(parts) - len(names) > MAX_EMPTY_ELEMENTS:
            return "headers-too-many"
        if not self.listed.issuperset(names):
            # None of them is empty, so all of them are tokens when the bytes of all are.
            if not is_token(b"".join(names)):
                return "header-malformed"
            if not self.is_any:
                return "header-not-allowed"
        return ((ALLOW_HEADERS, b",".join(dict.fromkeys(names))),) if self.echoes and names else ()
