"""What is in effect where: publications joined with what they refer to."""

from collections.abc import Iterable

from sqlalchemy import Row as Joined
from sqlalchemy import delete, func, select

from crossgate.store.rows import Session
from crossgate.store.tables import Api, Environment, Plugin, PluginBinding, Publication, Revision, Version

Place = Joined[Publication, Api, Version]


async def running(session: Session, api_ids: Iterable[str]) -> list[Joined[Publication, Environment, Version]]:
    """Where each of `api_ids` is in effect, with the version that is."""
    statement = (
        select(Publication, Environment, Version)
        .join(Environment, Environment.id == Publication.env_id)
        .join(Version, Version.id == Publication.version_id)
        .where(Publication.api_id.in_(list(api_ids)))
        .order_by(Environment.create_time, Environment.id)
    )
    return list((await session.execute(statement)).all())


async def is_running(session: Session, **equal: str) -> bool:
    """Whether anything is in effect among the publications that equal `equal` (`api_id`, `env_id`)."""
    statement = select(Publication.id).filter_by(**equal).where(Publication.version_id.is_not(None)).limit(1)
    return (await session.execute(statement)).first() is not None


async def in_effect(session: Session) -> list[Joined[Publication, Version]]:
    """Everything that is in effect, in a steady order."""
    statement = (
        select(Publication, Version)
        .join(Version, Version.id == Publication.version_id)
        .order_by(Publication.publish_time, Publication.id)
    )
    return list((await session.execute(statement)).all())


async def on_path(session: Session, group_id: str, env_id: str, path_shape: str) -> list[Place]:
    """What is in effect on one path of a group in an environment, whatever the method."""
    statement = (
        select(Publication, Api, Version)
        .join(Api, Api.id == Publication.api_id)
        .join(Version, Version.id == Publication.version_id)
        .where(
            Publication.group_id == group_id,
            Publication.env_id == env_id,
            Publication.path_shape == path_shape,
        )
        .order_by(Api.name)
    )
    return list((await session.execute(statement)).all())


async def answering(session: Session, group_id: str, env_id: str, methods: Iterable[str]) -> list[Version]:
    """What is in effect in a group and environment for one of `methods`."""
    statement = (
        select(Version)
        .join(Publication, Publication.version_id == Version.id)
        .where(
            Publication.group_id == group_id,
            Publication.env_id == env_id,
            Publication.req_method.in_(list(methods)),
        )
    )
    return list((await session.execute(statement)).scalars())


async def cors_plugins(session: Session, env_id: str, api_ids: Iterable[str]) -> dict[str, Plugin]:
    """The cors plugin of each of `api_ids` that has one in `env_id`, by API."""
    statement = (
        select(PluginBinding.api_id, Plugin)
        .join(Plugin, Plugin.id == PluginBinding.plugin_id)
        .where(
            PluginBinding.env_id == env_id,
            PluginBinding.api_id.in_(list(api_ids)),
            PluginBinding.plugin_type == "cors",
        )
    )
    return {place.api_id: place.Plugin for place in (await session.execute(statement)).all()}


async def drop_old_versions(session: Session, api_id: str, env_id: str, keep: int) -> None:
    """Forget all but the newest `keep` versions; the one in effect counts as the newest."""
    current = select(Publication.version_id).where(
        Publication.api_id == api_id, Publication.env_id == env_id, Publication.version_id.is_not(None)
    )
    oldest = (
        select(Version.id)
        .where(Version.api_id == api_id, Version.env_id == env_id)
        .order_by(
            Version.id.in_(current).desc(), Version.publish_time.desc(), Version.version_no.desc(), Version.id
        )
        .offset(keep)
    )
    old = list((await session.execute(oldest)).scalars())
    if old:
        await session.execute(delete(Version).where(Version.id.in_(old)))


async def paths_of(session: Session, env_id: str, api_ids: Iterable[str]) -> set[tuple[str, str]]:
    """The groups and path shapes on which `api_ids` are in effect in `env_id`."""
    statement = select(Publication.group_id, Publication.path_shape).where(
        Publication.env_id == env_id, Publication.api_id.in_(list(api_ids)), Publication.version_id.is_not(None)
    )
    return {(group_id, shape) for group_id, shape in (await session.execute(statement)).all()}


async def using(session: Session, plugin_id: str) -> list[Joined[Publication, Api]]:
    """What is in effect with a plugin attached."""
    statement = (
        select(Publication, Api)
        .join(Api, Api.id == Publication.api_id)
        .join(
            PluginBinding,
            (PluginBinding.api_id == Publication.api_id) & (PluginBinding.env_id == Publication.env_id),
        )
        .where(PluginBinding.plugin_id == plugin_id, Publication.version_id.is_not(None))
    )
    return list((await session.execute(statement)).all())


async def newest_revision(session: Session) -> int:
    """The number of the last change of anything; 0 before the first."""
    return (await session.execute(select(func.max(Revision.revision)))).scalar_one() or 0
