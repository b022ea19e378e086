"""Logging in with a password."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from crossgate.admin.authentication import user_of
from crossgate.core.errors import Fault
from crossgate.core.policies import access_token
from tests.admin.conftest import AdminServer


def log_in(admin: AdminServer, name: str, password: str, **scope: Any) -> httpx2.Response:
    identity = {
        "methods": ["password"],
        "password": {"user": {"name": name, "password": password, "domain": {"name": "anything"}}},
    }
    return httpx2.post(f"{admin.url}/v3/auth/tokens", json={"auth": {"identity": identity, **scope}})


def test_a_password_is_worth_a_token(admin: AdminServer) -> None:
    """The answer is Keystone's: the token in a header, what it stands for in the body."""
    answer = log_in(admin, admin.operator.user, admin.operator.password)
    described = answer.json()["token"]
    assert answer.status_code == 201
    assert described["user"]["name"] == admin.operator.user
    assert described["project"]["id"] == admin.project_id
    assert datetime.fromisoformat(described["expires_at"]) > datetime.now(UTC) + timedelta(hours=23)
    headers = {"X-Auth-Token": answer.headers["X-Subject-Token"]}
    assert httpx2.get(f"{admin.base}/api-groups", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("scope", "status"),
    [
        ({"project": {"name": "cn-north-4", "domain": {"name": "anything"}}}, 201),
        ({"domain": {"name": "anything"}}, 201),
        ({"project": {"id": "another"}}, 401),
    ],
)
def test_names_in_a_scope_mean_nothing_but_an_id_does(
    admin: AdminServer, scope: dict[str, Any], status: int
) -> None:
    """A client names its cloud's region and account; only the id of another project is refused."""
    answer = log_in(admin, admin.operator.user, admin.operator.password, scope=scope)
    assert answer.status_code == status


def test_wrong_passwords_are_refused_and_then_locked(admin: AdminServer) -> None:
    """Who does not exist is answered like who errs, and after five times is not even checked."""
    for name in ("nobody", "somebody"):
        texts = [log_in(admin, name, "guess") for _ in range(6)]
        assert {answer.status_code for answer in texts} == {401}
        messages = [answer.json()["error"]["message"] for answer in texts]
        assert messages[:5] == ["Incorrect IAM authentication information: the username or password is wrong."] * 5
        assert "locked for 5 minutes" in messages[5]
        assert "X-Subject-Token" not in texts[0].headers
    assert log_in(admin, admin.operator.user, "guess").json()["error"]["code"] == 401
    assert log_in(admin, admin.operator.user, admin.operator.password).status_code == 201


def test_a_login_that_is_no_login_is_refused_without_repeating_it(admin: AdminServer) -> None:
    """A document of the wrong shape is refused by naming the place; a password in it is not repeated."""
    login = {"auth": {"identity": {"methods": ["password"], "password": {"user": {"password": ["hush-hush"]}}}}}
    answer = httpx2.post(f"{admin.url}/v3/auth/tokens", json=login)
    assert answer.status_code == 400
    assert "auth.identity.password.user.password" in answer.text
    assert "hush" not in answer.text


def test_the_one_project_and_domain_are_listed(admin: AdminServer, token: str) -> None:
    """Clients that look their project up by a region's name find it."""
    for path in ("/v3/projects?name=cn-north-4", "/v3/auth/projects"):
        answer = httpx2.get(admin.url + path, headers={"X-Auth-Token": token})
        assert [project["id"] for project in answer.json()["projects"]] == [admin.project_id]
    answer = httpx2.get(f"{admin.url}/v3/auth/domains", headers={"X-Auth-Token": token})
    assert len(answer.json()["domains"]) == 1


def test_a_token_of_another_key_is_refused(admin: AdminServer) -> None:
    """A forged token is answered with the contract's code."""
    forged = access_token.write(access_token.issue("admin", datetime.now(UTC)), b"f" * 32)
    answer = httpx2.get(f"{admin.base}/api-groups", headers={"X-Auth-Token": forged})
    assert (answer.status_code, answer.json()["error_code"]) == (401, "APIG.1002")


def test_a_token_counts_until_it_ends() -> None:
    """From the moment it expires a token is answered with the contract's session error."""
    noon = datetime(2024, 1, 1, 12, tzinfo=UTC)
    token = access_token.issue("admin", noon)

    assert user_of(token, noon + timedelta(hours=23, minutes=59)) == "admin"
    with pytest.raises(Fault) as fault:
        user_of(token, noon + timedelta(hours=24))
    assert fault.value.kind.code == "APIG.1001"
