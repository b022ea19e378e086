"""What it costs to count a call: `python -m bench.counters`."""

import multiprocessing
import statistics
import tempfile
from collections.abc import Callable
from itertools import count
from pathlib import Path
from time import process_time_ns, time

from rich.console import Console
from rich.table import Table

from crossgate.cluster.counters import Counters
from crossgate.core.policies.spending import Spending

ROUNDS = 21
CALLS = 2000
LIMIT = 1 << 30
_address = count()


def spendings(who: str) -> tuple[Spending, Spending]:
    """What a policy with a limit in all and one for each address spends: two keys, as long as real ones."""
    prefix = f"throttle:{'7' * 32}:{'e' * 32}"
    return Spending(f"{prefix}:api:", LIMIT, 60), Spending(f"{prefix}:ip:{who}", LIMIT, 60)


def one_key(counters: Counters) -> None:
    """The limit in all."""
    counters.spend(spendings("192.0.2.1")[:1], time())


def two_keys(counters: Counters) -> None:
    """The limit in all and an address that has called before."""
    counters.spend(spendings("192.0.2.1"), time())


def new_address(counters: Counters) -> None:
    """The limit in all and an address that has never called."""
    counters.spend(spendings(str(next(_address))), time())


def cpu_us(call: Callable[[Counters], None], counters: Counters) -> list[float]:
    """Microseconds of CPU time for one call, making its keys included, in each round."""
    rounds = []
    for _ in range(ROUNDS):
        start = process_time_ns()
        for _ in range(CALLS):
            call(counters)
        rounds.append((process_time_ns() - start) / CALLS / 1000)
    return rounds


def hammer(file: Path, done: "multiprocessing.SimpleQueue[list[float]]") -> None:
    """Spends the same two keys as the others do, without a pause."""
    counters = Counters(file)
    done.put(cpu_us(two_keys, counters))
    counters.close()


def together(file: Path, processes: int) -> list[float]:
    """As `cpu_us`, of `processes` at once."""
    context = multiprocessing.get_context("spawn")
    done: multiprocessing.SimpleQueue[list[float]] = context.SimpleQueue()
    started = [context.Process(target=hammer, args=(file, done)) for _ in range(processes)]
    for process in started:
        process.start()
    rounds = [each for _ in started for each in done.get()]
    for process in started:
        process.join()
    return rounds


def main() -> None:
    """Measures and prints."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "counters"
        counters = Counters(file)
        measured = {
            "one key": cpu_us(one_key, counters),
            "two keys": cpu_us(two_keys, counters),
            "two keys, one of them new": cpu_us(new_address, counters),
            "two keys, 2 processes at once": together(file, 2),
            "two keys, 4 processes at once": together(file, 4),
        }
        counters.close()
    table = Table("CPU time for one call", "median µs", "least to greatest")
    for name, rounds in measured.items():
        table.add_row(name, f"{statistics.median(rounds):.1f}", f"{min(rounds):.1f} to {max(rounds):.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
