"""What is left of a response for the script, row by row."""

from typing import Any

import pytest

from crossgate.cors.browser import Browser, FetchCall, HttpResponse, Page, ProfileName, Story, fetch
from crossgate.cors.browser.profiles import NAMES
from tests.cors.browser.story_rows import cases, response


@pytest.mark.parametrize("case", cases("filtered.toml"), ids=lambda case: case["why"])
def test_a_script_reads_what_the_row_says(case: dict[str, Any]) -> None:
    """The same under every profile, and what it cannot read is named as hidden."""
    for profile in NAMES:
        response = told(case, profile).response

        assert response is not None
        names = [name for name, _ in response.headers]
        assert names == case["readable"]
        sent = {name.lower().decode() for name, _ in answer(case).headers}
        assert set(response.hidden) == sent - set(names)
        assert case.get("timing") in (None, response.timing)


def told(case: dict[str, Any], profile: ProfileName) -> Story:
    """The story in which the case's response comes."""
    call = FetchCall(url="https://b.example/x", credentials="include" if case.get("include") else "omit")
    return fetch(Page("https://a.example"), call, lambda _: answer(case), Browser(profile=profile))


def answer(case: dict[str, Any]) -> HttpResponse:
    """The response of a case, with the grant of its origin."""
    grant = [
        ("Access-Control-Allow-Origin", "https://a.example"),
        ("Access-Control-Allow-Credentials", "true"),
    ]
    return response(200, grant + [(name, value) for name, value in case["headers"]])
