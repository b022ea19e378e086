"""Groups, their domains and their gateway responses (gateway.md 1.1, 1.2, 1.12)."""

import asyncio
import re

import pytest

from crossgate.control import domains, gateway_responses, groups
from crossgate.core.errors import Fault
from crossgate.core.model.domain import UrlDomainCreate, UrlDomainModify
from crossgate.core.model.gateway_response import ResponseQuery
from crossgate.core.model.group import (
    ApiGroupBase,
    ApiGroupCheck,
    ApiGroupCreate,
    GroupQuery,
    SlDomainAccessSetting,
)
from tests.control.world import ACTOR, World


def test_a_group_is_made_as_the_contract_shows_it(world: World) -> None:
    """Its debug domain is its id under apic.localhost."""
    group = world.do(groups.create(world.control, ACTOR, ApiGroupCreate(name="orders", remark="all orders")))

    assert re.fullmatch("[0-9a-f]{32}", group.id)
    assert group.sl_domain == f"{group.id}.apic.localhost"
    assert (group.is_default, group.on_sell_status, group.call_limits) == (2, 2, 1000)
    assert world.do(groups.show(world.control, group.id)) == group
    assert group.id in {known.id for known in world.config.groups}


def test_of_many_equal_names_at_once_one_wins(world: World) -> None:
    """However many ask together, the name is given once."""

    async def all_at_once() -> list[object]:
        body = ApiGroupCreate(name="orders")
        asked = (groups.create(world.control, ACTOR, body) for _ in range(6))
        return list(await asyncio.gather(*asked, return_exceptions=True))

    answers = world.do(all_at_once())

    refusals = [answer for answer in answers if isinstance(answer, Fault)]
    assert [refusal.kind.code for refusal in refusals] == ["APIG.3201"] * 5
    assert world.do(groups.search(world.control, GroupQuery(name="orders"))).total == 1


def test_a_name_can_be_checked_first(world: World) -> None:
    """The check answers nothing, or what creating would answer."""
    world.do(groups.check_name(world.control, ApiGroupCheck(group_name="orders")))

    assert (
        world.refused(groups.check_name(world.control, ApiGroupCheck(group_name="shop"))).kind.code == "APIG.3201"
    )


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"name": "OR"}, ["Orders_2", "orders"]),
        ({"name": "orders", "precise_search": "name"}, ["orders"]),
        ({"name": "s_2"}, ["Orders_2"]),
        ({"name": "%"}, []),
        ({"offset": 1, "limit": 1}, ["orders"]),
    ],
)
def test_groups_are_found_by_part_of_their_name(world: World, query: dict[str, object], names: list[str]) -> None:
    """Case makes no difference, and the database's own wildcards mean themselves."""
    for name in ("orders", "Orders_2"):
        world.do(groups.create(world.control, ACTOR, ApiGroupCreate(name=name)))

    found = world.do(groups.search(world.control, GroupQuery.model_validate(query)))

    assert [group.name for group in found.groups] == names
    assert found.size == len(names)


def test_a_group_with_apis_stays(world: World) -> None:
    """Deleting it would delete them."""
    api = world.api()
    fault = world.refused(groups.delete(world.control, ACTOR, world.group_id))

    assert (fault.kind.code, fault.kind.status) == ("APIG.3415", 403)
    assert fault.message.endswith(f",id:{api.group_id}")


def test_a_deleted_group_is_gone(world: World) -> None:
    """It is named in the refusal of everything that asks for it afterwards."""
    world.do(groups.delete(world.control, ACTOR, world.group_id))
    fault = world.refused(groups.show(world.control, world.group_id))

    assert (fault.kind.code, fault.kind.status) == ("APIG.3001", 404)
    assert fault.message == f"API group {world.group_id} does not exist"


def test_the_built_in_group_keeps_its_place_and_name(world: World) -> None:
    """Requests for an IP address go there."""
    [default] = world.do(groups.search(world.control, GroupQuery(name="DEFAULT"))).groups
    renaming = groups.update(world.control, ACTOR, default.id, ApiGroupBase(name="other"))

    assert default.is_default == 1
    assert world.refused(groups.delete(world.control, ACTOR, default.id)).kind.status == 403
    assert world.refused(renaming).kind.status == 403


def test_an_update_keeps_its_own_name(world: World) -> None:
    """A name is taken by others only."""
    updated = world.do(
        groups.update(world.control, ACTOR, world.group_id, ApiGroupBase(name="shop", remark="new"))
    )

    assert updated.remark == "new"
    assert updated.update_time > updated.register_time


def test_the_debug_domain_can_be_closed(world: World) -> None:
    """The data plane learns of it at once."""
    body = SlDomainAccessSetting(sl_domain_access_enabled=False)
    world.do(groups.set_debug_domain_access(world.control, ACTOR, world.group_id, body))

    [group] = [group for group in world.config.groups if group.id == world.group_id]
    assert not group.debug_domain_enabled
    assert not world.do(groups.show(world.control, world.group_id)).sl_domain_access_enabled


def _attach(world: World, domain: str) -> str:
    return world.do(domains.attach(world.control, ACTOR, world.group_id, UrlDomainCreate(url_domain=domain))).id


def test_a_domain_is_attached_once_in_the_whole_gateway(world: World) -> None:
    """Domains have no case."""
    _attach(world, "*.Shop.example.com")
    attaching = domains.attach(
        world.control, ACTOR, world.group_id, UrlDomainCreate(url_domain="*.shop.EXAMPLE.com")
    )

    assert world.refused(attaching).kind.code == "APIG.3305"
    [group] = [group for group in world.config.groups if group.id == world.group_id]
    assert group.domains == ("*.shop.example.com",)


def test_a_group_has_at_most_five_domains(world: World) -> None:
    """The sixth is refused, and a place that becomes free can be used."""
    ids = [_attach(world, f"d{number}.example.com") for number in range(5)]
    body = UrlDomainCreate(url_domain="d5.example.com")

    refusal = world.refused(domains.attach(world.control, ACTOR, world.group_id, body))
    world.do(domains.detach(world.control, ACTOR, world.group_id, ids[0]))
    _attach(world, "d5.example.com")

    assert (refusal.kind.code, refusal.kind.status) == ("APIG.3108", 403)
    shown = world.do(groups.show(world.control, world.group_id)).url_domains
    assert {domain.domain for domain in shown} == {f"d{number}.example.com" for number in range(1, 6)}


def test_a_domain_keeps_what_an_update_leaves_out(world: World) -> None:
    """Only what is written changes."""
    domain_id = _attach(world, "www.example.com")
    first = UrlDomainModify(min_ssl_version="TLSv1.2", is_http_redirect_to_https=True)
    world.do(domains.update(world.control, ACTOR, world.group_id, domain_id, first))

    second = UrlDomainModify(min_ssl_version="TLSv1.1")
    updated = world.do(domains.update(world.control, ACTOR, world.group_id, domain_id, second))

    assert (updated.min_ssl_version, updated.is_http_redirect_to_https) == ("TLSv1.1", True)


def test_a_domain_belongs_to_its_group(world: World) -> None:
    """Another group cannot detach it."""
    domain_id = _attach(world, "www.example.com")
    other = world.do(groups.create(world.control, ACTOR, ApiGroupCreate(name="other")))

    assert world.refused(domains.detach(world.control, ACTOR, other.id, domain_id)).kind.code == "APIG.3474"


def test_a_debug_domain_is_not_for_sale(world: World) -> None:
    """A group must not take the debug domain of another one."""
    body = UrlDomainCreate(url_domain="0" * 32 + ".apic.localhost")

    assert world.refused(domains.attach(world.control, ACTOR, world.group_id, body)).kind.code == "APIG.2011"


def test_every_group_has_the_default_responses(world: World) -> None:
    """All types, each with the contract's own body."""
    [outline] = world.do(gateway_responses.search(world.control, world.group_id, ResponseQuery())).responses
    full = world.do(gateway_responses.show(world.control, world.group_id, outline.id))
    one = world.do(gateway_responses.show_type(world.control, world.group_id, outline.id, "THROTTLED"))

    assert (outline.name, outline.default, outline.responses) == ("default", True, None)
    assert full.responses is not None
    assert one == {"THROTTLED": full.responses["THROTTLED"]}
    assert one["THROTTLED"].status == 429
    assert full.responses["DEFAULT_5XX"].status is None


def test_a_response_type_that_does_not_exist_is_refused_with_those_that_do(world: World) -> None:
    """The fix is the list."""
    [outline] = world.do(gateway_responses.search(world.control, world.group_id, ResponseQuery())).responses
    asking = gateway_responses.show_type(world.control, world.group_id, outline.id, "TEAPOT")

    [finding] = world.refused(asking).findings
    assert "ACCESS_DENIED" in finding.fix
