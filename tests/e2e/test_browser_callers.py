"""A page of another origin signs its calls in Chromium, is refused, and reads why."""

import re
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from demo.browser import chromium, find_chromium
from huaweicloudsdkapig import v2 as sdk
from playwright.sync_api import Page

from tests.admin.documents import RELEASE, cors_plugin
from tests.e2e.callers import App, Published, Site, refusals
from tests.e2e.running import Crossgate

SIGNING = Path(__file__).parents[2] / "docs" / "signing" / "javascript.md"
LIMIT = 3
INDEX = """<!doctype html>
<title>Calls</title>
<script type="module">
  import { sign, signedFetch } from "./sign.mjs";

  async function told(answer) {
    const left = answer.headers.get("X-Apig-RateLimit-Api");
    const text = await answer.text();
    const { error_code = "", error_msg = "" } = text.startsWith("{") ? JSON.parse(text) : {};
    return { status: answer.status, error_code, error_msg, text, left };
  }
  const call = (ask) => ask().then(told, (error) => ({ status: 0, text: error.name }));
  window.plainly = (url, options) => call(() => fetch(url, options));
  window.signed = (url, options) => call(() => signedFetch(url, options));
</script>
"""

Told = dict[str, Any]


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The origin of a page that can sign as docs/signing/javascript.md has it."""
    folder = tmp_path_factory.mktemp("page")
    module = re.findall(r"^```js\n(.*?)^```", SIGNING.read_text("utf-8"), re.MULTILINE | re.DOTALL)[0]
    (folder / "sign.mjs").write_text(module, "utf-8")
    (folder / "index.html").write_text(INDEX, "utf-8")

    class Files(SimpleHTTPRequestHandler):
        extensions_map = {".mjs": "text/javascript", ".html": "text/html"}  # noqa: RUF012

        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments, directory=str(folder))

        def log_message(self, *_: Any) -> None:
            """Nothing is logged."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Files) as files:
        Thread(target=files.serve_forever, daemon=True).start()
        yield f"http://localhost:{files.server_address[1]}"
        files.shutdown()


@pytest.fixture(scope="module")
def page(origin: str) -> Iterator[Page]:
    """The page, open in a browser."""
    with chromium(find_chromium() or "") as browser:
        page = browser.new_page()
        page.goto(f"{origin}/index.html")
        page.wait_for_function("() => 'signed' in window")
        yield page


@pytest.fixture(scope="module")
def site(lasting: Crossgate) -> Site:
    """A group; the browser finds its debug domain without asking anybody."""
    site = Site(lasting, "page")
    site.host = f"{site.group_id}.apic.localhost:{urlsplit(lasting.url).port}"
    return site


def shop(site: Site, origin: str, path: str, allow_headers: str) -> Published:
    """An API for apps, whose plugin lets the page send `allow_headers`."""
    api = site.publish(path, "APP")
    plugin = cors_plugin(
        f"for{path[1:]}",
        allow_origin=origin,
        allow_headers=allow_headers,
        expose_headers="X-Apig-RateLimit-Api",
        # So each call is preceded by its preflight.
        max_age=0,
    )
    plugin_id = site.cloud.create_plugin(body=plugin).plugin_id
    body = sdk.PluginOperApiInfo(env_id=RELEASE, api_ids=[api.api_id])
    site.cloud.attach_api_to_plugin(plugin_id=plugin_id, body=body)
    return api


def signed(page: Page, site: Site, path: str, app: App, **options: Any) -> Told:
    """What the page reads of a call that it signs."""
    options = {"key": app.key, "secret": app.secret, **options}
    told: Told = page.evaluate("([url, options]) => signed(url, options)", [f"http://{site.host}{path}", options])
    return told


def plainly(page: Page, site: Site, path: str, **headers: str) -> Told:
    """What the page reads of a call that it does not sign."""
    call = [f"http://{site.host}{path}", {"headers": headers}]
    told: Told = page.evaluate("([url, options]) => plainly(url, options)", call)
    return told


@pytest.mark.chromium
def test_a_page_reads_why_it_is_refused(lasting: Crossgate, site: Site, page: Page, origin: str) -> None:
    """Each refusal with its code and words, and what is left of its limit, which no preflight takes from."""
    api = shop(site, origin, "/orders", "Authorization,X-Sdk-Date,Content-Type,X-Apig-AppCode,X-Apig-Mode")
    site.throttle(api, api_call_limits=LIMIT)
    app, stranger = site.app("known", api), site.app("stranger")
    before = refusals(lasting)
    debug = {"X-Apig-Mode": "debug"}

    missing = plainly(page, site, "/orders", **debug)
    assert (missing["status"], missing["error_code"]) == (401, "APIG.0303")
    assert missing["error_msg"].startswith("Incorrect app authentication information")
    wrong = signed(page, site, "/orders", app._replace(secret="wrong"), headers=debug)
    assert (wrong["status"], wrong["error_code"]) == (401, "APIG.0303")
    assert "verify signature fail, canonicalRequest:GET|/orders/||host:" in wrong["error_msg"]
    unknown = plainly(page, site, "/orders", **{"X-Apig-AppCode": "x" * 64})
    assert (unknown["status"], unknown["error_code"]) == (401, "APIG.0303")
    foreign = signed(page, site, "/orders", stranger)
    assert (foreign["status"], foreign["error_code"]) == (403, "APIG.0304")
    assert foreign["error_msg"] == "The app is not authorized to access the API."

    body, kind = '{"name":"张三"}', {"Content-Type": "application/json"}
    read = [
        signed(page, site, "/orders?b=2&a=%2F", app, headers=debug),
        signed(page, site, "/orders", app, method="POST", headers=debug | kind, body=body),
        plainly(page, site, "/orders", **{"X-Apig-AppCode": site.app_code(app), **debug}),
        signed(page, site, "/orders", app, headers=debug),
    ]
    assert [told["status"] for told in read] == [200, 200, 200, 429]
    assert [told["left"] for told in read] == [f"remain:{n},limit:{LIMIT},time:1 hour" for n in (2, 1, 0, 0)]
    assert read[3]["error_code"] == "APIG.0308"
    assert read[3]["error_msg"] == "The throttling threshold has been reached."
    after = refusals(lasting)
    grown = {code: after[code] - before.get(code, 0) for code in ("APIG.0303", "APIG.0304", "APIG.0308")}
    assert grown == {"APIG.0303": 3, "APIG.0304": 1, "APIG.0308": 1}


@pytest.mark.chromium
def test_a_page_may_not_send_what_the_plugin_does_not_allow(site: Site, page: Page, origin: str) -> None:
    """Then nothing is sent at all, and nothing counted."""
    api = shop(site, origin, "/closed", "X-Sdk-Date")
    app = site.app("closed", api)
    site.throttle(api, name="closed_limit", api_call_limits=1)
    assert signed(page, site, "/closed", app) == {"status": 0, "text": "TypeError"}
    assert plainly(page, site, "/closed", **{"X-Sdk-Date": "20240101T000000Z"})["error_code"] == "APIG.0303"


@pytest.mark.chromium
def test_a_page_calls_with_a_token(lasting: Crossgate, site: Site, page: Page, origin: str) -> None:
    """One that its server has got for it; and it reads that another is none."""
    app = site.app("tokened", shop(site, origin, "/token", "Authorization"))
    site.feature("app_token", {"enable": "on"})
    form = {"grant_type": "client_credentials", "client_id": app.key, "client_secret": app.secret}
    made = httpx2.post(f"{lasting.url}/v1/apigw/oauth2/token", data=form).json()
    assert plainly(page, site, "/token", Authorization=f"Bearer {made['access_token']}")["status"] == 200
    refused = plainly(page, site, "/token", Authorization="Bearer none")
    assert (refused["status"], refused["error_code"]) == (400, "APIG.2203")
    site.feature("app_token", "", enable=False)
