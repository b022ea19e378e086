"""A cause: one thing that makes a signature fail, why it does, and what to change."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import msgspec

Compared = TypeVar("Compared")


class Cause(msgspec.Struct, frozen=True):
    """`code` is stable; `title` says what is wrong, `why` what follows from it, `fix` what to change."""

    code: str
    title: str
    why: str
    fix: str

    def naming(self, **names: str) -> "Cause":
        """The same with `names` in the `{}` places of its sentences."""
        return Cause(self.code, *(text.format(**names) for text in (self.title, self.why, self.fix)))


class Suspicion(msgspec.Struct, Generic[Compared], frozen=True):
    """A cause, and how to tell from what the two sides have that it is the one."""

    fits: Callable[[Compared], bool]
    cause: Cause


def likeliest(suspicions: Sequence[Suspicion[Compared]], compared: Compared, otherwise: Cause) -> Cause:
    """The first cause that fits."""
    return next((each.cause for each in suspicions if each.fits(compared)), otherwise)
