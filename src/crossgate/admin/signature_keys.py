"""Signature keys over HTTP (gateway.md 1.8, appendix A)."""

from typing import Annotated

from fastapi import Query

from crossgate.admin.documents import sent
from crossgate.admin.routing import TheActor, TheControl, contract_router
from crossgate.control import signature_keys
from crossgate.core.model.signature_key import (
    ApiWithoutSignatureList,
    BoundSignatureQuery,
    SignatureApiQuery,
    SignatureApplied,
    SignatureBindingList,
    SignatureBindings,
    SignatureKeyCreate,
    SignatureKeyInfo,
    SignatureKeyList,
    SignatureKeyQuery,
    UnboundSignatureQuery,
)

router = contract_router()


@router.get("/signs")
async def list_signs(control: TheControl, query: Annotated[SignatureKeyQuery, Query()]) -> SignatureKeyList:
    """ListSignatureKeysV2."""
    return await signature_keys.search(control, query)


@router.post("/signs", status_code=201)
async def create_sign(
    control: TheControl, actor: TheActor, body: Annotated[SignatureKeyCreate, sent(SignatureKeyCreate)]
) -> SignatureKeyInfo:
    """CreateSignatureKeyV2."""
    return await signature_keys.create(control, actor, body)


@router.put("/signs/{sign_id}")
async def update_sign(
    control: TheControl,
    actor: TheActor,
    sign_id: str,
    body: Annotated[SignatureKeyCreate, sent(SignatureKeyCreate)],
) -> SignatureKeyInfo:
    """UpdateSignatureKeyV2."""
    return await signature_keys.update(control, actor, sign_id, body)


@router.delete("/signs/{sign_id}", status_code=204)
async def delete_sign(control: TheControl, actor: TheActor, sign_id: str) -> None:
    """DeleteSignatureKeyV2."""
    await signature_keys.delete(control, actor, sign_id)


@router.post("/sign-bindings", status_code=201)
async def bind_sign(
    control: TheControl, actor: TheActor, body: Annotated[SignatureBindings, sent(SignatureBindings)]
) -> SignatureApplied:
    """AssociateSignatureKeyV2."""
    return await signature_keys.bind(control, actor, body)


@router.get("/sign-bindings/binded-apis")
async def list_bound_apis(
    control: TheControl, query: Annotated[SignatureApiQuery, Query()]
) -> SignatureBindingList:
    """ListApisBindedToSignatureKeyV2."""
    return await signature_keys.search_bound_apis(control, query)


@router.get("/sign-bindings/binded-signs")
async def list_bound_signs(
    control: TheControl, query: Annotated[BoundSignatureQuery, Query()]
) -> SignatureBindingList:
    """ListSignatureKeysBindedToApiV2."""
    return await signature_keys.search_of_api(control, query)


@router.get("/sign-bindings/unbinded-apis")
async def list_unbound_apis(
    control: TheControl, query: Annotated[UnboundSignatureQuery, Query()]
) -> ApiWithoutSignatureList:
    """ListApisNotBoundWithSignatureKeyV2."""
    return await signature_keys.search_unbound_apis(control, query)


@router.delete("/sign-bindings/{sign_bindings_id}", status_code=204)
async def unbind_sign(control: TheControl, actor: TheActor, sign_bindings_id: str) -> None:
    """DisassociateSignatureKeyV2."""
    await signature_keys.unbind(control, actor, sign_bindings_id)
