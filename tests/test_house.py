"""The repository checks itself: the house rules that no other tool knows."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
MODULES = [path for folder in ("src", "tests", "demo", "bench") for path in sorted((ROOT / folder).rglob("*.py"))]
PURE = [path for room in ("core", "cors") for path in sorted((ROOT / "src/crossgate" / room).rglob("*.py"))]

NAMES_THAT_SAY_NOTHING = {"util", "utils", "helper", "helpers", "common", "misc", "manager", "service"}
TERMS_OF_THE_FIELD = {"service_worker"}
LONGEST_FILE = 500
"""Lines. Most files stay under half of it; one that grows past it holds two things."""

NEVER_IN_A_FILE = [
    # Where somebody's checkout or scratch files lie means nothing to the next person.
    re.compile(r"(?<![\w./<])/(?:work|root|home|Users|tmp)/[a-z]"),
    # What a machine uses to fetch packages is its own business, and may carry a password. These users are nobody.
    re.compile(r"//(?!(?:user|me|m%20e|you|u|a)\b)[^\s/@]+:[^\s/@]+@"),
    re.compile(r"(?<!no-emit-)(?:index-url|find-links)|/simple/", re.IGNORECASE),
]


def name(path: Path) -> str:
    """A path as a test id."""
    return str(path.relative_to(ROOT))


def tracked_files() -> list[Path]:
    """What a clone holds, and what would be added to it next."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout
    return [path for each in listed.decode().split("\0") if each and (path := ROOT / each).is_file()]


def test_there_is_something_to_check() -> None:
    """A check that looks at nothing passes always."""
    assert len(SOURCES) > 20
    assert PURE


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_module_says_what_it_holds(path: Path) -> None:
    """Every module opens with a docstring; the empty file that makes a folder of tests a package may not."""
    if path.is_relative_to(ROOT / "tests") and not path.stat().st_size:
        return
    assert ast.get_docstring(ast.parse(path.read_text("utf-8")))


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_module_is_named_for_what_is_in_it(path: Path) -> None:
    """A drawer for odds and ends is a noun somebody did not look for."""
    parts = set(path.relative_to(ROOT).with_suffix("").parts) - TERMS_OF_THE_FIELD
    words = {word for part in parts for word in part.split("_")}

    assert not words & NAMES_THAT_SAY_NOTHING


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_no_file_is_too_long(path: Path) -> None:
    """A file that is read in one sitting is understood."""
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("path", PURE, ids=name)
def test_what_decides_never_waits(path: Path) -> None:
    """The pure rooms hold no coroutine."""
    waiting = ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith

    assert not [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, waiting)]


def test_no_file_knows_a_workplace_or_a_registry() -> None:
    """The project speaks of itself alone."""
    found = []
    for path in tracked_files():
        # This file holds the patterns.
        if path == Path(__file__) or path.suffix in {".png", ".ico", ".woff2"}:
            continue
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            found += [f"{name(path)}:{number}" for rule in NEVER_IN_A_FILE if rule.search(line)]

    assert found == []


def test_the_lock_file_holds_hashes_and_no_address() -> None:
    """Every package is pinned to what was seen when it was locked, wherever it is fetched from."""
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    packages = re.findall(r"^[a-z0-9][^\s]*==\S+", lock, re.MULTILINE | re.IGNORECASE)
    blocks = re.split(r"\n(?=\S)", lock.strip())

    assert "http" not in re.sub(r"^(?:http|httpx?2?|httpcore2?|httptools)[^\s]*==", "", lock, flags=re.MULTILINE)
    assert len(blocks) == len(packages)
    assert all("--hash=sha256:" in block for block in blocks)
