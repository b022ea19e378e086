"""Which operator calls: by AK/SK or by token, and how guessing ends."""

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crossgate.core.errors import Fault, runtime
from crossgate.core.policies import access_token
from crossgate.core.policies.call import Account, Call, FieldChange
from crossgate.core.policies.iam_authentication import OperatorConfig, Operators, iam_check
from tests.core.policies.driver import Driver, call, with_more
from tests.core.policies.signed import NOW, body_sent, signed_call

CASES = tomllib.loads(Path(__file__).with_name("iam_authentication_cases.toml").read_text("utf-8"))
AK, SK, TOKEN_KEY = "AKADMIN", "admin-secret", b"t" * 32
SEALED = {AK: b"sealed secret", "token-key": b"sealed key"}
OPENED = {b"sealed secret": SK.encode(), b"sealed key": TOKEN_KEY}


def open_secret(sealed: bytes, name: str) -> bytes:
    """Opens what is sealed, under its own name alone."""
    assert SEALED[name] == sealed
    return OPENED[sealed]


OPERATORS = Operators(
    [
        OperatorConfig(id="id-of-admin", name="admin", access_key=AK, secret=SEALED[AK]),
        OperatorConfig(id="id-of-reader", name="reader", access_key="AKREADER", secret=b""),
    ],
    SEALED["token-key"],
    open_secret,
)
CHECK = iam_check(OPERATORS)


def token_of(user: str, age: float = 0, key: str = "") -> str:
    issued = datetime.fromtimestamp(NOW, UTC) - timedelta(hours=age)
    return access_token.write(access_token.issue(user, issued), key.encode() or TOKEN_KEY)


def call_of(row: dict[str, Any]) -> Call:
    made = call(now=NOW, headers=row["headers"]) if "headers" in row else signed_call(row, AK, SK)
    texts = [token_of(**row["token"])] if "token" in row else row.get("text", [])
    return with_more(made, ((b"X-Auth-Token", text.encode()) for text in texts))


@pytest.mark.parametrize("row", CASES["row"], ids=lambda row: row["name"])
def test_the_operator_is_found_or_the_call_refused(row: dict[str, Any]) -> None:
    """The verdict and what the caller is told are those of the table."""
    made = call_of(row)
    fault = Driver(body=body_sent(row)).run(CHECK, made)

    name = row.get("account")
    assert made.account == (Account(f"id-of-{name}", name) if name else None)
    assert (fault.kind.code if fault else None) == row.get("refused")
    if fault is not None:
        assert row.get("says", "") in fault.message
        assert (fault.kind is runtime.IAM_AUTH_MISSING) is row.get("missing", False)
        assert SK not in fault.message
    assert made.changes == ()


def test_five_wrong_signatures_lock_an_access_key() -> None:
    """Then no signature counts, not even a right one; other keys and tokens do."""
    driver = Driver()
    wrong = {"sign": {"secret": "guess"}}
    for _ in range(5):
        fault = driver.run(CHECK, call_of(wrong))
        assert fault is not None
        assert "verify aksk signature fail" in fault.message
    for row in (wrong, {}):
        fault = driver.run(CHECK, call_of(row))
        assert fault is not None
        assert fault.kind.code == "APIG.0301"
        assert fault.message.endswith(": AK access failed to reach the limit,forbidden.")
    assert driver.run(CHECK, call_of({"headers": [], "token": {"user": "admin"}})) is None
    other = driver.run(CHECK, call_of({"sign": {"key": "AKNOBODY"}}))
    assert other is not None
    assert "Get secretKey failed" in other.message


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"sign": {"key": "AKNOBODY"}},
        {"send": {"now": NOW + 901}},
        {"sign": {"names": ["host"]}},
        {"headers": [], "text": ["a.b.c"]},
    ],
)
def test_only_a_guess_at_the_secret_counts(row: dict[str, Any]) -> None:
    """A right signature, and everything that is refused before a secret is tried, locks nobody."""
    driver = Driver()
    for _ in range(6):
        driver.run(CHECK, call_of(row))

    assert not driver.counts


def test_guesses_made_at_the_same_time_are_counted_too() -> None:
    """Calls that wait for their bodies while others use the attempts up are told of the lock alone."""
    driver = Driver()
    waiting = CHECK(call_of({"sign": {"secret": "guess"}}))
    assert waiting is not None
    effect = next(waiting)
    looked = driver.answer(effect)
    for _ in range(5):
        driver.run(CHECK, call_of({"sign": {"secret": "guess"}}))

    effect = waiting.send(looked)
    with pytest.raises(Fault, match="forbidden"):
        waiting.send(driver.answer(effect))


@pytest.mark.parametrize(("users", "is_seen"), [((), False), (("ad",), False), (("read.*", "adm.n"), True)])
def test_a_backend_sees_the_tokens_it_is_allowed_to(users: tuple[str, ...], is_seen: bool) -> None:
    """The gateway takes tokens away; those of accounts that are named are given back."""
    text = token_of("admin")
    made = call(now=NOW, headers=[["X-Auth-Token", text]])

    assert Driver().run(iam_check(OPERATORS, users), made) is None
    assert made.changes == ((FieldChange(b"x-auth-token", (text.encode(),)),) if is_seen else ())
