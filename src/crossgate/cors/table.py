"""A policy compiled for answering: every lookup bounded, everything that can be written beforehand written."""

import msgspec

from crossgate.cors.check import check, read_entry
from crossgate.cors.disclosure import disclosed
from crossgate.cors.finding import Finding
from crossgate.cors.origin import MAX_ORIGIN_BYTES, NULL
from crossgate.cors.pattern import Pattern, PatternSet
from crossgate.cors.policy import MAX_AGE_S, NEVER_EXPOSED, WILDCARD, BackendHeaders, CorsPolicy
from crossgate.cors.preflight import SAFELISTED_METHODS, AllowedHeaders, AllowedMethods
from crossgate.cors.server import (
    ALLOW_CREDENTIALS,
    ALLOW_HEADERS,
    ALLOW_METHODS,
    ALLOW_ORIGIN,
    EXPOSE_HEADERS,
    MAX_AGE,
    PREFLIGHT_VARY,
    VARY,
    Fields,
    Grant,
    PreflightAnswer,
    block,
    refusal,
)

_ALLOW_ORIGIN_START = ALLOW_ORIGIN + b": "


class CorsTable(msgspec.Struct, frozen=True, kw_only=True):
    """A compiled policy; made by compile_policy().

    `anyone` is the one answer of a policy that allows `*`. Otherwise `listed` has a ready grant for each listed
    origin, `patterns` match the rest, and what they match gets `shared` beside its own name.
    """

    anyone: Grant | None
    listed: dict[bytes, Grant]
    patterns: PatternSet
    shared: "_Shared"
    absent: Grant
    foreign: Grant
    too_long: Grant
    methods: AllowedMethods
    request_headers: AllowedHeaders
    preflight_block: bytes
    preflight_status: int
    debug: bool

    def grant(self, origin: bytes | None) -> Grant:
        """What an actual response carries; repeated `Origin` fields come joined with a comma and match nothing.

        Reasons: any-origin, origin-listed, origin-matches-pattern, no-origin, origin-not-listed, origin-null,
        origin-too-long.
        """
        if self.anyone is not None:
            return self.anyone
        if origin is None:
            return self.absent
        # Before the lookup: hashing takes as long as the value is.
        if len(origin) > MAX_ORIGIN_BYTES:
            return self.too_long
        found = self.listed.get(origin)
        if found is not None:
            return found
        if self.patterns.matches(origin):
            return self.shared.grant(origin, "origin-matches-pattern")
        return self.foreign

    def preflight(
        self, origin: bytes, requested_method: bytes, requested_headers: bytes | None
    ) -> PreflightAnswer:
        """The answer to a preflight, in the order of Fetch "CORS-preflight fetch": origin, method, headers.

        Reasons beside those of grant(): method-malformed, method-forbidden, method-wrong-case,
        method-not-allowed, headers-too-many, header-malformed, header-not-allowed.
        """
        grant = self.grant(origin)
        if not grant.allowed:
            return self.refuse_preflight(grant.reason)
        methods = self.methods.answer(requested_method)
        if isinstance(methods, str):
            return self.refuse_preflight(methods, requested_method)
        headers = self.request_headers.answer(requested_headers)
        if isinstance(headers, str):
            return self.refuse_preflight(headers, requested_method, requested_headers)
        fields = _ALLOW_ORIGIN_START + (origin if self.anyone is None else b"*") + b"\r\n"
        if methods or headers:
            fields += block(methods + headers)
        return PreflightAnswer(self.preflight_status, fields + self.preflight_block, True, grant.reason)

    def refuse_preflight(
        self, reason: str, requested_method: bytes = b"", requested_headers: bytes | None = None
    ) -> PreflightAnswer:
        """The refusal for `reason`, which may lie outside the policy: no API has the announced method (case K26).

        With debugging on it says why in a header.
        """
        if not self.debug:
            return refusal(reason)
        return disclosed(reason, requested_method, requested_headers, allowed=self.request_headers.listed)


class _Shared(msgspec.Struct, frozen=True):
    """What all allowed origins have in common."""

    fields: Fields
    block: bytes
    backend_headers: BackendHeaders
    exposes_all_names: bool

    def grant(self, origin: bytes, reason: str) -> Grant:
        return Grant(
            True,
            ((ALLOW_ORIGIN, origin), *self.fields),
            _ALLOW_ORIGIN_START + origin + b"\r\n" + self.block,
            self.backend_headers,
            self.exposes_all_names,
            False,
            reason,
        )


def compile_policy(policy: CorsPolicy) -> CorsTable | list[Finding]:
    """The table of `policy`, or all reasons for which there can be none."""
    findings = check(policy)
    if findings:
        return findings
    shared = _shared(policy)
    listed, patterns = _origins(policy, shared)
    any_method = WILDCARD in policy.methods
    any_header = WILDCARD in policy.headers
    return CorsTable(
        anyone=_anyone(policy) if WILDCARD in policy.origins else None,
        listed=listed,
        patterns=patterns,
        shared=shared,
        absent=_nothing(policy, "no-origin", rejects=False),
        foreign=_nothing(policy, "origin-not-listed", rejects=policy.reject_foreign),
        too_long=_nothing(policy, "origin-too-long", rejects=policy.reject_foreign),
        methods=AllowedMethods(
            SAFELISTED_METHODS | {method.encode() for method in policy.methods},
            is_any=any_method,
            echoes=any_method and policy.credentials,
        ),
        request_headers=AllowedHeaders(
            frozenset(header.lower().encode() for header in policy.headers),
            is_any=any_header,
            echoes=any_header and policy.credentials,
        ),
        preflight_block=block(_preflight_fields(policy)),
        preflight_status=policy.preflight_status,
        debug=policy.debug,
    )


def _origins(policy: CorsPolicy, shared: _Shared) -> tuple[dict[bytes, Grant], PatternSet]:
    listed = {NULL.encode(): _nothing(policy, "origin-null", rejects=policy.reject_foreign)}
    patterns = []
    for entry in policy.origins:
        meant = read_entry(entry, "") if entry not in (WILDCARD, NULL) else entry
        if isinstance(meant, Pattern):
            patterns.append(meant)
        else:
            listed[entry.encode()] = shared.grant(entry.encode(), "origin-listed")
    return listed, PatternSet(patterns)


def _shared(policy: CorsPolicy) -> _Shared:
    fields: Fields = (*_credentials(policy), *_expose(policy), (VARY, b"Origin"))
    return _Shared(fields, block(fields), policy.backend_headers, _exposes_all_names(policy))


def _anyone(policy: CorsPolicy) -> Grant:
    fields: Fields = ((ALLOW_ORIGIN, b"*"), *_expose(policy))
    return Grant(True, fields, block(fields), policy.backend_headers, False, False, "any-origin")


def _nothing(policy: CorsPolicy, reason: str, *, rejects: bool) -> Grant:
    # Vary all the same: a cache must not serve this answer to an origin that is allowed (case K01).
    fields: Fields = ((VARY, b"Origin"),)
    return Grant(False, fields, block(fields), policy.backend_headers, False, rejects, reason)


def _preflight_fields(policy: CorsPolicy) -> Fields:
    fields = list(_credentials(policy))
    for name, values in ((ALLOW_METHODS, policy.methods), (ALLOW_HEADERS, policy.headers)):
        # With credentials browsers take `*` for a name, so it is answered name by name instead.
        if values and not (policy.credentials and WILDCARD in values):
            fields.append((name, _joined(values)))
    if policy.max_age is not None:
        fields.append((MAX_AGE, b"%d" % min(policy.max_age, MAX_AGE_S)))
    return (*fields, PREFLIGHT_VARY)


def _credentials(policy: CorsPolicy) -> Fields:
    return ((ALLOW_CREDENTIALS, b"true"),) if policy.credentials else ()


def _exposes_all_names(policy: CorsPolicy) -> bool:
    return policy.credentials and WILDCARD in policy.expose


def _expose(policy: CorsPolicy) -> Fields:
    names = tuple(name for name in policy.expose if name.lower() not in NEVER_EXPOSED)
    if not names or _exposes_all_names(policy):
        return ()
    return ((EXPOSE_HEADERS, _joined(names)),)


def _joined(names: tuple[str, ...]) -> bytes:
    """One list without repetitions, spelt as the policy spells it.

    Of names that `*` covers, only Authorization needs saying beside it.
    """
    unique = list(dict.fromkeys(names))
    if WILDCARD in unique:
        unique = [name for name in unique if name.lower() in (WILDCARD, "authorization")]
    return ", ".join(unique).encode()
