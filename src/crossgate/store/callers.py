"""Everything the data plane is told about callers, each kind read in one go."""

from collections import defaultdict

from sqlalchemy import Row as Joined
from sqlalchemy import select

from crossgate.store.caller_tables import App, AppAuthorization, AppCode, PolicyBinding
from crossgate.store.rows import Session

# The slots of policies; the one of an access control goes on with its entity type.
THROTTLE_SLOT = "throttle"
ACL_SLOT = "acl:"
SIGN_SLOT = "sign"

AppFacts = Joined[str, str, str, bytes, str | None, list[str], str | None]


async def apps(session: Session) -> list[AppFacts]:
    """Id, name, key, sealed secret, access control and quota of every app, in the order of their ids.

    Columns and not objects: there may be a hundred thousand.
    """
    statement = select(
        App.id, App.name, App.app_key, App.app_secret, App.acl_type, App.acl_values, App.app_quota_id
    )
    return list((await session.execute(statement.order_by(App.id))).all())


async def code_digests(session: Session) -> dict[str, list[str]]:
    """The digests of every app's AppCodes, in hex, by app."""
    found: dict[str, list[str]] = defaultdict(list)
    statement = select(AppCode.app_id, AppCode.digest).order_by(AppCode.create_time, AppCode.id)
    for app_id, digest in (await session.execute(statement)).all():
        found[app_id].append(digest)
    return found


async def authorizations(session: Session) -> dict[tuple[str, str], list[str]]:
    """The apps that may call, by API and environment."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    statement = select(AppAuthorization.api_id, AppAuthorization.env_id, AppAuthorization.app_id)
    for api_id, env_id, app_id in (await session.execute(statement)).all():
        found[api_id, env_id].append(app_id)
    return found


async def policies(session: Session) -> dict[str, list[tuple[str, str]]]:
    """Slot and id of the policies of each publication, by its id, in the order of the slots."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    statement = select(PolicyBinding.publish_id, PolicyBinding.slot, PolicyBinding.policy_id)
    for publish_id, slot, policy_id in (await session.execute(statement.order_by(PolicyBinding.slot))).all():
        found[publish_id].append((slot, policy_id))
    return found
