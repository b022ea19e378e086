"""Where a client's heads and bodies end in the stream of its bytes."""

END_OF_HEAD = b"\r\n\r\n"


def end_of(mark: bytes, tail: bytes | bytearray, data: bytes) -> int | None:
    """Where in `data` the first `mark` ends, which may begin in the `tail` of what came before; or None."""
    at = (tail + data).find(mark) if tail else data.find(mark)
    return None if at < 0 else at + len(mark) - len(tail)


class BodyEnd:
    """Tells the bytes of one body from those of the request behind it; `length` None means chunked."""

    def __init__(self, length: int | None) -> None:
        self._left = length
        self._tail = b""

    def within(self, data: bytes) -> int:
        """How many bytes at the front of `data` may be given to the parser at once: they end in this body."""
        if self._left is not None:
            end = min(self._left, len(data))
            self._left -= end
            return end
        # A chunked body ends with an empty line (RFC 9112 section 7.1), but not every empty line ends it.
        end = end_of(END_OF_HEAD, self._tail, data) or len(data)
        self._tail = (self._tail + data[:end])[-3:]
        return end
