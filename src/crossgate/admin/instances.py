"""The gateway itself over HTTP; the contract calls it an instance (gateway.md appendix A)."""

from typing import Annotated

from fastapi import Query

from crossgate.admin.routing import TheControl, TheInstance, contract_router
from crossgate.control import instances
from crossgate.core.model.instance import InstanceInfo, InstanceList, InstanceQuery

router = contract_router()


@router.get("/instances")
async def list_instances(control: TheControl, query: Annotated[InstanceQuery, Query()]) -> InstanceList:
    """ListInstancesV2."""
    return await instances.search(control, query)


@router.get("/instances/{instance_id}")
async def show_instance(instance: TheInstance) -> InstanceInfo:
    """ShowDetailsOfInstanceV2."""
    return instance
