"""Local Network Access, row by row."""

from typing import Any

import pytest

from crossgate.cors.browser import Browser, FetchCall, LocalNetwork, Page, ProfileName, Story, fetch
from crossgate.cors.browser.profiles import NAMES
from tests.cors.browser.story_rows import cases, response


@pytest.mark.parametrize("case", cases("local_network.toml"), ids=lambda case: case["why"])
def test_the_local_network_is_reached_as_the_row_says(case: dict[str, Any]) -> None:
    """What is refused is refused before a byte is sent."""
    for profile in NAMES:
        story = told(case, profile)

        expected = case.get("code", "") if profile in ("chromium", "firefox") else ""
        assert (story.failure.code if story.failure else "") == expected, profile
        assert bool(story.exchanges) == (not expected)
        if story.failure is not None:
            assert story.failure.console["chromium"][0].endswith(case["line"])


def told(case: dict[str, Any], profile: ProfileName) -> Story:
    """The story of a case, where whoever is reached grants everything."""
    network = LocalNetwork(spaces={"printer.example": "local"}, permission=case.get("permission", "granted"))
    space = case.get("space", "public") or None
    page = Page(case.get("page", "https://a.example"), secure=case.get("secure"), address_space=space)
    call = FetchCall(url=case["url"], target_address_space=case.get("target"))
    return fetch(page, call, lambda _: response(200, "any"), Browser(profile=profile, network=network))
