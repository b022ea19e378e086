"""Features: what may be set, what it makes of the gateway, and who sees the secret in it (gateway.md 1.14)."""

import json
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from crossgate.control import features
from crossgate.core.model.feature import FeatureQuery, FeatureToggle
from crossgate.core.model.feature_forms import READERS
from crossgate.core.policies.app_token import KEY_NAME
from crossgate.core.snapshot.config import Features
from crossgate.store.sealing import Seal
from tests.control.world import ACTOR, World

CASES = tomllib.loads(Path(__file__).with_name("feature_cases.toml").read_text("utf-8"))["row"]
ACCEPTED = [case for case in CASES if "gives" in case]
REFUSED = [case for case in CASES if "refused" in case]


def _set(world: World, name: str, config: object, *, enable: bool = True) -> str:
    return world.do(features.set_feature(world.control, ACTOR, _toggle(name, config, enable=enable))).config


def _toggle(name: str, config: object, *, enable: bool = True) -> FeatureToggle:
    text = config if isinstance(config, str) else json.dumps(config)
    return FeatureToggle(name=name, enable=enable, config=text)


def _plain(found: Features) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(msgspec.json.encode(found))
    return document


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: f"{case['name']} {case['config']}")
def test_a_feature_is_in_effect_at_once(world: World, case: dict[str, Any]) -> None:
    """It changes what it says, and nothing else; switched off, the contract's defaults hold again."""
    _set(world, case["name"], case["config"])
    expected = _plain(Features())
    if case["name"] == "app_token" and case["gives"]:
        expected["app_tokens"] = {"key": ""}
    for path, value in case["gives"].items():
        *parents, last = path.split(".")
        place = expected
        for parent in parents:
            place = place[parent]
        place[last] = value
    given = _plain(world.config.features)
    _set(world, case["name"], case["config"], enable=False)

    assert given == expected
    assert world.config.features == Features()


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: f"{case['name']} {case['config']}")
def test_a_wrong_config_is_refused(world: World, case: dict[str, Any]) -> None:
    """Every mistake is named with its place, and nothing is kept."""
    fault = world.refused(features.set_feature(world.control, ACTOR, _toggle(case["name"], case["config"])))

    assert fault.kind.code == "APIG.2011"
    assert [finding.at for finding in fault.findings] == case["refused"]
    assert case["fix"] in fault.findings[0].fix
    assert world.do(features.search(world.control, FeatureQuery())).total == 0


def test_every_feature_has_its_cases() -> None:
    """One that is accepted, and one that is refused, but for the two that test_change has."""
    others = {"backend_timeout", "request_body_size"}
    assert {case["name"] for case in ACCEPTED} == READERS.keys() - others
    assert {case["name"] for case in REFUSED} == READERS.keys() - {"app_secret"}


def test_the_key_of_tokens_is_sealed_and_never_shown(world: World) -> None:
    """Not in an answer, the audit trail, or a file; the data plane opens it with the gateway's key."""
    key = "a-key-for-tokens-0123456789"
    shown = _set(world, "app_token", {"enable": "on", "app_token_key": key})
    [listed] = world.do(features.search(world.control, FeatureQuery())).features
    files = b"".join(file.read_bytes() for file in world.database.file.parent.iterdir())

    assert json.loads(shown) == json.loads(listed.config) == {"enable": "on"}
    assert "app_token" in str(world.audit()[0].request)
    assert key not in str(world.audit())
    assert key.encode() not in files
    assert world.config.features.app_tokens is not None
    assert Seal(b"k" * 32).open(world.config.features.app_tokens.key, KEY_NAME) == key.encode()


def test_what_was_shown_can_be_sent_back(world: World) -> None:
    """The key stays where none is sent, also while the feature is off, and goes where an empty one is."""
    shown = _set(world, "app_token", {"app_token_key": "first-key"})
    sealed = _key(world)
    _set(world, "app_token", shown, enable=False)
    _set(world, "app_token", {"app_token_expire_time": 60})
    kept = _key(world)
    _set(world, "app_token", {"app_token_key": "other-key"})
    changed = _key(world)
    _set(world, "app_token", {"app_token_key": ""})

    assert sealed == kept
    assert changed not in (sealed, b"")
    assert _key(world) == b""


def test_a_secret_in_a_config_that_cannot_be_read_is_not_kept(world: World) -> None:
    """It is refused even where the feature is switched off: nobody could hide the secret in it."""
    for config in ('{"app_token_key":"swordfish"', {"app_token_kye": "swordfish"}):
        fault = world.refused(
            features.set_feature(world.control, ACTOR, _toggle("app_token", config, enable=False))
        )
        assert "swordfish" not in f"{fault.message}{fault.findings}"
    assert world.do(features.search(world.control, FeatureQuery())).total == 0


def _key(world: World) -> bytes:
    assert world.config.features.app_tokens is not None
    return world.config.features.app_tokens.key
