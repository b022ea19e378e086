"""Runs the proof: `python -m tests.browser --seed 7 --cases 3000`."""

import argparse
import asyncio
import random
import sys
import time
from collections.abc import Sequence
from typing import Final

from tests.browser.driver import BrowserName, NotStartedError
from tests.browser.generator import describe
from tests.browser.installed import PROGRAMS, find, provide, why_missing
from tests.browser.proof import Result, prove

SHOWN: Final = 10
"""Mismatches that are printed in full."""


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when every prediction came true, 1 after a mismatch, 2 when no browser could be asked."""
    options = _options().parse_args(arguments)
    seed = random.randrange(1_000_000) if options.seed is None else options.seed  # noqa: S311 - no secret
    numbers = options.only or range(options.cases)
    print(f"seed {seed}, {len(numbers)} cases")
    results = asyncio.run(_all(options.browser, seed, numbers))
    for result in results:
        _report(result, seed)
    if not results:
        print("NO BROWSER COULD BE ASKED: this run proved nothing.")
        return 2
    return 1 if any(result.mismatches for result in results) else 0


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.browser", description=__doc__)
    parser.add_argument("--seed", type=int, help="the same seed makes the same cases; without it one is drawn")
    parser.add_argument("--cases", type=int, default=3000, help="how many cases each browser gets")
    parser.add_argument("--only", type=int, nargs="+", metavar="NUMBER", help="these cases of the seed alone")
    parser.add_argument("--browser", nargs="+", choices=tuple(PROGRAMS), default=tuple(PROGRAMS))
    return parser


async def _all(names: Sequence[BrowserName], seed: int, numbers: Sequence[int]) -> list[Result]:
    for name in names:
        provide(name)
    results = await asyncio.gather(*(_one(name, seed, numbers) for name in names))
    return [result for result in results if result is not None]


async def _one(name: BrowserName, seed: int, numbers: Sequence[int]) -> Result | None:
    path = find(name)
    if path is None:
        print(f"NOT ASKED: {why_missing(name)}. Nothing of this browser is proved.")
        return None
    began = time.monotonic()
    try:
        result = await prove(name, path, seed, numbers, _progress)
    except NotStartedError as error:
        print(f"NOT ASKED: {name} would not start: {error}")
        return None
    print(f"{name}: {time.monotonic() - began:.0f} s")
    return result


def _progress(text: str) -> None:
    if sys.stdout.isatty():
        print(text, end="\r", flush=True)


def _report(result: Result, seed: int) -> None:
    print(f"\n{result.browser} {result.version}: {result.cases} cases, {len(result.mismatches)} with a mismatch")
    print("  " + ", ".join(f"{ending} {count}" for ending, count in result.endings.most_common()))
    if result.unsteady:
        print(f"  {result.unsteady} came out as predicted only when repeated alone")
    for case, mismatches in result.mismatches[:SHOWN]:
        print(f"\ncase {case.number} of seed {seed}: {describe(case)}")
        for mismatch in mismatches:
            print(f"  {mismatch.what}\n    predicted {mismatch.predicted}\n    observed  {mismatch.observed}")
    numbers = " ".join(str(case.number) for case, _ in result.mismatches)
    if numbers:
        print(f"\nAgain: python -m tests.browser --seed {seed} --browser {result.browser} --only {numbers}")


if __name__ == "__main__":
    sys.exit(main())
