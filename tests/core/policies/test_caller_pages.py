"""The pages about callers: their settings are accepted, and their codes are those there are."""

import json
import re

import pytest

from crossgate.core.errors import FaultKind, runtime
from crossgate.core.model.document import read
from crossgate.core.model.feature import FeatureToggle
from crossgate.core.model.feature_forms import READERS
from tests.core.policies.test_policy_pages import DOCS, blocks


@pytest.mark.parametrize(
    ("page", "names"),
    [("client-address.md", ["real_ip_from_xff", "real_ip_header_getter"]), ("app-tokens.md", ["app_token"])],
)
def test_the_features_of_a_page_can_be_set(page: str, names: list[str]) -> None:
    """Each example is a request the admin API takes, its config included."""
    documents = [json.loads(block) for block in blocks(page, "json")]
    toggles = [read(FeatureToggle, document) for document in documents if "name" in document]

    assert [toggle.name for toggle in toggles] == names
    for toggle in toggles:
        READERS[toggle.name](toggle.config)


def test_the_codes_of_tokens_are_those_of_the_table() -> None:
    """Every code on the page has its status."""
    page = (DOCS / "app-tokens.md").read_text("utf-8")
    kinds = {kind.code: kind.status for kind in vars(runtime).values() if isinstance(kind, FaultKind)}
    told = re.findall(r"(\d{3}) `(APIG\.\d{4})`", page)

    assert len(told) == 12
    assert all(kinds[code] == int(status) for status, code in told)
