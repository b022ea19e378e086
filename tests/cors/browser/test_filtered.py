"""What is left of a response for the script, row by row."""

from typing import Any

import pytest

from crossgate.cors.browser import Browser, FetchCall, HttpResponse, Page, fetch
from crossgate.cors.browser.profiles import NAMES
from tests.cors.browser.story_rows import cases, response


@pytest.mark.parametrize("case", cases("filtered.toml"), ids=lambda case: case["why"])
def test_a_script_reads_what_the_row_says(case: dict[str, Any]) -> None:
    """The same under every profile, and what it cannot read is named as hidden."""
    grant = [
        ("Access-Control-Allow-Origin", "https://a.example"),
        ("Access-Control-Allow-Credentials", "true"),
    ]
    answer: HttpResponse = response(200, grant + [(name, value) for name, value in case["headers"]])
    call = FetchCall(url="https://b.example/x", credentials="include" if case.get("include") else "omit")
    for profile in NAMES:
        story = fetch(Page("https://a.example"), call, lambda _: answer, Browser(profile=profile))

        assert story.response is not None, story.failure
        names = [name for name, _ in story.response.headers]
        assert names == case["readable"]
        assert set(story.response.hidden) == {name.lower().decode() for name, _ in answer.headers} - set(names)
        assert case.get("timing") in (None, story.response.timing)
