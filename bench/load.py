"""How the two benches of servers begin, load a server with wrk, and tell what it spent."""

import argparse
import os
import re
import statistics
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from bench.servers import Contestant, provide

CONNECTIONS = 64
_SERVED = re.compile(r"(\d+) requests in ([\d.]+)s")


class Plan(NamedTuple):
    """How many rounds of how many seconds, and which core is whose."""

    rounds: int
    seconds: int
    server_core: int
    load_core: int


class Measured(NamedTuple):
    """One round: CPU time per request in microseconds, and requests per second."""

    cpu_us: float
    rate: float


def plan(program: str, description: str | None, *, rounds: int, seconds: int) -> Plan:
    """What the command line says. Installs what is missing; ends with a sentence where nothing can be measured."""
    arguments = argparse.ArgumentParser(prog=program, description=description)
    arguments.add_argument("--rounds", type=int, default=rounds)
    arguments.add_argument("--seconds", type=int, default=seconds)
    options = arguments.parse_args()
    for needed in ("nginx", "wrk"):
        provide(needed)
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        sys.exit("make bench needs two cores: one for the gateway, one for load and backend.")
    return Plan(options.rounds, options.seconds, *cores[:2])


def load(
    contestant: Contestant,
    path: str,
    script: Path,
    seconds: int,
    core: int,
    environment: dict[str, str] | None = None,
) -> Measured:
    """Loads `contestant` from `core` for `seconds` over CONNECTIONS kept-alive connections."""
    command = ["taskset", "-c", str(core), "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(script)]
    command += [f"http://127.0.0.1:{contestant.port}{path}"]
    before = contestant.cpu_s()
    asked = subprocess.run(
        command, env=os.environ | (environment or {}), capture_output=True, text=True, check=True
    )
    spent = contestant.cpu_s() - before
    served = _SERVED.search(asked.stdout)
    if served is None or "Non-2xx" in asked.stdout or "Socket errors" in asked.stdout:
        sys.exit(f"make bench: {contestant.name} did not serve every call to {path}:\n{asked.stdout}")
    requests, took = int(served[1]), float(served[2])
    if not requests:
        sys.exit(f"make bench: the machine is too busy, no call to {path} was answered.")
    return Measured(spent / requests * 1e6, requests / took)


def spread(values: list[float], digits: int) -> str:
    """The median, and the least and the greatest."""
    middle, least, most = statistics.median(values), min(values), max(values)
    return f"{middle:,.{digits}f} ({least:,.{digits}f} to {most:,.{digits}f})"
