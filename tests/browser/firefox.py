"""Firefox ESR as Debian ships it, driven by Marionette, its own protocol: JSON with its length before it."""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from tests.browser.driver import BrowserName, Line, NotStartedError
from tests.browser.world import HOSTS

START_S: Final = 60
_PREFERENCES: Final[dict[str, bool | int | str]] = {
    "marionette.port": 0,
    "network.dns.localDomains": ",".join(HOSTS),
    # Cookies of other sites' pages go along, as the credentials mode has it.
    "network.cookie.cookieBehavior": 0,
    "dom.security.https_first": False,
    "dom.disable_open_during_load": False,
    # Nobody is there to answer questions.
    "network.auth.confirmAuth.enabled": False,
    "security.warn_submit_secure_to_insecure": False,
    # Nothing but the cases crosses the network.
    "app.update.enabled": False,
    "browser.newtabpage.activity-stream.feeds.system.topstories": False,
    "browser.region.network.url": "",
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.safebrowsing.update.enabled": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.update.enabled": False,
    "messaging-system.rsexperimentloader.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "toolkit.telemetry.enabled": False,
}
_LISTEN: Final = """
    window.caseLines = [];
    Services.console.registerListener({observe(message) {
      if (message instanceof Ci.nsIScriptError) window.caseLines.push([message.errorMessage, message.category]);
    }});
"""
_TAKE: Final = "const lines = window.caseLines; window.caseLines = []; return lines;"


class Firefox:
    """One tab."""

    name: BrowserName = "firefox"

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.version = ""
        self._reader, self._writer = reader, writer
        self._sent = 0

    async def begin(self) -> None:
        """Open the session."""
        await self._message()
        found = await self._ask("WebDriver:NewSession", {"acceptInsecureCerts": True, "pageLoadStrategy": "none"})
        self.version = found["capabilities"]["browserVersion"]
        await self._chrome(_LISTEN)

    async def open(self, url: str) -> None:
        """Load a page."""
        await self._ask("WebDriver:Navigate", {"url": url})

    async def lines(self) -> list[Line]:
        """What the console wrote since the last call."""
        return [Line(text) for text, category in await self._chrome(_TAKE) if category != "content javascript"]

    async def _chrome(self, script: str) -> Any:
        await self._ask("Marionette:SetContext", {"value": "chrome"})
        found = await self._ask(
            "WebDriver:ExecuteScript", {"script": script, "args": [], "sandbox": "system", "newSandbox": False}
        )
        await self._ask("Marionette:SetContext", {"value": "content"})
        return found["value"]

    async def _ask(self, command: str, parameters: dict[str, Any]) -> Any:
        self._sent += 1
        text = json.dumps([0, self._sent, command, parameters]).encode()
        self._writer.write(b"%d:%b" % (len(text), text))
        _, _, error, result = await self._message()
        if error:
            raise NotStartedError(f"Firefox: {command}: {error['message']}")
        return result

    async def _message(self) -> Any:
        length = await self._reader.readuntil(b":")
        return json.loads(await self._reader.readexactly(int(length[:-1])))


@asynccontextmanager
async def firefox(path: str) -> AsyncIterator[Firefox]:
    """A headless Firefox with a profile of its own. Raises NotStartedError."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        profile = Path(folder)
        lines = [f"user_pref({json.dumps(key)}, {json.dumps(value)});\n" for key, value in _PREFERENCES.items()]
        (profile / "user.js").write_text("".join(lines), "utf-8")
        process = await asyncio.create_subprocess_exec(
            path, "--headless", "--marionette", "--remote-allow-system-access", "--no-remote",
            "--profile", folder, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            port = await _port(profile, process)
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**26)
            driver = Firefox(reader, writer)
            await driver.begin()
            yield driver
            writer.close()
        finally:
            if process.returncode is None:
                process.terminate()
                await process.wait()


async def _port(profile: Path, process: asyncio.subprocess.Process) -> int:
    """The port that Marionette listens on, as soon as it has one."""
    file = profile / "MarionetteActivePort"
    for _ in range(START_S * 10):
        if file.exists() and (text := file.read_text("utf-8").strip()):
            return int(text)
        if process.returncode is not None:
            raise NotStartedError(f"Firefox ended with status {process.returncode}")
        await asyncio.sleep(0.1)
    raise NotStartedError(f"Firefox did not open its port within {START_S} seconds")
