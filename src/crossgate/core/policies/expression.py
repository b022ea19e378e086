"""Match expressions: which calls a rule of a plugin is about (gateway.md 1.11).

`["Host","==","www.abc.com"]` compares a parameter, `["OR",…]` and `["AND",…]` join expressions. `==` and `in` (a
comma list) compare whole values, `~~` finds a pattern anywhere in one, `!=` and `~=` are the opposite of `==`. A
parameter that is sent twice fits when one of its values does; one that is not sent fits `!=` alone.
"""

import json
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, Final

import msgspec

from crossgate.core.policies.call import Call
from crossgate.core.policies.content import Fields, Findings
from crossgate.core.policies.pattern import Pattern, PatternError
from crossgate.cors.check import shown

MAX_DEPTH: Final = 10
MAX_COMPARISONS: Final = 200

Matches = Callable[[Call], bool]
Values = Callable[[Call], list[str]]
_Compare = Callable[[str], bool]

_TYPES: Final = ("path", "method", "header", "query", "system")
_OPERATORS: Final = ("==", "!=", "~=", "~~", "in")
_EXAMPLE: Final = 'write `["Host","==","www.abc.com"]`, or `["OR",…]` or `["AND",…]` around several'


class Parameters(msgspec.Struct, frozen=True):
    """What expressions may name, and where in a call its values are."""

    values: Mapping[str, Values]


def read_parameters(fields: Fields) -> Parameters:
    """The `parameters` of a plugin; `reqPath` and `method` are always there."""
    values: dict[str, Values] = {"reqPath": _path, "method": _method}
    for parameter in fields.each("parameters", most=100):
        parameter.ignore("id")
        kind = parameter.choice("type", _TYPES)
        name = parameter.text("name", longest=32)
        source = parameter.text("value", name, longest=128)
        values[name] = _values_of(kind, source)
    return Parameters(values)


def _values_of(kind: str, source: str) -> Values:
    match kind:
        case "path":
            return _path
        case "method":
            return _method
        case "header":
            field = source.lower().encode()
            return lambda call: [value.decode("utf-8", "replace") for value in call.values(field)]
        case "query":
            return lambda call: [value for name, value in call.query() if name == source]
        case _:
            return lambda call: _system(call, source.removeprefix("$context."))


def _path(call: Call) -> list[str]:
    return [call.path.decode("utf-8", "replace")]


def _method(call: Call) -> list[str]:
    return [call.method.decode("latin-1")]


def _system(call: Call, name: str) -> list[str]:
    value = call.system(name)
    return [] if value is None else [value]


def read_expression(fields: Fields, name: str, parameters: Parameters) -> Matches | None:
    """The expression in the JSON text under the key `name`; None where it has mistakes, which are noted."""
    text = fields.text(name, longest=65_535)
    if not text:
        return None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        fields.wrong("not-an-expression", name, f"{shown(text)} is not JSON", _EXAMPLE)
        return None
    return _Reader(fields.findings, parameters).read(document, fields.place(name), 0)


class _Reader:
    """Turns a document into a function, noting every mistake on the way."""

    def __init__(self, findings: Findings, parameters: Parameters) -> None:
        self._findings = findings
        self._parameters = parameters
        self._comparisons = 0

    def read(self, document: Any, at: str, depth: int) -> Matches | None:
        if depth > MAX_DEPTH:
            self._wrong("expression-too-deep", at, f"it is nested more than {MAX_DEPTH} deep", "use fewer levels")
            return None
        if not isinstance(document, list) or not document:
            self._wrong("not-an-expression", at, "it is not a list with something in it", _EXAMPLE)
            return None
        if document[0] in ("OR", "AND"):
            return self._joined(document, at, depth)
        return self._comparison(document, at)

    def _joined(self, document: list[Any], at: str, depth: int) -> Matches | None:
        if len(document) == 1:
            self._wrong("not-an-expression", at, f"{document[0]} joins nothing", "put expressions after it")
            return None
        read = [
            self.read(inner, f"{at}[{number}]", depth + 1) for number, inner in enumerate(document[1:], start=1)
        ]
        parts = [part for part in read if part is not None]
        if len(parts) < len(read):
            return None
        joined = any if document[0] == "OR" else all
        return lambda call: joined(part(call) for part in parts)

    def _comparison(self, document: list[Any], at: str) -> Matches | None:
        self._comparisons += 1
        if self._comparisons == MAX_COMPARISONS + 1:
            message = f"it compares more than {MAX_COMPARISONS} times"
            self._wrong("too-many", at, message, "use `in` or `~~` in place of many `==`")
        if len(document) != 3:
            self._wrong(
                "not-an-expression", at, f"a comparison has three parts, this one {len(document)}", _EXAMPLE
            )
            return None
        name, operator, value = document
        values = self._named(name, at)
        compare = self._compare(operator, value, at)
        if values is None or compare is None:
            return None
        if operator in ("!=", "~="):
            return lambda call: not any(map(compare, values(call)))
        return lambda call: any(map(compare, values(call)))

    def _named(self, name: Any, at: str) -> Values | None:
        if isinstance(name, str) and name in self._parameters.values:
            return self._parameters.values[name]
        known = list(self._parameters.values)
        close = get_close_matches(name[:64], known, n=1) if isinstance(name, str) else []
        hint = f"write `{close[0]}`, or add it" if close else f"write one of {', '.join(known)}, or add it"
        message = f"{shown(str(name))} is none of the parameters"
        self._wrong("unknown-parameter", f"{at}[0]", message, f"{hint} to `parameters`")
        return None

    def _compare(self, operator: Any, value: Any, at: str) -> _Compare | None:
        if operator not in _OPERATORS:
            words = ", ".join(f"`{word}`" for word in _OPERATORS)
            message = f"{shown(str(operator))} is no operator"
            self._wrong("unknown-operator", f"{at}[1]", message, f"write one of {words}")
            return None
        if type(value) is int:
            value = str(value)
        if not isinstance(value, str):
            self._wrong("wrong-type", f"{at}[2]", "the value is not a string", "write it in quotes")
            return None
        if operator == "in":
            return frozenset(each.strip() for each in value.split(",")).__contains__
        if operator != "~~":
            return value.__eq__
        try:
            return Pattern(value).matches
        except PatternError as error:
            self._wrong("not-a-pattern", f"{at}[2]", f"{shown(value)} is no pattern: {error}", "write another one")
            return None

    def _wrong(self, code: str, at: str, message: str, fix: str) -> None:
        self._findings.add(code, at, message, fix)
