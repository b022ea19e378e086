"""Signature keys: how requests to a backend are signed (gateway.md 1.8)."""

import re
import string
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from crossgate.core.model.binding import BoundApiQuery, BoundPolicyQuery
from crossgate.core.model.document import Request, Response
from crossgate.core.model.names import ObjectId, PolicyName
from crossgate.core.model.paging import Page


class _Form(msgspec.Struct, frozen=True):
    """What key and secret of one type look like, in words, and how long a made one is."""

    key: re.Pattern[str]
    secret: re.Pattern[str]
    fix: str
    key_chars: int
    secret_chars: int


FORMS = {
    "hmac": _Form(
        re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{7,31}"),
        re.compile(r"[A-Za-z0-9][A-Za-z0-9_\-!@#$%]{15,63}"),
        "For hmac write a sign_key of 8 to 32 letters, digits, - or _, and a sign_secret of 16 to 64 letters, "
        "digits or _ - ! @ # $ %; both start with a letter or a digit.",
        32,
        64,
    ),
    "basic": _Form(
        re.compile(r"[A-Za-z][A-Za-z0-9_-]{3,31}"),
        re.compile(r"[A-Za-z0-9][A-Za-z0-9_\-!@#$%]{7,63}"),
        "For basic write a sign_key of 4 to 32 letters, digits, - or _ that starts with a letter, and a "
        "sign_secret of 8 to 64 letters, digits or _ - ! @ # $ % that starts with a letter or a digit.",
        32,
        64,
    ),
}
ALPHABET = string.ascii_letters + string.digits


class SignatureKeyCreate(Request):
    """A key, new or changed. What is left out of key and secret is made; an update keeps it."""

    name: PolicyName
    sign_type: Literal["hmac", "basic", "public_key", "aes"] = "hmac"
    sign_key: str | None = None
    sign_secret: Annotated[str | None, Field(repr=False)] = None
    sign_algorithm: str | None = None

    @model_validator(mode="after")
    def _is_of_its_type(self) -> "SignatureKeyCreate":
        form = FORMS.get(self.sign_type)
        if form is None:
            raise PydanticCustomError(
                "rule",
                f"Signatures of type {self.sign_type} are not available: how they are sent is not published",
                {"fix": "Use hmac or basic."},
            )
        has_key = self.sign_key is None or form.key.fullmatch(self.sign_key)
        if not has_key or not (self.sign_secret is None or form.secret.fullmatch(self.sign_secret)):
            raise PydanticCustomError("rule", "sign_key or sign_secret does not suit sign_type", {"fix": form.fix})
        return self


class SignatureKeyQuery(Page):
    """The filters of the key list."""

    id: str | None = None
    name: str | None = None


class SignatureKeyInfo(Response):
    """A key."""

    id: str
    name: str
    sign_type: str
    sign_key: str
    sign_secret: str = Field(repr=False)
    sign_algorithm: str = ""
    create_time: datetime
    update_time: datetime
    bind_num: int = 0


class SignatureKeyList(Response):
    """A page of keys."""

    total: int
    size: int
    signs: list[SignatureKeyInfo]


class SignatureBindings(Request):
    """The publications whose requests a key shall sign."""

    sign_id: ObjectId
    publish_ids: Annotated[list[ObjectId], Field(min_length=1, max_length=1000)]


class SignatureBinding(Response):
    """A key bound to a publication; key and secret are there where the keys of an API are listed."""

    id: str
    publish_id: str
    api_id: str
    api_name: str
    api_type: int
    api_remark: str = ""
    req_method: str
    group_name: str
    env_id: str
    env_name: str
    sign_id: str
    sign_name: str
    sign_type: str | None = None
    sign_key: str | None = None
    sign_secret: str | None = Field(default=None, repr=False)
    binding_time: datetime
    tags: list[str]


class SignatureApplied(Response):
    """The bindings one call made."""

    bindings: list[SignatureBinding]


class SignatureBindingList(Response):
    """A page of bindings."""

    total: int
    size: int
    bindings: list[SignatureBinding]


class SignatureApiQuery(BoundApiQuery):
    """The filters of the published APIs a key is bound to."""

    sign_id: str


class UnboundSignatureQuery(BoundApiQuery):
    """The filters of the published APIs a key is not bound to; without one, that have none."""

    sign_id: str | None = None


class BoundSignatureQuery(BoundPolicyQuery):
    """The filters of the keys bound to an API."""

    sign_id: str | None = None
    sign_name: str | None = None


class ApiWithoutSignature(Response):
    """A published API that a key can be bound to; `signature_name` is the one it has instead."""

    id: str
    name: str
    type: int
    auth_type: str
    group_id: str
    group_name: str
    run_env_id: str
    run_env_name: str
    publish_id: str
    req_uri: str
    req_method: str
    remark: str = ""
    signature_name: str | None = None
    tags: list[str]


class ApiWithoutSignatureList(Response):
    """A page of the APIs a key is not bound to."""

    total: int
    size: int
    apis: list[ApiWithoutSignature]
