"""Signature keys and what they are bound to (gateway.md 1.8)."""

import secrets
from typing import Any

from crossgate.control import apis, audit, policy_bindings
from crossgate.control.audit import Actor
from crossgate.control.control import Control, new_id
from crossgate.core.errors.admin import (
    SIGNATURE_BINDING_NOT_FOUND,
    SIGNATURE_KEY_IS_BOUND,
    SIGNATURE_KEY_NAME_TAKEN,
    SIGNATURE_KEY_NOT_FOUND,
    invalid,
)
from crossgate.core.model.signature_key import (
    ALPHABET,
    FORMS,
    ApiWithoutSignature,
    ApiWithoutSignatureList,
    BoundSignatureQuery,
    SignatureApiQuery,
    SignatureApplied,
    SignatureBinding,
    SignatureBindingList,
    SignatureBindings,
    SignatureKeyCreate,
    SignatureKeyInfo,
    SignatureKeyList,
    SignatureKeyQuery,
    UnboundSignatureQuery,
)
from crossgate.core.policies.signature_key import secret_name
from crossgate.store import caller_lists
from crossgate.store import policy_bindings as bound_places
from crossgate.store.caller_tables import PolicyBinding, SignatureKey
from crossgate.store.callers import SIGN_SLOT
from crossgate.store.lists import equal, like
from crossgate.store.policy_bindings import Place
from crossgate.store.rows import Session, count, find


async def create(control: Control, actor: Actor, body: SignatureKeyCreate) -> SignatureKeyInfo:
    """A new key; it signs nothing before it is bound."""
    async with control.changing(actor, audit.CREATE_SIGNATURE_KEY, body) as change:
        if await find(change.session, SignatureKey, name=body.name) is not None:
            raise SIGNATURE_KEY_NAME_TAKEN.naming()
        form, key_id = FORMS[body.sign_type], new_id()
        secret = body.sign_secret or _made(form.secret_chars)
        key = SignatureKey(
            id=key_id,
            name=body.name,
            sign_type=body.sign_type,
            sign_key=body.sign_key or _made(form.key_chars),
            sign_secret=control.seal.seal(secret.encode(), secret_name(key_id)),
            create_time=change.now,
            update_time=change.now,
        )
        change.session.add(key)
        change.of(key.id, key.name)
        return _info(control, key, 0)


async def search(control: Control, query: SignatureKeyQuery) -> SignatureKeyList:
    """A page of keys."""
    async with control.reading() as session:
        total, found = await caller_lists.signature_keys(session, query)
        signs = [_info(control, key, await count(session, PolicyBinding, policy_id=key.id)) for key in found]
    return SignatureKeyList(total=total, size=len(signs), signs=signs)


async def update(control: Control, actor: Actor, key_id: str, body: SignatureKeyCreate) -> SignatureKeyInfo:
    """Change a key, but not its type; requests are signed with the new one at once."""
    async with control.changing(actor, audit.UPDATE_SIGNATURE_KEY, body) as change:
        key = await _get(change.session, key_id)
        change.of(key.id, body.name)
        holder = await find(change.session, SignatureKey, name=body.name)
        if holder is not None and holder.id != key.id:
            raise SIGNATURE_KEY_NAME_TAKEN.naming()
        if body.sign_type != key.sign_type:
            raise invalid("sign_type", f"The type of a key stays {key.sign_type}", "Make another key instead.")
        key.name, key.update_time = body.name, change.now
        key.sign_key = body.sign_key or key.sign_key
        if body.sign_secret is not None:
            key.sign_secret = control.seal.seal(body.sign_secret.encode(), secret_name(key.id))
        return _info(control, key, await count(change.session, PolicyBinding, policy_id=key.id))


async def delete(control: Control, actor: Actor, key_id: str) -> None:
    """Remove a key that is bound to nothing."""
    async with control.changing(actor, audit.DELETE_SIGNATURE_KEY, {}) as change:
        key = await _get(change.session, key_id)
        change.of(key.id, key.name)
        if await count(change.session, PolicyBinding, policy_id=key_id):
            raise SIGNATURE_KEY_IS_BOUND.naming()
        await change.session.delete(key)


async def bind(control: Control, actor: Actor, body: SignatureBindings) -> SignatureApplied:
    """Sign the requests of published APIs with a key; it takes the place of the one they had."""
    async with control.changing(actor, audit.BIND_SIGNATURE_KEY, body) as change:
        key = await _get(change.session, body.sign_id)
        change.of(key.id, key.name)
        bound = await policy_bindings.bind(change, key.id, SIGN_SLOT, body.publish_ids)
        return SignatureApplied(bindings=[_binding(binding, place, key) for binding, place in bound])


async def unbind(control: Control, actor: Actor, binding_id: str) -> None:
    """Undo one binding."""
    async with control.changing(actor, audit.UNBIND_SIGNATURE_KEY, {}) as change:
        await policy_bindings.unbind(change, binding_id, SIGN_SLOT, SIGNATURE_BINDING_NOT_FOUND)


async def search_bound_apis(control: Control, query: SignatureApiQuery) -> SignatureBindingList:
    """A page of the published APIs whose requests a key signs."""
    async with control.reading() as session:
        key = await _get(session, query.sign_id)
        total, found = await bound_places.bound(session, key.id, query)
    shown = [_binding(row[0], row[1:], key) for row in found]
    return SignatureBindingList(total=total, size=len(shown), bindings=shown)


async def search_unbound_apis(control: Control, query: UnboundSignatureQuery) -> ApiWithoutSignatureList:
    """A page of the published APIs that a key does not sign for."""
    async with control.reading() as session:
        if query.sign_id is not None:
            await _get(session, query.sign_id)
        total, found = await bound_places.unbound(session, SIGN_SLOT, query, query.sign_id)
        shown = []
        for place in found:
            binding = await find(session, PolicyBinding, publish_id=place[0].id, slot=SIGN_SLOT)
            other = None if binding is None else await session.get(SignatureKey, binding.policy_id)
            name = other.name if other is not None else None
            shown.append(ApiWithoutSignature(**policy_bindings.published_api(place), signature_name=name))
    return ApiWithoutSignatureList(total=total, size=len(shown), apis=shown)


async def search_of_api(control: Control, query: BoundSignatureQuery) -> SignatureBindingList:
    """A page of the keys bound to an API, with what they sign with."""
    async with control.reading() as session:
        await apis.get(session, query.api_id)
        more = equal(SignatureKey.id, query.sign_id) + like(SignatureKey.name, query.sign_name, is_precise=False)
        total, found = await bound_places.of_api(session, SignatureKey, query, *more)
        shown = []
        for key, binding, _ in found:
            place = await bound_places.place(session, binding.publish_id)
            if place is not None:
                secret = control.seal.open(key.sign_secret, secret_name(key.id)).decode()
                shown.append(_binding(binding, place, key, secret))
    return SignatureBindingList(total=total, size=len(shown), bindings=shown)


async def _get(session: Session, key_id: str) -> SignatureKey:
    key = await session.get(SignatureKey, key_id)
    if key is None:
        raise SIGNATURE_KEY_NOT_FOUND.naming(key_id)
    return key


def _made(characters: int) -> str:
    # A basic key starts with a letter, and no other rule minds.
    return secrets.choice(ALPHABET[:52]) + "".join(secrets.choice(ALPHABET) for _ in range(characters - 1))


def _info(control: Control, key: SignatureKey, bind_num: int) -> SignatureKeyInfo:
    return SignatureKeyInfo(
        id=key.id,
        name=key.name,
        sign_type=key.sign_type,
        sign_key=key.sign_key,
        sign_secret=control.seal.open(key.sign_secret, secret_name(key.id)).decode(),
        create_time=key.create_time,
        update_time=key.update_time,
        bind_num=bind_num,
    )


def _binding(
    binding: PolicyBinding, place: Place | tuple[Any, ...], key: SignatureKey, secret: str | None = None
) -> SignatureBinding:
    publication, api, group, environment = place
    return SignatureBinding(
        id=binding.id,
        publish_id=publication.id,
        api_id=api.id,
        api_name=api.name,
        api_type=api.type,
        api_remark=api.definition.get("remark", ""),
        req_method=api.req_method,
        group_name=group.name,
        env_id=environment.id,
        env_name=environment.name,
        sign_id=key.id,
        sign_name=key.name,
        sign_type=key.sign_type if secret is not None else None,
        sign_key=key.sign_key if secret is not None else None,
        sign_secret=secret,
        binding_time=binding.bind_time,
        tags=api.definition.get("tags", []),
    )
