"""The rules in words: number, code, severity, why, and what to do instead (cors.md section 4).

`RULES` are the 48 of the specification, in its order. `DOCUMENT_RULES` are about what is no policy at all: a
pattern that cannot be judged, an empty entry.
"""

import tomllib
from importlib import resources
from typing import Final

import msgspec

from crossgate.cors.finding import Severity


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule. `severity` is the worst its findings can have; `varies` says in words when it is less.

    `variants` are further codes of the same rule. `references` name weaknesses (CWE), advisories and texts.
    """

    id: str
    code: str
    severity: Severity
    title: str
    why: str
    fix: str
    references: tuple[str, ...]
    varies: str = ""
    variants: tuple[str, ...] = ()

    @property
    def page(self) -> str:
        """Where the documentation explains the rule, relative to the project."""
        return f"docs/cors/rules/{self.id}.md"


def _read() -> tuple[Rule, ...]:
    text = resources.files(__package__).joinpath("rules.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text)["rule"], tuple[Rule, ...])


_EVERY: Final = _read()
RULES: Final = tuple(rule for rule in _EVERY if rule.id.startswith("L"))
DOCUMENT_RULES: Final = tuple(rule for rule in _EVERY if not rule.id.startswith("L"))
BY_CODE: Final = {code: rule for rule in _EVERY for code in (rule.code, *rule.variants)}
