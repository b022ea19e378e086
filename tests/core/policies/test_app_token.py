"""Tokens of apps: who gets them, for how long they count, and what ends them before."""

import hmac
import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey

from crossgate.core.errors import Fault
from crossgate.core.policies.app_authentication import AppModes, app_check
from crossgate.core.policies.app_token import AppTokenIssuer, AppTokens, TokenEndpoint, Use
from crossgate.core.policies.call import Call, FieldChange
from crossgate.core.policies.credentials import AppConfig, Credentials
from tests.core.policies.driver import Driver, call

CASES = tomllib.loads(Path(__file__).with_name("app_token_cases.toml").read_text("utf-8"))
NOW = 1_700_000_000.0
FORM = [["Content-Type", "application/x-www-form-urlencoded"]]


def as_it_is(sealed: bytes, name: str) -> bytes:
    """Opens a secret that is not sealed."""
    return sealed


def issuer_of(secret: bytes = b"orders-secret", app_id: str = "1", key: bytes = b"") -> AppTokenIssuer:
    """Of a gateway with the apps orders and stock."""
    orders = AppConfig(id=app_id, name="orders", key="orders-key", secret=secret)
    stock = AppConfig(id="2", name="stock", key="stock-key", secret=b"stock-secret")
    return AppTokenIssuer(AppTokens(key=key), Credentials((orders, stock), as_it_is), as_it_is)


ISSUER = issuer_of()


def token_of(
    issuer: AppTokenIssuer, app: str = "orders", use: Use = "access", ago: float = 0, data: str = ""
) -> str:
    owner = issuer.credentials.by_key(f"{app}-key")
    assert owner is not None
    return issuer.issued(owner, use, NOW - ago, data)


def body_of(row: dict[str, Any]) -> bytes:
    """The body of a row; `単` and a number stand for as many characters."""
    request = row.get("request", {})
    if "body_of" in request:
        body: str = request["body_of"]["repeated"] * request["body_of"]["times"]
        return body.encode()
    form = dict(request.get("form", {}))
    if "refresh" in row:
        about = row["refresh"]
        data = about.get("through_data", "")
        form["refresh_token"] = token_of(
            ISSUER, about["app"], about.get("use", "refresh"), about.get("ago", 0), data
        )
    form = {name: written_out(value) for name, value in form.items()}
    return urlencode(form).encode() if form else request.get("body", "").encode()


def outcome(asked: Callable[..., Any], *arguments: object) -> Any:
    """What is answered, or the fault that is raised."""
    try:
        return asked(*arguments)
    except Fault as fault:
        return fault


def written_out(value: str) -> str:
    return "単" * int(value[1:]) if value.startswith("単") else value


@pytest.mark.parametrize("row", CASES["row"], ids=lambda row: row["name"])
def test_the_endpoint_answers_as_the_contract_says(row: dict[str, Any]) -> None:
    """The answer has both tokens and nothing may keep it, or the fault is the one of the table."""
    request = row.get("request", {})
    fields = [(name.encode(), value.encode()) for name, value in request.get("headers", FORM)]
    endpoint = TokenEndpoint(ISSUER)
    assert endpoint.uri == b"/v1/apigw/oauth2/token"
    answer = outcome(endpoint.answer, request.get("method", "POST").encode(), fields, body_of(row), NOW)
    if isinstance(answer, Fault):
        assert (answer.kind.code, answer.kind.status) == (row.get("refused"), row.get("status")), answer.message
        assert row.get("says", "") in answer.message
        assert "orders-secret" not in answer.message
        return
    document = json.loads(answer.body)
    access, refresh = document.pop("access_token"), document.pop("refresh_token")
    expected = {
        name: written_out(value) if name == "through_data" else value for name, value in row["answer"].items()
    }
    assert (answer.status, document) == (200, expected)
    assert dict(answer.fields)[b"Cache-Control"] == b"no-store"
    tokens = ISSUER.read(access.encode(), "access"), ISSUER.read(refresh.encode(), "refresh")
    for token, seconds in zip(tokens, (3600, 7200), strict=True):
        assert token is not None
        assert (token.app.name, token.expires_at) == ("orders", NOW + seconds)
        assert token.through_data == expected.get("through_data", "")


def called_with(text: str, issuer: AppTokenIssuer = ISSUER, now: float = NOW) -> tuple[Call, str | None]:
    """A call with a token, and the code of its refusal."""
    check = app_check(issuer.credentials, AppModes(), takes_app_code=False, tokens=issuer)
    made = call(now=now, headers=[["Authorization", f"Bearer {text}"]])
    fault = Driver().run(check, made)
    return made, fault.kind.code if fault else None


def test_an_access_token_lets_its_app_in() -> None:
    """The app is known, the backend does not get the token, and what it passes through has a name."""
    made, refused = called_with(token_of(ISSUER, data="branch 7"))

    assert refused is None
    assert made.app is not None
    assert made.app.name == "orders"
    assert made.changes == (FieldChange(b"authorization", ()),)
    assert made.system("authorizer.frontend.through_data") == "branch 7"


@pytest.mark.parametrize(
    ("token", "refused"),
    [
        (lambda: token_of(ISSUER, ago=3599), None),
        (lambda: token_of(ISSUER, ago=3600), "APIG.1002"),
        (lambda: token_of(ISSUER, use="refresh"), "APIG.2203"),
        (lambda: token_of(ISSUER)[:-4], "APIG.2203"),
        (lambda: token_of(ISSUER) + ".", "APIG.2203"),
        (lambda: "", "APIG.2203"),
        (lambda: "été", "APIG.2203"),
        # {"alg":"none","kid":"orders-key"} with the claims of an access token without end
        (
            lambda: (
                "eyJhbGciOiJub25lIiwia2lkIjoib3JkZXJzLWtleSJ9"
                ".eyJhdWQiOiJhY2Nlc3MiLCJleHAiOjk5OTk5OTk5OTksInRocm91Z2hfZGF0YSI6IiJ9."
            ),
            "APIG.2203",
        ),
        (
            lambda: signed_with(b"orders-secret".ljust(32, b"\0"), {"aud": "access", "exp": 9999999999}),
            "APIG.2203",
        ),
        (lambda: token_of(issuer_of(key=b"a key of the operator's")), "APIG.2203"),
        (lambda: jwt.encode({"alg": "HS256"}, {"aud": "access"}, OctKey.import_key(b"k" * 32)), "APIG.2203"),
        (lambda: jwt.encode({"alg": "HS256", "kid": "gone"}, {}, OctKey.import_key(b"k" * 32)), "APIG.1004"),
    ],
)
def test_any_other_token_has_its_code(token: Any, refused: str | None) -> None:
    """Ended, for another use, changed, forged, or of an app that is no more."""
    made, code = called_with(token())

    assert code == refused
    assert (made.app is None) is (refused is not None)


def signed_with(secret: bytes, claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "HS256", "kid": "orders-key"}, claims, OctKey.import_key(secret))


@pytest.mark.parametrize(
    "issuer",
    [issuer_of(secret=b"another"), issuer_of(app_id="3"), issuer_of(key=b"another")],
    ids=["secret", "app", "key"],
)
def test_tokens_end_with_what_they_were_signed_by(issuer: AppTokenIssuer) -> None:
    """A reset secret, another app with the key of a deleted one, a new key of the operator's."""
    assert called_with(token_of(ISSUER), issuer)[1] == "APIG.2203"
    form = {
        "grant_type": "refresh_token",
        "client_id": "stock-key",
        "client_secret": "stock-secret",
        "refresh_token": token_of(ISSUER, use="refresh"),
    }
    fields = [(name.encode(), value.encode()) for name, value in FORM]
    fault = outcome(TokenEndpoint(issuer).answer, b"POST", fields, urlencode(form).encode(), NOW)
    assert isinstance(fault, Fault)
    assert fault.kind.code == "APIG.2202"


@pytest.mark.parametrize(
    "claims", [{}, {"aud": "access"}, {"aud": "access", "exp": "never"}, {"aud": 1, "exp": 1}]
)
def test_an_apps_owner_cannot_write_tokens_that_break_the_gateway(claims: dict[str, Any]) -> None:
    """Who knows how tokens are signed, and an app's secret, gets no further than a wrong token."""
    key = hmac.digest(b"crossgate app tokens", b"1 orders-secret", "sha256")
    assert called_with(signed_with(key, {"aud": "access", "exp": int(NOW) + 1}))[1] is None

    assert called_with(signed_with(key, claims))[1] == "APIG.2203"


def test_tokens_are_off_unless_the_feature_is_on() -> None:
    """Without it a token is an Authorization like any other."""
    made = call(now=NOW, headers=[["Authorization", f"Bearer {token_of(ISSUER)}"]])
    fault = Driver().run(app_check(ISSUER.credentials, AppModes(), takes_app_code=False), made)

    assert fault is not None
    assert fault.kind.code == "APIG.0303"


@settings(deadline=None)
@given(
    st.binary(max_size=200), st.lists(st.tuples(st.sampled_from([b"authorization", b"content-type"]), st.binary()))
)
def test_any_request_for_a_token_is_answered(body: bytes, fields: list[tuple[bytes, bytes]]) -> None:
    """Nothing but a fault is raised, and what it says can be sent."""
    known = [(b"Content-Type", b"application/x-www-form-urlencoded"), *fields]
    for sent in (
        body,
        b"grant_type=refresh_token&client_id=orders-key&client_secret=orders-secret&refresh_token=" + body,
    ):
        fault = outcome(TokenEndpoint(ISSUER).answer, b"POST", known, sent, NOW)
        assert isinstance(fault, Fault)
        assert fault.message.encode()


@settings(deadline=None)
@given(st.binary(), st.binary())
def test_any_text_can_be_asked_about(start: bytes, end: bytes) -> None:
    """Texts, and tokens with something in them, are no tokens; nothing but the contract's fault is raised."""
    good = token_of(ISSUER).encode()
    for text in (start, good[:20] + start + b"x" + end + good[20:]):
        read = outcome(ISSUER.read, text, "access")
        assert read is None or read.kind.code == "APIG.1004"
