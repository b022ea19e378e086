"""What servers and proxies ask for with 401 and 407 (cors.md 1.18.5).

The user is never asked: whoever could be prompted for a password gives none.
"""

from base64 import b64encode
from typing import Final
from urllib.parse import unquote_to_bytes

import msgspec

from crossgate.cors.browser.headers import get, split
from crossgate.cors.browser.profiles import Profile
from crossgate.cors.browser.request import Request
from crossgate.cors.browser.values import HttpRequest, HttpResponse, Step
from crossgate.cors.browser.verdict import Refusal, Verdict

SECTION: Final = "Fetch, HTTP-network-or-cache fetch"

_AUTHORIZATION: Final = b"Authorization"


def are_answered(request: Request, response: HttpResponse, profile: Profile) -> bool:
    """Whether a 401 is answered with the user and the password of the URL, which the page has given."""
    asked = get(response.headers, b"WWW-Authenticate")
    if response.status != 401 or not request.uses_url_credentials or not request.url.credentials:
        return False
    if asked is None or not any(part.lower().startswith(b"basic") for part in split(asked)):
        return False
    if get(request.headers, _AUTHORIZATION) is not None and not profile.answers_challenges_beside_authorization:
        return False
    may_send = request.sends_credentials and request.tainting != "cors"
    return may_send or profile.answers_challenges_across_origins


def with_password(sent: HttpRequest, request: Request) -> HttpRequest:
    """`sent` again with the user and the password of the URL, unless the page has set Authorization itself."""
    if sent.get(_AUTHORIZATION) is not None:
        return sent
    user, _, password = request.url.credentials.partition(":")
    token = b64encode(unquote_to_bytes(user) + b":" + unquote_to_bytes(password))
    return msgspec.structs.replace(sent, headers=(*sent.headers, (_AUTHORIZATION, b"Basic " + token)))


def judge_proxy(request: Request, response: HttpResponse, profile: Profile) -> Verdict:
    """Whether the page may see that a proxy wants a password."""
    if response.status != 407 or profile.proxy_status_is_readable:
        return Verdict(())
    step = Step(section=SECTION, question="Does no proxy want a password?", found="407", passed=False)
    return Verdict((step,), Refusal("proxy-authentication"))
