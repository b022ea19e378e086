"""What browsers make of an API as it is published: the verb behind the admin API's `cors-explain` (ours)."""

from typing import Any

from crossgate.control import apis, config
from crossgate.control.control import Control
from crossgate.core.errors import Fault, Finding
from crossgate.core.errors.admin import ENVIRONMENT_NOT_FOUND, PUBLICATION_NOT_FOUND, invalid
from crossgate.core.model.cors_explain import CorsExplainQuery
from crossgate.core.snapshot import explained
from crossgate.core.snapshot.config import Config, PublishedApi
from crossgate.cors.browser import FetchCall, Page
from crossgate.cors.browser.profiles import BROWSERS
from crossgate.cors.explain import document
from crossgate.cors.origin import NotAnOriginError


async def cors_explain(control: Control, api_id: str, query: CorsExplainQuery) -> dict[str, Any]:
    """The document that `crossgate cors explain --api --json` prints; raises the contract's faults."""
    page = _page(query)
    async with control.reading() as session:
        await apis.get(session, api_id)
        newest = await config.read(session, control.functions)
    api = _published(newest, api_id, query)
    call = FetchCall(
        url=_url(newest, api, page),
        method=query.method or (api.req_method if api.req_method != "ANY" else "GET"),
        headers=(*((name, explained.ANY_VALUE) for name in query.names), *explained.stage_fields(newest, api)),
        credentials=query.credentials,
    )
    browsers = BROWSERS if query.browser == "all" else (query.browser,)
    return document(explained.explanation_of(page, call, browsers, newest, api))


def _page(query: CorsExplainQuery) -> Page:
    try:
        return Page(query.origin)
    except NotAnOriginError as error:
        raise invalid("origin", str(error), "Write it as in https://app.example, or null.") from None


def _published(newest: Config, api_id: str, query: CorsExplainQuery) -> PublishedApi:
    found = explained.published(newest, api_id, query.environment)
    if not isinstance(found, Finding):
        return found
    if found.code == explained.UNKNOWN_ENVIRONMENT:
        raise ENVIRONMENT_NOT_FOUND.naming(query.environment)
    named = PUBLICATION_NOT_FOUND.naming(f"{api_id}: {found.message}")
    raise Fault(named.kind, named.message, (found,))


def _url(newest: Config, api: PublishedApi, page: Page) -> str:
    origin = page.tuple_origin
    url = explained.url_of(newest, api, "http" if origin is not None and origin.scheme == "http" else "https")
    if isinstance(url, Finding):
        raise invalid(url.at, url.message, url.fix)
    return url
