"""Publisher: makes a revision effective in every live worker, or gives up waiting for it."""

import asyncio
from pathlib import Path

from crossgate.cluster import snapshot_file
from crossgate.cluster.channel import Channel
from crossgate.cluster.messages import Revision
from crossgate.core.snapshot.config import Config

PATIENCE_S = 0.8
"""How long a change waits for the workers; the answer then goes out, and the change follows."""
PATIENCE_PER_MEGABYTE_S = 0.25
"""How much longer for each megabyte that every worker has to read and compile; some share a core."""


class SnapshotPublisher:
    """Control's publisher port over the snapshot file and the channel to the supervisor."""

    def __init__(self, directory: Path, channel: Channel, patience_s: float = PATIENCE_S) -> None:
        self._directory = directory
        self._channel = channel
        self._patience_s = patience_s
        self._applied = -1
        self.written = 0
        """The revision this process put into the file last."""
        self._changed = asyncio.Event()

    async def publish(self, config: Config) -> None:
        """Write `config`, announce it, and wait until every live worker answers by it, or long enough.

        Raises OSError when the file cannot be written; the workers then stay where they were.
        """
        size = await asyncio.to_thread(snapshot_file.write, self._directory, config)
        self.written = config.revision
        self._channel.send(Revision(config.revision))
        try:
            async with asyncio.timeout(self._patience_s + size / 1e6 * PATIENCE_PER_MEGABYTE_S):
                while self._applied < config.revision:
                    await self._changed.wait()
        except TimeoutError:
            return

    def applied(self, revision: int) -> None:
        """Every live worker answers by `revision`."""
        self._applied = revision
        self._changed.set()
        self._changed = asyncio.Event()
