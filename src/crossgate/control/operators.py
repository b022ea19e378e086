"""Operators: who may use the admin API, their secrets, and the first start."""

import asyncio
import secrets

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from crossgate.control import groups, instances
from crossgate.control.audit import Actor, Trace
from crossgate.control.control import Control, new_id
from crossgate.core.model.environment import RELEASE_ID, RELEASE_NAME
from crossgate.core.policies.iam_authentication import TOKEN_KEY
from crossgate.store.rows import every, find
from crossgate.store.tables import Environment, Instance, Operator

FIRST_USER = "admin"
DEFAULT_GROUP = "DEFAULT"

# The data plane is given its first Config when it is there to take it.
_FIRST_START = Trace("createApiGroup", "ApiGroup", 201)
_HASHER = PasswordHasher()


class Credentials(msgspec.Struct, frozen=True):
    """What an operator signs in with; shown once, when it is made."""

    user: str
    password: str
    access_key: str
    secret_key: str

    def __repr__(self) -> str:
        return f"Credentials(user={self.user!r}, …)"


async def bootstrap(control: Control) -> Credentials | None:
    """Write what a gateway cannot be without, on its first start; None when that has been done.

    The first start makes the operator `admin`, the ids of project and gateway, the environment RELEASE and the
    group DEFAULT. The credentials it returns are never shown again.
    """
    async with control.reading() as session:
        if await every(session, Instance):
            return None
    made = Credentials(
        user=FIRST_USER,
        password=secrets.token_urlsafe(18),
        access_key=secrets.token_hex(10).upper(),
        secret_key=secrets.token_urlsafe(30),
    )
    password = await asyncio.to_thread(_HASHER.hash, made.password)
    async with control.changing(Actor(FIRST_USER, "", new_id()), _FIRST_START, {}) as change:
        instance = Instance(
            id=new_id(),
            project_id=new_id(),
            name="crossgate",
            token_key=control.seal.seal(secrets.token_bytes(32), TOKEN_KEY),
            create_time=change.now,
        )
        operator = Operator(
            name=made.user,
            password=password,
            access_key=made.access_key,
            secret_key=control.seal.seal(made.secret_key.encode(), made.access_key),
            create_time=change.now,
        )
        release = Environment(id=RELEASE_ID, name=RELEASE_NAME, remark="", create_time=change.now)
        change.session.add_all([instance, operator, release])
        await groups.add(change, DEFAULT_GROUP, "", is_default=True)
    return made


async def secret_key(control: Control, access_key: str) -> tuple[str, str] | None:
    """The operator's name and secret key behind `access_key`; None when there is none."""
    async with control.reading() as session:
        operator = await find(session, Operator, access_key=access_key)
    if operator is None:
        return None
    return operator.name, control.seal.open(operator.secret_key, operator.access_key).decode()


async def has_password(control: Control, user: str, password: str) -> bool:
    """Whether `password` is the password of `user`; takes as long for a user that does not exist."""
    async with control.reading() as session:
        operator = await session.get(Operator, user)
    known = operator.password if operator is not None else _HASH_OF_NOTHING
    return await asyncio.to_thread(_matches, known, password) and operator is not None


async def token_key(control: Control) -> bytes:
    """The key that signs tokens: 32 bytes."""
    async with control.reading() as session:
        instance = await instances.row(session)
    return control.seal.open(instance.token_key, TOKEN_KEY)


def _matches(known: str, password: str) -> bool:
    try:
        return _HASHER.verify(known, password)
    except (Argon2Error, InvalidHashError):
        return False


_HASH_OF_NOTHING = (
    "$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)
