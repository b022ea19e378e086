"""Our own documents: policies and plugins in a file, and what a gateway has published."""

import json
from pathlib import Path
from typing import Any

import pytest

from crossgate.core.snapshot.config import Config, HttpBackend, MockBackend, Plugin, PublishedApi, encode
from crossgate.cors.lint.rules import lint
from crossgate.cors.lint.subject import Document
from crossgate.peers import detect, read_text

CONTENT = '{"allow_origin":"https://*.example.com, null","allow_credentials":true}'


def found(document: Document) -> list[tuple[str, str, int | None]]:
    """Rule, place and line of each finding."""
    return [(finding.rule, finding.at, finding.line) for finding in lint(document)]


@pytest.mark.parametrize(
    ("text", "file", "expected"),
    [
        (
            '{\n "allow_origin":\n  "https://*.example.com, null",\n "allow_credentials": true\n}',
            "content.json",
            [("L04", "allow_origin[1]", 2), ("L11", "allow_origin[0]", 2)],
        ),
        (
            "allow_origin: https://*.example.com, null\nallow_credentials: yes\nmax_age: 5\n",
            "content.yaml",
            [("L04", "allow_origin[1]", 1), ("L11", "allow_origin[0]", 1)],
        ),
        (
            json.dumps({"plugin_name": "a", "plugin_content": CONTENT}, indent=1),
            "plugin.json",
            [("L04", "plugin_content.allow_origin[1]", 3), ("L11", "plugin_content.allow_origin[0]", 3)],
        ),
        (
            json.dumps(
                {
                    "plugins": [
                        {"plugin_type": "breaker", "plugin_content": "{}"},
                        {"plugin_type": "cors", "plugin_content": CONTENT},
                    ]
                },
                indent=1,
            ),
            "plugins.json",
            [
                ("L04", "plugins[1].plugin_content.allow_origin[1]", 9),
                ("L11", "plugins[1].plugin_content.allow_origin[0]", 9),
            ],
        ),
        (
            'credentials = true\norigins = [\n  "https://*.example.com",\n  "null",\n]\nbackend_headers = "keep"',
            "policy.toml",
            [("L04", "origins[1]", 4), ("L11", "origins[0]", 3)],
        ),
        (
            "origins:\n- https://*.example.com\n- 'null'\ncredentials: true\nmax_age: 60\n",
            "policy.yaml",
            [("L04", "origins[1]", 3), ("L11", "origins[0]", 2)],
        ),
        ('{"origins": [], "methods": []}', "policy.json", [("X03", "origins", 1)]),
    ],
)
def test_each_form_of_a_policy_is_read_with_its_lines(
    text: str, file: str, expected: list[tuple[str, str, int | None]]
) -> None:
    """It is told apart by its content, and findings are where the entry is written."""
    assert detect(text, file) == "crossgate"
    document = read_text(text, file)

    assert document.unreadable == ()
    assert found(document) == expected
    assert {subject.place.file for subject in document.subjects} == {file}


@pytest.mark.parametrize(
    ("text", "at", "line", "fix"),
    [
        ('{"allow_origin": "*",\n"max_age": "5"}', "max_age", 2, "without quotes"),
        ('{"allow_origin": "*",\n"max_aeg": 5}', "max_aeg", 2, "Write `max_age`."),
        ('{"allow_origin": ["*"]}', "allow_origin", 1, "separated by commas"),
        ('{"plugin_content": "no"}', "plugin_content.plugin_content", 1, "Write one"),
        ('origins: ["*"]\nheaders: x\n', "headers", 2, "a list of texts"),
        ('origins: ["*"]\ncredentials: 1\n', "credentials", 2, "true or false"),
        ('origins: ["*"]\nmax_age: soon\n', "max_age", 2, "a whole number"),
        ('origins: ["*"]\nmax_age: 99999999999999999999\n', "max_age", 2, "a whole number"),
        ('origins: ["*"]\nbackend_headers: both\n', "backend_headers", 2, "strip-foreign"),
        ('{"revision": 1, "apis": [], "plugins": 5}', "", None, "snapshot.json"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(text: str, at: str, line: int | None, fix: str) -> None:
    """The place, and what to write there."""
    unreadable = read_text(text, "f").unreadable

    assert [(problem.place.at, problem.place.line) for problem in unreadable] == [(at, line)]
    assert fix in unreadable[0].fix


@pytest.mark.parametrize(
    "text", ["", "[]", "origins", '{"name": "origins"}', "origins: 1\nother: 2\n", "a = 'origins'"]
)
def test_other_documents_are_not_ours(text: str) -> None:
    """The words alone do not make a policy; read as one, each says what is missing."""
    assert detect(text, "f.yaml") != "crossgate"
    assert read_text(text, "f", "crossgate").subjects == ()


def test_a_broken_toml_file_is_told() -> None:
    """By its name it is TOML, so TOML's complaint is told."""
    unreadable = read_text("origins = [", "policy.toml", "crossgate").unreadable

    assert "TOML" in unreadable[0].message


def api(name: str, **changes: Any) -> PublishedApi:
    """A published API."""
    fields: dict[str, Any] = {
        "api_id": name,
        "publish_id": name,
        "name": name,
        "group_id": "g",
        "env_id": "e",
        "req_protocol": "HTTPS",
        "req_method": "POST",
        "req_uri": f"/{name}",
        "match_mode": "NORMAL",
        "auth_type": "NONE",
        "cors": False,
        "backend": HttpBackend(scheme="HTTP", address="10.0.0.7:80", method="POST", path="/", timeout_ms=1000),
    }
    return PublishedApi(**{**fields, **changes})


def test_a_snapshot_says_who_has_each_policy() -> None:
    """A plugin's APIs are its route; an API with only the switch allows any origin; others have no policy."""
    config = Config(
        revision=1,
        environments={"e": "RELEASE"},
        apis=(
            api("orders", plugin_ids=("p", "b"), cors=True),
            api("carts", plugin_ids=("p",), req_protocol="HTTP", match_mode="SWA", auth_type="APP"),
            api("hints", cors=True, req_protocol="BOTH", auth_type="AUTHORIZER", backend=MockBackend()),
            api("none"),
        ),
        plugins=(
            Plugin(id="b", type="breaker", content="{}"),
            Plugin(id="p", type="cors", content='{"allow_origin":"https://a.example","reject_foreign":true}'),
            Plugin(id="q", type="cors", content='{"allow_origin":"https://b.example"}'),
        ),
    )

    shared, unused, switched = read_text(encode(config).decode(), "snapshot.json").subjects

    assert shared.name == "cors plugin of orders in RELEASE, carts in RELEASE"
    assert shared.origins[0].place.at == "plugins[1].content.allow_origin[0]"
    assert shared.route.paths == ("/orders", "/carts")
    assert shared.route.path_matching == "prefix"
    assert shared.route.methods == ("POST",)
    assert shared.route.auth == frozenset(("none", "signature"))
    assert shared.route.is_https is None
    assert shared.route.upstreams == ("10.0.0.7:80",)
    assert shared.route.checks_csrf is True
    assert unused.name == "cors plugin q"
    assert unused.route.auth is None
    assert (switched.name, switched.origins[0].kind) == ("hints in RELEASE", "any")
    assert switched.route.auth == frozenset(("other",))
    assert switched.route.is_https is None


@pytest.mark.parametrize(("protocol", "is_https"), [("HTTPS", True), ("HTTP", False), ("BOTH", None)])
def test_the_protocol_says_whether_an_http_page_matters(protocol: str, is_https: bool | None) -> None:
    """An API that is plain http itself has nothing to lose by an http page."""
    config = Config(revision=1, environments={"e": "RELEASE"}, apis=(api("a", cors=True, req_protocol=protocol),))

    (subject,) = read_text(encode(config).decode(), "snapshot.json").subjects

    assert subject.route.is_https is is_https


def test_a_snapshot_of_another_format_is_told(tmp_path: Path) -> None:
    """Nothing is guessed about it."""
    config = json.loads(encode(Config(revision=1)))
    config["format"] = 99

    unreadable = read_text(json.dumps(config), str(tmp_path / "snapshot.json")).unreadable

    assert "99" in unreadable[0].message


def test_a_content_that_is_no_string_is_told_to_be_one() -> None:
    """The admin API takes a string, and so the object that people write there first is no policy."""
    document = read_text('{"plugin_type": "cors",\n "plugin_content": {"allow_origin": "*"}}', "plugin.json")

    assert document.subjects == ()
    assert [(problem.message, problem.place.line) for problem in document.unreadable] == [
        ("`plugin_content` is not a string that holds JSON.", 2)
    ]
