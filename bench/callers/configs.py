"""The Configs that are measured: one API for each kind of check, among few other objects or among many."""

import hashlib

from crossgate.core.policies.access_control import AccessControl
from crossgate.core.policies.credentials import AppConfig
from crossgate.core.policies.spending import Period
from crossgate.core.policies.throttle import Throttle
from crossgate.core.snapshot.config import Config, Group, HttpBackend, PublishedApi

HOST = "bench.example"
KEY = "bench-key-0123456789"
SECRET = "bench-secret-0123456789"  # noqa: S105
CODE = "bench/appcode+" + "0123456789" * 6
_NEVER_REACHED = 1_000_000_000


def config(others: int, backend_port: int) -> Config:
    """APIs `/open`, `/code`, `/signed` and `/all`, beside `others` other apps, APIs and ACL entries each."""
    caller = AppConfig(id="caller", name="caller", key=KEY, secret=SECRET.encode(), codes=(_digest(CODE),))
    apps = [caller, *(_other_app(number) for number in range(others))]
    ids = tuple(app.id for app in apps)
    checked = [
        _api("/open", backend_port),
        _api("/code", backend_port, auth_type="APP", app_code=True, app_ids=ids),
        _api("/signed", backend_port, auth_type="APP", app_ids=ids),
        _api("/all", backend_port, auth_type="APP", app_ids=ids, throttle_id="t", access_control_ids=("a",)),
    ]
    return Config(
        revision=1,
        environments={"e": "RELEASE"},
        groups=(Group(id="g", debug_domain=HOST),),
        apis=(*checked, *(_api(f"/other/{number}", backend_port) for number in range(others))),
        apps=tuple(apps),
        throttles=(_throttle(),),
        access_controls=(AccessControl(id="a", acl_type="PERMIT", entity_type="IP", values=_addresses(others)),),
    )


def _api(path: str, backend_port: int, **changes: object) -> PublishedApi:
    backend = HttpBackend(
        scheme="HTTP", address=f"127.0.0.1:{backend_port}", method="ANY", path="/json", timeout_ms=5000
    )
    fixed = {"group_id": "g", "env_id": "e", "req_protocol": "BOTH", "req_method": "ANY", "match_mode": "NORMAL"}
    named = {"api_id": path, "publish_id": path, "name": path, "req_uri": path, "auth_type": "NONE", "cors": False}
    return PublishedApi(**(fixed | named | {"backend": backend} | changes))  # type: ignore[arg-type]


def _other_app(number: int) -> AppConfig:
    name = f"other-{number}"
    return AppConfig(id=name, name=name, key=f"{name}-key", secret=b"unused", codes=(_digest(f"code {number}"),))


def _throttle() -> Throttle:
    period, limit = Period(1, "DAY"), _NEVER_REACHED
    return Throttle(id="t", is_shared=False, period=period, api_limit=limit, app_limit=limit, ip_limit=limit)


def _addresses(others: int) -> tuple[str, ...]:
    # Every second address, so that no two of them become one range.
    return ("127.0.0.1", *(f"10.{n >> 15 & 255}.{n >> 7 & 255}.{n << 1 & 255}" for n in range(others)))


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
