"""AppCodes: a credential in one word (gateway.md 1.5)."""

import secrets
import string

from crossgate.control import apps, audit
from crossgate.control.audit import Actor, Trace
from crossgate.control.control import Control, new_id
from crossgate.core.errors.admin import APP_CODE_NOT_FOUND, TOO_MANY_APP_CODES, invalid
from crossgate.core.model.app import MAX_APP_CODES, AppCodeCreate, AppCodeInfo, AppCodeList
from crossgate.core.model.paging import Page
from crossgate.core.policies.credentials import code_digest
from crossgate.store.caller_tables import AppCode
from crossgate.store.rows import Session, count, every, find

AUTOMATIC_CHARACTERS = 64


async def create(control: Control, actor: Actor, app_id: str, body: AppCodeCreate) -> AppCodeInfo:
    """An AppCode somebody chose."""
    return await _create(control, actor, audit.CREATE_APP_CODE, app_id, body.app_code)


async def create_automatically(control: Control, actor: Actor, app_id: str) -> AppCodeInfo:
    """An AppCode nobody could guess."""
    # Of all characters that are allowed, those that no shell and no URL reads as something else.
    code = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(AUTOMATIC_CHARACTERS))
    return await _create(control, actor, audit.CREATE_APP_CODE_AUTO, app_id, code)


async def search(control: Control, app_id: str, query: Page) -> AppCodeList:
    """A page of an app's AppCodes, oldest first."""
    async with control.reading() as session:
        await apps.get(session, app_id)
        codes = await every(session, AppCode, app_id=app_id)
    codes.sort(key=lambda code: (code.create_time, code.id))
    shown = [_info(control, code) for code in codes[query.offset : query.offset + query.limit]]
    return AppCodeList(total=len(codes), size=len(shown), app_codes=shown)


async def show(control: Control, app_id: str, app_code_id: str) -> AppCodeInfo:
    """One AppCode."""
    async with control.reading() as session:
        return _info(control, await _get(session, app_id, app_code_id))


async def delete(control: Control, actor: Actor, app_id: str, app_code_id: str) -> None:
    """Remove an AppCode; it is good for nothing once this returns."""
    async with control.changing(actor, audit.DELETE_APP_CODE, {}) as change:
        app = await apps.get(change.session, app_id)
        code = await _get(change.session, app_id, app_code_id)
        change.of(code.id, app.name)
        await change.session.delete(code)


async def _create(control: Control, actor: Actor, trace: Trace, app_id: str, text: str) -> AppCodeInfo:
    async with control.changing(actor, trace, {}) as change:
        app = await apps.get(change.session, app_id)
        if await count(change.session, AppCode, app_id=app_id) >= MAX_APP_CODES:
            raise TOO_MANY_APP_CODES.naming()
        digest = code_digest(text.encode()).hex()
        if await find(change.session, AppCode, digest=digest) is not None:
            raise invalid("app_code", "The AppCode is in use", "Choose another one.")
        code_id = new_id()
        sealed = control.seal.seal(text.encode(), _sealed_name(code_id))
        code = AppCode(id=code_id, app_id=app_id, app_code=sealed, digest=digest, create_time=change.now)
        change.session.add(code)
        change.of(code.id, app.name)
        return _info(control, code)


async def _get(session: Session, app_id: str, app_code_id: str) -> AppCode:
    await apps.get(session, app_id)
    code = await find(session, AppCode, id=app_code_id, app_id=app_id)
    if code is None:
        raise APP_CODE_NOT_FOUND.naming(app_code_id)
    return code


def _sealed_name(code_id: str) -> str:
    return f"app-code:{code_id}"


def _info(control: Control, code: AppCode) -> AppCodeInfo:
    text = control.seal.open(code.app_code, _sealed_name(code.id)).decode()
    return AppCodeInfo(id=code.id, app_id=code.app_id, app_code=text, create_time=code.create_time)
