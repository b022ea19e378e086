"""What the answers of one place in nginx say about CORS, as subjects for the linter."""

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from crossgate.cors.lint.subject import OriginMatch, PathMatching, Place, Said, Subject
from crossgate.peers import nginx_routes
from crossgate.peers.development import says_development
from crossgate.peers.nginx_answers import Header
from crossgate.peers.nginx_requests import ALLOW_ORIGIN, Asked, Outcome, ask
from crossgate.peers.nginx_routes import Chain
from crossgate.peers.nginx_syntax import Directive
from crossgate.peers.nginx_values import ORIGIN, Definitions, Test, is_known

ASKED_METHOD = "${http_access_control_request_method}"
ASKED_HEADERS = "${http_access_control_request_headers}"


PATHS = {"${request_uri}", "${uri}", "${document_uri}"}
PATH_MATCHING: dict[str, PathMatching] = {"=": "exact", "~": "regex", "~*": "regex-ignoring-case"}


class Surroundings(msgspec.Struct, frozen=True):
    """What the rest of the document defines: variables, groups of servers, and its name.

    `most_tests` is how many origins and patterns are asked about in one place.
    """

    known: Definitions
    upstreams: dict[str, tuple[str, ...]]
    file: str
    most_tests: int


class Policies(msgspec.Struct, frozen=True):
    """The subjects of one place, and whether all of its origins could be asked about."""

    subjects: tuple[Subject, ...]
    is_complete: bool = True


def policies(chain: Chain, surroundings: Surroundings) -> Policies:
    """What the last block of a chain answers: a subject of the origins with credentials, one of those without.

    Each condition about something else than the origin is tried, too; it makes a subject of its own if it changes
    which origins get in.
    """
    asked = ask(chain, surroundings.known, surroundings.most_tests)
    gates = [test for test in asked.conditions if _gate(test)]
    matches = list(_matches(asked))
    subjects = _by_credentials(chain, surroundings, asked, _gated(chain, surroundings, asked, gates))
    for condition in asked.conditions:
        if condition in gates:
            continue
        other = ask(chain, surroundings.known, surroundings.most_tests, condition)
        changed = [match for match in _matches(other) if match[0] not in {each[0] for each in matches}]
        if changed:
            found = _by_credentials(chain, surroundings, other, [])
            subjects += [_under(condition, subject) for subject in found]
    return Policies(tuple(subjects), asked.is_complete)


def _under(condition: Test, subject: Subject) -> Subject:
    """A subject that holds under a condition only; one about the path says for which paths."""
    name = f"{subject.name} if {_written(condition.subject)} {condition.operator} {condition.pattern}".rstrip()
    matching = PATH_MATCHING.get(condition.operator)
    if condition.subject not in PATHS or matching is None:
        return msgspec.structs.replace(subject, name=name)
    route = msgspec.structs.replace(subject.route, paths=(condition.pattern,), path_matching=matching)
    return msgspec.structs.replace(subject, name=name, route=route)


Match = tuple[OriginMatch, Outcome]


def _matches(asked: Asked) -> Iterator[Match]:
    """Every way to be allowed, and what is answered then."""
    stranger = asked.stranger
    for header in stranger.grants:
        yield _for_everyone(header), stranger
    for outcome in asked.passing:
        for header in outcome.grants:
            if header.value not in stranger.granted and outcome.origin is not None:
                yield _for_those_who_pass(outcome.origin, header), outcome


def _for_everyone(header: Header) -> OriginMatch:
    value, place = header.value, header.directive.place
    if value == "*":
        return OriginMatch(kind="any", text="*", place=place)
    if value == ORIGIN:
        return OriginMatch(kind="reflect", text="$http_origin", place=place)
    if is_known(value):
        return OriginMatch(kind="exact", text=value, place=place, sent=value)
    kind: Literal["referer", "template"] = "referer" if "${http_referer}" in value else "template"
    return OriginMatch(kind=kind, text=_written(value), place=place)


def _for_those_who_pass(test: Test, header: Header) -> OriginMatch:
    ignore_case = test.ignore_case or test.operator == "~*"
    if test.subject != ORIGIN or not is_known(test.pattern):
        return OriginMatch(kind="template", text=_written(test.pattern), place=test.place)
    is_own = header.value == ORIGIN or header.value.lower() == test.pattern.lower()
    sent = None if is_own else _written(header.value)
    kinds: dict[str, Literal["exact", "suffix", "prefix"]] = {"suffix": "suffix", "prefix": "prefix"}
    if test.operator in {"~", "~*"}:
        return OriginMatch(kind="regex", text=test.pattern, place=test.place, ignore_case=ignore_case, sent=sent)
    return OriginMatch(
        kind=kinds.get(test.operator, "exact"),
        text=test.pattern,
        place=test.place,
        ignore_case=ignore_case,
        sent=sent,
    )


def _gate(test: Test) -> Literal["referer", "dns"] | None:
    """What else than the origin lets people in: the page they say they come from, or their address."""
    if "${http_referer}" in test.subject or "${invalid_referer}" in test.subject:
        return "referer"
    return "dns" if test.operator == "address" or "${remote_addr}" in test.subject else None


def _gated(chain: Chain, surroundings: Surroundings, asked: Asked, gates: Iterable[Test]) -> list[Match]:
    found: list[Match] = []
    for test in gates:
        outcome = ask(chain, surroundings.known, surroundings.most_tests, test).stranger
        kind = _gate(test)
        if kind and outcome.granted - asked.stranger.granted:
            found.append((OriginMatch(kind=kind, text=test.pattern or test.subject, place=test.place), outcome))
    return found


def _by_credentials(chain: Chain, surroundings: Surroundings, asked: Asked, more: list[Match]) -> list[Subject]:
    """Subjects of the ways in: those with credentials apart from those without."""
    groups: dict[bool, list[Match]] = {}
    for match in (*_matches(asked), *more):
        groups.setdefault(_credentials(match[1]) is not None, []).append(match)
    return [_subject(chain, surroundings, asked, group) for group in groups.values()]


def _subject(chain: Chain, surroundings: Surroundings, asked: Asked, matches: list[Match]) -> Subject:
    outcome = matches[0][1]
    rejects = _rejects(asked, outcome)
    place = outcome.grants[0].directive.place
    route = nginx_routes.route(chain, surroundings.upstreams)
    methods = _header(outcome, "access-control-allow-methods", preflight=True)
    headers = _header(outcome, "access-control-allow-headers", preflight=True)
    corp = _header(outcome, "cross-origin-resource-policy")
    server_names = [arg for name in _names(chain) for arg in name.args]
    return Subject(
        name=route.name or place.at or surroundings.file,
        format="nginx",
        place=place,
        origins=_each_once(match for match, _ in matches),
        credentials=_credentials(outcome),
        methods=_words(methods, ASKED_METHOD),
        headers=_words(headers, ASKED_HEADERS),
        expose=_words(_header(outcome, "access-control-expose-headers")),
        reflects_methods=_reflects(methods, ASKED_METHOD),
        reflects_headers=_reflects(headers, ASKED_HEADERS),
        max_age=_said(_header(outcome, "access-control-max-age", preflight=True)),
        preflight_status=_preflight_status(chain, outcome, announces=bool(methods or headers)),
        vary=_vary(asked, outcome),
        backend_cors=_backend(chain, outcome),
        private_network=_switched_on(outcome, "access-control-allow-private-network"),
        on_errors=all(header.on_errors for header in outcome.grants),
        is_header_rule=_is_global(chain, outcome.grants[0].directive),
        rejects=rejects,
        trusted_headers=nginx_routes.trusted_headers(chain),
        timing_allow_origin=_words(_header(outcome, "timing-allow-origin")) or (),
        resource_policy=_said(corp),
        is_development=says_development(surroundings.file, *server_names),
        is_internal=nginx_routes.is_internal(chain),
        preflight_without=_preflight_without(outcome),
        # Whoever refuses strange origins has looked at Origin.
        route=msgspec.structs.replace(route, checks_csrf=True) if rejects else route,
        order=nginx_routes.order(chain, outcome),
    )


def _each_once(matches: Iterable[OriginMatch]) -> tuple[OriginMatch, ...]:
    """The matches without those that say again what one before them says, for another method."""
    found: dict[OriginMatch, OriginMatch] = {}
    for match in matches:
        found.setdefault(msgspec.structs.replace(match, place=Place("")), match)
    return tuple(found.values())


def _names(chain: Chain) -> list[Directive]:
    return [each for block in chain for each in block.inside if each.name == "server_name"]


def _header(outcome: Outcome, name: str, *, preflight: bool = False) -> Header | None:
    """The first header of that name: in the preflight's answer before the others, or after them."""
    answers = (outcome.preflight, *outcome.actual) if preflight else outcome.answers
    return next((header for each in answers for header in each.values(name)), None)


def _words(header: Header | None, asked: str = "") -> tuple[Said, ...] | None:
    if header is None:
        return None
    place = header.directive.place
    words = [word.strip() for word in header.value.split(",")]
    return tuple(Said(_written(word), place) for word in words if word and word != asked) or None


def _reflects(header: Header | None, asked: str) -> Place | None:
    return header.directive.place if header and asked in header.value else None


def _said(header: Header | None) -> Said | None:
    return Said(_written(header.value), header.directive.place) if header else None


def _switched_on(outcome: Outcome, name: str) -> Place | None:
    header = next(
        (header for each in outcome.answers for header in each.values(name) if header.value == "true"), None
    )
    return header.directive.place if header else None


def _credentials(outcome: Outcome) -> Place | None:
    return _switched_on(outcome, "access-control-allow-credentials")


def _preflight_status(chain: Chain, outcome: Outcome, *, announces: bool) -> Said | None:
    """What nginx itself answers to a preflight. A place of files that announces no methods wants none."""
    returned = outcome.preflight.returned
    if returned is not None:
        return Said(outcome.preflight.status, returned.place)
    if announces and nginx_routes.refuses_options(chain):
        return Said("405", chain[-1].place)
    return None


def _preflight_without(outcome: Outcome) -> Place | None:
    returned = outcome.preflight.returned
    if returned is None or outcome.preflight.values(ALLOW_ORIGIN):
        return None
    return returned.place if outcome.preflight.status.startswith("2") else None


def _vary(asked: Asked, outcome: Outcome) -> Literal["always", "with-origin", "never"]:
    having = [
        all(any(_names_origin(header) for header in each.values("vary")) for each in one.actual)
        for one in (outcome, asked.stranger, asked.without_origin)
    ]
    if all(having):
        return "always"
    return "with-origin" if having[0] else "never"


def _names_origin(header: Header) -> bool:
    return bool({"origin", "*"} & {word.strip().lower() for word in header.value.split(",")})


def _backend(chain: Chain, outcome: Outcome) -> Literal["replaced", "passed"] | None:
    if not nginx_routes.passing(chain[-1]):
        return None
    is_replaced = all(header.replaces for header in outcome.grants)
    return "replaced" if is_replaced or nginx_routes.hides(chain, ALLOW_ORIGIN) else "passed"


def _is_global(chain: Chain, directive: Directive) -> bool:
    """Whether the header is written for a whole server, or for all, rather than for a location."""
    holder = next((block for block in chain if directive in block.inside), None)
    return holder is not None and holder.name in {"server", "http"}


def _rejects(asked: Asked, outcome: Outcome) -> Place | None:
    """Where strangers are refused and those who pass are not."""
    refused = [each for each in asked.stranger.actual if each.refuses]
    if not refused or any(each.refuses for each in outcome.actual):
        return None
    return refused[0].returned.place if refused[0].returned else None


def _written(value: str) -> str:
    """A value with its variables as people write them."""
    return value.replace("${", "$").replace("}", "") if not is_known(value) else value
