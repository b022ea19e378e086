"""What holds for every test: browsers are provided before the first one, and no skip is silent."""

import pytest

from tests.e2e import browser


def pytest_collection_finish(session: pytest.Session) -> None:
    """Provide Chromium when a collected test needs it; here, because installing may outlast a test's timeout."""
    if (
        any(item.get_closest_marker("chromium") for item in session.items)
        and not session.config.option.collectonly
    ):
        browser.provide()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test that needs Chromium where there is none."""
    if item.get_closest_marker("chromium") and (reason := browser.why_missing()):
        pytest.skip(reason)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List everything that was skipped, by name and with the reason."""
    skipped = terminalreporter.getreports("skipped")
    if skipped:
        terminalreporter.section("SKIPPED: these tests proved nothing", yellow=True)
    for report in skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
        terminalreporter.line(f"{report.nodeid}: {reason.removeprefix('Skipped: ')}", yellow=True)
