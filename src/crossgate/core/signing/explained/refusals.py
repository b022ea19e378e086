"""Why a signed request was refused before its signature was compared: the clock, the key, the form."""

import re
from datetime import timedelta
from typing import Final

from crossgate.core.signing.explained.cause import Cause

_NEAR = timedelta(minutes=1)
_ZONE_STEP = timedelta(minutes=30)
_NEAREST_ZONE, _FARTHEST_ZONE = timedelta(minutes=45), timedelta(hours=14)

_ZONE: Final = Cause(
    "time-zone",
    "local time was signed as if it were UTC: it is {distance} {direction} the gateway's",
    "X-Sdk-Date is in UTC, and the Z at its end says so. The distance is that of a time zone.",
    "Format the time in UTC, not in the machine's time zone.",
)
_AHEAD: Final = Cause(
    "clock-ahead",
    "your clock is {distance} ahead of the gateway's",
    "A signature counts for 15 minutes before and after its X-Sdk-Date.",
    "Set the clock of the machine that signs (NTP). If it is right, set the gateway's.",
)
_BEHIND: Final = Cause(
    "clock-behind",
    "the signature is {distance} older than the gateway's clock",
    "A signature counts for 15 minutes before and after its X-Sdk-Date. Either your clock is behind, or the "
    "request was signed long before it was sent: kept in a queue, retried, or copied.",
    "Sign each request anew when it is sent, retries too. If you do, set your clock (NTP).",
)
_UNKNOWN_KEY: Final = Cause(
    "key-unknown",
    "the gateway knows no app with the key {key}",
    "The key was mistyped, belongs to another gateway, or its app was deleted.",
    "Copy the key (app_key) of the app again: not its name, not its id, not the secret, no quotes or spaces.",
)
_REFUSALS: Final[tuple[tuple[str, Cause], ...]] = (
    (
        r"Authorization header must be",
        Cause(
            "authorization-form",
            "the Authorization header is not written as the gateway reads it",
            "It is SDK-HMAC-SHA256 Access=<key>, SignedHeaders=<names>, Signature=<hex>: comma and space between "
            "the parts, semicolons between the names.",
            "Write it so, in one line; leave out quotes.",
        ),
    ),
    (
        r"SignedHeaders must contain",
        Cause(
            "signed-headers-required",
            "host and x-sdk-date have to be signed",
            "Without them a signature could be used elsewhere, or for ever.",
            "Sign both, and name them in SignedHeaders.",
        ),
    ),
    (
        r"SignedHeaders must be header names",
        Cause(
            "signed-headers-form",
            "SignedHeaders is not a list of names",
            "Each name is there once, with one semicolon between two.",
            "Join the sorted names with semicolons, without one at the end.",
        ),
    ),
    (
        r"is there more than once",
        Cause(
            "header-twice",
            "a header that may be there once was sent twice",
            "The HTTP client added it to the one that was signed; host, x-sdk-date, x-sdk-content-sha256 and the "
            "one with the signature count once.",
            "Set the header in place of adding it.",
        ),
    ),
    (
        r"X-Sdk-Date must be UTC",
        Cause(
            "date-form",
            "X-Sdk-Date is missing or has another form",
            "It is UTC as 20240131T235959Z: no dashes, no colons, no fraction of a second.",
            "Send the header as you signed it.",
        ),
    ),
    (
        r"has been used before",
        Cause(
            "replayed",
            "the same signature was sent twice",
            "The gateway is set to accept each signature once.",
            "Sign each request anew, retries too; two equal requests in one second need something that differs.",
        ),
    ),
    (
        r"carries no credentials|APIG\.030[13].*(?:not found|missing)",
        Cause(
            "no-signature",
            "the request arrived without a signature",
            "A redirect to another host drops the Authorization header, and so do some proxies.",
            "Ask for the final address; see that the header arrives, and under the name the gateway expects.",
        ),
    ),
    (
        r"AK access failed to reach the limit",
        Cause(
            "locked",
            "the access key is locked after five failures in a row",
            "It is locked for five minutes.",
            "Wait five minutes, then explain the first failure.",
        ),
    ),
    (
        r"decrypt token fail",
        Cause(
            "token",
            "a token was sent, and it is not valid",
            "The request was judged by its X-Auth-Token, not by a signature.",
            "Leave X-Auth-Token out, or get a new token.",
        ),
    ),
    (
        r"not authorized to access the API|APIG\.030[24]",
        Cause(
            "not-authorized",
            "the signature is right, but this app may not call this API",
            "An app has to be authorized for each API in each environment.",
            "Authorize the app for the API in the environment that was asked for (X-Stage, else RELEASE).",
        ),
    ),
)
_SIGNATURE_AT_ALL = re.compile(r"Incorrect (?:app|IAM) authentication information|APIG\.030[1-4]")
_UNEXPLAINED: Final = Cause(
    "unexplained",
    "the gateway refused the request for another reason than its signature",
    "It says: {message}",
    "See the gateway's page on error codes, or its access log by the request's X-Request-Id.",
)


def clock_cause(skew: timedelta) -> Cause:
    """Why a signature has expired that is `skew` older than the gateway's clock (negative: younger)."""
    steps = round(abs(skew) / _ZONE_STEP)
    is_zone = abs(abs(skew) - steps * _ZONE_STEP) <= _NEAR and _NEAREST_ZONE <= abs(skew) <= _FARTHEST_ZONE + _NEAR
    direction = "behind" if skew > timedelta() else "ahead of"
    cause = _ZONE if is_zone else _BEHIND if skew > timedelta() else _AHEAD
    return cause.naming(distance=duration(skew), direction=direction)


def duration(skew: timedelta) -> str:
    """The length of `skew` in words, such as `1 hour 51 minutes 39 seconds`."""
    seconds = int(abs(skew).total_seconds())
    parts = ((seconds // 86400, "day"), (seconds // 3600 % 24, "hour"), (seconds // 60 % 60, "minute"))
    words = [f"{count} {unit}{'s' * (count != 1)}" for count, unit in (*parts, (seconds % 60, "second")) if count]
    return " ".join(words) or "0 seconds"


def key_cause(access_key: str) -> Cause:
    """Why an access key is not known."""
    return _UNKNOWN_KEY.naming(key=access_key or "that was sent (it is empty)")


def other_cause(message: str) -> Cause:
    """What is behind a refusal that compares no signature."""
    found = (cause for pattern, cause in _REFUSALS if re.search(pattern, message))
    return next(found, _UNEXPLAINED.naming(message=message))


def is_a_refusal(message: str) -> bool:
    """Whether `message` is a gateway's answer about who calls."""
    return bool(_SIGNATURE_AT_ALL.search(message)) or any(re.search(pattern, message) for pattern, _ in _REFUSALS)
