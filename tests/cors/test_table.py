"""Compiled policies: what holds for every policy and every request."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossgate.cors.origin import Origin
from crossgate.cors.pattern import Pattern
from crossgate.cors.policy import CorsPolicy
from crossgate.cors.server import ANSWER_FIELDS, Fields, merge
from crossgate.cors.table import CorsTable, compile_policy
from tests.cors.origins import TOKENS, origins, patterns, policies, usable_policies

ORIGINS = st.one_of(
    st.none(),
    st.binary(max_size=30),
    origins().map(lambda origin: str(origin).encode()),
    st.sampled_from(
        [b"null", b"https://a.b.example", b"http://x.a.b.example", b"http://localhost:3000", b"x" * 1000]
    ),
)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            [b"Access-Control-Allow-Origin", b"access-control-allow-credentials", b"Vary", b"Content-Type"]
        ),
        st.sampled_from([b"*", b"true", b"https://a.example", b"Origin", b"Accept-Encoding, origin"]),
    ),
    max_size=5,
)


def compiled(policy: CorsPolicy) -> CorsTable:
    """The table of a policy that can be compiled."""
    table = compile_policy(policy)
    assert isinstance(table, CorsTable), table
    return table


def values(fields: list[tuple[bytes, bytes]] | Fields, name: bytes) -> list[bytes]:
    """The values of all fields of that name."""
    return [value for field, value in fields if field.lower() == name]


@given(policies())
def test_a_policy_is_compiled_or_every_reason_is_given(policy: CorsPolicy) -> None:
    """Nothing raises; a refusal is never empty, and each finding names a field and a fix."""
    table = compile_policy(policy)

    if not isinstance(table, CorsTable):
        assert table
        for finding in table:
            assert finding.at.partition("[")[0] in CorsPolicy.__struct_fields__
            assert finding.message
            assert finding.fix


@given(usable_policies(), ORIGINS, HEADERS)
def test_a_wildcard_never_goes_out_with_credentials(
    policy: CorsPolicy, origin: bytes | None, headers: list[tuple[bytes, bytes]]
) -> None:
    """Neither alone nor with what the backend says, unless the backend said both itself."""
    grant = compiled(policy).grant(origin)
    for fields in (grant.headers, merge(grant, headers)):
        names = {name.lower() for name, _ in headers}
        said_by_backend = {b"access-control-allow-origin", b"access-control-allow-credentials"} <= names
        if b"*" in values(fields, b"access-control-allow-origin") and not said_by_backend:
            assert values(fields, b"access-control-allow-credentials") == []


@given(usable_policies(), ORIGINS, HEADERS)
def test_a_refused_origin_gets_nothing(
    policy: CorsPolicy, origin: bytes | None, headers: list[tuple[bytes, bytes]]
) -> None:
    """No Access-Control-* field of ours, and none of the backend's unless the policy keeps them."""
    table = compiled(policy)
    grant = table.grant(origin)
    if not grant.allowed:
        assert [name for name, _ in grant.headers] == [b"Vary"]
        assert origin is None or not table.preflight(origin, b"GET", None).granted
        if policy.backend_headers != "keep":
            assert not [name for name, _ in merge(grant, headers) if name.lower() in ANSWER_FIELDS]


@given(usable_policies(), st.one_of(origins(), patterns()), ORIGINS)
def test_adding_an_entry_never_blocks_another(
    policy: CorsPolicy, added: Origin | Pattern, origin: bytes | None
) -> None:
    """Who was allowed stays allowed."""
    wider = msgspec.structs.replace(policy, origins=(str(added), *policy.origins))

    assert isinstance(added, Pattern) or compiled(wider).grant(str(added).encode()).allowed
    if compiled(policy).grant(origin).allowed:
        assert compiled(wider).grant(origin).allowed


@given(usable_policies(), ORIGINS, HEADERS)
def test_no_field_is_sent_twice(
    policy: CorsPolicy, origin: bytes | None, headers: list[tuple[bytes, bytes]]
) -> None:
    """A merged answer has each of our fields once, unless the backend had it twice and its word counts."""
    merged = [name.lower() for name, _ in merge(compiled(policy).grant(origin), headers)]
    theirs = [name.lower() for name, _ in headers]

    for name in ANSWER_FIELDS | {b"vary"}:
        assert merged.count(name) <= max(1, theirs.count(name))


@given(usable_policies(), ORIGINS.filter(lambda origin: origin is not None), st.binary(), st.binary())
def test_a_preflight_is_granted_whole_or_not_at_all(
    policy: CorsPolicy, origin: bytes, method: bytes, headers: bytes
) -> None:
    """Whatever is announced, the answer is complete or discloses nothing, and echoes no odd byte."""
    answer = compiled(policy).preflight(origin, method, headers)

    if answer.granted:
        assert (answer.status, len(values(answer.headers, b"access-control-allow-origin"))) == (204, 1)
        assert all(value.isprintable() for _, raw in answer.headers if (value := raw.decode("ascii")))
    else:
        assert (answer.status, [name for name, _ in answer.headers]) == (403, [b"Vary"])


@given(usable_policies(), st.lists(TOKENS, max_size=4), TOKENS)
def test_what_a_preflight_grants_covers_what_it_was_asked(
    policy: CorsPolicy, names: list[str], method: str
) -> None:
    """A browser that reads a granted answer finds its method and every header in it."""
    table = compiled(policy)
    origin = next((entry for entry in policy.origins if "*" not in entry), None)
    if origin is None:
        return
    answer = table.preflight(origin.encode(), method.encode(), ",".join(names).encode())
    if answer.granted:
        wildcard = [] if policy.credentials else [b"*"]
        methods = b"".join(values(answer.headers, b"access-control-allow-methods")).split(b", ")
        assert method in ("GET", "HEAD", "POST") or set(methods) & {method.encode(), *wildcard}
        allowed = b",".join(values(answer.headers, b"access-control-allow-headers")).lower().replace(b" ", b"")
        for name in names:
            assert set(allowed.split(b",")) & {name.lower().encode(), *wildcard}


PREFLIGHT_REASONS = [
    (b"https://app.example", b"PUT", None, "origin-listed"),
    (b"https://x.app.example", b"PUT", b"x-a", "origin-matches-pattern"),
    (b"https://evil.example", b"PUT", None, "origin-not-listed"),
    (b"null", b"PUT", None, "origin-null"),
    (b"x" * 65536, b"PUT", None, "origin-too-long"),
    (b"https://app.example", b"put", None, "method-wrong-case"),
    (b"https://app.example", b"PATCH", None, "method-not-allowed"),
    (b"https://app.example", b"track", None, "method-forbidden"),
    (b"https://app.example", b"", None, "method-malformed"),
    (b"https://app.example", b"P" * 65536, None, "method-malformed"),
    (b"https://app.example", b"PUT", b"x-b", "header-not-allowed"),
    (b"https://app.example", b"PUT", b"x a", "header-malformed"),
    (b"https://app.example", b"PUT", b"," * 17, "headers-too-many"),
    (b"https://app.example", b"PUT", b",".join([b"X-A"] * 129), "headers-too-many"),
    (b"https://app.example", b"PUT", b"x" * 4096, "header-not-allowed"),
    (b"https://app.example", b"PUT", b"x" * 4097, "headers-too-many"),
    (b"https://app.example", b"PUT", b"x" * 65536, "headers-too-many"),
    (b"https://app.example", b"PUT", b"," * 65536, "headers-too-many"),
]


@pytest.mark.parametrize(("origin", "method", "headers", "reason"), PREFLIGHT_REASONS)
def test_a_preflight_says_why_to_the_log(origin: bytes, method: bytes, headers: bytes | None, reason: str) -> None:
    """The reason is a stable code; the answer itself never says it."""
    table = compiled(
        CorsPolicy(origins=("https://app.example", "https://*.app.example"), methods=("PUT",), headers=("X-A",))
    )
    answer = table.preflight(origin, method, headers)

    assert answer.reason == reason
    assert reason.encode() not in answer.block


def test_with_credentials_a_listed_name_beside_a_wildcard_is_named() -> None:
    """Browsers take `*` for a name then, so each name asked for must be in the answer."""
    table = compiled(
        CorsPolicy(
            origins=("https://app.example",), credentials=True, methods=("*",), headers=("*", "authorization")
        )
    )

    answer = table.preflight(b"https://app.example", b"GET", b"authorization")

    assert values(answer.headers, b"access-control-allow-headers") == [b"authorization"]


def test_a_list_is_sent_as_written_but_without_repetitions() -> None:
    """Methods that differ in case are different methods."""
    table = compiled(CorsPolicy(origins=("https://app.example",), methods=("patch", "PATCH", "GET", "patch")))

    answer = table.preflight(b"https://app.example", b"PATCH", None)

    assert values(answer.headers, b"access-control-allow-methods") == [b"patch, PATCH, GET"]


@pytest.mark.parametrize(
    ("origins_", "origin", "reason"),
    [
        (("*",), None, "any-origin"),
        (("*", "https://app.example"), b"https://app.example", "any-origin"),
        (("https://app.example",), None, "no-origin"),
        (("null",), b"null", "origin-listed"),
    ],
)
def test_a_grant_says_why_to_the_log(origins_: tuple[str, ...], origin: bytes | None, reason: str) -> None:
    """The reason is a stable code."""
    assert compiled(CorsPolicy(origins=origins_)).grant(origin).reason == reason


def test_a_listed_origin_is_answered_with_a_ready_object() -> None:
    """Nothing is built for it."""
    table = compiled(CorsPolicy(origins=("https://app.example",)))

    assert table.grant(b"https://app.example") is table.grant(b"https://app.example")


def test_only_foreign_origins_are_rejected() -> None:
    """A request without Origin is no CORS request, so there is nothing to reject."""
    table = compiled(CorsPolicy(origins=("https://app.example",), reject_foreign=True))

    rejected = [origin for origin in (None, b"https://app.example", b"https://x.example", b"null", b"x" * 999)
                if table.grant(origin).rejects]  # fmt: skip
    assert rejected == [b"https://x.example", b"null", b"x" * 999]


def steps(action: Callable[[], object]) -> int:
    """How many lines of Python `action` takes."""
    taken = 0

    def count(_frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal taken
        taken += event == "line"
        return count

    # Once before: what is worked out once and kept is not what a lookup costs.
    action()
    before = sys.gettrace()
    sys.settrace(count)
    try:
        action()
    finally:
        sys.settrace(before)
    return taken


HOSTILE = [
    b"x" * 65536,
    b"." * 65536,
    b"," * 65536,
    b"https://" + b"a." * 32764 + b"example.com",
    b"https://" + b"a." * 120 + b"com",
    b":" * 300,
    b"." * 300,
]


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: f"{value[:12]!r}×{len(value)}")
@pytest.mark.parametrize("count", [1, 1000])
def test_no_input_and_no_list_makes_an_answer_dear(value: bytes, count: int) -> None:
    """What a lookup costs depends neither on how much is listed nor on what is sent."""
    usual = compiled(CorsPolicy(origins=("https://*.h0.example.com",)))
    table = compiled(CorsPolicy(origins=tuple(f"https://*.h{n}.example.com" for n in range(count))))
    listed = compiled(CorsPolicy(origins=tuple(f"https://h{n}.example" for n in range(count))))
    most = 3 * steps(lambda: usual.preflight(b"https://a.h0.example.com", b"GET", b"x-a"))

    assert steps(lambda: table.grant(b"https://a.h0.example.com")) == steps(
        lambda: usual.grant(b"https://a.h0.example.com")
    )
    assert steps(lambda: listed.grant(b"https://h0.example")) <= 10
    assert steps(lambda: table.preflight(value, b"PUT", value)) <= most
    assert steps(lambda: table.preflight(b"https://a.h0.example.com", value, value)) <= most
    assert steps(lambda: table.preflight(b"https://a.h0.example.com", b"GET", value)) <= most
