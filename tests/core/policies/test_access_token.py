"""Access tokens of operators: only who has the key writes them, and they end."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey

from crossgate.core.policies import access_token

KEY = b"k" * 32
NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)


def token_text() -> str:
    return access_token.write(access_token.issue("admin", NOON), KEY)


def test_a_token_says_who_logged_in_and_until_when() -> None:
    """What was written is read back; a day after it was issued it ends."""
    token = access_token.read(token_text(), KEY)
    assert token is not None
    assert (token.user, token.issued_at, token.expires_at) == ("admin", NOON, NOON + timedelta(hours=24))


@pytest.mark.parametrize(
    "forged",
    [
        "",
        "a.b.c",
        "токен",
        # {"alg":"none"} with the claims of an operator
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiIsImF1ZCI6ImNyb3NzZ2F0ZSBhZG1pbiIsImlhdCI6MSwiZXhwIjo5OTk5OTk5OTk5fQ.",
        access_token.write(access_token.issue("admin", NOON), b"another key, another key, another"),
        jwt.encode(
            {"alg": "HS256"},
            {"sub": "admin", "aud": "another", "iat": 1, "exp": 9999999999},
            OctKey.import_key(KEY),
        ),
        jwt.encode(
            {"alg": "HS256"}, {"sub": "admin", "aud": "crossgate admin", "exp": 1e99}, OctKey.import_key(KEY)
        ),
        token_text()[:-4],
        token_text().replace(".", ".x", 1),
    ],
)
def test_what_the_key_did_not_sign_is_no_token(forged: str) -> None:
    """Garbage, another key's token, one for something else, an unsigned and a changed one are all the same."""
    assert access_token.read(forged, KEY) is None


@settings(deadline=None)
@given(st.text())
def test_any_text_can_be_asked_about(text: str) -> None:
    """Nothing raises, whatever a header holds."""
    assert access_token.read(text, KEY) is None
