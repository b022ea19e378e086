"""An authorizer whose function is behind the gateway that asks it."""

from collections.abc import Callable

import msgspec

from crossgate.core.policies.authorizer import Authorizer
from crossgate.core.snapshot.config import Config, MockBackend

from .conftest import api, config
from .peers import RunningGateway


def test_a_gateway_that_asks_itself_comes_to_an_end(start_gateway: Callable[[Config], RunningGateway]) -> None:
    """Hops are counted through what is asked, too: one call too many is refused, and all who wait for it."""
    mine = api("/ask", MockBackend(), group_id="d", auth_type="AUTHORIZER", authorizer_id="a")
    gateway = start_gateway(config())
    # An address names no group but the default one.
    itself = Authorizer(id="a", type="FRONTEND", endpoint=f"http://127.0.0.1:{gateway.port}/ask")
    gateway.swap(msgspec.structs.replace(config(mine), authorizers=(itself,)))

    response = gateway.ask(b"GET /ask HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")

    assert response.status == 500
    assert b"APIG.0601" in response.body
    assert [line["apig_err_code"] for line in gateway.logged(12)] == ["APIG.0612", *["APIG.0601"] * 11]
