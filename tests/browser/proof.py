"""The proof: runs cases in a browser, block after block, and gathers every mismatch."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from itertools import groupby
from typing import Final

import msgspec

from tests.browser.cases import Case, number_of
from tests.browser.chromium import chromium
from tests.browser.compare import Call, Mismatch, Observation, compare, ending
from tests.browser.driver import BrowserName, Driver, Line
from tests.browser.firefox import firefox
from tests.browser.generator import BLOCK, generate
from tests.browser.prediction import predict
from tests.browser.server import Server, serving

PAGE_S: Final = 90
SETTLE_S: Final = 0.25
"""How long the console may lag behind the page."""

Tell = Callable[[str], None]


class Result(msgspec.Struct):
    """What came of a run in one browser. `unsteady`: cases that were wrong, and right when repeated alone."""

    browser: BrowserName
    version: str
    cases: int = 0
    unsteady: int = 0
    mismatches: list[tuple[Case, list[Mismatch]]] = []
    endings: Counter[str] = msgspec.field(default_factory=Counter)


@asynccontextmanager
async def running(name: BrowserName, path: str) -> AsyncIterator[Driver]:
    """The browser of this name. Raises NotStartedError."""
    async with (chromium if name == "chromium" else firefox)(path) as driver:
        yield driver


async def prove(name: BrowserName, path: str, seed: int, numbers: Iterable[int], tell: Tell) -> Result:
    """Run the cases with these numbers, and compare. Raises NotStartedError."""
    async with serving() as server, running(name, path) as driver:
        result = Result(name, driver.version)
        for _, block in groupby(numbers, key=lambda number: number // BLOCK):
            await _prove_block(server, driver, seed, list(block), result)
            tell(f"{name} {driver.version}: {result.cases} cases, {len(result.mismatches)} with a mismatch")
        return result


async def _prove_block(server: Server, driver: Driver, seed: int, numbers: list[int], result: Result) -> None:
    cases = [generate(seed, number, server.world) for number in numbers]
    wrong = [case for case, _ in await _mismatches(server, driver, cases, result.endings)]
    result.cases += len(cases)
    for case in wrong:
        # On a busy machine a console line may come late: what is wrong is wrong again.
        repeated = generate(seed, case.number, server.world, again=True)
        again = await _mismatches(server, driver, [repeated], Counter())
        result.mismatches += [(case, mismatches) for _, mismatches in again]
        result.unsteady += not again


async def _mismatches(
    server: Server, driver: Driver, cases: list[Case], endings: Counter[str]
) -> list[tuple[Case, list[Mismatch]]]:
    observed = await observe(server, driver, cases)
    found = []
    for case in cases:
        stories = predict(case, server.world, driver.name)
        endings.update(ending(story) for story in stories)
        found.append((case, compare(case, stories, observed[case.number], server.world, driver.name)))
    return [(case, mismatches) for case, mismatches in found if mismatches]


async def observe(server: Server, driver: Driver, cases: list[Case]) -> dict[int, Observation]:
    """Let the browser do all of the cases, which have the same page, and say what each came to."""
    page = cases[0].page
    ended = server.load(page, cases)
    await driver.lines()
    await driver.open(page.origin + "/")
    try:
        seen = await asyncio.wait_for(ended, PAGE_S)
    except TimeoutError:
        numbers = f"{cases[0].number} to {cases[-1].number}"
        raise AssertionError(f"{driver.name}: the page of the cases {numbers} did not end") from None
    await asyncio.sleep(SETTLE_S)
    if isinstance(seen, str):
        raise AssertionError(f"the script of the page failed: {seen}")
    lines: dict[int | None, list[Line]] = defaultdict(list)
    for line in await driver.lines():
        number = number_of(line.text)
        lines[number_of(line.url) if number is None else number].append(line)
    return {
        each["number"]: Observation(
            calls=tuple(msgspec.convert(call, Call) for call in each["calls"]),
            requests=tuple(server.requests.get(each["number"], ())),
            lines=tuple(lines[each["number"]]),
        )
        for each in seen
    }
