"""How a preflight is routed: as the request it announces."""

import pytest

from crossgate.core.snapshot.compile import compile_config
from crossgate.core.snapshot.config import Config, Group, MockBackend, Plugin, PublishedApi
from crossgate.core.snapshot.dispatch import Named, Verdict, announces_stage, dispatch

POLICY = '{{"allow_origin":"https://{0}.example","allow_methods":"GET,PUT,DELETE","allow_headers":"x-stage,x-a"}}'


def api(method: str, env: str, path: str = "/a", plugin: str | None = None, mode: str = "NORMAL") -> PublishedApi:
    """A Mock API."""
    return PublishedApi(
        api_id=f"{method} {path} {env}",
        publish_id="p",
        name="a",
        group_id="g",
        env_id=env,
        req_protocol="HTTP",
        req_method=method,
        req_uri=path,
        match_mode="SWA" if mode == "SWA" else "NORMAL",
        auth_type="NONE",
        cors=method == "OPTIONS",
        backend=MockBackend(),
        plugin_ids=(plugin,) if plugin else (),
    )


def preflight(
    *apis: PublishedApi, method: bytes, headers: bytes | None = None, stage: bytes | None = None
) -> Verdict:
    """The verdict on a preflight for /a from https://one.example."""
    config = Config(
        revision=1,
        environments={"RELEASE": "RELEASE", "DEV": "DEV", "ALPHA": "ALPHA"},
        groups=(Group(id="g", debug_domain="g.apic.localhost"),),
        apis=apis,
        plugins=tuple(Plugin(id=name, type="cors", content=POLICY.format(name)) for name in ("one", "two")),
    )
    named = Named(
        b"g.apic.localhost:8080", stage, b"https://one.example", method, headers, announces_stage(headers)
    )
    return dispatch(compile_config(config), b"OPTIONS", b"/a?q=1", named)


def granted(verdict: Verdict) -> bool | None:
    """Whether a plugin granted it; None when no plugin answered."""
    return None if verdict.preflight is None else verdict.preflight.granted


def test_the_announced_method_chooses_the_api() -> None:
    """GET and PUT of one path may be two APIs; a method without an API is refused by the path's policy."""
    apis = (api("GET", "RELEASE", plugin="one"), api("PUT", "RELEASE", plugin="two"))

    assert granted(preflight(*apis, method=b"GET")) is True
    assert granted(preflight(*apis, method=b"PUT")) is False
    assert granted(preflight(*apis, method=b"DELETE")) is False


def test_a_plugin_wins_over_an_options_api() -> None:
    """The OPTIONS API at / answers where no plugin does."""
    everything = api("OPTIONS", "RELEASE", "/", mode="SWA")

    with_plugin = preflight(everything, api("GET", "RELEASE", plugin="one"), method=b"GET")
    without = preflight(everything, api("GET", "RELEASE"), method=b"GET")

    assert granted(with_plugin) is True
    assert without.match is not None
    assert without.match.route.api_id == "OPTIONS / RELEASE"


@pytest.mark.parametrize(
    ("environments", "headers", "expected"),
    [
        (["DEV"], b"x-stage", True),
        (["DEV"], b"X-A, X-Stage", True),
        (["DEV"], b"x-a", None),
        (["DEV"], b"x-stage-2", None),
        (["RELEASE", "DEV"], b"x-stage", True),
        (["DEV", "ALPHA"], b"x-stage", True),
    ],
)
def test_a_page_that_will_name_its_environment(
    environments: list[str], headers: bytes, expected: bool | None
) -> None:
    """A preflight cannot carry X-Stage; when the page will send it, other environments than RELEASE count too."""
    apis = [api("GET", env, plugin="one") for env in environments]

    assert granted(preflight(*apis, method=b"GET", headers=headers)) is expected


def test_release_is_asked_before_other_environments() -> None:
    """RELEASE first, then by name."""
    apis = [api("GET", "RELEASE", plugin="two"), api("GET", "ALPHA", plugin="one")]

    assert granted(preflight(*apis, method=b"GET", headers=b"x-stage")) is False
    assert granted(preflight(*apis, method=b"GET", headers=b"x-stage", stage=b"ALPHA")) is True
