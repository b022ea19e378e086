"""An API document is accepted, or refused with everything that is wrong with it (gateway.md 1.3)."""

import copy
import tomllib
from pathlib import Path
from typing import Any

import pytest

from crossgate.core.errors import Fault, Finding
from crossgate.core.errors.admin import refusal
from crossgate.core.model import api_rules
from crossgate.core.model.api import ApiCreate
from crossgate.core.model.document import read

CASES = tomllib.loads((Path(__file__).parent / "api_cases.toml").read_text("utf-8"))


def _put(document: Any, path: str, value: object) -> None:
    *folders, last = path.split(".")
    for folder in folders:
        document = document[int(folder) if folder.isdigit() else folder]
    document[int(last) if last.isdigit() else last] = value


def _document(case: dict[str, Any]) -> dict[str, Any]:
    document: dict[str, Any] = copy.deepcopy(CASES["base"])
    for path, value in case.get("set", {}).items():
        _put(document, path, value)
    for path, length in case.get("long", {}).items():
        _put(document, path, "/" + "x" * (length - 1))
    for path in case.get("null", []):
        _put(document, path, None)
    for path in case.get("drop", []):
        *folders, last = path.split(".")
        holder = document
        for folder in folders:
            holder = holder[folder]
        del holder[last]
    return document


def _findings(document: dict[str, Any]) -> list[Finding]:
    try:
        return api_rules.findings(read(ApiCreate, document))
    except Fault as fault:
        return list(fault.findings)


@pytest.mark.parametrize("case", CASES["case"], ids=lambda case: case["name"])
def test_case(case: dict[str, Any]) -> None:
    """Each document is refused for exactly the reasons its case names."""
    found = _findings(_document(case))

    assert [f"{finding.code} {finding.at}" for finding in found] == case.get("refused", [])


@pytest.mark.parametrize(
    "case", [case for case in CASES["case"] if "refused" in case], ids=lambda case: case["name"]
)
def test_every_finding_says_what_to_do(case: dict[str, Any]) -> None:
    """A refusal without a way out is half an answer."""
    assert all(finding.message and finding.fix for finding in _findings(_document(case)))


def test_the_first_finding_speaks_for_the_document() -> None:
    """The contract has room for one code and one name."""
    with pytest.raises(Fault) as caught:
        read(ApiCreate, CASES["base"] | {"name": "x", "type": 9})

    assert caught.value.kind.code == "APIG.2011"
    assert caught.value.kind.status == 400
    assert caught.value.message == (
        "Invalid parameter value,parameterName:name. Please refer to the support documentation"
    )


def test_a_rule_between_fields_has_its_own_code() -> None:
    """More than fifty parameters are too many, which the contract answers with 403."""
    many = [{"name": f"p{number}", "type": "STRING", "location": "QUERY"} for number in range(51)]
    document = CASES["base"] | {
        "name": "items",
        "req_uri": "/items",
        "req_params": many,
        "backend_params": [],
        "backend_api": CASES["base"]["backend_api"] | {"req_uri": "/"},
    }

    fault = refusal(api_rules.findings(read(ApiCreate, document)))

    assert (fault.kind.code, fault.kind.status) == ("APIG.3111", 403)


def test_a_refusal_never_repeats_a_value() -> None:
    """What was sent may be a secret."""
    document = CASES["base"] | {"name": "swordfish!", "version": "swordfish" * 3}

    with pytest.raises(Fault) as caught:
        read(ApiCreate, document)

    assert len(caught.value.findings) == 2
    assert "swordfish" not in caught.value.message + repr(caught.value.findings)


def test_a_path_parameter_is_always_required() -> None:
    """Without it the path would be another one."""
    document = CASES["base"] | {"name": "items"}

    assert [param.required for param in read(ApiCreate, document).req_params] == [1, 2]
