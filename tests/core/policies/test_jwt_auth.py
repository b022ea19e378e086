"""The `jwt_auth` plugin: which tokens let in, what a backend is told, and what is found in the content."""

import base64
import hmac
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, RSAKey

from crossgate.core.errors import Fault, runtime
from crossgate.core.policies.asking import Answer, Ask, AskFailed
from crossgate.core.policies.jwt_auth import JwtAuth, parse_content
from crossgate.core.policies.jwt_auth_check import jwt_auth_check
from crossgate.core.policies.jwt_keys import NotKeysError, read_keys
from tests.core.policies.driver import Driver, call, with_more

CASES = tomllib.loads((Path(__file__).parent / "jwt_auth_cases.toml").read_text("utf-8"))
EC = ECKey.generate_key("P-256", {"kid": "ec"})
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})


def jwks(*keys: ECKey | RSAKey, **more: str) -> str:
    return json.dumps({"keys": [{**key.as_dict(private=False), **more} for key in keys]})


def token(payload: object, key: Any = EC, algorithm: str = "ES256", header: dict[str, str] | None = None) -> str:
    header = {"kid": key.kid} if header is None else header
    body = payload if isinstance(payload, str) else json.dumps(payload, separators=(",", ":"))
    return jws.serialize_compact({"alg": algorithm, **header}, body, key, [algorithm])


def signed_with(secret: bytes) -> str:
    """A token of HMAC, whose secret is no secret."""
    signed = "eyJhbGciOiJIUzI1NiIsImtpZCI6InJzYSJ9.e30"
    digest = hmac.digest(secret, signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def policy(**content: Any) -> JwtAuth:
    parsed = parse_content(json.dumps({"jwks": jwks(EC, RSA), **content}))
    assert isinstance(parsed, JwtAuth), parsed
    return parsed


def asked_with(signed: str, **changes: Any) -> Fault | None:
    made = call(headers={"authorization": f"Bearer {signed}"})
    return Driver().run(jwt_auth_check(policy(**changes)), made)


@pytest.mark.parametrize("row", CASES["row"], ids=lambda row: row["name"])
def test_a_token_lets_in(row: dict[str, Any]) -> None:
    """The call passes and the backend is told about it, or it is refused with 401 and the reason."""
    signed = token(row.get("text", row.get("payload", {})), header=row.get("header"))
    where = row.get("where", {"headers": {"authorization": "Bearer <token>"}})
    made = call(**json.loads(json.dumps(where).replace("<token>", signed)))
    fault = Driver().run(jwt_auth_check(policy(**row.get("content", {}))), made)

    if row["verdict"] == "pass":
        assert fault is None, fault
    else:
        assert fault is not None
        assert fault.kind is runtime.JWT_REFUSED
        assert fault.message.endswith(row["verdict"])
    assert made.hidden == set(row.get("hidden", []))
    if "changes" in row:
        assert [
            ["+" * each.is_beside + each.name.decode(), *(value.decode() for value in each.values)]
            for each in made.changes
        ] == row["changes"]


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512", "ES256"])
def test_the_contracts_algorithms_are_taken(algorithm: str) -> None:
    """Each with the key of its kind."""
    assert asked_with(token({}, RSA if algorithm.startswith("R") else EC, algorithm)) is None


@pytest.mark.parametrize(
    "forged",
    [
        token({}, OctKey.import_key("a" * 32), "HS256", {"kid": "rsa"}),
        signed_with(RSA.as_pem(private=False)),
        "eyJhbGciOiJub25lIiwia2lkIjoicnNhIn0.e30.",
        token({}, ECKey.generate_key("P-256"), "ES256", {"kid": "ec"}),
        token({}, EC, "ES256", {"kid": "rsa"}),
        token({}, RSAKey.generate_key(2048), "RS256", {"kid": "rsa"}),
        "..",
        "a" * 5000,
    ],
    ids=["HMAC", "HMAC with the public key", "none", "another's", "the other's", "another's RSA", "dots", "long"],
)
def test_a_forged_token_is_refused(forged: str) -> None:
    """Whatever it claims about its algorithm and key."""
    fault = asked_with(forged)

    assert fault is not None
    assert fault.kind is runtime.JWT_REFUSED


def test_one_key_needs_no_name() -> None:
    """Where a set holds one key, tokens with and without its name are verified with it."""
    nameless = ECKey.import_key({name: value for name, value in EC.as_dict(private=True).items() if name != "kid"})
    for keys in (jwks(EC), jwks(nameless), jwks(EC, use="enc")):
        assert asked_with(token({}, EC, header={}), jwks=keys) is None
    assert asked_with(token({}, EC, header={"kid": "any"}), jwks=jwks(nameless)) is None
    assert asked_with(token({}, EC, header={"kid": "any"}), jwks=jwks(EC)) is not None


@pytest.mark.parametrize("row", CASES["keys"], ids=lambda row: row["text"])
def test_what_is_no_set_of_public_keys_is_refused(row: dict[str, str]) -> None:
    """The message says which key, and why."""
    with pytest.raises(NotKeysError, match=re.escape(row["because"])):
        read_keys(row["text"])


def test_private_or_nameless_keys_are_refused() -> None:
    """A private key does not belong here, and of several each needs a name of its own."""
    for keys, because in (
        ({"keys": [EC.as_dict(private=True)]}, "key 1 is private"),
        ({"keys": [EC.as_dict(private=False)] * 2}, "key 2 has no `kid` of its own"),
        ({"keys": [{**EC.as_dict(private=False), "kid": None}, RSA.as_dict(private=False)]}, "has no `kid`"),
    ):
        with pytest.raises(NotKeysError, match=because):
            read_keys(json.dumps(keys))
    with pytest.raises(NotKeysError, match="longer"):
        read_keys(" " * 60_000)


SERVICE = {"uri": "id.example.com/keys", "ttl": 7200, "timeout": 700, "custom_host": "id"}


def test_keys_come_from_a_service() -> None:
    """It is asked once in a while, and wins over fixed keys; its answer is read once."""
    answers = [Answer(200, (), jwks(EC).encode()), Answer(200, (), jwks(RSA).encode())]
    driver = Driver(lambda ask: answers[min(len(driver.asked) - 1, 1)])
    check = jwt_auth_check(policy(jwks_service=SERVICE))
    made = {"headers": {"authorization": f"Bearer {token({})}"}}

    assert driver.run(check, call(**made)) is None
    refused = driver.run(check, call(**made))
    assert refused is not None
    assert refused.kind is runtime.JWT_REFUSED
    assert driver.asked[0] == Ask(
        endpoint="https://id.example.com/keys",
        method="GET",
        fields=((b"Accept", b"application/json"), (b"Host", b"id")),
        timeout_ms=700,
        max_bytes=51200,
        cache_key="jwks:https://id.example.com/keys id",
        ttl_s=300,
        stale_s=7200,
    )


@pytest.mark.parametrize("answer", [AskFailed("timeout"), Answer(503), Answer(200, (), b"{}")], ids=str)
def test_without_keys_nobody_is_let_in(answer: Answer | AskFailed) -> None:
    """A service that fails is no fault of the caller's."""
    made = call(headers={"authorization": f"Bearer {token({})}"})
    fault = Driver(lambda _: answer).run(jwt_auth_check(policy(jwks_service=SERVICE)), made)

    assert fault is not None
    assert fault.kind is runtime.JWT_KEYS_UNAVAILABLE


@pytest.mark.parametrize("row", CASES["refused"], ids=lambda row: str(row["content"])[:60])
def test_everything_wrong_is_found_at_once(row: dict[str, Any]) -> None:
    """All findings come together, each with its place and its fix."""
    found = parse_content(json.dumps(row["content"]))

    assert isinstance(found, list)
    assert [(each.code.removeprefix("jwt_auth."), each.at) for each in found] == [
        (code, at) for code, at, _ in row["found"]
    ]
    assert all(part in each.fix for each, (_, _, part) in zip(found, row["found"], strict=True))


@settings(deadline=None)
@given(
    st.text(alphabet='eyJ.{}"alg:ESnokid\ud800', max_size=40)
    | st.binary(max_size=20).map(lambda b: b.decode("latin-1"))
)
def test_any_text_is_refused_as_a_token(text: str) -> None:
    """Nothing else is raised."""
    made = call()
    made = with_more(made, [(b"authorization", text.encode("utf-8", "replace"))])

    fault = Driver().run(jwt_auth_check(policy()), made)
    assert fault is not None
    assert fault.kind is runtime.JWT_REFUSED
