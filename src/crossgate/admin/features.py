"""Gateway features over HTTP (gateway.md 1.14, appendix A)."""

from typing import Annotated

from fastapi import Query

from crossgate.admin.documents import sent
from crossgate.admin.routing import TheActor, TheControl, contract_router
from crossgate.control import features
from crossgate.core.model.feature import (
    FeatureInfo,
    FeatureList,
    FeatureQuery,
    FeatureToggle,
    InstanceFeatureList,
)

router = contract_router()


@router.get("/features")
async def list_features(control: TheControl, query: Annotated[FeatureQuery, Query()]) -> FeatureList:
    """ListFeaturesV2."""
    return await features.search(control, query)


@router.post("/features", status_code=201)
async def set_feature(
    control: TheControl, actor: TheActor, body: Annotated[FeatureToggle, sent(FeatureToggle)]
) -> FeatureInfo:
    """CreateFeatureV2."""
    return await features.set_feature(control, actor, body)


@router.get("/instance-features")
async def list_supported(query: Annotated[FeatureQuery, Query()]) -> InstanceFeatureList:
    """ListInstanceFeatures."""
    return features.supported(query)
