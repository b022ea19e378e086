"""Debian's Chromium for the tests marked `chromium`: found, or installed where that may be done."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from demo.browser import find_chromium

INSTALL_S = 600


def provide() -> None:
    """Install Chromium when it is missing and this runs as root on a Debian; otherwise leave all as it is."""
    if find_chromium() or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    # Test processes that run side by side must not install it twice.
    with (Path(tempfile.gettempdir()) / "crossgate-chromium.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not find_chromium():
            for arguments in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
                subprocess.run(["apt-get", "-qq", *arguments], check=False, timeout=INSTALL_S)


def why_missing() -> str | None:
    """Why no browser can be asked; None when there is one."""
    if find_chromium():
        return None
    if os.geteuid() != 0:
        return "chromium is not installed, and only root may install it (apt-get install chromium)"
    return "chromium is not installed, and apt-get could not install it"
