"""Builds subjects from the short form that the data files use."""

from typing import Any, get_type_hints

from crossgate.cors.lint.subject import Order, OriginMatch, Place, Route, Said, Subject

_PLACES = {
    "credentials",
    "reflects_methods",
    "reflects_headers",
    "reflects_expose",
    "private_network",
    "rejects",
    "is_internal",
    "debug",
    "preflight_without",
}
_LISTS = {"methods", "headers", "expose", "timing_allow_origin"}
_SAID = {"max_age", "preflight_status", "resource_policy"}


def subject_from(short: dict[str, Any], name: str = "policy") -> Subject:
    """The subject that a row means; what it does not say is not said."""
    assert short.keys() <= get_type_hints(Subject).keys(), short
    fields: dict[str, Any] = {"name": name, "format": "some-gateway", "place": Place(at="")}
    for key, value in short.items():
        if key == "origins":
            fields[key] = tuple(
                match_from(entry, Place(at=f"origins[{index}]")) for index, entry in enumerate(value)
            )
        elif key in _PLACES:
            fields[key] = Place(at=key) if value else None
        elif key in _LISTS:
            fields[key] = tuple(Said(text, Place(at=f"{key}[{index}]")) for index, text in enumerate(value))
        elif key in _SAID:
            fields[key] = Said(value, Place(at=key))
        elif key == "lost":
            fields[key] = tuple(Place(at=where) for where in value)
        elif key == "order":
            fields[key] = Order(**{what: Place(at=what) for what in value})
        elif key == "route":
            fields[key] = _route(value)
        else:
            fields[key] = tuple(value) if isinstance(value, list) else value
    return Subject(**fields)


def match_from(entry: str | list[Any], place: Place) -> OriginMatch:
    """The match that an entry of `origins` means."""
    if isinstance(entry, str):
        return OriginMatch(kind="exact", text=entry, place=place)
    kind, text, *options = entry
    return OriginMatch(kind=kind, text=text, place=place, **(options[0] if options else {}))


def _route(short: dict[str, Any]) -> Route:
    fields: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in short.items()
    }
    if "auth" in fields:
        fields["auth"] = frozenset(fields["auth"])
    return Route(**fields)
