"""Which app calls: every way to prove it, and every attempt to get in without."""

import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossgate.core.errors import runtime
from crossgate.core.policies.app_authentication import AppModes, app_check
from crossgate.core.policies.app_token import AppTokenIssuer, AppTokens
from crossgate.core.policies.call import Call, Check, FieldChange
from crossgate.core.policies.credentials import AppConfig, Credentials, code_digest
from tests.core.policies.driver import Driver, GivenFields, call, with_more
from tests.core.policies.signed import NOW, body_sent, signed_call

CASES = tomllib.loads(Path(__file__).with_name("app_authentication_cases.toml").read_text("utf-8"))
KEY, SECRET = "orders-key", "orders-secret"


def as_it_is(sealed: bytes, name: str) -> bytes:
    """Opens a secret that is not sealed."""
    return sealed


ORDERS = AppConfig(
    id="orders",
    name="orders",
    key=KEY,
    secret=SECRET.encode(),
    codes=(code_digest(b"the-first-code"), code_digest(b"the-second-code")),
)
STOCK = AppConfig(id="stock", name="stock", key="stock-key", secret=b"stock-secret")
CREDENTIALS = Credentials((ORDERS, STOCK), as_it_is)
ISSUER = AppTokenIssuer(AppTokens(), CREDENTIALS, as_it_is)


def check_of(row: dict[str, Any]) -> Check:
    return app_check(
        CREDENTIALS,
        msgspec.convert(row.get("modes", {}), AppModes),
        takes_app_code=row.get("code", False),
        tokens=ISSUER if row.get("tokens") else None,
    )


def call_of(row: dict[str, Any]) -> Call:
    if "headers" in row:
        return call(now=NOW, headers=row["headers"])
    return signed_call(row, KEY, SECRET)


@pytest.mark.parametrize("row", CASES["row"], ids=lambda row: row["name"])
def test_the_app_is_found_or_the_call_refused(row: dict[str, Any]) -> None:
    """The verdict, what the caller is told, and what the backend is spared are those of the table."""
    made, driver = call_of(row), Driver(body=body_sent(row))
    fault = driver.run(check_of(row), made)

    assert (made.app.id if made.app else None) == row.get("app")
    assert (fault.kind.code if fault else None) == row.get("refused")
    if fault is not None:
        assert row.get("says", "") in fault.message
        assert (fault.kind is runtime.APP_AUTH_MISSING) is row.get("missing", False)
        assert SECRET not in fault.message
        assert made.changes == ()
    if "digests" in row:
        assert driver.digests == row["digests"]
    if "changes" in row:
        assert [*made.changes] == [FieldChange(name.encode(), ()) for name in row["changes"]]


def test_a_signature_counts_once_where_replays_are_refused() -> None:
    """The same signature again is refused, whatever is not signed of the call; another one is not."""
    check, driver = app_check(CREDENTIALS, AppModes(refuses_replays=True), takes_app_code=False), Driver()
    first, again, other = (
        signed_call({"send": send, "sign": sign}, KEY, SECRET)
        for send, sign in [({}, {}), ({"add": [["X-More", "1"]]}, {}), ({}, {"target": "/orders?a=2"})]
    )

    assert driver.run(check, first) is None
    fault = driver.run(check, again)
    assert fault is not None
    assert fault.message.endswith("the signature has been used before")
    assert driver.run(check, other) is None


def test_a_wrong_signature_uses_none_up() -> None:
    """Who has seen a key cannot spend its owner's signatures."""
    check, driver = app_check(CREDENTIALS, AppModes(refuses_replays=True), takes_app_code=False), Driver()
    spoiled = signed_call({"send": {"target": "/stock"}}, KEY, SECRET)

    assert driver.run(check, spoiled) is not None
    assert not driver.counts
    assert driver.run(check, signed_call({}, KEY, SECRET)) is None


def test_an_endless_list_of_signed_names_costs_little() -> None:
    """Names and fields as many as fit into a request are each looked at once."""
    names = sorted({"host", "x-sdk-date", *(f"x{number:x}" for number in range(8000))})
    fields = [[f"y{number:x}", ""] for number in range(8000)]
    made = signed_call({"sign": {"names": names, "secret": "guess"}, "send": {"add": fields}}, KEY, SECRET)
    looked_at = 0

    class Counted(bytes):
        def lower(self) -> bytes:
            nonlocal looked_at
            looked_at += 1
            return super().lower()

    counted = GivenFields([(Counted(name), value) for name, value in made.fields])
    asked = Call(made.method, made.target, made.path, counted)
    asked.now = made.now
    assert Driver().run(app_check(CREDENTIALS, AppModes(), takes_app_code=False), asked) is not None
    assert 0 < looked_at < 20 * len(made.fields)


@settings(deadline=None)
@given(
    st.sampled_from(["Authorization", "X-Apig-AppCode", "X-HW-ID", "X-App-Auth"]),
    st.one_of(
        st.text(st.characters(max_codepoint=255)),
        st.sampled_from(["SDK-HMAC-SHA256 ", "\xa0SDK-HMAC-SHA256 ", "Basic ", "Bearer ", "bearer a.b."]).flatmap(
            lambda start: st.text(st.characters(max_codepoint=255)).map(start.__add__)
        ),
    ),
    st.booleans(),
)
def test_what_nobody_gave_out_lets_nobody_in(name: str, value: str, has_own_header: bool) -> None:
    """Any text in any of the headers is refused, in words fit for an answer."""
    made = call(now=NOW)
    made = with_more(made, [(name.encode(), value.encode("latin-1"))])
    header = "x-app-auth" if has_own_header else "authorization"
    modes = AppModes(app_secret=True, app_basic=True, header=header)
    fault = Driver().run(app_check(CREDENTIALS, modes, takes_app_code=True, tokens=ISSUER), made)

    assert fault is not None
    assert made.app is None
    assert fault.kind.status in (400, 401)
    assert fault.message.encode()
