"""Policies of one document whose paths overlap, so that matching decides which one counts (L44)."""

from collections.abc import Iterator
from itertools import combinations

from crossgate.cors.check import shown
from crossgate.cors.lint.finding import LintFinding, finding
from crossgate.cors.lint.matching import PATTERN_TIMEOUT_S, UnusablePatternError, compiled_regex
from crossgate.cors.lint.samples import samples_of, text_of
from crossgate.cors.lint.shape import read_shape, unquoted
from crossgate.cors.lint.subject import Route, Subject

_BY_REGEX = frozenset(("regex", "regex-ignoring-case"))
# So many pairs are looked at; a document with more regular expressions has been warned enough.
_MAX_SUBJECTS = 200


def overlaps(subjects: tuple[Subject, ...]) -> Iterator[LintFinding]:
    """One finding for each subject whose paths are matched by regex and also reach those of another policy."""
    routed = [subject for subject in subjects if subject.route.paths and subject.origins][:_MAX_SUBJECTS]
    reported: set[int] = set()
    for one, other in combinations(range(len(routed)), 2):
        for by, to in ((one, other), (other, one)):
            if by not in reported and _is_elsewhere(routed[by], routed[to]):
                path = _shared_path(routed[by].route, routed[to].route)
                if path is not None:
                    reported.add(by)
                    yield finding(
                        "cors.paths-overlap",
                        routed[by].place,
                        f"{shown(path)} is matched here by {shown(routed[by].route.paths[0])}, and has another "
                        f"policy at {shown(routed[to].name)}: case and order decide which one counts",
                        fix="bind each policy to its route, by exact paths or prefixes",
                        witness=path,
                    )


def _is_elsewhere(by: Subject, to: Subject) -> bool:
    return by.place.file == to.place.file and by.route.path_matching in _BY_REGEX and _policy(by) != _policy(to)


def _policy(subject: Subject) -> object:
    """What the subject allows, wherever it is written."""
    return (
        frozenset((match.kind, match.text) for match in subject.origins),
        subject.credentials is not None,
        *(
            None if said is None else frozenset(word.text for word in said)
            for said in (subject.methods, subject.headers, subject.expose)
        ),
    )


def _shared_path(by: Route, to: Route) -> str | None:
    """A path that `by` matches and that is also one of `to`'s."""
    for path in _paths_of(to):
        for pattern in by.paths:
            if _matches(pattern, path, ignore_case=by.path_matching == "regex-ignoring-case"):
                return path
    return None


def _paths_of(route: Route) -> list[str]:
    if route.path_matching not in _BY_REGEX:
        below = [] if route.path_matching == "exact" else [f"{path.rstrip('/')}/x" for path in route.paths]
        return [*route.paths, *below]
    found = []
    for pattern in route.paths:
        try:
            compiled_regex(pattern, False)
        except UnusablePatternError:
            continue
        found += [text_of(sample) for sample in samples_of(read_shape(unquoted(pattern)))]
    return found


def _matches(pattern: str, path: str, *, ignore_case: bool) -> bool:
    try:
        return compiled_regex(pattern, ignore_case).search(path, timeout=PATTERN_TIMEOUT_S) is not None
    except (UnusablePatternError, TimeoutError):
        return False
