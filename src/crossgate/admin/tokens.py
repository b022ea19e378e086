"""Logging in with a password, and the one project there is, in the form of Keystone v3."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from crossgate.admin.authentication import INCORRECT_CREDENTIALS, Authentication
from crossgate.admin.documents import sent
from crossgate.admin.routing import TheControl
from crossgate.control import instances
from crossgate.core.errors import Fault
from crossgate.core.model.instance import InstanceInfo
from crossgate.core.policies.access_token import AccessToken

DOMAIN = {"id": "default", "name": "Default"}

router = APIRouter()


class User(BaseModel):
    """Who logs in: by name, or by an id, which here is the name."""

    name: str = ""
    id: str = ""
    password: str = Field(repr=False)


class Password(BaseModel):
    """The password method of logging in."""

    user: User


class Identity(BaseModel):
    """How somebody logs in; a password is the one way."""

    methods: list[str]
    password: Password


class Project(BaseModel):
    """The project to work in; its name means nothing, because there is one."""

    id: str | None = None


class Scope(BaseModel):
    """What the token shall be good for."""

    project: Project | None = None


class Auth(BaseModel):
    """Who logs in, for what."""

    identity: Identity
    scope: Scope | None = None


class Login(BaseModel):
    """The request for a token."""

    auth: Auth


def _authentication(request: Request) -> Authentication:
    authentication: Authentication = request.app.state.authentication
    return authentication


@router.post("/v3/auth/tokens")
async def log_in(
    login: Annotated[Login, sent(Login)],
    control: TheControl,
    authentication: Annotated[Authentication, Depends(_authentication)],
) -> JSONResponse:
    """A token in the header `X-Subject-Token`; the body says what it is good for."""
    user = login.auth.identity.password.user
    instance = await instances.current(control)
    try:
        _check_project(login.auth.scope, instance)
        token, text = await authentication.log_in(user.name or user.id, user.password)
    except Fault as fault:
        return _keystone_error(fault)
    return JSONResponse(_described(token, instance), status_code=201, headers={"X-Subject-Token": text})


@router.get("/v3/projects")
@router.get("/v3/auth/projects")
async def list_projects(control: TheControl) -> dict[str, Any]:
    """The one project, whatever name is asked for: clients ask by the name of a cloud's region."""
    instance = await instances.current(control)
    return {"projects": [_project(instance) | {"domain_id": DOMAIN["id"], "enabled": True}], "links": {}}


@router.get("/v3/auth/domains")
async def list_domains() -> dict[str, Any]:
    """The one domain."""
    return {"domains": [DOMAIN | {"enabled": True}], "links": {}}


def _check_project(scope: Scope | None, instance: InstanceInfo) -> None:
    project = scope.project if scope else None
    if project and project.id not in (None, instance.project_id):
        raise INCORRECT_CREDENTIALS.because(f"there is no project {project.id} here.")


def _described(token: AccessToken, instance: InstanceInfo) -> dict[str, Any]:
    form = "%Y-%m-%dT%H:%M:%S.%fZ"
    return {
        "token": {
            "methods": ["password"],
            "issued_at": token.issued_at.strftime(form),
            "expires_at": token.expires_at.strftime(form),
            "user": {"id": token.user, "name": token.user, "domain": DOMAIN},
            "project": _project(instance) | {"domain": DOMAIN},
            "roles": [{"id": "admin", "name": "admin"}],
            "catalog": [],
        }
    }


def _project(instance: InstanceInfo) -> dict[str, Any]:
    return {"id": instance.project_id, "name": instance.instance_name}


def _keystone_error(fault: Fault) -> JSONResponse:
    """The fault for a Keystone client to read, and in the same body for a client of the contract."""
    status = fault.kind.status
    keystone = {"code": status, "message": fault.message, "title": "Unauthorized"}
    body = {"error": keystone, "error_code": fault.kind.code, "error_msg": fault.message}
    return JSONResponse(body, status_code=status)
