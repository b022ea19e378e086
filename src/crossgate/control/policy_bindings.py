"""Binding policies to publications, the same for throttling, access control and signature keys.

A publication has one policy in each slot; binding another one takes its place.
"""

from collections.abc import Sequence
from typing import Any

from crossgate.control.control import Change, new_id
from crossgate.core.errors import Fault, FaultKind
from crossgate.core.errors.admin import PUBLICATION_NOT_FOUND
from crossgate.core.model.binding import UnbindingFailure, Unbound
from crossgate.store import policy_bindings
from crossgate.store.caller_tables import PolicyBinding
from crossgate.store.policy_bindings import Place
from crossgate.store.rows import find


def published_api(place: tuple[Any, ...] | Place) -> dict[str, Any]:
    """What the lists of bound and unbound APIs say of a published one, whatever the policy."""
    publication, api, group, environment = place
    return {
        "id": api.id,
        "name": api.name,
        "type": api.type,
        "auth_type": api.auth_type,
        "group_id": group.id,
        "group_name": group.name,
        "run_env_id": environment.id,
        "run_env_name": environment.name,
        "publish_id": publication.id,
        "req_uri": api.req_uri,
        "req_method": api.req_method,
        "remark": api.definition.get("remark", ""),
        "tags": api.definition.get("tags", []),
    }


async def bind(
    change: Change, policy_id: str, slot: str, publish_ids: Sequence[str]
) -> list[tuple[PolicyBinding, Place]]:
    """The bindings of the policy to what is published under `publish_ids`; raises when one of them is not."""
    bound = []
    for publish_id in dict.fromkeys(publish_ids):
        place = await policy_bindings.place(change.session, publish_id)
        if place is None:
            raise PUBLICATION_NOT_FOUND.naming(publish_id)
        binding = await find(change.session, PolicyBinding, publish_id=publish_id, slot=slot)
        if binding is None:
            binding = PolicyBinding(
                id=new_id(), policy_id=policy_id, publish_id=publish_id, slot=slot, bind_time=change.now
            )
            change.session.add(binding)
        elif binding.policy_id != policy_id:
            binding.policy_id, binding.bind_time = policy_id, change.now
        bound.append((binding, place))
    return bound


async def unbind(change: Change, binding_id: str, slot: str, absent: FaultKind) -> None:
    """Undo one binding in `slot`, or in one that begins so; raises `absent` when there is none."""
    binding = await change.session.get(PolicyBinding, binding_id)
    if binding is None or not binding.slot.startswith(slot):
        raise absent.naming(binding_id)
    change.of(binding.id, binding.policy_id)
    await change.session.delete(binding)


async def unbind_all(change: Change, binding_ids: Sequence[str], slot: str, absent: FaultKind) -> Unbound:
    """Undo every one of the bindings that is there; the others are named."""
    failures = []
    for binding_id in dict.fromkeys(binding_ids):
        try:
            await unbind(change, binding_id, slot, absent)
        except Fault as fault:
            failures.append(
                UnbindingFailure(bind_id=binding_id, error_code=fault.kind.code, error_msg=fault.message)
            )
    return Unbound(success_count=len(set(binding_ids)) - len(failures), failure=failures)
