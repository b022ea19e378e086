"""Who may call: set up with the cloud's SDK, called through the real port, judged alike by every worker."""

from collections.abc import Iterator

import pytest
from huaweicloudsdkapig import v2 as sdk

from tests.e2e.callers import Site, Workers
from tests.e2e.running import Crossgate

OK = {(200, "")}
REFUSED = {(401, "APIG.0303")}
UNAUTHORIZED = {(403, "APIG.0304")}


@pytest.fixture(scope="module")
def workers(lasting: Crossgate) -> Iterator[Workers]:
    """Both workers."""
    workers = Workers(lasting, 2)
    yield workers
    workers.close()


def test_an_app_is_let_in_by_what_it_has(lasting: Crossgate, workers: Workers) -> None:
    """With its AppCode, and signed by the SDK, once it is authorized."""
    site = Site(lasting, "first")
    api = site.publish("/orders", "APP")
    app = site.app("shop")
    code = site.app_code(app)
    by_code = site.request("/orders", {"X-Apig-AppCode": code})
    assert workers.outcomes(by_code) == UNAUTHORIZED
    site.authorize(app.id, api)
    assert workers.outcomes(by_code) == OK
    assert workers.outcomes(site.signed(app, "/orders?b=2&a=%2F", {"X-Own": "1"}, method="POST", body="{}")) == OK
    assert workers.outcomes(site.request("/orders")) == REFUSED
