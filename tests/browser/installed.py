"""The browsers of this machine: found, or installed where that may be done."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from tests.browser.driver import BrowserName

INSTALL_S: Final = 600
PROGRAMS: Final[dict[BrowserName, str]] = {"chromium": "chromium", "firefox": "firefox-esr"}
"""What Debian calls the program and its package."""


def find(name: BrowserName) -> str | None:
    """The path of the browser; None where it is not installed."""
    program = PROGRAMS[name]
    return shutil.which(program) or shutil.which(program, path="/usr/bin")


def provide(name: BrowserName) -> None:
    """Install the browser when it is missing and this runs as root on a Debian; otherwise leave all as it is."""
    if find(name) or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    program = PROGRAMS[name]
    # Processes that run side by side must not install it twice.
    with (Path(tempfile.gettempdir()) / f"crossgate-{program}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not find(name):
            for arguments in (["update"], ["install", "--yes", "--no-install-recommends", program]):
                subprocess.run(["apt-get", "-qq", *arguments], check=False, timeout=INSTALL_S)


def why_missing(name: BrowserName) -> str | None:
    """Why the browser cannot be asked; None when it can."""
    if find(name):
        return None
    program = PROGRAMS[name]
    if os.geteuid() != 0:
        return f"{program} is not installed, and only root may install it (apt-get install {program})"
    return f"{program} is not installed, and apt-get could not install it"
