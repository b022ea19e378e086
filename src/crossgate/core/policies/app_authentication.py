"""Which app calls: by signature, AppCode, key and secret, basic authentication or token (gateway.md 3.1, 3.2)."""

import base64
import binascii
import hmac
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import msgspec

from crossgate.core.errors import Fault, runtime
from crossgate.core.policies.call import BodyDigest, Call, Check, Spend, Waiting
from crossgate.core.policies.credentials import App, Credentials
from crossgate.core.policies.spending import Left, Spending
from crossgate.core.signing import (
    APP_WORDING,
    CLOCK_TOLERANCE,
    EMPTY_SHA256,
    UNSIGNED_PAYLOAD,
    Authorization,
    Message,
    Reason,
    Refusal,
    parse_authorization,
    refuse_early,
    verify,
)

APP_CODE: Final = b"x-apig-appcode"
APP_ID: Final = b"x-hw-id"
APP_KEY: Final = b"x-hw-appkey"
AUTHORIZATION: Final = b"authorization"
CONTENT_SHA256: Final = b"x-sdk-content-sha256"
_SIGNED = b"sdk-hmac-sha256"


class AppModes(msgspec.Struct, frozen=True, kw_only=True):
    """Which ways of proving who calls are open, beside the signature (the features of gateway.md 1.14).

    `header` is the lower-case field the signature comes in; `refuses_replays`: no signature counts twice.
    """

    app_secret: bool = False
    app_basic: bool = False
    header: str = "authorization"
    refuses_replays: bool = False


def app_check(credentials: Credentials, modes: AppModes, *, takes_app_code: bool) -> Check:
    """Finds out which app calls, and notes it in the call; raises APIG.0303 for what proves nothing.

    What is sent decides which way is taken, and a call is judged by the first of them alone: a signature, an
    AppCode, the key and secret, basic authentication. So nobody is let in by a second credential after a
    first one that is wrong. A field that may be there once is refused when it is there twice.
    """
    header = modes.header.encode()

    def check(call: Call) -> Waiting | None:
        authorization = _single(call, header)
        if authorization is not None and authorization.lower().startswith(_SIGNED):
            return _signed(call, authorization, credentials, modes)
        if takes_app_code and (code := _single(call, APP_CODE)) is not None:
            call.app = _known(credentials.by_code(code), "the AppCode is not known")
        elif modes.app_secret and (key := _single(call, APP_ID)) is not None:
            call.app = _with_secret(credentials, key, _single(call, APP_KEY) or b"")
        elif modes.app_basic and (basic := _basic(_single(call, AUTHORIZATION))) is not None:
            call.app = _with_secret(credentials, *basic)
        elif authorization is not None:
            raise _refused(_malformed(authorization))
        else:
            raise runtime.APP_AUTH_MISSING.because("the request carries no credentials that this API takes")
        return None

    return check


def _single(call: Call, name: bytes) -> bytes | None:
    values = call.values(name)
    if len(values) > 1:
        raise runtime.APP_AUTH_FAILED.because(f"the header {name.decode()} is there more than once")
    return values[0] if values else None


def _known(app: App | None, otherwise: str) -> App:
    if app is None:
        raise runtime.APP_AUTH_FAILED.because(otherwise)
    return app


def _with_secret(credentials: Credentials, key: bytes, secret: bytes) -> App:
    app = credentials.by_key(key.decode("latin-1"))
    # An unknown key takes as long as a wrong secret, and is answered the same.
    expected = app.secret.encode() if app is not None else b"\0" * 32
    if not hmac.compare_digest(expected, secret) or app is None:
        raise runtime.APP_AUTH_FAILED.because("the key or the secret is wrong")
    return app


def _basic(authorization: bytes | None) -> tuple[bytes, bytes] | None:
    scheme, _, coded = (authorization or b"").partition(b" ")
    if scheme.lower() != b"basic":
        return None
    try:
        key, _, secret = base64.b64decode(coded.strip(), validate=True).partition(b":")
    except binascii.Error:
        raise runtime.APP_AUTH_FAILED.because("the basic credentials are not base64") from None
    return key, secret


def _signed(call: Call, authorization: bytes, credentials: Credentials, modes: AppModes) -> Waiting:
    claimed = parse_authorization(authorization)
    if isinstance(claimed, Refusal):
        raise _refused(claimed)
    app = credentials.by_key(claimed.access_key)
    if app is None:
        raise _refused(Refusal(Reason.UNKNOWN_KEY, claimed.access_key))
    yield from verify_call(call, claimed, app.secret, _refused)
    if modes.refuses_replays:
        yield from _once(call, claimed)
    call.app = app


def verify_call(call: Call, claimed: Authorization, secret: str, refused: Callable[[Refusal], Fault]) -> Waiting:
    """Raises what `refused` makes of a signature that is not `secret`'s; waits for the body where it is signed.

    What can be said without the body is said first: nobody makes the gateway keep a body for an old signature.
    """
    message = Message(call.method.decode(), call.target, call.fields, EMPTY_SHA256)
    now = datetime.fromtimestamp(call.now, UTC)
    early = refuse_early(message, now)
    if early is not None:
        raise refused(early)
    if not call.is_empty:
        is_unsigned = call.values(CONTENT_SHA256) == [UNSIGNED_PAYLOAD.encode()]
        digest: str = "" if is_unsigned else (yield BodyDigest())
        message = msgspec.structs.replace(message, body_sha256=digest)
    refusal = verify(message, claimed, secret, now)
    if refusal is not None:
        raise refused(refusal)


def _once(call: Call, claimed: Authorization) -> Waiting:
    seconds = 2 * int(CLOCK_TOLERANCE.total_seconds())
    key = f"signature:{claimed.access_key}:{claimed.signature.lower()}"
    left: Left = yield Spend((Spending(key, 1, seconds),))
    if left.refused is not None:
        raise runtime.APP_AUTH_FAILED.because("the signature has been used before")


def _malformed(authorization: bytes) -> Refusal:
    refusal = parse_authorization(authorization)
    assert isinstance(refusal, Refusal)
    return refusal


def _refused(refusal: Refusal) -> Fault:
    return Fault(runtime.APP_AUTH_FAILED, APP_WORDING.message(refusal))
