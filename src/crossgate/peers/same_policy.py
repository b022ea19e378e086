"""Joins subjects that say the same of several routes, so that one mistake is reported once."""

from collections.abc import Iterable

import msgspec

from crossgate.cors.lint.subject import Route, Subject

NO_AUTH = frozenset({"none"})


def joined(subjects: Iterable[Subject]) -> list[Subject]:
    """One subject in place of those that differ in nothing but their names, paths and upstreams."""
    found: dict[Subject, Subject] = {}
    for subject in subjects:
        route = msgspec.structs.replace(
            subject.route,
            name="",
            paths=(),
            path_matching=None,
            upstreams=(),
            auth=None if subject.route.auth == NO_AUTH else subject.route.auth,
        )
        key = msgspec.structs.replace(subject, name="", route=route)
        found[key] = _together(found[key], subject) if key in found else subject
    return list(found.values())


def _together(one: Subject, other: Subject) -> Subject:
    return msgspec.structs.replace(one, route=_routes(one.route, other.route))


def _routes(one: Route, other: Route) -> Route:
    return msgspec.structs.replace(
        one,
        paths=tuple(dict.fromkeys((*one.paths, *other.paths))),
        path_matching=one.path_matching if one.path_matching == other.path_matching else None,
        auth=one.auth if one.auth == other.auth else None,
        upstreams=tuple(dict.fromkeys((*one.upstreams, *other.upstreams))),
    )
