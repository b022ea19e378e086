"""Envoy's CORS policy, whichever way it is written: who is let in, and what is sent."""

import re

import msgspec
import regex

from crossgate.cors.lint.subject import OriginMatch, Place, Said, Subject
from crossgate.peers.pieces import Piece

DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")
SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
PATIENCE = 0.05


class Policy(msgspec.Struct, frozen=True):
    """Policies that fill each other's gaps, the one nearest to the route first, as Envoy asks them."""

    pieces: tuple[Piece, ...]

    def __getitem__(self, name: str) -> Piece:
        """The field of the first policy that has it."""
        found = [piece.loosely(name) for piece in self.pieces]
        return next((piece for piece in found if piece), Piece(None))

    @property
    def place(self) -> Place:
        """Where the nearest policy is."""
        return self.pieces[0].place

    @property
    def is_on(self) -> bool:
        """Whether it is enforced. A share of none, and `disabled`, switch it off; so does the shadow mode."""
        nearest = self.pieces[0]
        share = nearest.loosely("filter_enabled", "default_value", "numerator")
        if nearest.loosely("disabled").flag or nearest.loosely("enabled").flag is False:
            return False
        return not nearest.loosely("filter_enabled", "default_value") or (bool(share) and share.text != "0")


def subject(policy: Policy, name: str, format_name: str = "envoy") -> Subject:
    """What a policy says.

    Envoy sends back the origin that came even for `*`, and never sends Vary. It overwrites what the backend says,
    and echoes what a preflight asks for when methods or headers are `*`.
    """
    credentials = policy["allow_credentials"]
    methods, headers = policy["allow_methods"], policy["allow_headers"]
    network = policy["allow_private_network_access"]
    return Subject(
        name=name,
        format=format_name,
        place=policy.place,
        origins=origins(policy),
        credentials=credentials.place if credentials.flag else None,
        methods=_words(methods),
        headers=_words(headers),
        expose=policy["expose_headers"].words() or None,
        reflects_methods=methods.place if _is_star(methods) else None,
        reflects_headers=headers.place if _is_star(headers) else None,
        max_age=seconds(policy["max_age"]),
        vary="never",
        backend_cors="replaced",
        private_network=network.place if network.flag else None,
    )


def origins(policy: Policy) -> tuple[OriginMatch, ...]:
    """The matchers of a policy: Envoy's, Istio's, and the older lists of texts and regular expressions."""
    found = [_matcher(item) for item in policy["allow_origin_string_match"].items()]
    found += [_matcher(item) for item in policy["allow_origins"].items()]
    found += [_exact(item) for item in policy["allow_origin"].items()]
    found += [_regex(item) for item in policy["allow_origin_regex"].items()]
    return tuple(match for match in found if match is not None)


def seconds(piece: Piece) -> Said | None:
    """A duration as seconds: `600`, `"600"`, `10m`, `1h30m`."""
    parts = DURATION.findall(piece.text)
    if not parts:
        return piece.said
    return Said(f"{sum(float(number) * SECONDS[unit] for number, unit in parts):.0f}", piece.place)


def _matcher(item: Piece) -> OriginMatch | None:
    ignore_case = bool(item.loosely("ignore_case").flag)
    if not item.is_mapping:
        return _exact(item)
    for name, written in item.fields().items():
        match name.replace("_", "").lower():
            case "exact":
                return _exact(written, ignore_case=ignore_case)
            case "prefix" | "suffix" | "contains" as kind:
                if kind == "prefix" and written.text in {"", "*"}:
                    return _everyone(written)
                return OriginMatch(kind=kind, text=written.text, place=written.place, ignore_case=ignore_case)
            case "saferegex" | "regex":
                return _regex(written["regex"] or written)
            case _:
                continue
    return None


def _exact(item: Piece, *, ignore_case: bool = False) -> OriginMatch | None:
    if item.text == "*":
        return _everyone(item)
    if not item.text:
        return None
    return OriginMatch(kind="exact", text=item.text, place=item.place, ignore_case=ignore_case)


def _regex(item: Piece) -> OriginMatch | None:
    """A regular expression has to match the whole origin; one that matches the text `*` lets everyone in."""
    if not item.text:
        return None
    try:
        is_everyone = regex.fullmatch(item.text, "*", timeout=PATIENCE) is not None
    except (regex.error, TimeoutError):
        is_everyone = False
    if is_everyone:
        return _everyone(item)
    return OriginMatch(kind="regex", text=item.text, place=item.place, anchoring="full")


def _everyone(item: Piece) -> OriginMatch:
    # A matcher that takes the text `*` stands for any origin; what is sent is the one that came.
    return OriginMatch(kind="reflect", text=item.text, place=item.place)


def _words(piece: Piece) -> tuple[Said, ...] | None:
    return None if _is_star(piece) else piece.words() or None


def _is_star(piece: Piece) -> bool:
    return [word.text for word in piece.words()] == ["*"]
