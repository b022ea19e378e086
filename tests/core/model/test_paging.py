"""Pages of lists (gateway.md 0, lists)."""

from typing import Any

import pytest

from crossgate.core.errors import Fault
from crossgate.core.model.api import ApiQuery
from crossgate.core.model.document import read
from crossgate.core.model.paging import Page


@pytest.mark.parametrize(
    ("given", "offset", "limit"),
    [
        ({}, 0, 20),
        ({"offset": "3", "limit": "7"}, 3, 7),
        ({"offset": "-1", "limit": "0"}, 0, 20),
        ({"limit": "-5"}, 0, 20),
        ({"limit": "501"}, 0, 500),
        ({"offset": "9" * 30}, 2**63 - 1, 20),
        ({"offset": "", "limit": ""}, 0, 20),
    ],
)
def test_numbers_are_moved_into_range(given: dict[str, Any], offset: int, limit: int) -> None:
    """A list always has a page to show."""
    page = read(Page, given)

    assert (page.offset, page.limit) == (offset, limit)


def test_what_is_no_number_is_refused() -> None:
    """Guessing a page would hide a client's mistake."""
    with pytest.raises(Fault) as caught:
        read(Page, {"limit": "many"})

    assert [finding.at for finding in caught.value.findings] == ["limit"]


def test_precise_search_is_a_comma_list() -> None:
    """The fields named are matched exactly, the others are not."""
    page = read(Page, {"precise_search": "name, req_uri"})

    assert page.is_precise("name")
    assert page.is_precise("req_uri")
    assert not page.is_precise("id")


@pytest.mark.parametrize("given", ["a,b", ["a", "b"], ["a,b"]])
def test_tags_come_in_either_form(given: object) -> None:
    """Clients repeat the parameter, or write one comma list."""
    assert read(ApiQuery, {"tags": given}).tags == ["a", "b"]
