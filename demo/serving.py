"""Serving: how the sample backend and the web origins run as processes of their own."""

import sys
import threading
from collections.abc import Callable
from http.server import ThreadingHTTPServer
from socketserver import BaseRequestHandler
from typing import Any


def serve(handler: Callable[..., BaseRequestHandler]) -> None:
    """Serve on a free port of this machine, say which, and end when the standard input does.

    The demonstration holds the other end: when it is gone, however it went, so is this process.
    """
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"serves http://127.0.0.1:{server.server_port}", flush=True)
    sys.stdin.read()
