"""What the `third_auth` plugin demands of a call: a service of the operator's is asked, and lets it pass or not.

Where the contract is silent: a header or parameter that `identities` names must be there, else the call is refused
(APIG.0313) before the service is asked; a body longer than `max_body_size` is refused with 413, because a part of
it would be judged for the whole. With `return_resp_body_enabled` a refusal is the service's own answer, its status
included where it is one of an error.
"""

import string
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, urlencode

from crossgate.core.errors import Fault, FaultKind, runtime
from crossgate.core.policies.asking import Answer, Ask, AskFailed, Relayed
from crossgate.core.policies.call import Body, Call, Check, FieldChange, Look, Spend, Waiting
from crossgate.core.policies.spending import Left, Spending
from crossgate.core.policies.third_auth import ThirdAuth

FORBID_SECONDS: Final = 300
# What belongs to one connection or is written anew for another host, and what would make an answer unreadable.
_OF_ONE_HOP: Final = frozenset(
    b"accept-encoding connection content-length expect host keep-alive proxy-connection te trailer"
    b" transfer-encoding upgrade x-crossgate-hops".split()
)
_SENT_AS_IT_IS: Final = string.punctuation.replace("#", "")


def third_auth_check(policy: ThirdAuth, plugin_id: str) -> Check:
    """What the policy demands of a call; failures are counted by address, for all APIs that have the plugin."""
    headers = None if policy.headers is None else [name.lower().encode() for name in policy.headers]

    def check(call: Call) -> Waiting | None:
        if policy.rule_type is not None:
            is_named = any(matches(call) for matches in policy.rules)
            if is_named is (policy.rule_type == "allow"):
                return None
        if policy.failures_allowed is None:
            return _authenticate(policy, headers, call)
        failures = Spending(f"third_auth:{plugin_id}:{call.client}", policy.failures_allowed, FORBID_SECONDS)
        return _authenticate_unless_blocked(policy, headers, call, failures)

    return check


def _authenticate_unless_blocked(
    policy: ThirdAuth, headers: list[bytes] | None, call: Call, failures: Spending
) -> Waiting:
    left: Left = yield Look((failures,))
    if left.refused is not None:
        raise Fault(runtime.THIRD_AUTH_BLOCKED)
    try:
        yield from _authenticate(policy, headers, call)
    except Fault as fault:
        if fault.kind is runtime.THIRD_AUTH_REFUSED:
            yield Spend((failures,))
        raise


def _authenticate(policy: ThirdAuth, headers: list[bytes] | None, call: Call) -> Waiting:
    fields = _fields_sent(call, headers)
    target = _target(policy, call)
    body = b""
    if policy.body_bytes is not None and not call.is_empty:
        body = yield Body()
        if len(body) > policy.body_bytes:
            raise Fault(runtime.ENTITY_TOO_LARGE)
    if policy.channel is not None:
        raise runtime.THIRD_AUTH_CHANNEL_WRONG.because("load channels cannot be used for it yet")
    answer: Answer | AskFailed = yield Ask(
        endpoint=f"{policy.scheme}://{policy.host}{target}",
        method=policy.method,
        fields=fields,
        body=body,
        timeout_ms=policy.timeout_ms,
    )
    _refuse(policy, answer)
    call.changes += (*_carried(policy, answer),)


def _fields_sent(call: Call, names: list[bytes] | None) -> tuple[tuple[bytes, bytes], ...]:
    """The header fields the service is sent: those of `names`, which must be there, or all of the client's."""
    if names is None:
        return tuple((name, value) for name, value in call.fields if name.lower() not in _OF_ONE_HOP)
    for name in names:
        if not call.values(name):
            raise _without("header", name.decode())
    wanted = frozenset(names) - _OF_ONE_HOP | {b"content-type"}
    return tuple((name, value) for name, value in call.fields if name.lower() in wanted)


def _target(policy: ThirdAuth, call: Call) -> str:
    """Path and query the service is asked for."""
    path, _, query = policy.path.partition("?")
    if policy.carries_path:
        path = path.removesuffix("/") + quote(call.path, safe="/:@!$&'()*+,;=~-._")
    queries = [query] if query else []
    if policy.queries is None:
        queries.append(quote(call.target.partition(b"?")[2], safe=_SENT_AS_IT_IS))
    else:
        known = call.query()
        for name in policy.queries:
            if not any(name == each for each, _ in known):
                raise _without("parameter", name)
        queries.append(urlencode([(name, value) for name, value in known if name in policy.queries]))
    joined = "&".join(part for part in queries if part)
    return f"{path}?{joined}" if joined else path


def _without(where: str, name: str) -> Fault:
    return runtime.THIRD_AUTH_IDENTITIES_WRONG.because(f"the {where} {name} is missing")


def _refuse(policy: ThirdAuth, answer: Answer | AskFailed) -> None:
    """Raises what an answer means that lets nobody pass."""
    if isinstance(answer, AskFailed) or answer.status >= 500:
        if policy.lets_pass_on_failure:
            return
        says_nothing = isinstance(answer, AskFailed) and answer.reason != "too-long"
        raise Fault(runtime.THIRD_AUTH_UNREACHABLE if says_nothing else runtime.THIRD_AUTH_ANSWER_WRONG)
    if not _allows(policy, answer):
        if policy.relays_refusals:
            raise _relayed(runtime.THIRD_AUTH_REFUSED, answer)
        raise Fault(runtime.THIRD_AUTH_REFUSED)


def _allows(policy: ThirdAuth, answer: Answer) -> bool:
    if policy.required is None:
        return 200 <= answer.status < 300
    return all(answer.values(key.lower().encode()) == [value.encode()] for key, value in policy.required)


def _relayed(kind: FaultKind, answer: Answer) -> Relayed:
    fields = tuple((name, value) for name, value in answer.fields if name.lower() == b"content-type")
    status = answer.status if 400 <= answer.status < 500 else kind.status
    return Relayed(kind, Answer(status, fields, answer.body))


def _carried(policy: ThirdAuth, answer: Answer | AskFailed) -> Iterable[FieldChange]:
    """The fields of the answer that the backend gets; a client cannot send them in its place."""
    for each in policy.carried_fields:
        name = each.lower().encode()
        yield FieldChange(name, () if isinstance(answer, AskFailed) else tuple(answer.values(name)))
