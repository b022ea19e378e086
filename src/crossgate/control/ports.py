"""What the control plane needs from the outside."""

from typing import Protocol

from crossgate.core.snapshot.config import Config


class Publisher(Protocol):
    """Hands a Config to the data plane."""

    async def publish(self, config: Config) -> None:
        """Return once `config` is in effect, or once waiting any longer is pointless.

        Raises OSError when it could not be handed over; the next one carries what this one would have.
        """
