"""Everything the data plane is told about callers, each kind read in one go.

Columns and not objects, and lists joined by the database: there may be a hundred thousand apps, each with codes
and authorizations.
"""

from collections import defaultdict

from sqlalchemy import Row as Joined
from sqlalchemy import func, select

from crossgate.store.caller_tables import App, AppAuthorization, AppCode, PolicyBinding
from crossgate.store.rows import Session

# The slots of policies; the one of an access control goes on with its entity type.
THROTTLE_SLOT = "throttle"
ACL_SLOT = "acl:"
SIGN_SLOT = "sign"


async def apps(session: Session) -> list[Joined[str, str, str, bytes, str | None]]:
    """Id, name, key, sealed secret and quota of every app, in the order of their ids."""
    statement = select(App.id, App.name, App.app_key, App.app_secret, App.app_quota_id).order_by(App.id)
    return list((await session.execute(statement)).all())


async def app_acls(session: Session) -> dict[str, tuple[str, list[str]]]:
    """Type and values of the access control of each app that has one."""
    statement = select(App.id, App.acl_type, App.acl_values).where(App.acl_type.is_not(None))
    return {app_id: (acl_type or "", values) for app_id, acl_type, values in await session.execute(statement)}


async def code_digests(session: Session) -> dict[str, list[str]]:
    """The digests of the AppCodes of each app that has any, in hex."""
    statement = select(AppCode.app_id, func.aggregate_strings(AppCode.digest, ",")).group_by(AppCode.app_id)
    return {app_id: digests.split(",") for app_id, digests in await session.execute(statement)}


async def authorizations(session: Session) -> dict[tuple[str, str], list[str]]:
    """The apps that may call, by API and environment."""
    place = AppAuthorization.api_id, AppAuthorization.env_id
    statement = select(*place, func.aggregate_strings(AppAuthorization.app_id, ",")).group_by(*place)
    return {(api_id, env_id): ids.split(",") for api_id, env_id, ids in await session.execute(statement)}


async def policies(session: Session) -> dict[str, list[tuple[str, str]]]:
    """Slot and id of the policies of each publication, by its id, in the order of the slots."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    statement = select(PolicyBinding.publish_id, PolicyBinding.slot, PolicyBinding.policy_id)
    for publish_id, slot, policy_id in await session.execute(statement.order_by(PolicyBinding.slot)):
        found[publish_id].append((slot, policy_id))
    return found
