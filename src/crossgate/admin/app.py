"""The admin API as one application (gateway.md 0, appendix A)."""

from collections.abc import Callable

from fastapi import Depends, FastAPI

from crossgate.admin import (
    acls,
    apis,
    app_auths,
    app_quotas,
    apps,
    authorizers,
    cors_explain,
    debugging,
    domains,
    environments,
    features,
    gateway_responses,
    groups,
    health,
    instances,
    metrics,
    plugins,
    publishing,
    signature_keys,
    throttles,
    tokens,
    variables,
)
from crossgate.admin.answers import answer_faults
from crossgate.admin.authentication import Authentication
from crossgate.admin.door import Door
from crossgate.admin.routing import INSTANCE, PROJECT, the_instance, the_project
from crossgate.control.control import Control

OF_THE_INSTANCE = (
    groups,
    domains,
    gateway_responses,
    publishing,  # before apis: `/apis/action` is no API's id
    apis,
    plugins,
    environments,
    variables,
    features,
    apps,
    app_auths,
    app_quotas,
    throttles,
    acls,
    signature_keys,
    authorizers,
    debugging,
    cors_explain,  # ours, beside the contract
)


def create_app(control: Control, tell_metrics: Callable[[], str] = lambda: "") -> FastAPI:
    """The admin API over `control`, which must be open and have its first operator.

    `tell_metrics` returns what the workers have counted, for Prometheus; where there are none, nothing.
    """
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.control = control
    app.state.tell_metrics = tell_metrics
    app.state.authentication = authentication = Authentication(control)
    answer_faults(app)
    app.add_middleware(Door, authenticate=authentication.operator)
    app.include_router(health.router)
    app.include_router(metrics.router)
    app.include_router(tokens.router)
    app.include_router(instances.router, prefix=PROJECT, dependencies=[Depends(the_project)])
    for routes in OF_THE_INSTANCE:
        app.include_router(routes.router, prefix=INSTANCE, dependencies=[Depends(the_instance)])
    return app
