"""Hosting that strangers share: sites where anyone publishes, and domains where anyone gets a name (L16).

The Public Suffix List's private section says where names are given away; here is what it cannot say: sites that
serve everybody's pages from one origin, and names that are lent for an hour or free again once given up.
"""

import re
from typing import Final

# One origin with pages of many people.
SHARED_SITES: Final = (
    "codepen.io",
    "jsfiddle.net",
    "jsbin.com",
    "codesandbox.io",
    "stackblitz.com",
    "plnkr.co",
    "glitch.com",
    "raw.githubusercontent.com",
    "raw.githack.com",
    "cdn.jsdelivr.net",
    "unpkg.com",
    "s3.amazonaws.com",
    "storage.googleapis.com",
)
# Anyone gets a name below these, and many are lent or free again once given up.
SHARED_DOMAINS: Final = (
    "azureedge.net",
    "azurewebsites.net",
    "blob.core.windows.net",
    "cdpn.io",
    "cloudapp.azure.com",
    "codepen.io",
    "codesandbox.io",
    "csb.app",
    "digitaloceanspaces.com",
    "firebaseapp.com",
    "gitpod.io",
    "glitch.me",
    "jsbin.com",
    "jshell.net",
    "loca.lt",
    "ngrok-free.app",
    "ngrok-free.dev",
    "ngrok.app",
    "ngrok.dev",
    "ngrok.io",
    "r2.dev",
    "repl.co",
    "replit.dev",
    "serveo.net",
    "stackblitz.io",
    "storage.googleapis.com",
    "surge.sh",
    "translate.goog",
    "trycloudflare.com",
    "w3spaces.com",
    "web.app",
    "web.core.windows.net",
    "webcontainer.io",
)
# Buckets: `name.s3.amazonaws.com`, `name.s3.eu-west-1.amazonaws.com`, `name.s3-website-us-east-1.amazonaws.com`.
_S3 = re.compile(r"(?:.*\.)?s3(?:-website)?(?:[.-][a-z0-9-]+)?\.amazonaws\.com")
_SITES = frozenset(SHARED_SITES)
_BELOW = tuple(f".{domain}" for domain in SHARED_DOMAINS)


def is_shared(host: str) -> bool:
    """Whether strangers publish pages at `host`, or may come to."""
    return host in _SITES or f".{host}".endswith(_BELOW) or _S3.fullmatch(host) is not None
