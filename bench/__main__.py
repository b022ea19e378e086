"""Runs the rounds and prints the table; exits 1 when a ratio is below the goal."""

import statistics
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.load import CONNECTIONS, Measured, load, plan, spread
from bench.servers import Contestant, crossgate, nginx

GOAL = 0.60
REQUESTS = {"CORS GET": "GET", "preflight": "OPTIONS"}
_SCRIPT = Path(__file__).with_name("browser.lua")


def main() -> None:
    """Measures in interleaved rounds, so that a noisy neighbour disturbs both alike."""
    rounds_of, seconds, server_core, load_core = plan("python -m bench", __doc__, rounds=7, seconds=3)
    rounds: dict[tuple[str, str], list[Measured]] = defaultdict(list)

    def ask(contestant: Contestant, method: str, seconds: int) -> Measured:
        environment = {"METHOD": method, "HOST": contestant.host}
        return load(contestant, "/json", _SCRIPT, seconds, load_core, environment)

    with (
        tempfile.TemporaryDirectory() as name,
        nginx(Path(name), "backend", "backend.conf", load_core) as backend,
        nginx(Path(name), "proxy", "nginx.conf", server_core, backend_port=backend.port) as theirs,
        crossgate(Path(name), server_core, backend.port) as ours,
    ):
        for contestant in (theirs, ours):
            for method in REQUESTS.values():
                ask(contestant, method, 1)
        for _ in range(rounds_of):
            for kind, method in REQUESTS.items():
                for contestant in (theirs, ours):
                    rounds[kind, contestant.name].append(ask(contestant, method, seconds))
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
        cpu = [spread([one.cpu_us for one in side], 1) for side in (theirs, ours)]
        rate = [spread([one.rate for one in side], 0) for side in (theirs, ours)]
        table.add_row(f"{kind}: CPU µs per request", *cpu, spread(ratios, 2))
        table.add_row(f"{kind}: requests per second", *rate, "")
    Console(width=120).print(table)
    Console().print(f"Goal: CPU per request at least {GOAL:.2f} of nginx. {'Reached.' if reached else 'MISSED.'}")
    return reached


if __name__ == "__main__":
    main()
