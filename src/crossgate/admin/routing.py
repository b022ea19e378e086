"""What every route has: the control plane, who asks, and an answer in the contract's form."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.routing import APIRoute

from crossgate.control.audit import Actor
from crossgate.control.control import Control

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


class ContractRoute(APIRoute):
    """A route whose answer leaves out what is null: the contract's clients take absent for empty."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **{**options, "response_model_exclude_none": True})


def contract_router() -> APIRouter:
    """A router for one object of the contract."""
    return APIRouter(route_class=ContractRoute)
