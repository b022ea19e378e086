"""Access control policies (gateway.md 1.7)."""

import re
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from crossgate.core.model.binding import BoundApiQuery, BoundPolicyQuery
from crossgate.core.model.document import Request, Response
from crossgate.core.model.names import ObjectId, PolicyName
from crossgate.core.model.paging import Page
from crossgate.core.policies.addresses import NotAddressesError, read_range

MAX_ADDRESSES = 100
MAX_ACCOUNT_CHARS = 1024
_ACCOUNT_NAME = re.compile(r"(?![0-9]+\Z)[^,\s]{1,64}")
_ACCOUNT_ID = re.compile(r"[A-Za-z0-9]{32}")


def values_of(text: str) -> tuple[str, ...]:
    """The entries of an `acl_value`."""
    return tuple(part.strip() for part in text.split(","))


class AclCreate(Request):
    """A policy, new or changed: whom it lets in (PERMIT) or keeps out (DENY), by address or by account."""

    acl_name: PolicyName
    acl_type: Literal["PERMIT", "DENY"]
    entity_type: Literal["IP", "DOMAIN", "DOMAIN_ID"]
    acl_value: str

    @model_validator(mode="after")
    def _values_are_of_the_type(self) -> "AclCreate":
        fix = _mistake(self.entity_type, self.acl_value)
        if fix is not None:
            raise PydanticCustomError("rule", "acl_value does not suit entity_type", {"fix": fix})
        return self


def _mistake(entity_type: str, text: str) -> str | None:
    """What to write instead, when `text` is not a list of what `entity_type` says."""
    values = values_of(text)
    if entity_type == "IP":
        if len(values) > MAX_ADDRESSES:
            return f"Write at most {MAX_ADDRESSES} addresses, ranges and networks."
        for value in values:
            try:
                read_range(value)
            except NotAddressesError as error:
                return f"{error}. Write addresses, ranges (a-b) or networks (a/n), separated by commas."
        return None
    if len(text) > MAX_ACCOUNT_CHARS:
        return f"Write at most {MAX_ACCOUNT_CHARS} characters."
    if entity_type == "DOMAIN" and not all(map(_ACCOUNT_NAME.fullmatch, values)):
        return "Write account names of 1 to 64 characters that are not all digits, separated by commas."
    if entity_type == "DOMAIN_ID" and not all(map(_ACCOUNT_ID.fullmatch, values)):
        return "Write account ids of 32 letters and digits, separated by commas."
    return None


class AclQuery(Page):
    """The filters of the policy list."""

    id: str | None = None
    name: str | None = None
    acl_type: str | None = None
    entity_type: str | None = None


class AclInfo(Response):
    """A policy."""

    id: str
    acl_name: str
    acl_type: str
    acl_value: str
    entity_type: str
    bind_num: int | None = None
    update_time: datetime


class AclList(Response):
    """A page of policies."""

    total: int
    size: int
    acls: list[AclInfo]


class AclDeletions(Request):
    """The policies to remove."""

    acls: Annotated[list[ObjectId], Field(min_length=1, max_length=1000)]


class AclDeletionFailure(Response):
    """A policy that could not be removed."""

    acl_id: str
    acl_name: str | None = None
    error_code: str
    error_msg: str


class AclsDeleted(Response):
    """What became of removing several policies."""

    success_count: int
    failure: list[AclDeletionFailure]


class AclBindings(Request):
    """The publications a policy shall guard."""

    acl_id: ObjectId
    publish_ids: Annotated[list[ObjectId], Field(min_length=1, max_length=1000)]


class AclUnbindings(Request):
    """The bindings to undo."""

    acl_bindings: Annotated[list[ObjectId], Field(min_length=1, max_length=1000)]


class AclBinding(Response):
    """A policy bound to a publication."""

    id: str
    api_id: str
    env_id: str
    acl_id: str
    create_time: datetime


class AclApplied(Response):
    """The bindings one call made."""

    acl_bindings: list[AclBinding]


class AclApiQuery(BoundApiQuery):
    """The filters of the published APIs a policy is bound to, or not bound to."""

    acl_id: str


class BoundAclQuery(BoundPolicyQuery):
    """The filters of the policies bound to an API."""

    acl_id: str | None = None
    acl_name: str | None = None


class AclOfApi(Response):
    """A policy seen from an API it is bound to."""

    acl_id: str
    acl_name: str
    entity_type: str
    acl_type: str
    acl_value: str
    env_id: str
    env_name: str
    bind_id: str
    bind_time: datetime


class AclOfApiList(Response):
    """A page of the policies of one API."""

    total: int
    size: int
    acls: list[AclOfApi]


class ApiOfAcl(Response):
    """A published API seen from a policy that is bound to it."""

    api_id: str
    api_name: str
    api_type: int
    api_remark: str = ""
    env_id: str
    env_name: str
    group_name: str
    bind_id: str
    bind_time: datetime
    publish_id: str
    req_method: str
    tags: list[str]


class ApiOfAclList(Response):
    """A page of the APIs a policy is bound to."""

    total: int
    size: int
    apis: list[ApiOfAcl]


class ApiWithoutAcl(Response):
    """A published API that a policy can be bound to; `acl_name` is the one it has instead."""

    id: str
    name: str
    type: int
    group_id: str
    group_name: str
    run_env_id: str
    run_env_name: str
    publish_id: str
    acl_name: str | None = None
    auth_type: str
    req_uri: str
    req_method: str
    remark: str = ""
    tags: list[str]


class ApiWithoutAclList(Response):
    """A page of the APIs a policy is not bound to."""

    total: int
    size: int
    apis: list[ApiWithoutAcl]
