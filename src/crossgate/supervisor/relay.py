"""What the supervisor passes on, as docs/architecture.md has it (section Processes); pure."""

from typing import assert_never

from crossgate.cluster.messages import Applied, Begin, Failed, Message, Ready, Refused, Revision, Store

Letter = tuple[str, Message]
"""A message and the name of the child it goes to."""


class Relay:
    """Remembers what was said and answers every event with the letters to send."""

    def __init__(self, control: str) -> None:
        self._control = control
        self._workers: dict[str, int] = {}
        self._announced = 0
        self._told = -1
        self._store: Store | None = None

    def born(self, name: str) -> list[Letter]:
        """`name` was started. A worker that boots answers nothing yet, so control waits for it."""
        if name == self._control:
            self._told = -1
            return self._tell_control()
        self._workers[name] = -1
        return [(name, self._store)] if self._store else []

    def died(self, name: str) -> list[Letter]:
        """`name` is gone: nobody has to wait for it."""
        self._workers.pop(name, None)
        return self._tell_control()

    def heard(self, name: str, message: Message) -> list[Letter]:
        """`name` said `message`."""
        match message:
            case Ready(revision) | Applied(revision):
                if name in self._workers:
                    self._workers[name] = revision
                return self._tell_control()
            case Revision(revision):
                self._announced = revision
                return [(worker, message) for worker in self._workers]
            case Store():
                self._store = message
                return [(worker, message) for worker in self._workers]
            case Refused():
                return [(self._control, message)]
            case Failed() | Begin():
                return []
            case _:
                assert_never(message)

    def _tell_control(self) -> list[Letter]:
        """The lowest revision of all live workers, when control does not know it yet."""
        lowest = min(self._workers.values(), default=self._announced)
        if lowest == self._told or lowest < 0:
            return []
        self._told = lowest
        return [(self._control, Applied(lowest))]
