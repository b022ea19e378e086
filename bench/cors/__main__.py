"""Runs interleaved rounds and prints the table; exits 1 when a goal is missed."""

import argparse
import gc
import statistics
import sys
from collections.abc import Callable
from time import process_time_ns

from rich.console import Console
from rich.table import Table

from bench.cors.contenders import Contender
from bench.cors.rows import Row, Section, sections

BATCH_NS = 6_000_000
MOST_IN_A_BATCH = 3_000
_TRIAL = 50


def main() -> None:
    """Measures every contender once in each round, so that a noisy neighbour disturbs all alike."""
    arguments = argparse.ArgumentParser(prog="python -m bench.cors", description=__doc__)
    arguments.add_argument("--rounds", type=int, default=25)
    rounds = arguments.parse_args().rounds
    measured = sections()
    contenders = {contender for section in measured for row in section.rows for contender in row.contenders}
    cpu_ns = measure(list(contenders), rounds)
    sys.exit(0 if report(measured, cpu_ns, rounds) else 1)


def measure(contenders: list[Contender], rounds: int) -> dict[Contender, list[float]]:
    """Nanoseconds of CPU time for one call, of each contender in each round."""
    times = {contender: _batch(contender) for contender in contenders}
    found: dict[Contender, list[float]] = {contender: [] for contender in contenders}
    # What is built once is not looked through again after every round.
    gc.freeze()
    gc.disable()
    for _ in range(rounds):
        for contender in contenders:
            found[contender].append(contender(times[contender]) / times[contender])
        gc.collect()
    return found


def _batch(contender: Contender) -> int:
    """How many calls take about BATCH_NS, what is made for them beforehand included."""
    start = process_time_ns()
    contender(_TRIAL)
    return max(_TRIAL, min(MOST_IN_A_BATCH, _TRIAL * BATCH_NS // (process_time_ns() - start)))


def report(measured: list[Section], cpu_ns: dict[Contender, list[float]], rounds: int) -> bool:
    """Prints medians with their least and greatest; whether every ratio keeps to its goal."""
    console, reached = Console(width=132), True
    for section in measured:
        table = Table(title=section.title, caption=section.how, title_justify="left", caption_justify="left")
        for heading in (section.subject, section.unit, section.beside, "ratio (least to greatest)", "goal", ""):
            table.add_column(heading, justify="left" if heading == section.subject else "right")
        for row in section.rows:
            ours, theirs, ratios = _compared(row, cpu_ns)
            kept = row.goal is None or statistics.median(ratios) <= row.goal
            reached &= kept
            goal = "" if row.goal is None else f"≤ {row.goal:.1f}"
            verdict = "" if row.goal is None else "pass" if kept else "FAIL"
            table.add_row(row.name, _ns(ours), _ns(theirs), _spread(ratios), goal, verdict)
        console.print(table)
    console.print(f"CPU time per call; medians of {rounds} interleaved rounds in one process.")
    console.print("Every goal is reached." if reached else "A goal is MISSED.")
    return reached


def _compared(row: Row, cpu_ns: dict[Contender, list[float]]) -> tuple[list[float], list[float], list[float]]:
    ours, theirs = (_less(cpu_ns[side.contender], side.less, cpu_ns.get) for side in (row.ours, row.theirs))
    return ours, theirs, [one / other for one, other in zip(ours, theirs, strict=True)]


def _less(
    values: list[float], less: Contender | None, of: Callable[[Contender], list[float] | None]
) -> list[float]:
    subtracted = of(less) if less is not None else None
    return values if subtracted is None else [one - other for one, other in zip(values, subtracted, strict=True)]


def _ns(values: list[float]) -> str:
    return f"{statistics.median(values) / 1000:.2f} µs"


def _spread(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


if __name__ == "__main__":
    main()
