"""Reads our own CORS policies: a plugin or its content, a policy by our own field names, a gateway's snapshot."""

import json
from typing import Any, Final, Literal, get_args

import msgspec

from crossgate.cors.lint.own import subject_of
from crossgate.cors.lint.subject import Document, Place, Subject, Unreadable
from crossgate.cors.policy import BackendHeaders, CorsPolicy
from crossgate.peers import toml_lines, yaml_lines
from crossgate.peers.crossgate_plugins import contents, joined, snapshot
from crossgate.peers.pieces import Piece, Scalar

_TYPES: Final[dict[str, Literal["list", "flag", "number", "word"]]] = {
    "origins": "list",
    "credentials": "flag",
    "methods": "list",
    "headers": "list",
    "expose": "list",
    "max_age": "number",
    "backend_headers": "word",
    "preflight_status": "number",
    "reject_foreign": "flag",
    "debug": "flag",
}
_WRITTEN = {
    "list": "a list of texts",
    "flag": "true or false",
    "number": "a whole number",
    "word": " or ".join(get_args(BackendHeaders)),
}
_LONGEST_NUMBER = 18


def recognises(text: str, file: str) -> bool:
    """Whether this has the words that only our own documents have."""
    if not any(word in text for word in ("allow_origin", "plugin_content", '"apis"', "origins")):
        return False
    return any(_kind(piece) for piece in _load(text, file)[0])


def read(text: str, file: str) -> Document:
    """Every policy of the document. Never raises."""
    pieces, unreadable = _load(text, file)
    subjects: list[Subject] = []
    for piece in pieces:
        match _kind(piece):
            case "snapshot":
                found = snapshot(text, file)
            case "plugins":
                found = joined([_plugin(item) for item in piece["plugins"].items()])
            case "plugin":
                found = _plugin(piece)
            case "content":
                found = _content(text, piece)
            case "policy":
                found = _policy(piece)
            case _:
                found = Document((), (_unknown(piece),))
        subjects += found.subjects
        unreadable += found.unreadable
    return Document(tuple(subjects), tuple(unreadable))


def _load(text: str, file: str) -> tuple[list[Piece], list[Unreadable]]:
    loaded, mistakes = yaml_lines.load(text, file)
    if file.endswith(".toml") or not any(piece.is_mapping for piece in loaded):
        table, errors = toml_lines.load(text, file)
        if table or file.endswith(".toml"):
            return table, errors
    return loaded, mistakes


def _kind(piece: Piece) -> str:
    names = piece.fields().keys()
    if {"revision", "apis", "plugins"} <= names:
        return "snapshot"
    if "plugin_content" in names:
        return "plugin"
    if any("plugin_content" in item.fields() for item in piece["plugins"].items()):
        return "plugins"
    if "allow_origin" in names:
        return "content"
    return "policy" if "origins" in names and names <= _TYPES.keys() else ""


def _unknown(piece: Piece) -> Unreadable:
    fix = "Give a plugin, its content, a policy with `origins`, or a gateway's snapshot.json."
    return Unreadable(piece.place, "This is no policy of Crossgate's.", fix)


def _plugin(piece: Piece) -> Document:
    """A plugin as the admin API takes and gives it; other types say nothing about CORS."""
    if piece["plugin_type"].text not in ("", "cors"):
        return Document(())
    content = piece["plugin_content"]
    if content.is_mapping or content.is_list:
        fix = 'Write it as one text, as the admin API takes it: "{\\"allow_origin\\":\\"https://app.example.com\\"}".'
        return Document((), (Unreadable(content.place, "`plugin_content` is not a string that holds JSON.", fix),))
    name = piece.first("plugin_name", "plugin_id").text or "cors plugin"
    return contents(content.text, name, lambda at: Place(f"{content.at}.{at}", content.line, content.file))


def _content(text: str, piece: Piece) -> Document:
    """The content of a plugin, on its own."""
    fields = piece.fields()

    def place_of(at: str) -> Place:
        field = fields.get(at.partition("[")[0], piece)
        return Place(at, field.line, piece.file)

    return contents(_as_json(text, fields), "cors plugin", place_of)


def _as_json(text: str, fields: dict[str, Piece]) -> str:
    """The content as the gateway gets it: what is written, unless that is not JSON."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return json.dumps({name: _value(field) for name, field in fields.items()})
    return text


def _value(piece: Piece) -> Any:
    if isinstance(piece.node, Scalar) and not piece.node.is_plain:
        return piece.text
    return piece.flag if piece.flag is not None else _number(piece.text)


def _number(text: str) -> int | str:
    try:
        return int(text) if len(text) <= _LONGEST_NUMBER else text
    except ValueError:
        return text


def _policy(piece: Piece) -> Document:
    """A policy by our own field names."""
    values: dict[str, Any] = {}
    unreadable = []
    for name, field in piece.fields().items():
        value = _of_type(name, field)
        if value is None:
            fix = f"Write {_WRITTEN[_TYPES[name]]}."
            unreadable.append(Unreadable(field.place, f"`{name}` cannot be read.", fix))
        else:
            values[name] = value
    policy = msgspec.convert({"origins": (), **values}, CorsPolicy)
    fields = piece.fields()

    def place_of(at: str) -> Place:
        name, bracket, index = at.partition("[")
        field = fields.get(name, piece)
        items = field.items()
        if bracket and items:
            field = items[int(index.removesuffix("]"))]
        return Place(f"{piece.at}.{at}" if piece.at else at, field.line, piece.file)

    return Document((subject_of(policy, name="policy", place_of=place_of),), tuple(unreadable))


def _of_type(name: str, field: Piece) -> Any:
    """The value of a policy's field; None when it is of another type."""
    match _TYPES[name]:
        case "list":
            if not field.is_list:
                return None
            return tuple(item.text for item in field.items())
        case "flag":
            return field.flag
        case "number":
            number = _number(field.text)
            return number if isinstance(number, int) else None
        case _:
            return field.text if field.text in get_args(BackendHeaders) else None
