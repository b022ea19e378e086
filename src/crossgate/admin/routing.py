"""What every route has: the control plane, who asks, and an answer in the contract's form."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.routing import APIRoute

from crossgate.control import instances
from crossgate.control.audit import Actor
from crossgate.control.control import Control
from crossgate.core.errors.admin import INSTANCE_NOT_FOUND
from crossgate.core.model.instance import InstanceInfo

PROJECT = "/v2/{project_id}/apigw"
INSTANCE = PROJECT + "/instances/{instance_id}"


def _control(request: Request) -> Control:
    control: Control = request.app.state.control
    return control


def _actor(request: Request) -> Actor:
    source_ip = request.client.host if request.client else ""
    return Actor(user=request.state.operator, source_ip=source_ip, request_id=request.state.request_id)


TheControl = Annotated[Control, Depends(_control)]
TheActor = Annotated[Actor, Depends(_actor)]


async def the_project(control: TheControl, project_id: str) -> InstanceInfo:
    """The gateway, when `project_id` in the path is its project; another project has no gateway here."""
    instance = await instances.current(control)
    if instance.project_id != project_id:
        raise INSTANCE_NOT_FOUND.naming(f"{instance.id},project_id:{project_id}")
    return instance


async def the_instance(instance: Annotated[InstanceInfo, Depends(the_project)], instance_id: str) -> InstanceInfo:
    """The gateway, when the path names it."""
    if instance.id != instance_id:
        raise INSTANCE_NOT_FOUND.naming(instance_id)
    return instance


TheInstance = Annotated[InstanceInfo, Depends(the_instance)]


class ContractRoute(APIRoute):
    """A route whose answer leaves out what is null: the contract's clients take absent for empty."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **{**options, "response_model_exclude_none": True})


def contract_router() -> APIRouter:
    """A router for one object of the contract."""
    return APIRouter(route_class=ContractRoute)
