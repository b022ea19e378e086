"""Counting calls: what a policy wants to spend, and what one counter then says."""

from typing import Literal

import msgspec

TimeUnit = Literal["SECOND", "MINUTE", "HOUR", "DAY"]
SECONDS: dict[TimeUnit, int] = {"SECOND": 1, "MINUTE": 60, "HOUR": 3600, "DAY": 86400}


class Period(msgspec.Struct, frozen=True):
    """How long calls are counted together, in the contract's two fields."""

    interval: int
    unit: TimeUnit

    @property
    def seconds(self) -> int:
        """Its length."""
        return self.interval * SECONDS[self.unit]

    def __str__(self) -> str:
        """As the debug headers have it: `10 second` (gateway.md 4)."""
        return f"{self.interval} {self.unit.lower()}"


class Spending(msgspec.Struct, frozen=True):
    """One call to be counted under `key`, of which `limit` are allowed within `seconds`.

    A period begins with the first call after the last one has ended. With `anchor`, seconds since the epoch,
    periods follow each other from there instead, whether calls come or not.
    """

    key: str
    limit: int
    seconds: int
    anchor: float | None = None


class Left(msgspec.Struct, frozen=True):
    """What remains after a call was counted, in the order asked for; `refused` is the first without any left."""

    remaining: tuple[int, ...]
    refused: int | None = None
