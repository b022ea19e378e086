"""Pages of the documentation, followed as a reader would: logged in as the README says, then block by block."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from tests.e2e.running import Crossgate

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
BREAK = "-- the next block --"
# What a page starts in the background ends with the shell; a checkout may have no command `crossgate` yet.
BEGIN = """
set -euo pipefail
trap 'kill $(jobs -p) 2> /dev/null || true' EXIT
crossgate() { python3 -m crossgate "$@"; }
release=DEFAULT_ENVIRONMENT_RELEASE_ID
"""


class Step(NamedTuple):
    """The commands of one block, and the answer that the page shows of them; empty where it shows none."""

    commands: str
    shown: str


def blocks(page: str, language: str) -> list[str]:
    """The examples of a page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def steps(page: str) -> list[Step]:
    """The `sh` blocks of a page in their order, each with the `http` or `text` block that follows it."""
    found: list[Step] = []
    for language, text in re.findall(r"^```(sh|http|text)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        if language == "sh":
            found.append(Step(text, ""))
        else:
            found[-1] = found[-1]._replace(shown=text)
    return found


def as_shown(shown: str) -> re.Pattern[str]:
    """An answer with at least the lines shown, in their order; `…` stands for anything."""
    lines = [re.escape(line).replace("…", ".*") for line in shown.splitlines() if line]
    return re.compile(r".*?\n".join(lines), re.DOTALL)


def follow(page: str, crossgate: Crossgate, folder: Path, replaced: Mapping[str, str] | None = None) -> None:
    """Types every block of `page` into one shell in `folder`; each is answered as the page shows.

    `replaced` are texts of the page and what they are here, beside the places of `crossgate`.
    """
    (login,) = [each for each in blocks((ROOT / "README.md").read_text("utf-8"), "sh") if "create()" in each]
    followed = steps(page)
    script = BEGIN + f"\necho; echo '{BREAK}'\n".join([login, *[step.commands for step in followed]])
    here = {"crossgate-data": str(crossgate.data), "http://127.0.0.1:8080": crossgate.url, **(replaced or {})}
    for text, ours in here.items():
        script = script.replace(text, ours)
    variables = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT / "src"),
    }
    ran = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=variables, capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    _, *answers = ran.stdout.replace("\r", "").split(f"{BREAK}\n")
    for step, answer in zip(followed, answers, strict=True):
        assert as_shown(step.shown).search(answer), f"{step.commands}\nanswered\n{answer}\nnot\n{step.shown}"
