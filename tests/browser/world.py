"""The origins that cases are about: all of them lead to one server on this machine."""

from typing import Final

import msgspec

HOSTS: Final = ("plain.test", "api.plain.test", "secure.test", "api.secure.test")
"""Names that a browser must be told to look for on this machine."""


class World(msgspec.Struct, frozen=True):
    """The ports in use. Nothing listens on `refused`."""

    port: int
    other: int
    tls: int
    refused: int

    @property
    def origins(self) -> dict[str, str]:
        """Every origin by the name that cases have for it.

        `home`, `next` and `site` are secure contexts without TLS, and their hosts have cookies. `home` and `next`
        are one site, as are `plain` and `below`, and `tls` and `beside`.
        """
        return {
            "home": f"http://localhost:{self.port}",
            "next": f"http://localhost:{self.other}",
            "site": f"http://127.0.0.1:{self.port}",
            "plain": f"http://plain.test:{self.port}",
            "below": f"http://api.plain.test:{self.other}",
            "tls": f"https://secure.test:{self.tls}",
            "beside": f"https://api.secure.test:{self.tls}",
        }

    @property
    def with_cookies(self) -> tuple[str, ...]:
        """The origins that keep a cookie which other sites' pages may send: the trustworthy ones."""
        return tuple(self.origins[name] for name in ("home", "site", "tls", "beside"))
