"""Where a refusal happened: all that the browsers' consoles go by."""

import msgspec

from crossgate.cors.browser.request import Request
from crossgate.cors.browser.urls import Url
from crossgate.cors.browser.values import Mode, Purpose, Redirect, Tainting


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """Where a refusal happened: what asked (in Chromium's word), the URLs so far, the origin as sent.

    `page` is the page's origin, `page_url` its address, `mode` and `redirect` are the request's; `tainting` is
    that of the last hop that was sent; `initiator` is the name of what asked.
    """

    kind: str
    urls: tuple[Url | None, ...]
    origin: str
    page: str
    method: str
    page_url: str = ""
    purpose: Purpose = "actual"
    mode: Mode = "cors"
    redirect: Redirect = "follow"
    tainting: Tainting = "basic"
    is_cross_origin: bool = False
    initiator: str = ""

    @property
    def values(self) -> dict[str, str]:
        """What the sentences of every refusal may name."""
        url = self.urls[-1]
        text = url.text if url else ""
        return {
            "url": text,
            "scheme": url.scheme if url else "",
            "origin": self.origin,
            "method": self.method,
            "response": "The answer to the preflight"
            if self.purpose == "preflight"
            else f"The response from {text}",
        }


def scene(request: Request, purpose: Purpose = "actual") -> Scene:
    """The scene of a request on its way."""
    return Scene(
        kind=request.kind,
        urls=request.urls,
        origin=request.origin,
        page=request.page.origin,
        page_url=request.page.address,
        method=request.method.decode("latin-1"),
        purpose=purpose,
        mode=request.mode,
        redirect=request.redirect,
        tainting=request.tainting,
        is_cross_origin=request.is_cross_origin,
        initiator=request.initiator,
    )
