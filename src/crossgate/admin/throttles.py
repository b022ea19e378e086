"""Request throttling policies over HTTP (gateway.md 1.6, appendix A)."""

from typing import Annotated

from fastapi import Query

from crossgate.admin.documents import sent
from crossgate.admin.routing import TheActor, TheControl, contract_router
from crossgate.control import special_throttles, throttles
from crossgate.core.model.binding import Unbound
from crossgate.core.model.throttle import (
    ApiOfThrottleList,
    BoundThrottleQuery,
    SpecialThrottleCreate,
    SpecialThrottleInfo,
    SpecialThrottleList,
    SpecialThrottleQuery,
    SpecialThrottleUpdate,
    ThrottleApiQuery,
    ThrottleApplied,
    ThrottleBindings,
    ThrottleCreate,
    ThrottleInfo,
    ThrottleList,
    ThrottleOfApiList,
    ThrottleQuery,
    ThrottleUnbindings,
    UnboundThrottleQuery,
)

router = contract_router()


@router.get("/throttles")
async def list_throttles(control: TheControl, query: Annotated[ThrottleQuery, Query()]) -> ThrottleList:
    """ListRequestThrottlingPolicyV2."""
    return await throttles.search(control, query)


@router.post("/throttles", status_code=201)
async def create_throttle(
    control: TheControl, actor: TheActor, body: Annotated[ThrottleCreate, sent(ThrottleCreate)]
) -> ThrottleInfo:
    """CreateRequestThrottlingPolicyV2."""
    return await throttles.create(control, actor, body)


@router.get("/throttles/{throttle_id}")
async def show_throttle(control: TheControl, throttle_id: str) -> ThrottleInfo:
    """ShowDetailsOfRequestThrottlingPolicyV2."""
    return await throttles.show(control, throttle_id)


@router.put("/throttles/{throttle_id}")
async def update_throttle(
    control: TheControl, actor: TheActor, throttle_id: str, body: Annotated[ThrottleCreate, sent(ThrottleCreate)]
) -> ThrottleInfo:
    """UpdateRequestThrottlingPolicyV2."""
    return await throttles.update(control, actor, throttle_id, body)


@router.delete("/throttles/{throttle_id}", status_code=204)
async def delete_throttle(control: TheControl, actor: TheActor, throttle_id: str) -> None:
    """DeleteRequestThrottlingPolicyV2."""
    await throttles.delete(control, actor, throttle_id)


@router.get("/throttles/{throttle_id}/throttle-specials")
async def list_specials(
    control: TheControl, throttle_id: str, query: Annotated[SpecialThrottleQuery, Query()]
) -> SpecialThrottleList:
    """ListSpecialThrottlingConfigurationsV2."""
    return await special_throttles.search(control, throttle_id, query)


@router.post("/throttles/{throttle_id}/throttle-specials", status_code=201)
async def create_special(
    control: TheControl,
    actor: TheActor,
    throttle_id: str,
    body: Annotated[SpecialThrottleCreate, sent(SpecialThrottleCreate)],
) -> SpecialThrottleInfo:
    """CreateSpecialThrottlingConfigurationV2."""
    return await special_throttles.create(control, actor, throttle_id, body)


@router.put("/throttles/{throttle_id}/throttle-specials/{strategy_id}")
async def update_special(
    control: TheControl,
    actor: TheActor,
    throttle_id: str,
    strategy_id: str,
    body: Annotated[SpecialThrottleUpdate, sent(SpecialThrottleUpdate)],
) -> SpecialThrottleInfo:
    """UpdateSpecialThrottlingConfigurationV2."""
    return await special_throttles.update(control, actor, throttle_id, strategy_id, body)


@router.delete("/throttles/{throttle_id}/throttle-specials/{strategy_id}", status_code=204)
async def delete_special(control: TheControl, actor: TheActor, throttle_id: str, strategy_id: str) -> None:
    """DeleteSpecialThrottlingConfigurationV2."""
    await special_throttles.delete(control, actor, throttle_id, strategy_id)


@router.post("/throttle-bindings", status_code=201)
async def bind_throttle(
    control: TheControl, actor: TheActor, body: Annotated[ThrottleBindings, sent(ThrottleBindings)]
) -> ThrottleApplied:
    """AssociateRequestThrottlingPolicyV2."""
    return await throttles.bind(control, actor, body)


@router.put("/throttle-bindings")
async def unbind_throttles(
    control: TheControl, actor: TheActor, body: Annotated[ThrottleUnbindings, sent(ThrottleUnbindings)]
) -> Unbound:
    """BatchDisassociateThrottlingPolicyV2; `action` can only be delete."""
    return await throttles.unbind_all(control, actor, body)


@router.get("/throttle-bindings/binded-apis")
async def list_bound_apis(control: TheControl, query: Annotated[ThrottleApiQuery, Query()]) -> ApiOfThrottleList:
    """ListApisBindedToRequestThrottlingPolicyV2."""
    return await throttles.search_bound_apis(control, query)


@router.get("/throttle-bindings/unbinded-apis")
async def list_unbound_apis(
    control: TheControl, query: Annotated[UnboundThrottleQuery, Query()]
) -> ApiOfThrottleList:
    """ListApisUnbindedToRequestThrottlingPolicyV2."""
    return await throttles.search_unbound_apis(control, query)


@router.get("/throttle-bindings/binded-throttles")
async def list_bound_throttles(
    control: TheControl, query: Annotated[BoundThrottleQuery, Query()]
) -> ThrottleOfApiList:
    """ListRequestThrottlingPoliciesBindedToApiV2."""
    return await throttles.search_of_api(control, query)


@router.delete("/throttle-bindings/{throttle_binding_id}", status_code=204)
async def unbind_throttle(control: TheControl, actor: TheActor, throttle_binding_id: str) -> None:
    """DisassociateRequestThrottlingPolicyV2."""
    await throttles.unbind(control, actor, throttle_binding_id)
