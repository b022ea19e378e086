"""A change is effective when the publisher returns, or has waited long enough."""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from crossgate.cluster import snapshot_file
from crossgate.cluster.channel import Channel
from crossgate.cluster.messages import Revision
from crossgate.cluster.publisher import SnapshotPublisher
from crossgate.core.snapshot.config import Config


def play(directory: Path, story: Callable[[SnapshotPublisher, Channel], Awaitable[None]]) -> None:
    """Run `story` with a publisher and the supervisor's end of its channel."""

    async def run() -> None:
        ours, theirs = socket.socketpair()
        child, supervisor = await Channel.over(ours), await Channel.over(theirs)
        await story(SnapshotPublisher(directory, child, patience_s=0.2), supervisor)
        child.close()
        supervisor.close()

    asyncio.run(run())


def test_it_writes_announces_and_waits_for_the_last_worker(tmp_path: Path) -> None:
    """The file is there before the announcement, and the return comes after the answer."""

    async def story(publisher: SnapshotPublisher, supervisor: Channel) -> None:
        publishing = asyncio.create_task(publisher.publish(Config(revision=2)))
        announced = await supervisor.receive()

        assert announced == Revision(2)
        assert snapshot_file.read(tmp_path).revision == 2
        publisher.applied(1)
        await asyncio.sleep(0.02)
        assert not publishing.done()
        publisher.applied(2)
        await asyncio.wait_for(publishing, 0.1)

    play(tmp_path, story)


def test_it_waits_no_longer_than_it_may(tmp_path: Path) -> None:
    """A worker that never answers delays a change, and no more."""

    async def story(publisher: SnapshotPublisher, _: Channel) -> None:
        began = time.monotonic()
        await publisher.publish(Config(revision=2))

        assert 0.15 < time.monotonic() - began < 1.0

    play(tmp_path, story)


def test_it_waits_longer_for_more(tmp_path: Path) -> None:
    """Workers take a while to read much, and a reset secret must be dead when the admin API has answered."""

    async def story(publisher: SnapshotPublisher, _: Channel) -> None:
        publishing = asyncio.create_task(
            publisher.publish(Config(revision=2, environments={"id": "x" * 4_000_000}))
        )
        await asyncio.sleep(0.8)
        assert not publishing.done()
        publisher.applied(2)
        await asyncio.wait_for(publishing, 0.2)

    play(tmp_path, story)
