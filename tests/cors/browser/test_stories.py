"""Whole stories, each under every profile."""

import pytest

from crossgate.cors.browser import Browser, Page, Story, fetch
from tests.cors.browser.story_rows import Row, rows

ROWS = rows()


def tell(row: Row) -> Story:
    """The story of a row."""
    page = Page(row.page, referrer_policy=row.policy, url=row.address, has_service_worker=row.worker)
    return fetch(page, row.ask, row.answerer(), Browser(profile=row.profile))


def name(row: Row) -> str:
    """A row's name."""
    return f"{row.rule}-{row.profile}-{row.why[:40]}"


@pytest.mark.parametrize("row", ROWS, ids=name)
def test_a_story_goes_as_the_row_says(row: Row) -> None:
    """What is sent, and what the script gets."""
    story = tell(row)

    sent = [f"{each.request.method.decode()} {each.request.url}" for each in story.exchanges]
    assert sent == row.sent, story.failure
    for number, field, value in row.fields:
        found = story.exchanges[number].request.get(field.encode())
        assert (found or b"").decode("latin-1") == value, (number, field)
    if row.cookies is not None:
        assert [each.request.sends_credentials for each in story.exchanges] == row.cookies
    assert (story.failure.code if story.failure else "") == row.code, story.failure
    assert row.error is None or story.error == row.error
    for key in ("type", "status", "redirected", "has_body", "timing", "url"):
        assert getattr(row, key) in (None, getattr(story.response, key, None)), key
    if row.readable is not None:
        assert story.response is not None
        assert [field for field, _ in story.response.headers] == row.readable


@pytest.mark.parametrize("row", [row for row in ROWS if row.console], ids=name)
def test_the_console_says_what_the_row_says(row: Row) -> None:
    """Letter for letter, whichever browser was asked about."""
    story = tell(row)

    assert story.failure is not None
    for browser, line in row.console.items():
        assert story.failure.console.get(browser, ("",))[0] == line, browser
