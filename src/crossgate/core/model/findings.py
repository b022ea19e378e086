"""How the rules of a document write what they find."""

import re
from collections.abc import Iterable, Iterator

from crossgate.core.errors import FaultKind, Finding
from crossgate.core.errors.admin import INVALID_PARAMETER

CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f]")


def finding(kind: FaultKind, at: str, message: str, fix: str) -> Finding:
    """What is wrong at `at`, under the code of `kind`."""
    return Finding(code=kind.code, at=at, message=message, fix=fix)


def invalid(at: str, message: str, fix: str) -> Finding:
    """What is wrong with the value at `at`."""
    return finding(INVALID_PARAMETER, at, message, fix)


def repeated(at: str, names: list[str]) -> Iterator[tuple[str, str]]:
    """The place and the name of everything in the list `at` that has been there before."""
    seen: set[str] = set()
    for number, name in enumerate(names):
        if name in seen:
            yield f"{at}[{number}]", name
        seen.add(name)


def missing(wanted: Iterable[str], there: Iterable[str]) -> list[str]:
    """What of `wanted` is not there; case makes no difference."""
    known = {name.lower() for name in there}
    return [name for name in wanted if name.lower() not in known]
