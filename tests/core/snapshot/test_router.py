"""Which API a request finds."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from crossgate.core.snapshot.router import Router

CASES = tomllib.loads(Path(__file__).with_name("routes.toml").read_text("utf-8"))["case"]


def router(routes: list[str]) -> Router[str]:
    """A router of routes written as in the cases."""
    built: Router[str] = Router()
    for route in routes:
        method, template, *mode = route.split(" ")
        built.add(method.encode(), template.encode(), prefix=mode == ["SWA"], route=route)
    return built


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["why"])
@pytest.mark.parametrize("order", [1, -1], ids=["as written", "reversed"])
def test_a_call_finds_its_route(case: dict[str, Any], order: int) -> None:
    """The route does not depend on the order in which APIs were published."""
    built = router(case["routes"][::order])

    for call, expected in case["calls"]:
        method, path = call.split(" ")
        match = built.find(method.encode(), path.encode())
        assert (match.route if match else "") == expected, call


@pytest.mark.parametrize(
    ("route", "path", "captured", "remainder"),
    [
        ("GET /{a}/x/{b}", "/1/x/2 3", (b"1", b"2 3"), b""),
        ("GET /{a}/{rest+}", "/1/2/3", (b"1", b"2/3"), b""),
        ("GET /p SWA", "/p/q/", (), b"/q/"),
        ("GET / SWA", "/q", (), b"/q"),
        ("GET /p SWA", "/p", (), b""),
        ("GET /{a}/p SWA", "/1/p/q", (b"1",), b"/q"),
    ],
)
def test_what_a_match_holds(route: str, path: str, captured: tuple[bytes, ...], remainder: bytes) -> None:
    """A match names its parameters' values and what followed the prefix."""
    match = router([route]).find(b"GET", path.encode())

    assert match is not None
    assert (match.captured, match.remainder) == (captured, remainder)


def test_the_cost_of_a_miss_is_bounded() -> None:
    """A path of many segments against a tree that invites backtracking is answered at once."""
    built = router(
        [f"GET /{'/'.join('a' if bits >> at & 1 else '{x}' for at in range(10))}" for bits in range(1024)]
    )

    assert built.find(b"GET", b"/a" * 9 + b"/" + b"a/" * 5000) is None
