"""Messages between two processes."""

import asyncio
import socket

import pytest

from crossgate.cluster.channel import Channel
from crossgate.cluster.messages import Applied, Failed, Message, MessageError, Ready, Refused, Revision, Store

MESSAGES: list[Message] = [
    Ready(3),
    Revision(4),
    Applied(4),
    Refused(5, "plugin p: a newline\nand a “quote”"),
    Store("broken", "the file is not a database"),
    Store("ok"),
    Failed("The database is newer than this program."),
]


def test_messages_arrive_in_order_and_then_the_end() -> None:
    """What is sent arrives as it was; a closed end reads as None, again and again."""

    async def story() -> list[Message | None]:
        ours, theirs = socket.socketpair()
        sender, receiver = await Channel.over(ours), await Channel.over(theirs)
        for message in MESSAGES:
            sender.send(message)
        sender.close()
        heard = [await receiver.receive() for _ in range(len(MESSAGES) + 2)]
        receiver.close()
        return heard

    assert asyncio.run(story()) == [*MESSAGES, None, None]


@pytest.mark.parametrize(
    "line", [b"what?\n", b"{}\n", b'{"event":"dance"}\n', b'{"event":"ready"}\n', b"x" * 200_000 + b"\n"]
)
def test_a_line_that_is_no_message_is_an_error_and_the_next_is_read(line: bytes) -> None:
    """A bad line costs that line only; one that is too long may be told of more than once."""

    async def story() -> tuple[int, Message | None]:
        ours, theirs = socket.socketpair()
        channel = await Channel.over(theirs)
        good = b'{"event":"ready","revision":1}\n'
        speaking = asyncio.create_task(asyncio.to_thread(ours.sendall, line + good))
        errors = 0
        while True:
            try:
                heard = await channel.receive()
                break
            except MessageError:
                errors += 1
        await speaking
        channel.close()
        ours.close()
        return errors, heard

    errors, heard = asyncio.run(story())

    assert errors >= 1
    assert heard == Ready(1)


def test_half_a_line_is_the_end() -> None:
    """A process that died while it spoke said nothing."""

    async def story() -> Message | None:
        ours, theirs = socket.socketpair()
        channel = await Channel.over(theirs)
        ours.sendall(b'{"event":"ready","rev')
        ours.close()
        heard = await channel.receive()
        channel.close()
        return heard

    assert asyncio.run(story()) is None


def test_sending_to_nobody_does_no_harm() -> None:
    """The supervisor may be gone before its child knows."""

    async def story() -> Message | None:
        ours, theirs = socket.socketpair()
        channel = await Channel.over(ours)
        theirs.close()
        for _ in range(10):
            channel.send(Ready(1))
            await asyncio.sleep(0)
        heard = await channel.receive()
        channel.close()
        return heard

    assert asyncio.run(story()) is None
