"""A policy of our own as a subject of the linter."""

from collections.abc import Callable

from crossgate.cors.lint.structure import OWN
from crossgate.cors.lint.subject import MatchKind, OriginMatch, Place, Route, Said, Subject
from crossgate.cors.policy import WILDCARD, CorsPolicy

_ANY_ROUTE = Route()


def subject_of(
    policy: CorsPolicy,
    *,
    name: str = "policy",
    place_of: Callable[[str], Place] = Place,
    route: Route = _ANY_ROUTE,
) -> Subject:
    """What `policy` says.

    `place_of` tells where something is written, given a field or entry of the policy such as `origins[2]`, and
    for `origins` where the policy begins.
    """

    def words(field: str, entries: tuple[str, ...]) -> tuple[Said, ...]:
        return tuple(Said(entry, place_of(f"{field}[{index}]")) for index, entry in enumerate(entries))

    def echoed(field: str, entries: tuple[str, ...]) -> Place | None:
        """With credentials, `*` is answered name by name."""
        return place_of(field) if policy.credentials and WILDCARD in entries else None

    return Subject(
        name=name,
        format=OWN,
        place=place_of("origins"),
        origins=tuple(
            OriginMatch(kind=_kind(entry, policy), text=entry, place=place_of(f"origins[{index}]"))
            for index, entry in enumerate(policy.origins)
        ),
        credentials=place_of("credentials") if policy.credentials else None,
        methods=words("methods", policy.methods),
        headers=words("headers", policy.headers),
        expose=words("expose", policy.expose),
        reflects_methods=echoed("methods", policy.methods),
        reflects_headers=echoed("headers", policy.headers),
        reflects_expose=echoed("expose", policy.expose),
        max_age=None if policy.max_age is None else Said(str(policy.max_age), place_of("max_age")),
        preflight_status=Said(str(policy.preflight_status), place_of("preflight_status")),
        vary="always",
        # Also with `keep`: the backend's headers then take the place of the gateway's, so there are never two.
        backend_cors="replaced",
        on_errors=True,
        rejects=place_of("reject_foreign") if policy.reject_foreign else None,
        debug=place_of("debug") if policy.debug else None,
        route=route,
    )


def _kind(entry: str, policy: CorsPolicy) -> MatchKind:
    if entry == WILDCARD:
        # With credentials it could only be kept by sending back whatever came.
        return "reflect" if policy.credentials else "any"
    return "host-pattern" if WILDCARD in entry else "exact"
