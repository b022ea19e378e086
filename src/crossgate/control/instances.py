"""The gateway itself (gateway.md appendix A, instances): there is one."""

from crossgate import __version__
from crossgate.control.control import Control
from crossgate.core.model.feature_forms import READERS
from crossgate.core.model.instance import InstanceInfo, InstanceList, InstanceQuery, RespInstanceBase
from crossgate.store.rows import Session, every
from crossgate.store.tables import Instance

# What is there without being set, and what can be set.
_BUILT_IN = (
    "app_acl",
    "app_quota",
    "backend_retry_count",
    "cors",
    "gateway_responses",
    "rate_limit_algorithm",
    "rate_limit_plugin",
    "sign_basic",
)
SUPPORTED_FEATURES = tuple(sorted((*_BUILT_IN, *READERS)))
_STATUS = "Running"


async def search(control: Control, query: InstanceQuery) -> InstanceList:
    """A page of gateways: this one, unless the filters leave it out."""
    instance = await current(control)
    is_wanted = (
        query.instance_id in {None, instance.id}
        and (query.instance_name is None or query.instance_name.lower() in instance.instance_name.lower())
        and query.status in {None, _STATUS}
    )
    total = 1 if is_wanted else 0
    found = [RespInstanceBase(**instance.model_dump(include=set(RespInstanceBase.model_fields)))] if total else []
    shown = found[query.offset : query.offset + query.limit]
    return InstanceList(total=total, size=len(shown), instances=shown)


async def current(control: Control) -> InstanceInfo:
    """The gateway this control plane runs: its `id` and `project_id` are in every admin path."""
    async with control.reading() as session:
        instance = await row(session)
    return InstanceInfo(
        id=instance.id,
        project_id=instance.project_id,
        instance_name=instance.name,
        create_time=int(instance.create_time.timestamp() * 1000),
        instance_version=__version__,
        supported_features=list(SUPPORTED_FEATURES),
    )


async def row(session: Session) -> Instance:
    """The one row there is; `operators.bootstrap` has written it."""
    return (await every(session, Instance))[0]
