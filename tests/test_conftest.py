"""What the test run itself promises: no skip is silent, and a missing browser has a reason."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e import browser

ROOT = Path(__file__).parents[1]
SKIPPING = """
import pytest

@pytest.mark.skip(reason="not on a Tuesday")
def test_marked():
    pass

def test_called():
    pytest.skip("no moon")

def test_kept():
    pass
"""


def test_every_skip_is_listed_with_its_reason(tmp_path: Path) -> None:
    """At the end of a run each skipped test is named, with the reason it gave."""
    (tmp_path / "test_skipping.py").write_text(SKIPPING, "utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "--rootdir", str(tmp_path), str(tmp_path)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert "test_skipping.py::test_marked: not on a Tuesday\n" in run.stdout
    assert "test_skipping.py::test_called: no moon\n" in run.stdout
    assert "test_kept" not in run.stdout


def test_a_missing_browser_has_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is not root is told what to install; with a browser there is nothing to tell."""
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr(browser, "find_chromium", lambda: None)
    assert "apt-get install chromium" in str(browser.why_missing())
    monkeypatch.setattr(browser, "find_chromium", lambda: "/usr/bin/chromium")
    assert browser.why_missing() is None
