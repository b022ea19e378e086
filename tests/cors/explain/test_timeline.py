"""Steps put where they were taken, beyond what explained.toml shows."""

from crossgate.cors.browser import Browser, FetchCall, HttpResponse, LocalNetwork, Page, fetch
from crossgate.cors.explain import explain, tell, timeline


def test_what_is_refused_before_anything_is_sent_stands_at_its_hop() -> None:
    """Local Network Access is judged at a URL, and nothing is exchanged there."""
    page = Page("https://app.example", address_space="public")
    call = FetchCall(url="https://nas.example/x")
    browser = Browser(
        profile="chromium", network=LocalNetwork(spaces={"nas.example": "local"}, permission="denied")
    )
    story = fetch(page, call, lambda _: HttpResponse(200), browser)
    (stage,) = timeline(story).stages

    assert (stage.exchanges, [step.passed for step in stage.before]) == ((), [None, False])
    lines = [str(line) for line in tell(explain(page, call, {"chromium": story}))]
    assert "  ✗ Did the user permit it?  Local Network Access, check" in lines
