"""Credentials: apps with key and secret, their AppCodes, and from where they may be used (gateway.md 1.5)."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from crossgate.core.model.document import Request, Response
from crossgate.core.model.names import PolicyName, Remark, rule
from crossgate.core.model.paging import Page
from crossgate.core.policies.addresses import NotAddressesError, read_range

MAX_APP_CODES = 5

AppKey = Annotated[
    str,
    rule(
        r"[A-Za-z0-9][A-Za-z0-9_-]{7,199}",
        "Write 8 to 200 letters, digits, hyphens or underscores; start with a letter or a digit.",
    ),
]
AppSecret = Annotated[
    str,
    rule(
        r"[A-Za-z0-9][A-Za-z0-9_\-!@#$%]{7,127}",
        "Write 8 to 128 letters, digits or _ - ! @ # $ % characters; start with a letter or a digit.",
    ),
]
# The documentation begins at 64 characters, the contract's own clients write 48.
AppCodeText = Annotated[
    str,
    rule(
        r"[A-Za-z0-9+/][A-Za-z0-9+_!@#$%/=-]{47,179}",
        "Write 48 to 180 letters, digits or + _ ! @ # $ % / = - characters; start with a letter, a digit, + or /.",
    ),
]


def _addresses(entry: str) -> str:
    try:
        read_range(entry)
    except NotAddressesError:
        raise PydanticCustomError(
            "rule",
            "The entry stands for no addresses",
            {"fix": "Write an address, a range such as 10.0.0.1-10.0.0.9, or a network such as 10.0.0.0/8."},
        ) from None
    return entry


AddressEntry = Annotated[str, AfterValidator(_addresses)]


class AppCreate(Request):
    """An app, new or changed. What is left out of key and secret is made; an update keeps the key."""

    name: PolicyName
    remark: Remark = ""
    app_key: AppKey | None = None
    app_secret: AppSecret | None = Field(default=None, repr=False)
    related_domain_id: str | None = None
    related_project_id: str | None = None


class AppResetCreate(Request):
    """A new secret; one that is left out is made."""

    app_secret: AppSecret | None = Field(default=None, repr=False)


class AppCodeCreate(Request):
    """An AppCode somebody chose."""

    app_code: AppCodeText = Field(repr=False)


class AppAclCreate(Request):
    """From where an app may be used, or may not."""

    app_acl_type: Literal["PERMIT", "DENY"]
    app_acl_values: Annotated[list[AddressEntry], Field(min_length=1, max_length=100)]


class AppQuery(Page):
    """The filters of the app list."""

    id: str | None = None
    name: str | None = None
    status: str | None = None
    app_key: str | None = None
    creator: str | None = None
    related_domain_id: str | None = None
    related_project_id: str | None = None


class AppInfo(Response):
    """An app. Its secret is there when it has just been made, and when one app is looked at."""

    id: str
    name: str
    remark: str = ""
    creator: str
    app_key: str
    app_secret: str | None = Field(default=None, repr=False)
    register_time: datetime
    update_time: datetime
    status: int = 1
    app_type: str = "apig"
    bind_num: int | None = None
    related_domain_id: str | None = None
    related_project_id: str | None = None


class AppList(Response):
    """A page of apps."""

    total: int
    size: int
    apps: list[AppInfo]


class AppCheck(Response):
    """What anybody may know of an app."""

    id: str
    name: str
    remark: str = ""


class AppCodeInfo(Response):
    """An AppCode."""

    id: str
    app_id: str
    app_code: str = Field(repr=False)
    create_time: datetime


class AppCodeList(Response):
    """The AppCodes of an app."""

    total: int
    size: int
    app_codes: list[AppCodeInfo]


class AppAclInfo(Response):
    """From where an app may be used; without type and values, from everywhere."""

    app_id: str
    app_acl_type: str | None = None
    app_acl_values: list[str] | None = None
