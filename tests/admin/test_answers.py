"""Every route answers as the SDK's own models say: the fields they know, in their types, with nothing null."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
from huaweicloudsdkapig import v2 as sdk

STEPS: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("answers.toml").read_text("utf-8"))["step"]

_PLAIN = {"str": str, "int": int, "bool": bool, "object": object, "datetime": str}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def test_every_answer_is_the_contracts_model(http: httpx2.Client) -> None:
    """One of everything is made, changed, shown, listed, published, attached and removed."""
    ids: dict[str, str] = {}
    for step in STEPS:
        method, path = _named(step["request"], ids).split(" ")
        answer = http.request(method, path, json=_named(step.get("body"), ids))
        assert answer.status_code == step["status"], f"{method} {path}: {answer.text}"
        assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-Id"])
        if "model" in step:
            assert not list(_wrong(step["model"], answer.json(), f"{method} {path}"))
        else:
            assert not answer.content
        for name, place in step.get("keep", {}).items():
            ids[name] = _at(answer.json(), place)


def _named(part: Any, ids: dict[str, str]) -> Any:
    """`part` with every `<name>` replaced by the id it stands for."""
    if isinstance(part, str):
        return re.sub(r"<(\w+)>", lambda match: ids[match[1]], part)
    if isinstance(part, dict):
        return {name: _named(value, ids) for name, value in part.items()}
    return [_named(value, ids) for value in part] if isinstance(part, list) else part


def _at(document: Any, place: str) -> str:
    for step in place.split("."):
        document = document[int(step) if step.isdigit() else step]
    return str(document)


def _wrong(kind: str, value: Any, at: str) -> Iterator[str]:
    """Where `value` is not what the SDK means by `kind`, such as `list[PluginInfo]`."""
    listed = re.fullmatch(r"list\[(.*)\]", kind)
    mapped = re.fullmatch(r"dict\(str, (.*)\)", kind)
    if listed and isinstance(value, list):
        for item in value:
            yield from _wrong(listed[1], item, f"{at}[]")
    elif mapped and isinstance(value, dict):
        for name, item in value.items():
            yield from _wrong(mapped[1], item, f"{at}.{name}")
    elif kind in _PLAIN:
        if not isinstance(value, _PLAIN[kind]) or (isinstance(value, bool) and kind != "bool"):
            yield f"{at} is {value!r}, not {kind}"
        elif kind == "datetime" and not _TIME.fullmatch(str(value)):
            yield f"{at} is {value!r}, not RFC3339"
    elif isinstance(value, dict):
        model = getattr(sdk, kind)
        kinds = {model.attribute_map[field]: inner for field, inner in model.openapi_types.items()}
        for name, inner in value.items():
            yield from _wrong(kinds[name], inner, f"{at}.{name}") if name in kinds else [f"{at}.{name} is unknown"]
    else:
        yield f"{at} is {value!r}, not {kind}"
