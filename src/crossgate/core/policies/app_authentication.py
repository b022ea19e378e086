"""Which app calls: by signature, AppCode, key and secret, basic authentication or token (gateway.md 3.1, 3.2)."""

from typing import Final

import msgspec

from crossgate.core.errors import Fault, FaultKind, runtime
from crossgate.core.policies.app_token import AppTokenIssuer
from crossgate.core.policies.call import BodyDigest, Call, Check, FieldChange, Spend, Waiting
from crossgate.core.policies.credentials import App, Credentials, read_basic
from crossgate.core.policies.spending import Left, Spending
from crossgate.core.signing import (
    APP_WORDING,
    CLOCK_TOLERANCE_S,
    EMPTY_SHA256,
    UNSIGNED_PAYLOAD,
    Authorization,
    Message,
    Reason,
    Refusal,
    parse_authorization,
    refuse_early,
    refuse_late,
)

APP_CODE: Final = b"x-apig-appcode"
APP_ID: Final = b"x-hw-id"
APP_KEY: Final = b"x-hw-appkey"
AUTHORIZATION: Final = b"authorization"
CONTENT_SHA256: Final = b"x-sdk-content-sha256"
SIGNED: Final = b"sdk-hmac-sha256"
"""How an `Authorization` that is a signature begins, in lower case."""
_UNSIGNED: Final = UNSIGNED_PAYLOAD.encode()
BODY_DIGEST: Final = BodyDigest()


class AppModes(msgspec.Struct, frozen=True, kw_only=True):
    """Which ways of proving who calls are open, beside the signature (the features of gateway.md 1.14).

    `header` is the lower-case field the signature comes in; `refuses_replays`: no signature counts twice.
    """

    app_secret: bool = False
    app_basic: bool = False
    header: str = "authorization"
    refuses_replays: bool = False


def app_check(
    credentials: Credentials, modes: AppModes, *, takes_app_code: bool, tokens: AppTokenIssuer | None = None
) -> Check:
    """Finds out which app calls, and notes it in the call; raises APIG.0303 for what proves nothing.

    What is sent decides which way is taken, and a call is judged by the first of them alone: a signature, an
    AppCode, the key and secret, basic authentication, a token of `tokens`. So nobody is let in by a second
    credential after a first one that is wrong. A field that may be there once is refused when it is there twice.
    The backend gets neither a secret nor a token.
    """
    header, scheme_bytes = modes.header.encode(), len(SIGNED)

    def check(call: Call) -> Waiting | None:
        signed = single(call, header)
        if signed is not None and signed[:scheme_bytes].lower() == SIGNED:
            return _signed(call, signed, credentials, modes)
        if takes_app_code and (code := single(call, APP_CODE)) is not None:
            call.app = credentials.by_code(code)
            if call.app is None:
                raise runtime.APP_AUTH_FAILED.because("the AppCode is not known")
        elif modes.app_secret and (key := single(call, APP_ID)) is not None:
            secret = single(call, APP_KEY) or b""
            call.app = _known(credentials.by_secret(key, secret), "the key or the secret is wrong")
        elif (app := _by_authorization(call, credentials, modes, tokens)) is not None:
            call.app = app
            call.changes += (FieldChange(AUTHORIZATION, ()),)
        elif signed is not None:
            return _signed(call, signed, credentials, modes)
        else:
            raise runtime.APP_AUTH_MISSING.because("the request carries no credentials that this API takes")
        return None

    return check


def single(call: Call, name: bytes, refused: FaultKind = runtime.APP_AUTH_FAILED) -> bytes | None:
    """The one value of the field `name`; None without it, and raises `refused` where there are more."""
    value = call.headers.single.get(name)
    if value is not None:
        return value.strip()
    if name in call.headers.repeated:
        raise refused.because(f"the header {name.decode()} is there more than once")
    return None


def _known(app: App | None, otherwise: str) -> App:
    if app is None:
        raise runtime.APP_AUTH_FAILED.because(otherwise)
    return app


def _by_authorization(
    call: Call, credentials: Credentials, modes: AppModes, tokens: AppTokenIssuer | None
) -> App | None:
    """The app by basic authentication or by its token; None where the call has neither."""
    authorization = single(call, AUTHORIZATION)
    if authorization is None:
        return None
    if modes.app_basic:
        try:
            basic = read_basic(authorization)
        except ValueError:
            raise runtime.APP_AUTH_FAILED.because("the basic credentials cannot be read") from None
        if basic is not None:
            return _known(credentials.by_secret(*basic), "the key or the secret is wrong")
    scheme, _, text = authorization.partition(b" ")
    if tokens is None or scheme.lower() != b"bearer":
        return None
    token = tokens.accepted(text.strip(), call.now)
    call.context = {**call.context, **token.context}
    return token.app


def _signed(call: Call, authorization: bytes, credentials: Credentials, modes: AppModes) -> Waiting | None:
    claimed = parse_authorization(authorization)
    # For isinstance() a Struct is five times as dear.
    if type(claimed) is Refusal:
        raise _refused(claimed)
    app = credentials.by_key(claimed.access_key)
    if app is None:
        raise _refused(Refusal(Reason.UNKNOWN_KEY, claimed.access_key))
    message = signed_message(call)
    if type(message) is Refusal:
        raise _refused(message)
    digest = digest_at_hand(call)
    if digest is None:
        return _signed_with_body(call, message, claimed, app, modes)
    message.body_sha256 = digest
    return _let_in(call, message, claimed, app, modes)


def _signed_with_body(call: Call, message: Message, claimed: Authorization, app: App, modes: AppModes) -> Waiting:
    message.body_sha256 = yield BODY_DIGEST
    further = _let_in(call, message, claimed, app, modes)
    if further is not None:
        yield from further


def _let_in(call: Call, message: Message, claimed: Authorization, app: App, modes: AppModes) -> Waiting | None:
    refusal = refuse_late(message, claimed, app.secret)
    if refusal is not None:
        raise _refused(refusal)
    if modes.refuses_replays:
        return _once(call, claimed, app)
    call.app = app
    return None


def signed_message(call: Call) -> Message | Refusal:
    """What a signature covers, but for the body; or what is wrong whatever the body is.

    Nobody makes the gateway keep a body for an old signature.
    """
    message = Message(call.method.decode(), call.target, (), EMPTY_SHA256, call.headers)
    return refuse_early(message, call.now) or message


def digest_at_hand(call: Call) -> str | None:
    """The digest of the body for a signed message, "" where it is not signed; None while it has to be awaited."""
    if call.is_empty:
        return EMPTY_SHA256
    if call.headers.single.get(CONTENT_SHA256, b"").strip() == _UNSIGNED:
        return ""
    digest: str | None = call.surroundings.at_hand(BODY_DIGEST)
    return digest


def _once(call: Call, claimed: Authorization, app: App) -> Waiting:
    # One signed as far ahead as may be is good until the very end of this time.
    seconds = 2 * CLOCK_TOLERANCE_S + 1
    key = f"signature:{claimed.access_key}:{claimed.signature}"
    left: Left = yield Spend((Spending(key, 1, seconds),))
    if left.refused is not None:
        raise runtime.APP_AUTH_FAILED.because("the signature has been used before")
    call.app = app


def _refused(refusal: Refusal) -> Fault:
    return Fault(runtime.APP_AUTH_FAILED, APP_WORDING.message(refusal))
