"""Dispatch: from a request head to what is to be done with it (gateway.md 2.1, 2.2, 2.4)."""

import msgspec

from crossgate.core.errors import Fault, runtime
from crossgate.core.policies.app_token import TokenEndpoint
from crossgate.core.policies.gateway_response import Responses
from crossgate.core.snapshot import path as paths
from crossgate.core.snapshot.router import Match, Router
from crossgate.core.snapshot.snapshot import RELEASE, Route, Site, Snapshot, path_policy
from crossgate.cors.server import Grant, PreflightAnswer, is_preflight

# As numbers: looking for bytes in bytes, `in` makes an error first, and drops it (CPython 3.11).
_PERCENT, _HASH, _DOT = b"%#."
_NEVER_SERVED = frozenset((b"TRACE", b"CONNECT"))
_STAGE_FIELD = b"x-stage"
# Longer lists of requested headers are refused by every policy.
_LONGEST_READ = 4096


class Named(msgspec.Struct, frozen=True, gc=False):
    """What dispatch reads of a request's fields: their values, repeated ones joined with a comma.

    `announces_stage`: among the requested headers of a preflight is `X-Stage`.
    """

    host: bytes
    stage: bytes | None
    origin: bytes | None
    requested_method: bytes | None
    requested_headers: bytes | None
    announces_stage: bool = False


class Target(msgspec.Struct, frozen=True, gc=False):
    """A request target: `path` is normalised, `is_plain` says it is as the client wrote it; `query` has no `?`.

    `host` is whom the request is meant for: the target's own authority, or the Host field.
    """

    host: bytes
    path: bytes
    query: bytes
    is_plain: bool


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What to do: answer the preflight, or `fault`, or as the token endpoint, or else forward along `match`.

    `match` is what was found, even where it is not gone along; `grant` goes on every answer. `responses` are the
    group's words for its faults, None for the contract's.
    """

    match: Match[Route] | None = None
    grant: Grant | None = None
    fault: Fault | None = None
    preflight: PreflightAnswer | None = None
    target: Target | None = None
    responses: Responses | None = None
    token_endpoint: TokenEndpoint | None = None


def announces_stage(requested_headers: bytes | None) -> bool:
    """Whether a preflight says that `X-Stage` will be sent."""
    if not requested_headers:
        return False
    requested = requested_headers[:_LONGEST_READ].lower()
    return _STAGE_FIELD in requested and _STAGE_FIELD in requested.replace(b" ", b"").split(b",")


def dispatch(snapshot: Snapshot, method: bytes, target: bytes, named: Named) -> Verdict:
    """The verdict on one request."""
    host = named.host
    if target[:1] != b"/":
        if target[:8].lower().startswith((b"http://", b"https://")):
            host, target = absolute_form(target)
        elif method in _NEVER_SERVED:
            return Verdict(fault=Fault(runtime.METHOD_UNSUPPORTED))
        else:
            return Verdict(fault=Fault(runtime.NOT_PUBLISHED))
    path, _, query = target.partition(b"?")
    is_plain = not (_PERCENT in path or _HASH in path or (_DOT in path and path.find(b"/.") >= 0))
    if not is_plain:
        try:
            path = paths.normalise(path)
        except paths.BadPathError as error:
            return Verdict(fault=runtime.BAD_REQUEST.because(str(error)))
    tokens = snapshot.token_endpoint
    if tokens is not None and path == tokens.uri:
        return Verdict(token_endpoint=tokens, target=Target(host, path, query, is_plain))
    site = snapshot.sites.get(host) or snapshot.site(host)
    if site is None:
        return Verdict(fault=Fault(runtime.NOT_PUBLISHED))
    if named.requested_method is not None and is_preflight(method, named.origin, named.requested_method):
        verdict = _preflight(site, named, path)
        if verdict is not None:
            return verdict
        return _actual(site, method, named, Target(host, path, query, is_plain), own_first=True)
    return _actual(site, method, named, Target(host, path, query, is_plain))


def absolute_form(target: bytes) -> tuple[bytes, bytes]:
    """Authority, and path with query, of a target that names its scheme."""
    # RFC 9112 section 3.2.2: the authority in the target replaces the Host field.
    authority, slash, rest = target.partition(b"://")[2].partition(b"/")
    authority, question, query = authority.partition(b"?")
    return authority.rpartition(b"@")[2], b"/" + rest if slash else b"/" + question + query


def _preflight(site: Site, named: Named, path: bytes) -> Verdict | None:
    """The answer of the announced request's `cors` plugin; None where no plugin speaks for this path."""
    assert named.origin is not None
    assert named.requested_method is not None
    for router in _routers(site, named):
        match = router.find(named.requested_method, path)
        if match is not None and match.route.preflight is not None:
            table = match.route.preflight
            answer = table.preflight(named.origin, named.requested_method, named.requested_headers)
            return Verdict(match=match, preflight=answer)
    for router in _routers(site, named):
        policy = path_policy(router, path)
        if policy is not None:
            return Verdict(preflight=policy.refuse_preflight("method-without-api", named.requested_method))
    return None


def _routers(site: Site, named: Named) -> list[Router[Route]]:
    """Where to look for the announced request.

    A preflight cannot carry `X-Stage`. When the page will send it, RELEASE is tried first, then the other
    environments by name.
    """
    if named.announces_stage and named.stage is None:
        names = sorted(site.environments, key=lambda name: (name != RELEASE, name))
        return [site.environments[name] for name in names]
    router = site.environments.get(named.stage or RELEASE)
    return [] if router is None else [router]


def _actual(site: Site, method: bytes, named: Named, target: Target, *, own_first: bool = False) -> Verdict:
    path = target.path
    router = site.environments.get(named.stage or RELEASE)
    if router is None:
        return Verdict(fault=Fault(runtime.NOT_PUBLISHED), responses=site.responses)
    # An OPTIONS API answers the preflights of all APIs below it; one of method ANY might refuse its own.
    match = (router.find_own(method, path) if own_first else None) or router.find(method, path)
    if match is None:
        policy = path_policy(router, path)
        exists = next(router.on_path(path), None) is not None
        return Verdict(
            grant=policy.grant(named.origin) if policy is not None else None,
            fault=Fault(runtime.NO_SUCH_API if exists else runtime.NOT_PUBLISHED),
            responses=site.responses,
        )
    route = match.route
    responses = route.responses
    grant = None if route.cross_origin is None else route.cross_origin.grant(named.origin)
    if method in _NEVER_SERVED:
        return Verdict(match=match, fault=Fault(runtime.METHOD_UNSUPPORTED), responses=responses)
    if not route.takes_http:
        fault = runtime.WRONG_PROTOCOL.naming(route.protocol)
        return Verdict(match=match, grant=grant, fault=fault, responses=responses)
    if grant is not None and grant.rejects:
        return Verdict(match=match, grant=grant, fault=Fault(runtime.ORIGIN_REFUSED), responses=responses)
    return Verdict(match=match, grant=grant, target=target, responses=responses)
