"""Exactly as many calls as a limit says pass four workers, whatever happens to them meanwhile."""

import socket
import threading
import time
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

from huaweicloudsdkapig import v2 as sdk

from tests.admin.documents import RELEASE, cors_plugin, online
from tests.e2e.callers import App, Site, Workers, outcome
from tests.e2e.running import Crossgate, wait_until
from tests.gateway.peers import Client

OK = (200, "")
TOO_MANY = (429, "APIG.0308")
USED_UP = (405, "APIG.0501")
LOST = (0, "")
CLIENTS = 8
CALLS_OF_A_CONNECTION = 5
ORIGIN = "https://shop.example.com"


class Hammer:
    """Many clients that send the same calls in turn, as fast as they are answered, until all are sent."""

    def __init__(self, guarded: Crossgate, *requests: bytes, calls: int) -> None:
        self.outcomes: Counter[tuple[int, str]] = Counter()
        place = urlsplit(guarded.url)
        self._address = (place.hostname, place.port)
        self._waiting = [requests[number % len(requests)] for number in range(calls)]
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._send) for _ in range(CLIENTS)]
        for thread in self._threads:
            thread.start()

    @property
    def answered(self) -> int:
        """How many calls are over."""
        return self.outcomes.total()

    def done(self) -> Counter[tuple[int, str]]:
        """How often each outcome came, once all calls are over; LOST stands for a connection that was cut."""
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()
        return self.outcomes

    def _send(self) -> None:
        while requests := self._taken():
            # A new connection for a few calls each, so that all workers are asked.
            with socket.create_connection(self._address, timeout=20) as connection:
                client = Client(connection)
                for number, request in enumerate(requests):
                    try:
                        found = outcome(client.ask(request))
                    except ConnectionError:
                        self._put_back(requests[number + 1 :])
                        break
                    with self._lock:
                        self.outcomes[found] += 1

    def _taken(self) -> list[bytes]:
        with self._lock:
            taken, self._waiting = self._waiting[:CALLS_OF_A_CONNECTION], self._waiting[CALLS_OF_A_CONNECTION:]
        return taken

    def _put_back(self, requests: list[bytes]) -> None:
        with self._lock:
            self.outcomes[LOST] += 1
            self._waiting += requests


def hammered(guarded: Crossgate, *requests: bytes, calls: int) -> Counter[tuple[int, str]]:
    """How often each outcome came of so many calls."""
    return Hammer(guarded, *requests, calls=calls).done()


def policy(name: str, **fields: Any) -> sdk.ThrottleBaseInfo:
    """A policy for an hour, so that no period ends within a test."""
    return sdk.ThrottleBaseInfo(**{"name": name, "time_interval": 1, "time_unit": "HOUR", **fields})


def coded(site: Site, app: App, path: str) -> bytes:
    """A call with an AppCode made for it."""
    return site.request(path, {"X-Apig-AppCode": site.app_code(app)})


def test_exactly_the_limit_passes(guarded: Crossgate, site: Site) -> None:
    """Every worker answers, and together they let through what one of them would."""
    api = site.publish("/limited")
    site.throttle(api, api_call_limits=200)
    assert hammered(guarded, site.request("/limited"), calls=500) == {OK: 200, TOO_MANY: 300}


def test_it_passes_though_workers_die_and_changes_are_made(guarded: Crossgate, site: Site) -> None:
    """kill -9 of workers and new revisions let nobody in twice; only what was cut off may have been counted."""
    api = site.publish("/limited")
    site.throttle(api, api_call_limits=600)
    hammer = Hammer(guarded, site.request("/limited"), calls=1500)
    wait_until(lambda: hammer.answered > 100)
    guarded.kill("worker-1")
    site.publish("/other")
    wait_until(lambda: hammer.answered > 300)
    guarded.kill("worker-2")
    site.cloud.create_or_delete_publish_record_for_api_v2(body=online(api.api_id))
    found = hammer.done()
    assert found.total() == 1500
    assert set(found) <= {OK, TOO_MANY, LOST}
    assert found[LOST] <= 2 * CLIENTS
    assert 600 - found[LOST] <= found[OK] <= 600
    # And none passes later, by the workers that were started meanwhile or by the others.
    assert hammered(guarded, site.request("/limited"), calls=100) == {TOO_MANY: 100}


def test_apps_have_limits_of_their_own(guarded: Crossgate, site: Site) -> None:
    """An app without an exception has the policy's, and another one its own, up or down."""
    api = site.publish("/limited", "APP")
    apps = [site.app(name, api) for name in ("plain", "more", "less")]
    policy_id, _ = site.throttle(api, api_call_limits=100, user_call_limits=90, app_call_limits=30)
    for app, limit in zip(apps[1:], (45, 10), strict=True):
        body = sdk.ThrottleSpecialCreate(call_limits=limit, object_id=app.id, object_type="APP")
        site.cloud.create_special_throttling_configuration_v2(throttle_id=policy_id, body=body)
    calls = [coded(site, app, "/limited") for app in apps]
    assert hammered(guarded, *calls, calls=180) == {OK: 85, TOO_MANY: 95}
    # 15 are left of the API's hundred, whoever calls: what was refused to one app is there for another.
    assert hammered(guarded, coded(site, site.app("late", api), "/limited"), calls=60) == {OK: 15, TOO_MANY: 45}


def test_addresses_have_limits_of_their_own(guarded: Crossgate, site: Site) -> None:
    """The address is the caller's, where a proxy tells it."""
    api = site.publish("/limited")
    site.throttle(api, api_call_limits=100, ip_call_limits=20)
    site.feature("real_ip_from_xff", {"enable": "on", "xff_index": -1})
    calls = [site.request("/limited", {"X-Forwarded-For": f"192.0.2.{number}"}) for number in range(3)]
    assert hammered(guarded, *calls, calls=150) == {OK: 60, TOO_MANY: 90}


def test_a_shared_policy_counts_its_apis_together(guarded: Crossgate, site: Site) -> None:
    """And one that is not shared each by itself."""
    apis = [site.publish("/one"), site.publish("/two")]
    calls = [site.request("/one"), site.request("/two")]
    site.throttle(*apis, name="by_itself", api_call_limits=60)
    assert hammered(guarded, *calls, calls=200) == {OK: 120, TOO_MANY: 80}
    site.throttle(*apis, name="together", type=2, api_call_limits=60)
    assert hammered(guarded, *calls, calls=200) == {OK: 60, TOO_MANY: 140}


def test_a_changed_limit_counts_at_once(guarded: Crossgate, site: Site) -> None:
    """What has been counted stays counted; unbound, nothing limits."""
    api = site.publish("/limited")
    policy_id, (bound,) = site.throttle(api, name="changing", api_call_limits=20)
    call = site.request("/limited")
    assert hammered(guarded, call, calls=50) == {OK: 20, TOO_MANY: 30}
    site.cloud.update_request_throttling_policy_v2(
        throttle_id=policy_id, body=policy("changing", api_call_limits=50)
    )
    assert hammered(guarded, call, calls=50) == {OK: 30, TOO_MANY: 20}
    site.cloud.update_request_throttling_policy_v2(
        throttle_id=policy_id, body=policy("changing", api_call_limits=10)
    )
    assert hammered(guarded, call, calls=20) == {TOO_MANY: 20}
    site.cloud.disassociate_request_throttling_policy_v2(throttle_binding_id=bound)
    assert hammered(guarded, call, calls=50) == {OK: 50}


def test_a_quota_is_used_up_over_all_apis(guarded: Crossgate, site: Site) -> None:
    """405, and a call that a limit refuses is not taken from it."""
    one, two = site.publish("/one", "APP"), site.publish("/two", "APP")
    app, other = site.app("counted", one, two), site.app("other", one, two)
    body = sdk.AppQuotaCreate(name="fifty", call_limits=50, time_unit="DAY", time_interval=1)
    quota_id = site.cloud.create_app_quota(body=body).app_quota_id
    bind = sdk.CreateAppQuotaBindingApp(app_ids=[app.id, other.id])
    site.cloud.associate_apps_for_app_quota(app_quota_id=quota_id, body=bind)
    site.throttle(one, api_call_limits=20)
    first, second = coded(site, app, "/one"), coded(site, app, "/two")
    assert hammered(guarded, first, calls=60) == {OK: 20, TOO_MANY: 40}
    assert hammered(guarded, second, calls=60) == {OK: 30, USED_UP: 30}
    # Every app has the whole of it.
    assert hammered(guarded, coded(site, other, "/two"), calls=70) == {OK: 50, USED_UP: 20}
    site.cloud.disassociate_app_quota_with_app(app_quota_id=quota_id, app_id=app.id)
    assert hammered(guarded, second, calls=10) == {OK: 10}


def test_the_plugin_takes_the_place_of_the_policy(guarded: Crossgate, site: Site) -> None:
    """Rules and limits count together; once it is detached the policy counts, from where it was."""
    api = site.publish("/limited")
    site.throttle(api, api_call_limits=10)
    content = {
        "scope": "basic",
        "algorithm": "counter",
        "default_interval": 1,
        "default_time_unit": "hour",
        "api_limit": 40,
        "parameters": [{"type": "query", "name": "who", "value": "who"}],
        "rules": [{"rule_name": "few", "match_regex": '["who","==","few"]', "limit": 15}],
    }
    plugin_id = site.plugin("rate_limit", content, api)
    assert hammered(guarded, site.request("/limited?who=few"), calls=40) == {OK: 15, TOO_MANY: 25}
    assert hammered(guarded, site.request("/limited"), calls=60) == {OK: 25, TOO_MANY: 35}
    detach = sdk.PluginOperApiInfo(env_id=RELEASE, api_ids=[api.api_id])
    site.cloud.detach_api_from_plugin(plugin_id=plugin_id, body=detach)
    assert hammered(guarded, site.request("/limited"), calls=60) == {OK: 10, TOO_MANY: 50}


def test_what_is_refused_before_is_not_counted(guarded: Crossgate, site: Site) -> None:
    """Nobody uses up what is another's by calls that are not let in."""
    api = site.publish("/limited", "APP")
    app, stranger = site.app("known", api), site.app("stranger")
    site.throttle(api, api_call_limits=40)
    wrong = [
        site.request("/limited"),
        site.request("/limited", {"X-Apig-AppCode": "x" * 64}),
        site.signed((app.id, app.key, "wrong"), "/limited"),
        coded(site, stranger, "/limited"),
    ]
    assert hammered(guarded, *wrong, calls=80) == {(401, "APIG.0303"): 60, (403, "APIG.0304"): 20}
    right = [coded(site, app, "/limited"), site.signed(app, "/limited")]
    assert hammered(guarded, *right, calls=80) == {OK: 40, TOO_MANY: 40}


def preflight(site: Site, path: str) -> bytes:
    """What a browser asks before it sends a call."""
    return site.request(path, {"Origin": ORIGIN, "Access-Control-Request-Method": "GET"}, method="OPTIONS")


def test_preflights_count_nowhere(guarded: Crossgate, site: Site) -> None:
    """Neither those a plugin answers nor those an OPTIONS API does; and none is refused."""
    plugged, open_ = (
        site.publish("/plugin", req_method="GET"),
        site.publish("/switch", req_method="GET", cors=True),
    )
    options = site.publish("/switch", req_method="OPTIONS", cors=True)
    plugin_id = site.cloud.create_plugin(body=cors_plugin("for_shop")).plugin_id
    attach = sdk.PluginOperApiInfo(env_id=RELEASE, api_ids=[plugged.api_id])
    site.cloud.attach_api_to_plugin(plugin_id=plugin_id, body=attach)
    site.throttle(plugged, open_, options, type=2, api_call_limits=5, ip_call_limits=5)
    preflights = [preflight(site, "/plugin"), preflight(site, "/switch")]
    calls = [site.request(path, {"Origin": ORIGIN}) for path in ("/plugin", "/switch")]
    statuses = {status for status, _ in hammered(guarded, *preflights, calls=200)}
    assert statuses <= {200, 204}
    assert hammered(guarded, *calls, calls=20) == {OK: 5, TOO_MANY: 15}
    assert {status for status, _ in hammered(guarded, *preflights, calls=20)} == statuses


def test_a_caller_may_ask_what_is_left(site: Site, workers: Workers) -> None:
    """Every worker says the same, and one less each time."""
    api = site.publish("/limited")
    site.throttle(api, api_call_limits=8, ip_call_limits=6)
    answers = workers.ask(site.request("/limited", {"X-Apig-Mode": "debug"}))
    assert [each.field("X-Apig-RateLimit-Api") for each in answers] == [
        f"remain:{left},limit:8,time:1 hour" for left in (7, 6, 5, 4)
    ]
    assert [each.field("X-Apig-RateLimit-Ip") for each in answers][-1] == "remain:2,limit:6,time:1 hour"


def test_a_period_that_is_over_begins_anew(guarded: Crossgate, site: Site) -> None:
    """In no period does more pass than may."""
    api = site.publish("/limited")
    site.throttle(api, api_call_limits=15, time_interval=2, time_unit="SECOND")
    call = site.request("/limited")
    hammered(guarded, call, calls=20)
    found: Counter[tuple[int, str]] = Counter()
    time.sleep(2.1)
    began = time.monotonic()
    while time.monotonic() - began < 1.2:
        found += hammered(guarded, call, calls=20)
    assert found[OK] == 15
    assert found[TOO_MANY] > 0
