"""Signing and verifying by SDK-HMAC-SHA256: the contract's vectors, and official signers as peers."""

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from apigateway_sdk_python import signer as apig_signer
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import Signer as CoreSigner
from hypothesis import given, settings
from hypothesis import strategies as st

from crossgate.core.signing import (
    APP_WORDING,
    IAM_WORDING,
    Authorization,
    Message,
    Reason,
    Refusal,
    canonical_request,
    parse_authorization,
    payload_sha256,
    sign,
    string_to_sign,
    verify,
)

CASES = tomllib.loads(Path(__file__).with_name("signing_vectors.toml").read_text(encoding="utf-8"))
KEY, SECRET = CASES["access_key"], CASES["secret"]
NEW_YEAR = datetime(2024, 1, 1, tzinfo=UTC)

Case = dict[str, Any]


def named(cases: list[Case]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases, ids=[case["name"] for case in cases])


def wire(pairs: list[list[str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in pairs]


def message_of(case: Case) -> Message:
    body = case.get("body", "").encode()
    return Message(case["method"], case["target"].encode(), wire(case["headers"]), payload_sha256(body))


def authorization_of(message: Message) -> Authorization:
    parsed = parse_authorization(message.values("authorization")[0])
    assert isinstance(parsed, Authorization)
    return parsed


@named(CASES["vector"])
def test_a_vector_is_signed_as_the_contract_signs_it(case: Case) -> None:
    """The canonical request, the string to sign and the Authorization header are the published ones."""
    message = message_of(case)
    names = case["signed_headers"].split(";")
    payload = case["canonical"].rsplit("\n", 1)[1]
    canonical = canonical_request(message, names, payload)
    date = message.values("x-sdk-date")[0].decode()
    assert canonical.decode() == case["canonical"].removeprefix("\n")
    assert string_to_sign(canonical, date).decode() == f"SDK-HMAC-SHA256\n{date}\n{case['digest']}"
    assert sign(message, access_key=KEY, secret=SECRET, now=NEW_YEAR) == [
        (
            b"Authorization",
            f"SDK-HMAC-SHA256 Access={KEY}, SignedHeaders={case['signed_headers']}, "
            f"Signature={case['signature']}".encode(),
        )
    ]


@named(CASES["vector"])
def test_a_vector_verifies(case: Case) -> None:
    """A published request is accepted at the moment it was signed."""
    message = message_of(case)
    signed = Authorization(KEY, tuple(case["signed_headers"].split(";")), case["signature"])
    now = datetime.strptime(message.values("x-sdk-date")[0].decode(), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    assert verify(message, signed, SECRET, now) is None


@named(CASES["accepted"])
def test_an_empty_body_may_be_signed_in_either_way(case: Case) -> None:
    """Both official clients' signatures of one request without a body are accepted."""
    headers = wire(
        [
            ["Host", "api.example.com"],
            ["Content-Type", "text/plain"],
            ["X-Sdk-Content-Sha256", "UNSIGNED-PAYLOAD"],
            ["X-Sdk-Date", "20240101T000000Z"],
        ]
    )
    names = ("content-type", "host", "x-sdk-content-sha256", "x-sdk-date")
    signed = Authorization(KEY, names, case["signature"])
    assert verify(Message("GET", b"/t", headers), signed, SECRET, NEW_YEAR) is None


@named(CASES["refused"])
def test_a_request_that_proves_nothing_is_refused_in_the_contracts_words(case: Case) -> None:
    """Each refusal says in the contract's sentence why, for an app's key and for an operator's."""
    vector = CASES["vector"][0]
    headers = [pair for pair in vector["headers"] if pair[0] not in case.get("drop", [])]
    changes = dict(case.get("change", []))
    headers = [[name, changes.get(name, value)] for name, value in headers] + case.get("add", [])
    message = message_of(vector | {"headers": headers} | {k: case[k] for k in ("target", "body") if k in case})
    published = f"SDK-HMAC-SHA256 Access={KEY}, SignedHeaders=host;x-sdk-date, Signature={vector['signature']}"
    refusal = parse_authorization(case.get("authorization", published).encode())
    if isinstance(refusal, Authorization):
        secret = SECRET if case.get("secret", True) else None
        verdict = verify(message, refusal, secret, case.get("now", NEW_YEAR))
        assert verdict is not None
        refusal = verdict
    for wording, key in ((APP_WORDING, "app"), (IAM_WORDING, "iam")):
        if key in case:
            assert wording.message(refusal) == case[key]


def test_the_clock_may_be_15_minutes_off_to_the_second() -> None:
    """A signature is accepted up to and including 15 minutes away, in both directions."""
    vector = CASES["vector"][0]
    signed = Authorization(KEY, ("host", "x-sdk-date"), vector["signature"])
    for offset in (timedelta(minutes=15), timedelta(minutes=-15)):
        assert verify(message_of(vector), signed, SECRET, NEW_YEAR + offset) is None


def test_a_wrong_secret_is_a_mismatch() -> None:
    """Only a signature that does not fit is a MISMATCH: it alone can be an attempt to guess."""
    vector = CASES["vector"][0]
    signed = Authorization(KEY, ("host", "x-sdk-date"), vector["signature"])
    refusal = verify(message_of(vector), signed, "another secret", NEW_YEAR)
    assert isinstance(refusal, Refusal)
    assert refusal.reason is Reason.MISMATCH


def test_a_client_that_does_not_decode_its_path_is_accepted() -> None:
    """The Node client encodes an encoded slash once more: its signature is accepted too."""
    as_signed = Message("GET", b"/a%252Fb", wire([["host", "h"], ["x-sdk-date", "20240101T000000Z"]]))
    headers = sign(as_signed, access_key=KEY, secret=SECRET, now=NEW_YEAR)
    as_sent = Message("GET", b"/a%2Fb", [*as_signed.headers, *headers])
    assert verify(as_sent, authorization_of(as_sent), SECRET, NEW_YEAR) is None


def test_bytes_that_are_not_utf8_are_accepted_as_either_client_reads_them() -> None:
    """Python reads `%FF` as U+FFFD and Go as the byte: both signatures of it are accepted."""
    dated = wire([["host", "h"], ["x-sdk-date", "20240101T000000Z"]])
    for as_signed in (b"/x%FF?q=%FF", b"/x%EF%BF%BD?q=%EF%BF%BD"):
        headers = sign(Message("GET", as_signed, dated), access_key=KEY, secret=SECRET, now=NEW_YEAR)
        as_sent = Message("GET", b"/x%FF?q=%FF", [*dated, *headers])
        assert verify(as_sent, authorization_of(as_sent), SECRET, NEW_YEAR) is None


def test_every_value_of_a_repeated_header_is_signed() -> None:
    """A header that comes twice is signed once for each value, in whatever order they arrive."""
    dated = wire([["host", "h"], ["x-sdk-date", "20240101T000000Z"]])
    twice = [*dated, *wire([["x-tag", "b"], ["X-Tag", "a"]])]
    headers = sign(Message("GET", b"/", twice), access_key=KEY, secret=SECRET, now=NEW_YEAR)
    turned = Message("GET", b"/", [*reversed(twice), *headers])
    once = Message("GET", b"/", [*dated, (b"x-tag", b"b"), *headers])
    assert verify(turned, authorization_of(turned), SECRET, NEW_YEAR) is None
    assert verify(once, authorization_of(once), SECRET, NEW_YEAR) is not None


def test_a_date_is_added_when_the_message_has_none() -> None:
    """The signer dates what it signs, and its own verifier accepts the result."""
    message = Message("GET", b"/", wire([["host", "h"]]))
    headers = sign(message, access_key=KEY, secret=SECRET, now=NEW_YEAR)
    assert headers[0] == (b"X-Sdk-Date", b"20240101T000000Z")
    sent = Message("GET", b"/", [*message.headers, *headers])
    assert verify(sent, authorization_of(sent), SECRET, NEW_YEAR) is None


def test_a_message_without_a_host_cannot_be_signed() -> None:
    """What no gateway would accept is not signed; the error says what to add."""
    with pytest.raises(ValueError, match="Host header"):
        sign(Message("GET", b"/", []), access_key=KEY, secret=SECRET, now=NEW_YEAR)


SEGMENT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
UNRESERVED_OR_NOT = st.sampled_from(["", "~", "~!$'()*,;:@+"])
PATHS = st.builds(
    lambda segments, kept: "/" + "/".join(quote(segment, safe=kept) for segment in segments),
    st.lists(SEGMENT, max_size=4),
    UNRESERVED_OR_NOT,
)
PARAMETERS = st.lists(st.tuples(SEGMENT.filter(bool), st.one_of(SEGMENT, st.just(""), st.just("1+2"))), max_size=5)
HEADER_VALUES = st.text(st.characters(min_codepoint=0x20, exclude_categories=["Cs", "Cc"]), max_size=12)
HEADERS = st.dictionaries(st.from_regex(r"[Xx]-[A-Za-z0-9-]{1,8}", fullmatch=True), HEADER_VALUES, max_size=3)
METHODS = st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
BODIES = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def distinct(headers: dict[str, str]) -> dict[str, str]:
    """The headers that no client could mistake for each other or for its own."""
    return {name.lower(): value for name, value in headers.items() if not name.lower().startswith("x-sdk-")}


def verdict_on(message: Message) -> Refusal | None:
    return verify(message, authorization_of(message), SECRET, NEW_YEAR)


@settings(deadline=None)
@given(METHODS, PATHS, PARAMETERS, HEADERS, BODIES)
def test_whatever_the_apig_sdk_signs_verifies_and_is_signed_alike(
    method: str, path: str, parameters: list[tuple[str, str]], headers: dict[str, str], body: str
) -> None:
    """The gateway's own client SDK and this verifier agree on any request, and so do the two signers."""
    query = "&".join(f"{quote(key)}={quote(value, safe='+')}" for key, value in parameters)
    url = f"https://api.example.com{path}" + (f"?{query}" if query else "")
    request = apig_signer.HttpRequest(method, url, {**distinct(headers), "X-Sdk-Date": "20240101T000000Z"}, body)
    client = apig_signer.Signer()
    client.Key, client.Secret = KEY, SECRET
    client.Sign(request)
    sent = [(name.encode(), value.encode("latin-1")) for name, value in request.headers.items()]
    target = url.removeprefix("https://api.example.com").encode()
    for on_the_wire in (target, request.uri.encode()):
        assert verdict_on(Message(method, on_the_wire, sent, payload_sha256(body.encode()))) is None
    unsigned = [pair for pair in sent if pair[0] not in (b"Authorization", b"content-length")]
    ours = Message(method, target, unsigned, payload_sha256(body.encode()))
    assert sign(ours, access_key=KEY, secret=SECRET, now=NEW_YEAR) == [
        (b"Authorization", request.headers["Authorization"].encode())
    ]


@settings(deadline=None)
@given(METHODS, PATHS, PARAMETERS, HEADERS, BODIES, st.sampled_from(["application/json", "text/plain", None]))
def test_whatever_the_cloud_sdk_signs_verifies(
    method: str,
    path: str,
    parameters: list[tuple[str, str]],
    headers: dict[str, str],
    body: str,
    content_type: str | None,
) -> None:
    """The cloud's admin SDK and this verifier agree on any request, with a JSON body or another."""
    typed = {"Content-Type": content_type} if content_type else {}
    request = SdkRequest(
        method=method,
        host="api.example.com",
        resource_path=path,
        query_params=parameters,
        header_params={**distinct(headers), **typed, "X-Sdk-Date": "20240101T000000Z"},
        body=body,
    )
    CoreSigner(BasicCredentials(KEY, SECRET, "p")).sign(request)
    sent = [(name.encode(), value.encode("latin-1")) for name, value in request.header_params.items()]
    assert verdict_on(Message(method, request.uri.encode(), sent, payload_sha256(body.encode()))) is None
