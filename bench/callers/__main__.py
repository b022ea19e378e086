"""Runs the rounds and prints the table; exits 1 when a ratio is above its goal."""

import argparse
import contextlib
import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import psutil
from rich.console import Console
from rich.table import Table

from bench.callers import calls
from bench.callers.configs import config
from bench.servers import Contestant, nginx, provide
from crossgate.core.snapshot.config import encode

CONNECTIONS = 64
FEW, MANY = 100, 100_000
_SERVED = re.compile(r"(\d+) requests in ([\d.]+)s")


class Row(NamedTuple):
    """One comparison: the same calls to `path` among `others` other objects, and to what it is compared with."""

    name: str
    make: Callable[[str, int], bytes]
    path: str
    others: int
    base_path: str
    goal: float


ROWS = (
    Row("AppCode, GET", calls.get_with_code, "/code", FEW, "/open", 1.15),
    Row("HMAC, POST of 1 KiB", calls.signed_post, "/signed", FEW, "/open", 1.8),
    Row("HMAC, throttle and IP ACL, POST of 1 KiB", calls.signed_post, "/all", FEW, "/open", 2.0),
    Row(f"the same, {MANY:,} apps, APIs and ACL entries", calls.signed_post, "/all", MANY, "/all", 1.2),
)


def main() -> None:
    """Measures in interleaved rounds, so that a noisy neighbour disturbs both alike."""
    arguments = argparse.ArgumentParser(prog="python -m bench.callers", description=__doc__)
    arguments.add_argument("--rounds", type=int, default=7)
    arguments.add_argument("--seconds", type=int, default=2)
    options = arguments.parse_args()
    for program in ("nginx", "wrk"):
        provide(program)
    if len(os.sched_getaffinity(0)) < 2:
        sys.exit("make bench needs two cores: one for the gateway, one for load and backend.")
    server_core, load_core = sorted(os.sched_getaffinity(0))[:2]
    rounds: dict[Row, list[tuple[float, float]]] = defaultdict(list)
    with (
        tempfile.TemporaryDirectory() as name,
        nginx(Path(name), "backend", "backend.conf", load_core) as backend,
        _gateway(FEW, backend.port, server_core) as few,
        _gateway(MANY, backend.port, server_core) as many,
    ):
        for number in range(options.rounds):
            for row in ROWS:
                sides = [(few if row.others == FEW else many, row.path), (few, row.base_path)]
                # By turns, so that neither side always has the warmer machine.
                turn = sides[::-1] if number % 2 else sides
                cpu = [
                    _cpu_us(gateway, row.make, path, options.seconds, load_core, Path(name))
                    for gateway, path in turn
                ]
                rounds[row].append((cpu[1], cpu[0]) if number % 2 else (cpu[0], cpu[1]))
    sys.exit(0 if report(rounds) else 1)


def report(rounds: dict[Row, list[tuple[float, float]]]) -> bool:
    """Prints medians with their least and greatest; whether every ratio keeps within its goal."""
    table = Table(
        title=f"One worker, one core, {CONNECTIONS} connections; CPU µs per request, median (least to greatest)"
    )
    for heading in ("", "checked", "compared with", "ratio", "goal"):
        table.add_column(heading, justify="right" if heading else "left")
    reached = True
    for row, pairs in rounds.items():
        ratios = [checked / base for checked, base in pairs]
        reached &= statistics.median(ratios) <= row.goal
        sides = [_spread([pair[side] for pair in pairs], 1) for side in (0, 1)]
        table.add_row(row.name, *sides, _spread(ratios, 2), f"{row.goal:.2f}")
    Console(width=140).print(table)
    Console().print("Every goal is reached." if reached else "A goal is MISSED.")
    return reached


def _cpu_us(
    gateway: Contestant, make: Callable[[str, int], bytes], path: str, seconds: int, core: int, folder: Path
) -> float:
    script = folder / "calls.lua"
    script.write_text(calls.script(make, path))
    command = ["taskset", "-c", str(core), "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(script)]
    before = gateway.cpu_s()
    printed = subprocess.run(
        [*command, f"http://127.0.0.1:{gateway.port}{path}"], capture_output=True, text=True, check=True
    ).stdout
    spent = gateway.cpu_s() - before
    served = _SERVED.search(printed)
    if served is None or "Non-2xx" in printed or "Socket errors" in printed:
        sys.exit(f"make bench: the gateway did not serve every call to {path}:\n{printed}")
    requests = int(served[1])
    if not requests:
        sys.exit(f"make bench: the machine is too busy, no call to {path} was answered.")
    return spent / requests * 1e6


@contextlib.contextmanager
def _gateway(others: int, backend_port: int, core: int) -> Iterator[Contestant]:
    command = ["taskset", "-c", str(core), sys.executable, "-m", "bench.callers.gateway"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        document = encode(config(others, backend_port))
        process.stdin.write(b"%d\n" % len(document) + document)
        process.stdin.flush()
        port = int(process.stdout.readline())
        yield Contestant(f"{others}", port, "", psutil.Process(process.pid))
        process.stdin.close()


def _spread(values: list[float], digits: int) -> str:
    middle, least, most = statistics.median(values), min(values), max(values)
    return f"{middle:,.{digits}f} ({least:,.{digits}f} to {most:,.{digits}f})"


if __name__ == "__main__":
    main()
