"""The contract's rules for names (gateway.md section 1)."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from crossgate.core.errors import Fault
from crossgate.core.model import domain, names
from crossgate.core.model.document import read

CASES = tomllib.loads((Path(__file__).parent / "name_cases.toml").read_text("utf-8"))
TYPES: dict[str, Any] = {
    "Title": names.Title,
    "EnvironmentName": names.EnvironmentName,
    "VariableName": names.VariableName,
    "VariableValue": names.VariableValue,
    "PluginName": names.PluginName,
    "Tag": names.Tag,
    "DomainName": domain.DomainName,
}
GOOD = [(kind, text) for kind, texts in CASES["good"].items() for text in texts]
BAD = [(kind, text) for kind, texts in CASES["bad"].items() for text in texts]


@pytest.mark.parametrize(("kind", "text"), GOOD)
def test_good(kind: str, text: str) -> None:
    """These are names."""
    assert TypeAdapter(TYPES[kind]).validate_python(text) == text


@pytest.mark.parametrize(("kind", "text"), BAD)
def test_bad(kind: str, text: str) -> None:
    """These are not, and the error says what would be."""
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(TYPES[kind]).validate_python(text)

    assert caught.value.errors()[0]["ctx"]["fix"].startswith("Write ")


@pytest.mark.parametrize(
    ("kind", "shortest", "longest"),
    [("Title", 3, 255), ("EnvironmentName", 3, 64), ("VariableName", 3, 32), ("VariableValue", 1, 255)],
)
def test_length(kind: str, shortest: int, longest: int) -> None:
    """The bounds are the contract's, both ends included."""
    adapter = TypeAdapter(TYPES[kind])

    for length in (shortest, longest):
        assert adapter.validate_python("a" * length)
    for length in (shortest - 1, longest + 1):
        with pytest.raises(ValidationError):
            adapter.validate_python("a" * length)


def test_a_domain_has_a_code_of_its_own() -> None:
    """The contract tells a bad domain from other bad values."""
    with pytest.raises(Fault) as caught:
        read(domain.UrlDomainCreate, {"url_domain": "www.example.com:80"})

    assert caught.value.kind.code == "APIG.2024"
    assert caught.value.message.startswith("Invalid URL domain name")
