"""What a rule for response headers of any kind says about CORS, when it writes CORS headers."""

import re
from collections.abc import Iterable
from typing import Literal

import msgspec

from crossgate.cors.lint.subject import OriginMatch, Place, Route, Said, Subject

REFLECTS = re.compile(r"\$\{?http_origin\b|\$\(headers\.origin\)|request\.header\.origin\b", re.IGNORECASE)
TEMPLATE = re.compile(r"[$%{}]|request\.|\bcontext\.")


class HeaderRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule and the headers it writes: each name with its value, the first of a name counting."""

    name: str
    format: str
    place: Place
    written: tuple[tuple[str, Said], ...]


def read_rule(rule: HeaderRule, route: Route, is_header_rule: bool = True) -> Subject | None:
    """The subject of a rule; None when it does not write Access-Control-Allow-Origin."""
    values: dict[str, Said] = {}
    for name, value in rule.written:
        values.setdefault(name.strip().lower(), value)
    origin = values.get("access-control-allow-origin")
    if origin is None or not origin.text:
        return None
    sent = origin_sent(origin)
    return Subject(
        name=rule.name,
        format=rule.format,
        place=rule.place,
        origins=(sent,),
        credentials=_switched_on(values.get("access-control-allow-credentials")),
        methods=_listed(values.get("access-control-allow-methods")),
        headers=_listed(values.get("access-control-allow-headers")),
        expose=_listed(values.get("access-control-expose-headers")),
        max_age=values.get("access-control-max-age"),
        vary=_vary(values.get("vary"), sent),
        private_network=_switched_on(values.get("access-control-allow-private-network")),
        timing_allow_origin=_listed(values.get("timing-allow-origin")) or (),
        resource_policy=values.get("cross-origin-resource-policy"),
        is_header_rule=is_header_rule,
        route=route,
    )


def origin_sent(value: Said) -> OriginMatch:
    """What one written value of Access-Control-Allow-Origin lets in.

    A fixed origin is sent to whoever asks; the browser lets only that one in.
    """
    if value.text == "*":
        return OriginMatch(kind="any", text="*", place=value.place)
    if REFLECTS.search(value.text):
        return OriginMatch(kind="reflect", text=value.text, place=value.place)
    if TEMPLATE.search(value.text):
        return OriginMatch(kind="template", text=value.text, place=value.place)
    return OriginMatch(kind="exact", text=value.text, place=value.place, sent=value.text)


def name_and_value(line: Said) -> tuple[str, Said]:
    """The two sides of `Name: value`."""
    name, _, value = line.text.partition(":")
    return name.strip(), Said(value.strip(), line.place)


def _vary(value: Said | None, sent: OriginMatch) -> Literal["always", "never"] | None:
    """Nothing adds Vary to such a rule; an origin that is sent to everyone needs none."""
    if value and "origin" in [word.strip().lower() for word in value.text.split(",")]:
        return "always"
    return "never" if sent.kind == "reflect" else None


def _listed(value: Said | None) -> tuple[Said, ...] | None:
    if value is None:
        return None
    words: Iterable[str] = (word.strip() for word in value.text.split(","))
    return tuple(Said(word, value.place) for word in words if word)


def _switched_on(value: Said | None) -> Place | None:
    return value.place if value and value.text.strip().lower() == "true" else None
