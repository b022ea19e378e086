"""The end of a child process: a signal or the end of the supervisor asks it to drain."""

import asyncio
import logging
import signal

log = logging.getLogger(__name__)


class End:
    """Set once, by SIGTERM or by whoever sees the supervisor go."""

    def __init__(self) -> None:
        self._asked = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.ask)

    def ask(self) -> None:
        """Begin to drain; from now on SIGTERM ends the process at once."""
        asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM)
        self._asked.set()

    async def asked(self) -> None:
        """Wait until the process is to end."""
        await self._asked.wait()
