"""How long a dead child stays dead."""

LONG_ENOUGH_S = 1.0
"""A child that lived this long died by accident, not because it cannot live."""

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 1.0


class Backoff:
    """At once after an accident; after deaths in quick succession a pause that doubles, to one second."""

    def __init__(self) -> None:
        self._quick_deaths = 0

    def pause_s(self, lived_s: float) -> float:
        """Seconds to wait before the child that lived `lived_s` is started again."""
        if lived_s >= LONG_ENOUGH_S:
            self._quick_deaths = 0
            return 0.0
        self._quick_deaths += 1
        if self._quick_deaths == 1:
            return 0.0
        return float(min(FIRST_PAUSE_S * 2 ** (self._quick_deaths - 2), LONGEST_PAUSE_S))
