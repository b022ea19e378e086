"""The pages about policies: every example on them works."""

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest

from crossgate.core.model.authorizer import AuthorizerCreate
from crossgate.core.model.document import read
from crossgate.core.model.gateway_response import ResponsesCreate, ResponseType
from crossgate.core.policies import jwt_auth, rate_limit, third_auth
from crossgate.core.policies.asking import Answer, Ask
from crossgate.core.policies.authorizer import Authorizer, authorizer_check
from crossgate.core.policies.functions import read_functions
from tests.core.policies.driver import Driver, call

DOCS = Path(__file__).parents[3] / "docs"


def blocks(page: str, language: str) -> list[str]:
    """The fenced blocks of a page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", (DOCS / page).read_text("utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(
    ("page", "parse", "kind"),
    [
        ("rate-limit.md", rate_limit.parse_content, rate_limit.RateLimit),
        ("third-auth.md", third_auth.parse_content, third_auth.ThirdAuth),
        ("jwt-auth.md", jwt_auth.parse_content, jwt_auth.JwtAuth),
    ],
)
def test_the_example_of_a_plugin_is_accepted(page: str, parse: Any, kind: type) -> None:
    """The complete example has no mistake."""
    (example,) = blocks(page, "json")

    assert isinstance(parse(example), kind), parse(example)


def test_the_examples_of_gateway_responses_work() -> None:
    """The set is accepted, and the types are all of them."""
    (example,) = blocks("gateway-responses.md", "json")
    page = (DOCS / "gateway-responses.md").read_text("utf-8")

    assert read(ResponsesCreate, json.loads(example)).name == "ours"
    assert set(re.findall(r"`([A-Z][A-Z_4X5]{7,})`", page)) == set(get_args(ResponseType))


def test_the_examples_of_authorizers_work() -> None:
    """The authorizer and the table are accepted, and the function lets in what it says."""
    authorizer, _, answer = blocks("authorizers.md", "json")
    (table,) = blocks("authorizers.md", "toml")
    (function,) = blocks("authorizers.md", "python")
    names: dict[str, Any] = {}
    exec(function, names)  # noqa: S102  the page's own example

    def service(ask: Ask) -> Answer:
        return Answer(200, (), json.dumps(names["check"](json.loads(ask.body))).encode())

    assert read(AuthorizerCreate, json.loads(authorizer)).ttl == 60
    assert isinstance(read_functions(table), dict)
    check = authorizer_check(Authorizer(id="a", type="FRONTEND", endpoint="python:mycompany.auth:check"))
    known, unknown = call(headers={"Token": "0123456789abcdef" * 2}), call()
    assert Driver(service).run(check, known) is None
    assert known.context == {"authorizer.frontend.user": "abc"}
    assert Driver(service).run(check, unknown) is not None
    written = call()
    assert Driver(lambda _: Answer(200, (), answer.encode())).run(check, written) is None
    assert written.context["authorizer.frontend.admin"] == "true"
