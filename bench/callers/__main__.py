"""Runs the rounds and prints the table; exits 1 when a ratio is above its goal."""

import contextlib
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
from bench.load import CONNECTIONS, load, plan, spread
from bench.servers import Contestant, nginx
from crossgate.core.snapshot.config import encode

FEW, MANY = 100, 100_000


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
    rounds_of, seconds, server_core, load_core = plan("python -m bench.callers", __doc__, rounds=9, seconds=1)
    rounds: dict[Row, list[tuple[float, float]]] = defaultdict(list)
    with (
        tempfile.TemporaryDirectory() as name,
        nginx(Path(name), "backend", "backend.conf", load_core) as backend,
        _gateway(FEW, backend.port, server_core) as few,
        _gateway(MANY, backend.port, server_core) as many,
    ):
        for _ in range(rounds_of):
            for row in ROWS:
                sides = [(few if row.others == FEW else many, row.path), (few, row.base_path)]
                # There and back, so that a machine that grows slower or faster meanwhile does so for both.
                turn = [*sides, *sides[::-1]]
                cpu = [_cpu_us(gateway, row.make, path, seconds, load_core, Path(name)) for gateway, path in turn]
                rounds[row].append(((cpu[0] + cpu[3]) / 2, (cpu[1] + cpu[2]) / 2))
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
        sides = [spread([pair[side] for pair in pairs], 1) for side in (0, 1)]
        table.add_row(row.name, *sides, spread(ratios, 2), f"{row.goal:.2f}")
    Console(width=140).print(table)
    Console().print("Every goal is reached." if reached else "A goal is MISSED.")
    return reached


def _cpu_us(
    gateway: Contestant, make: Callable[[str, int], bytes], path: str, seconds: int, core: int, folder: Path
) -> float:
    script = folder / "calls.lua"
    script.write_text(calls.script(make, path))
    return load(gateway, path, script, seconds, core).cpu_us


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


if __name__ == "__main__":
    main()
