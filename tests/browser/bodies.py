"""What the server sends as bodies: small, and valid for the element that asks."""

import base64
import hashlib
from typing import Final

from tests.browser.cases import BodyName

_IMAGE: Final = "R0lGODlhAQABAIAAAAAAAP///ywAAAAAAQABAAACAUwAOw=="
# One triangle for the letter A, made for this test.
_FONT: Final = (
    "AAEAAAAKAIAAAwAgT1MvMkE4QXkAAAEoAAAAYGNtYXAADACUAAABkAAAADRnbHlmFvcnCAAAAcwAAAAWaGVhZGEKQtQAAACsAAAANmhoZWEFFgEu"
    "AAAA5AAAACRobXR4AfQAAAAAAYgAAAAGbG9jYQALAAAAAAHEAAAABm1heHAABAAFAAABCAAAACBuYW1ldWJNUQAAAeQAAABCcG9zdAADAAAAAAIo"
    "AAAAIAABAAAAAQAAOhCoS18PPPUAAwPoAAAAAAAAAAAAAAAAAAAAAAAAAAAB9AH0AAAAAwACAAAAAAAAAAEAAAMg/zgAAAH0AAAAAAH0AAEAAAAA"
    "AAAAAAAAAAAAAAABAAEAAAACAAMAAQAAAAAAAgAAAAAAAAAAAAAAAAAAAAAAAwH0AZAABQAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAABAAAAAAAAAAAAAAAAPz8/PwAAAEEAQQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAgAAAB9AAAAAAAAAAAAAIAAAADAAAAFAADAAEAAAAU"
    "AAQAIAAAAAQABAABAAAAQf//AAAAQf///8AAAQAAAAAAAAAAAAsAAAABAAAAAAH0AfQAAgAAMREhAfQB9AAAAAAAAAQANgABAAAAAAABAAMAAAAB"
    "AAAAAAACAAEAAwADAAEECQABAAYABAADAAEECQACAAIACkRvdFIARABvAHQAUgAAAAMAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
)


def _sound() -> bytes:
    """A tenth of a second of silence as WAV."""
    samples = bytes([128]) * 800
    form = b"fmt " + (16).to_bytes(4, "little") + bytes.fromhex("0100 0100 401f0000 401f0000 0100 0800")
    chunks = b"WAVE" + form + b"data" + len(samples).to_bytes(4, "little") + samples
    return b"RIFF" + len(chunks).to_bytes(4, "little") + chunks


BODIES: Final[dict[BodyName, bytes]] = {
    "": b"",
    "text": b"ok",
    "image": base64.b64decode(_IMAGE),
    "media": _sound(),
    "font": base64.b64decode(_FONT),
    "script": b"void 0;",
    "module": b"export {};",
    "style": b"i{}",
    "events": b": hello\n\n",
    "worker": b"postMessage(1);",
    "shared-worker": b"onconnect = event => event.ports[0].postMessage(1);",
    "track": b"WEBVTT\n\n",
    "page": b"<!doctype html>",
}
TYPES: Final[dict[BodyName, str]] = {
    "text": "text/plain",
    "image": "image/gif",
    "media": "audio/wav",
    "font": "font/ttf",
    "script": "text/javascript",
    "module": "text/javascript",
    "style": "text/css",
    "events": "text/event-stream",
    "worker": "text/javascript",
    "shared-worker": "text/javascript",
    "track": "text/vtt",
    "page": "text/html",
}
INTEGRITY: Final = " ".join(
    "sha256-" + base64.b64encode(hashlib.sha256(body).digest()).decode() for body in BODIES.values()
)
"""Integrity metadata that every body matches."""
