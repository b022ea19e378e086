"""The cloud's own admin SDK, driven by method name: what an existing client of the contract sends and reads."""

import warnings
from collections.abc import Callable
from typing import Any

from huaweicloudsdkapig import v2 as sdk
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException


class Cloud:
    """`cloud.create_api_group_v2(body=…)` calls the SDK's method with the request that belongs to it."""

    def __init__(self, url: str, *, access_key: str, secret_key: str, project_id: str, instance_id: str) -> None:
        credentials = BasicCredentials(access_key, secret_key, project_id)
        self._client = sdk.ApigClient.new_builder().with_credentials(credentials).with_endpoint(url).build()
        self._instance_id = instance_id

    def __getattr__(self, method: str) -> Callable[..., Any]:
        request_class = getattr(sdk, "".join(part.capitalize() for part in method.split("_")) + "Request")
        instance = {"instance_id": self._instance_id} if "instance_id" in request_class.openapi_types else {}

        def call(**fields: Any) -> Any:
            with warnings.catch_warnings():
                # Without dateutil, which nothing here needs, the SDK leaves times as text and warns.
                warnings.simplefilter("ignore", ImportWarning)
                return getattr(self._client, method)(request_class(**{**instance, **fields}))

        return call


def refusal(call: Callable[..., Any], **fields: Any) -> tuple[int, str]:
    """The status and error code with which the gateway refuses `call`."""
    try:
        answer = call(**fields)
    except ClientRequestException as error:
        return error.status_code, error.error_code
    raise AssertionError(f"the gateway accepted it: {answer}")
