"""What a check comes to: the steps it took, and why it refuses, if it does."""

import msgspec

from crossgate.cors.browser.values import Step


class Refusal(msgspec.Struct, frozen=True):
    """A stable code, and what its sentences need to know. The codes are the keys of `reasons.REASONS`."""

    code: str
    values: dict[str, str] = {}


class Verdict(msgspec.Struct, frozen=True):
    """The outcome of one check under one profile; it passed when there is no refusal."""

    steps: tuple[Step, ...]
    refusal: Refusal | None = None
    warnings: tuple[str, ...] = ()


def shown(value: bytes | None) -> str:
    """Bytes for a reader: a character a byte; what is absent shows as nothing."""
    return "" if value is None else value.decode("latin-1")
