"""Why a signature was refused: the gateway's answer set beside what the client signed (gateway.md 3.1)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final, Literal

import msgspec

from crossgate.core.signing.explained.answer import Answer, Expired, Mismatch, Other, UnknownKey
from crossgate.core.signing.explained.cause import Cause
from crossgate.core.signing.explained.form import Form
from crossgate.core.signing.explained.header_causes import HeaderLines, header_cause, names_cause
from crossgate.core.signing.explained.path_causes import method_cause, path_cause
from crossgate.core.signing.explained.payload_causes import Payloads, payload_cause
from crossgate.core.signing.explained.query_causes import query_cause
from crossgate.core.signing.explained.refusals import clock_cause, key_cause, other_cause
from crossgate.core.signing.explained.target_lines import Lines

Part = Literal["method", "path", "query", "header", "blank line", "signed headers", "body"]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the gateway's canonical request that the client has otherwise.

    `line` counts from 1; `column` is the first character that differs, from 0. A line that one side does not have
    is None there. `name` is the header's, else empty.
    """

    line: int
    part: Part
    name: str = ""
    gateway: str | None
    client: str | None
    cause: Cause

    @property
    def column(self) -> int:
        """The first character that differs, from 0."""
        gateway, client = self.gateway or "", self.client or ""
        same = (at for at, (one, other) in enumerate(zip(gateway, client, strict=False)) if one != other)
        return next(same, min(len(gateway), len(client)))


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """What the refusal comes from: `cause`, and each difference of the canonical requests, the first one first.

    `skew` is how far the client's time is behind the gateway's, negative when it is ahead; None where the clock is
    not the matter. `not_compared` are signed headers about which the client has said nothing.
    """

    verdict: Literal["differs", "same", "clock", "refused"]
    cause: Cause
    differences: tuple[Difference, ...] = ()
    skew: timedelta | None = None
    not_compared: tuple[str, ...] = ()


_SECRET: Final = Cause(
    "secret",
    "both canonical requests are the same, so the secret is wrong",
    "Method, path, query, headers and body arrived as you signed them. Only the secret is left, "
    "or the last two steps of signing.",
    "Take the secret of this very key again: it may have been reset, be another app's, or have a space or line "
    "end too much. Then check the steps: SHA-256 of the canonical request (no line end behind it) in small "
    "hexadecimal letters; string to sign = SDK-HMAC-SHA256, X-Sdk-Date and that hash on three lines; HMAC-SHA256 "
    "with the secret as text, in small hexadecimal letters.",
)
_SAME_AS_DESCRIBED: Final = Cause(
    "secret-or-signing",
    "the request arrived as you describe it, so the secret or the signing code is wrong",
    "Signed by the rules, your request has the gateway's canonical request.",
    "Sign it with crossgate sign and the same secret. If that is refused too, the secret is wrong (another app's, "
    "or reset since). If it is let in, let your code print its canonical request, and give that here.",
)
_NO_BLANK_LINE: Final = Cause(
    "blank-line",
    "the empty line before the list of signed headers is missing",
    "Each header line ends with a line feed, and the block of them with one more.",
    "Join: headers, an empty line, the list of signed headers.",
)
_NO_QUERY_LINE: Final = Cause(
    "query-line",
    "the line of the query is missing",
    "Where there is no query, its line stays, and is empty.",
    "Put an empty line between the path and the headers.",
)


def explain(answer: Answer, signed: Form | None, body: bytes | None = None) -> Explanation:
    """Why the gateway gave `answer` to a client that signed `signed`; `body` is what it meant to send.

    `signed` may be None where the answer is about something else than the signature itself; raises ValueError when
    it is needed and missing.
    """
    match answer:
        case Expired():
            skew = answer.server_time - answer.signed_at
            return Explanation(verdict="clock", cause=clock_cause(skew), skew=skew)
        case UnknownKey():
            return Explanation(verdict="refused", cause=key_cause(answer.access_key))
        case Other():
            return Explanation(verdict="refused", cause=other_cause(answer.message))
        case Mismatch():
            if answer.form is None or signed is None:
                raise ValueError("there are no two canonical requests to compare")
            return _compared(differences(answer.form, signed, body))


def explain_described(gateway: Form, described: Form, body: bytes | None, unknown: tuple[str, ...]) -> Explanation:
    """The same for a request that the client described, signed here by the rules; `unknown` was not described."""
    found = _compared(differences(gateway, described, body))
    cause = found.cause if found.differences else _SAME_AS_DESCRIBED
    return msgspec.structs.replace(found, cause=cause, not_compared=unknown)


def _compared(found: tuple[Difference, ...]) -> Explanation:
    if not found:
        return Explanation(verdict="same", cause=_SECRET)
    return Explanation(verdict="differs", cause=found[0].cause, differences=found)


def differences(gateway: Form, client: Form, body: bytes | None = None) -> tuple[Difference, ...]:
    """Each line that differs, from the first to the last."""
    below_headers = 4 + len(gateway.headers)
    found = [*_target_differences(gateway, client), *_header_differences(gateway, client)]
    if not client.has_blank_line:
        found.append(
            Difference(line=below_headers, part="blank line", gateway="", client=None, cause=_NO_BLANK_LINE)
        )
    if gateway.signed_headers != client.signed_headers:
        cause = names_cause(gateway.signed_headers.split(";"), client.signed_headers.split(";"))
        if cause not in [each.cause for each in found]:
            both = {"gateway": gateway.signed_headers, "client": client.signed_headers}
            found.append(Difference(line=below_headers + 1, part="signed headers", cause=cause, **both))
    if gateway.payload != client.payload:
        cause = payload_cause(Payloads(gateway.payload, client.payload, body))
        both = {"gateway": gateway.payload, "client": client.payload}
        found.append(Difference(line=below_headers + 2, part="body", cause=cause, **both))
    return tuple(found)


def _target_differences(gateway: Form, client: Form) -> list[Difference]:
    compared: tuple[tuple[Part, str | None, str | None, Callable[[Lines], Cause]], ...] = (
        ("method", gateway.method, client.method, method_cause),
        ("path", gateway.path, client.path, path_cause),
        ("query", gateway.query, client.query, query_cause),
    )
    found = []
    for line, (part, one, other, cause_of) in enumerate(compared, start=1):
        if one != other:
            cause = _NO_QUERY_LINE if one is None or other is None else cause_of(Lines(one, other))
            found.append(Difference(line=line, part=part, gateway=one, client=other, cause=cause))
    return found


def _header_differences(gateway: Form, client: Form) -> list[Difference]:
    names_differ = gateway.header_names != client.header_names
    found: list[Difference] = []
    for at in range(max(len(gateway.headers), len(client.headers))):
        one, other = (form.headers[at] if at < len(form.headers) else None for form in (gateway, client))
        if one == other:
            continue
        name = (one or other or "").partition(":")[0].lower()
        if names_differ and not _are_in_step(gateway, client, at):
            cause = names_cause(gateway.header_names, client.header_names)
            # From here on the lines are out of step, so each would differ for this one reason.
            return [
                *found,
                Difference(line=4 + at, part="header", name=name, gateway=one, client=other, cause=cause),
            ]
        cause = header_cause(HeaderLines(name, _value(one), _value(other)))
        found.append(Difference(line=4 + at, part="header", name=name, gateway=one, client=other, cause=cause))
    return found


def _are_in_step(gateway: Form, client: Form, at: int) -> bool:
    """Whether the header lines at one place are of one header, which has as many lines on both sides."""
    one, other = gateway.header_names, client.header_names
    both_there = at < len(one) and at < len(other)
    return both_there and one[at] == other[at] and one.count(one[at]) == other.count(one[at])


def _value(line: str | None) -> str:
    return (line or "").partition(":")[2]
