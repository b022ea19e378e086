"""A child that only speaks the protocol: `child.py CONDUCT NAME`. It notes what happens to it in `./NAME.log`."""

import json
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import NoReturn

CONDUCT, NAME = sys.argv[1:3]
channel = socket.socket(fileno=0)


def note(word: str) -> None:
    """Write down `word` and our process id."""
    with Path(f"{NAME}.log").open("a", encoding="ascii") as file:
        file.write(f"{word} {os.getpid()}\n")


def say(**message: object) -> None:
    """Send one message."""
    channel.sendall(json.dumps(message).encode() + b"\n")


def drain(*_: object) -> NoReturn:
    """Take half a second to finish, as something in flight would."""
    note("draining")
    time.sleep(0.5)
    note("drained")
    os._exit(0)


note("started")
signal.signal(signal.SIGTERM, signal.SIG_IGN if CONDUCT == "stubborn" else drain)
if CONDUCT == "waits":
    first = channel.makefile("rb").readline()
    note("heard:" + json.loads(first)["event"] if first else "orphaned")
    if not first:
        sys.exit(0)
if CONDUCT == "dies":
    sys.exit(3)
if CONDUCT == "fails":
    say(event="failed", reason="The moon is in the wrong place; wait.")
say(event="ready", revision=1)
if CONDUCT == "announces":
    say(event="revision", revision=2)
if CONDUCT == "mumbles":
    channel.sendall(b"what?\n")
    say(event="applied", revision=1)
for line in channel.makefile("rb"):
    message = json.loads(line)
    note("heard:" + "-".join(str(value) for value in message.values()))
    if message["event"] == "revision":
        say(event="applied", revision=message["revision"])
note("orphaned")
