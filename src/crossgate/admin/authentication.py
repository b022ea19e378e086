"""Authentication: who sends a request, by a signature with an operator's AK/SK or by an access token."""

import asyncio
import time
from datetime import datetime
from typing import Final

from starlette.datastructures import Headers
from starlette.types import Scope

from crossgate.admin.lockout import Lockout
from crossgate.control import operators
from crossgate.control.control import Control
from crossgate.core.errors import Fault, FaultKind
from crossgate.core.errors.admin import INCORRECT_TOKEN, SESSION_EXPIRED, TOKEN_MISSING
from crossgate.core.policies import access_token
from crossgate.core.policies.access_token import AccessToken
from crossgate.core.signing import (
    ALGORITHM,
    IAM_WORDING,
    Message,
    Reason,
    Refusal,
    parse_authorization,
    payload_sha256,
    verify,
)

INCORRECT_CREDENTIALS: Final = FaultKind("APIG.0301", 401, "Incorrect IAM authentication information")


class Authentication:
    """Decides who is asking, and refuses for a while who keeps failing."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._access_keys = Lockout()
        self._users = Lockout()
        self._one_login = asyncio.Lock()

    async def operator(self, scope: Scope, body: bytes) -> str:
        """The name of the operator who sends this request; raises the contract's fault for anybody else.

        A request with both a signature and a token is judged by its signature.
        """
        headers = Headers(scope=scope)
        authorization = headers.get("authorization", "")
        token = headers.get("x-auth-token", "")
        if authorization.startswith(ALGORITHM) or (authorization and not token):
            return await self._by_signature(scope, authorization, body)
        if not token:
            raise TOKEN_MISSING.naming()
        key = await operators.token_key(self._control)
        return user_of(access_token.read(token, key), self._control.now())

    async def log_in(self, user: str, password: str) -> tuple[AccessToken, str]:
        """An access token for `user`, and its text; raises when the password is wrong, or the user locked.

        One login is checked at a time: the check is made to be expensive.
        """
        async with self._one_login:
            if self._users.is_locked(user, time.monotonic()):
                raise INCORRECT_CREDENTIALS.because("the user is locked for 5 minutes after 5 failed logins.")
            if not await operators.has_password(self._control, user, password):
                self._users.fail(user, time.monotonic())
                raise INCORRECT_CREDENTIALS.because("the username or password is wrong.")
            self._users.succeed(user)
        key = await operators.token_key(self._control)
        token = access_token.issue(user, self._control.now())
        return token, access_token.write(token, key)

    async def _by_signature(self, scope: Scope, authorization: str, body: bytes) -> str:
        claimed = parse_authorization(authorization.encode("latin-1"))
        if isinstance(claimed, Refusal):
            raise _refused(claimed)
        access_key = claimed.access_key
        if self._access_keys.is_locked(access_key, time.monotonic()):
            raise INCORRECT_CREDENTIALS.because("AK access failed to reach the limit,forbidden.")
        found = await operators.secret_key(self._control, access_key)
        name, secret = found or ("", None)
        refusal = verify(_message(scope, body), claimed, secret, self._control.now())
        if refusal is None:
            self._access_keys.succeed(access_key)
            return name
        if refusal.reason is Reason.MISMATCH:
            self._access_keys.fail(access_key, time.monotonic())
        raise _refused(refusal)


def user_of(token: AccessToken | None, now: datetime) -> str:
    """Who sent `token`, which is None where it was not one; raises where it does not count."""
    if token is None:
        raise INCORRECT_TOKEN.naming()
    if token.expires_at <= now:
        raise SESSION_EXPIRED.naming()
    return token.user


def _message(scope: Scope, body: bytes) -> Message:
    query: bytes = scope["query_string"]
    target = scope["raw_path"] + (b"?" + query if query else b"")
    return Message(scope["method"], target, scope["headers"], payload_sha256(body))


def _refused(refusal: Refusal) -> Fault:
    return Fault(INCORRECT_CREDENTIALS, IAM_WORDING.message(refusal))
