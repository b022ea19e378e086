"""What a subject says, as plain values that a table can hold: places as lines, whatever is not said left out."""

from typing import Any

import msgspec

from crossgate.cors.lint.subject import Document, OriginMatch, Place, Said, Subject, Unreadable

Facts = dict[str, Any]


def facts(document: Document) -> Facts:
    """Everything a document says."""
    found: Facts = {"subject": [_subject(subject) for subject in document.subjects]}
    if document.unreadable:
        found["unreadable"] = [_unreadable(each) for each in document.unreadable]
    return found


def _subject(subject: Subject) -> Facts:
    place = subject.place
    parts = {"": subject, "route_": subject.route, "order_": subject.order}
    found: Facts = {"name": subject.name, "format": subject.format, "at": place.at, "line": place.line}
    for prefix, part in parts.items():
        for field in msgspec.structs.fields(part):
            value = getattr(part, field.name)
            if value != field.default and field.name not in ("place", "route", "order"):
                found[prefix + field.name] = _plain(value)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Place):
        return f"{value.at}:{value.line}"
    if isinstance(value, Said):
        return f"{value.text} :{value.place.line}"
    if isinstance(value, OriginMatch):
        how = f"{value.kind}-{value.anchoring}" if value.kind == "regex" else value.kind
        sent = "" if value.sent is None else " (fixed)" if value.sent == value.text else f" (sent {value.sent})"
        case = " (any case)" if value.ignore_case else ""
        return f"{how} {value.text} :{value.place.line}{sent}{case}"
    if isinstance(value, frozenset):
        return sorted(value)
    return [_plain(each) for each in value] if isinstance(value, tuple) else value


def _unreadable(each: Unreadable) -> Facts:
    found: Facts = {"message": each.message, "fix": each.fix}
    return found | ({"line": each.place.line} if each.place.line else {})
