"""Which operator calls: by a signature with their AK/SK, or by an access token (gateway.md 3.1, 3.2).

Where the contract is silent: a call with a signature is judged by it alone, whatever token it has beside. Five
wrong signatures lock an access key until five minutes after the first of them, for all workers. A right one does
not end the count: what all workers count together cannot be taken back. An unknown key, a late signature and an
unreadable one try no secret, so they do not count.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Final

import msgspec

from crossgate.core.errors import Fault, runtime
from crossgate.core.policies import access_token
from crossgate.core.policies.app_authentication import (
    AUTHORIZATION,
    BODY_DIGEST,
    SIGNED,
    digest_at_hand,
    signed_message,
    single,
)
from crossgate.core.policies.call import Account, Call, Check, FieldChange, Look, Spend, Waiting
from crossgate.core.policies.credentials import OpenSecret
from crossgate.core.policies.pattern import Pattern
from crossgate.core.policies.spending import Left, Spending
from crossgate.core.signing import IAM_WORDING, Reason, Refusal, parse_authorization, refuse_late

TOKEN: Final = b"x-auth-token"
TOKEN_KEY: Final = "token-key"  # noqa: S105
"""The name the key of access tokens is sealed under."""
FAILURES: Final = 5
LOCKED_SECONDS: Final = 300


class OperatorConfig(msgspec.Struct, frozen=True, kw_only=True):
    """An operator as published; `secret` is sealed under the name of its access key."""

    id: str
    name: str
    access_key: str
    secret: bytes


class Operators:
    """Every operator of one revision. Secrets are opened when they are first needed."""

    def __init__(self, configs: Iterable[OperatorConfig], token_key: bytes, open_secret: OpenSecret) -> None:
        """`token_key` is sealed: access tokens are signed with what is in it."""
        self._by_name = {config.name: config for config in configs}
        self._by_access_key = {config.access_key: config for config in self._by_name.values()}
        self._secrets: dict[str, str] = {}
        self._sealed_token_key = token_key
        self._open = open_secret

    def by_name(self, name: str) -> OperatorConfig | None:
        """The operator of this name."""
        return self._by_name.get(name)

    def by_access_key(self, access_key: str) -> OperatorConfig | None:
        """The operator with this access key."""
        return self._by_access_key.get(access_key)

    def secret(self, operator: OperatorConfig) -> str:
        """The operator's secret key."""
        key = operator.access_key
        if key not in self._secrets:
            self._secrets[key] = self._open(operator.secret, key).decode()
        return self._secrets[key]

    @cached_property
    def token_key(self) -> bytes:
        """What access tokens are signed with."""
        return self._open(self._sealed_token_key, TOKEN_KEY)


def iam_check(operators: Operators, backend_token_users: Sequence[str] = ()) -> Check:
    """Finds out which operator calls, and notes it in the call; raises APIG.0301 for what proves nothing.

    The token is not for the backend, but for accounts whose whole name one of `backend_token_users` matches.
    """
    may_be_seen = [Pattern(text, is_whole=True) for text in backend_token_users]

    def check(call: Call) -> Waiting | None:
        authorization = single(call, AUTHORIZATION, runtime.IAM_AUTH_FAILED)
        token = single(call, TOKEN, runtime.IAM_AUTH_FAILED)
        if authorization is not None and (not token or authorization.lower().startswith(SIGNED)):
            return _signed(call, authorization, operators)
        if not token:
            raise runtime.IAM_AUTH_MISSING.because("the request carries neither a signature nor a token")
        operator = _with_token(operators, token, call.now)
        call.account = Account(operator.id, operator.name)
        if any(pattern.matches(operator.name) for pattern in may_be_seen):
            call.changes += (FieldChange(TOKEN, (token,)),)
        return None

    return check


def _with_token(operators: Operators, text: bytes, now: float) -> OperatorConfig:
    token = access_token.read(text.decode("latin-1"), operators.token_key)
    operator = None if token is None else operators.by_name(token.user)
    if token is None or operator is None:
        raise runtime.IAM_AUTH_FAILED.because("decrypt token fail")
    if token.expires_at <= datetime.fromtimestamp(now, UTC):
        raise Fault(runtime.IAM_TOKEN_EXPIRED)
    return operator


def _signed(call: Call, authorization: bytes, operators: Operators) -> Waiting:
    claimed = parse_authorization(authorization)
    if type(claimed) is Refusal:
        raise _refused(claimed)
    operator = operators.by_access_key(claimed.access_key)
    if operator is None:
        raise _refused(Refusal(Reason.UNKNOWN_KEY, claimed.access_key))
    failures = (Spending(f"iam:{claimed.access_key}", FAILURES, LOCKED_SECONDS),)
    left: Left = yield Look(failures)
    if left.refused is not None:
        raise _locked()
    message = signed_message(call)
    if type(message) is Refusal:
        raise _refused(message)
    digest = digest_at_hand(call)
    message.body_sha256 = (yield BODY_DIGEST) if digest is None else digest
    refusal = refuse_late(message, claimed, operators.secret(operator))
    if refusal is None:
        call.account = Account(operator.id, operator.name)
        return
    if refusal.reason is Reason.MISMATCH:
        # Others may have failed while this one's body came.
        left = yield Spend(failures)
        if left.refused is not None:
            raise _locked()
    raise _refused(refusal)


def _locked() -> Fault:
    return runtime.IAM_AUTH_FAILED.because("AK access failed to reach the limit,forbidden.")


def _refused(refusal: Refusal) -> Fault:
    return Fault(runtime.IAM_AUTH_FAILED, IAM_WORDING.message(refusal))
