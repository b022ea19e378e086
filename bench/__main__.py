"""Runs the rounds and prints the table; exits 1 when a ratio is below the goal."""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from bench.servers import Contestant, crossgate, nginx, provide

GOAL = 0.60
CONNECTIONS = 64
REQUESTS = {"CORS GET": "GET", "preflight": "OPTIONS"}
_SCRIPT = Path(__file__).with_name("browser.lua")
_SERVED = re.compile(r"(\d+) requests in ([\d.]+)s")


class Measured(NamedTuple):
    """One round: CPU time per request in microseconds, and requests per second."""

    cpu_us: float
    rate: float


def load(contestant: Contestant, method: str, seconds: int, core: int) -> Measured:
    """Loads `contestant` from `core` for `seconds` over CONNECTIONS kept-alive connections."""
    command = ["taskset", "-c", str(core), "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(_SCRIPT)]
    environment = os.environ | {"METHOD": method, "HOST": contestant.host}
    before = contestant.cpu_s()
    url = f"http://127.0.0.1:{contestant.port}/json"
    printed = subprocess.run([*command, url], env=environment, capture_output=True, text=True, check=True).stdout
    spent = contestant.cpu_s() - before
    served = _SERVED.search(printed)
    if served is None or "Non-2xx" in printed or "Socket errors" in printed:
        sys.exit(f"make bench: {contestant.name} did not serve every {method}:\n{printed}")
    requests, took = int(served[1]), float(served[2])
    return Measured(spent / requests * 1e6, requests / took)


def main() -> None:
    """Measures in interleaved rounds, so that a noisy neighbour disturbs both alike."""
    arguments = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    arguments.add_argument("--rounds", type=int, default=7)
    arguments.add_argument("--seconds", type=int, default=3)
    options = arguments.parse_args()
    for program in ("nginx", "wrk"):
        provide(program)
    if len(os.sched_getaffinity(0)) < 2:
        sys.exit("make bench needs two cores: one for the gateway, one for load and backend.")
    server_core, load_core = sorted(os.sched_getaffinity(0))[:2]
    rounds: dict[tuple[str, str], list[Measured]] = defaultdict(list)
    with (
        tempfile.TemporaryDirectory() as name,
        nginx(Path(name), "backend", "backend.conf", load_core) as backend,
        nginx(Path(name), "proxy", "nginx.conf", server_core, backend_port=backend.port) as theirs,
        crossgate(Path(name), server_core, backend.port) as ours,
    ):
        for contestant in (theirs, ours):
            for method in REQUESTS.values():
                load(contestant, method, 1, load_core)
        for _ in range(options.rounds):
            for kind, method in REQUESTS.items():
                for contestant in (theirs, ours):
                    rounds[kind, contestant.name].append(load(contestant, method, options.seconds, load_core))
    sys.exit(0 if report(rounds) else 1)


def report(rounds: dict[tuple[str, str], list[Measured]]) -> bool:
    """Prints medians with their least and greatest; whether every ratio reaches the goal."""
    table = Table(title=f"One core each, {CONNECTIONS} connections; median (least to greatest) of the rounds")
    for heading in ("", "nginx", "crossgate", "nginx / crossgate"):
        table.add_column(heading, justify="right" if heading else "left")
    reached = True
    for kind in REQUESTS:
        theirs, ours = rounds[kind, "nginx"], rounds[kind, "crossgate"]
        ratios = [one.cpu_us / other.cpu_us for one, other in zip(theirs, ours, strict=True)]
        reached &= statistics.median(ratios) >= GOAL
        cpu = [_spread([one.cpu_us for one in side], 1) for side in (theirs, ours)]
        rate = [_spread([one.rate for one in side], 0) for side in (theirs, ours)]
        table.add_row(f"{kind}: CPU µs per request", *cpu, _spread(ratios, 2))
        table.add_row(f"{kind}: requests per second", *rate, "")
    Console(width=120).print(table)
    Console().print(f"Goal: CPU per request at least {GOAL:.2f} of nginx. {'Reached.' if reached else 'MISSED.'}")
    return reached


def _spread(values: list[float], digits: int) -> str:
    middle, least, most = statistics.median(values), min(values), max(values)
    return f"{middle:,.{digits}f} ({least:,.{digits}f} to {most:,.{digits}f})"


if __name__ == "__main__":
    main()
