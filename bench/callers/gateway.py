"""One gateway by itself, without supervisor or store: serves the Config on its standard input until that ends."""

import asyncio
import gc
import socket
import sys
import tempfile
from pathlib import Path

import uvloop

from crossgate.cluster.counters import Counters
from crossgate.core.snapshot.compile import compile_config
from crossgate.core.snapshot.config import decode
from crossgate.gateway.listener import Gateway


async def _serve(listening: socket.socket) -> None:
    size = int(sys.stdin.buffer.readline())
    snapshot = compile_config(decode(sys.stdin.buffer.read(size)), lambda sealed, _name: sealed)
    with tempfile.TemporaryDirectory() as folder:
        gateway = Gateway(snapshot, Counters(Path(folder) / "counters"))
        await gateway.serve(listening)
        gc.collect()
        gc.freeze()
        print(listening.getsockname()[1], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.read)
        await gateway.drain(0)


if __name__ == "__main__":
    with socket.create_server(("127.0.0.1", 0)) as listening:
        uvloop.run(_serve(listening))
