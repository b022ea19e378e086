"""Answers that are kept for whoever asks the same again. Pure: the time is handed in."""

from typing import Final, Literal

import msgspec

from crossgate.core.policies.asking import MEBIBYTE, Answer, Ask

MAX_ANSWERS: Final = 10_000
MAX_BYTES: Final = 32 * MEBIBYTE
REST_S: Final = 5.0
"""Seconds that a service which had no answer is left alone, as long as there is a stale one."""
_OVERHEAD_BYTES: Final = 500

State = Literal["fresh", "stale", "resting", "failing"]


class _Kept(msgspec.Struct):
    """An answer, and since when it is kept; `failed_at` is when its service last had no newer one."""

    answer: Answer
    since: float
    until: float
    size: int
    failed_at: float | None = None


class AnswerCache:
    """Keeps the newest answers, bounded in number and bytes; the oldest goes first.

    An answer is as fresh as the one who asks allows: a shorter `ttl_s` holds from its first ask on.
    """

    def __init__(self, max_answers: int = MAX_ANSWERS, max_bytes: int = MAX_BYTES) -> None:
        self._max_answers = max_answers
        self._max_bytes = max_bytes
        self._kept: dict[str, _Kept] = {}
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, ask: Ask, now: float) -> tuple[Answer, State] | None:
        """What is kept for `ask`.

        `fresh` is as good as asking; `stale` is for where the service turns out to have none. Where it had none
        when it was last asked nobody waits for it again: it is left alone (`resting`) until it may be asked while
        the stale answer is given (`failing`).
        """
        kept = self._kept.get(ask.cache_key)
        if kept is None or now >= min(kept.until, kept.since + ask.ttl_s + ask.stale_s):
            return None
        if now < kept.since + ask.ttl_s:
            return kept.answer, "fresh"
        if kept.failed_at is None:
            return kept.answer, "stale"
        return kept.answer, "resting" if now < kept.failed_at + REST_S else "failing"

    def keep(self, ask: Ask, answer: Answer, now: float) -> None:
        """Keeps `answer` in place of an older one."""
        self._drop(ask.cache_key)
        size = _size(ask.cache_key, answer)
        if not ask.ttl_s or size > self._max_bytes:
            return
        self._kept[ask.cache_key] = _Kept(answer, now, now + ask.ttl_s + ask.stale_s, size)
        self._bytes += size
        while len(self._kept) > self._max_answers or self._bytes > self._max_bytes:
            self._drop(next(iter(self._kept)))

    def rest(self, ask: Ask, now: float) -> None:
        """Notes that the service had no answer just now."""
        kept = self._kept.get(ask.cache_key)
        if kept is not None:
            kept.failed_at = now

    def sweep(self, now: float) -> None:
        """Drops what is of no more use."""
        for key in [key for key, kept in self._kept.items() if now >= kept.until]:
            self._drop(key)

    def _drop(self, key: str) -> None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            self._bytes -= kept.size


def _size(key: str, answer: Answer) -> int:
    """About how many bytes of memory an answer takes."""
    named = sum(len(name) + len(value) + _OVERHEAD_BYTES // 5 for name, value in answer.fields)
    return len(key) + len(answer.body) + named + _OVERHEAD_BYTES
