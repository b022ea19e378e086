"""A fixed part of the proof: the same cases in each browser on every test run."""

import asyncio

import pytest

from tests.browser.driver import BrowserName
from tests.browser.generator import BLOCK, SEQUENCES_EVERY, generate
from tests.browser.installed import find, why_missing
from tests.browser.proof import prove
from tests.browser.world import World

SEED = 3
NUMBERS = [*range(5 * BLOCK), *range((SEQUENCES_EVERY - 1) * BLOCK, SEQUENCES_EVERY * BLOCK)]
"""Five blocks of single calls, and one of sequences."""

WORLD = World(port=8001, other=8002, tls=8443, refused=8009)


def prove_in(name: BrowserName) -> list[str]:
    """The mismatches of the fixed cases."""
    path = find(name)
    assert path is not None
    result = asyncio.run(prove(name, path, SEED, NUMBERS, lambda _: None))
    assert result.cases == len(NUMBERS)
    assert len(result.endings) > 15, result.endings
    return [f"{case.number}: {mismatch}" for case, found in result.mismatches for mismatch in found]


@pytest.mark.chromium
def test_chromium_does_as_predicted() -> None:
    """Requests, outcomes and console of the fixed cases."""
    assert prove_in("chromium") == []


def test_firefox_does_as_predicted() -> None:
    """The same in Firefox, where it is installed."""
    if reason := why_missing("firefox"):
        pytest.skip(reason)
    assert prove_in("firefox") == []


def test_a_seed_always_makes_the_same_case() -> None:
    """So that a mismatch can be looked at again; another seed makes another."""
    assert generate(7, 130, WORLD) == generate(7, 130, WORLD)
    assert generate(7, 130, WORLD) != generate(8, 130, WORLD)


def test_cases_of_a_block_share_a_page() -> None:
    """One navigation is enough for them."""
    assert len({generate(7, number, WORLD).page for number in range(BLOCK)}) == 1


def test_every_path_of_a_case_is_its_own() -> None:
    """No case meets what another left in a cache."""
    for number in range(2 * BLOCK):
        assert all(path.startswith(f"/c/{number}/") for path in generate(7, number, WORLD).places)


def test_a_missing_browser_has_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is not root is told what to install; with a browser there is nothing to tell."""
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr("tests.browser.installed.find", lambda _: None)
    assert "apt-get install firefox-esr" in str(why_missing("firefox"))
    monkeypatch.setattr("tests.browser.installed.find", lambda _: "/usr/bin/firefox-esr")
    assert why_missing("firefox") is None
