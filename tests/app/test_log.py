"""A log line is one line, and every value in it can be told apart."""

import logging
import os
import re
import time

import pytest

from crossgate.app.log import LineFormatter, PatientHandler


def line(message: str, child: str = "", **extra: object) -> str:
    """What the formatter makes of one event."""
    record = logging.makeLogRecord({"msg": message, "levelno": logging.WARNING, "levelname": "WARNING", **extra})
    return LineFormatter(child).format(record)


def test_a_line_has_time_level_event_and_pairs() -> None:
    """The pairs stand in the order they were given, the process first."""
    written = line("snapshot applied", child="worker-1", revision=7, took_s=0.25)

    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z warning snapshot applied child=worker-1 revision=7 took_s=0\.25",
        written,
    )


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("plain", "plain"),
        ("two words", '"two words"'),
        ("a=b", '"a=b"'),
        ("", '""'),
        ("a\nb\x1b[31m", '"a\\nb\\u001b[31m"'),
        ('say "no"', '"say \\"no\\""'),
        ("中文", "中文"),
        (None, "None"),
    ],
)
def test_a_value_that_is_not_one_word_is_quoted(value: object, written: str) -> None:
    """Nothing a caller sent can begin a new line or look like another pair."""
    assert line("refused", reason=value).endswith(f" reason={written}")


def test_a_reader_that_sleeps_holds_up_nobody() -> None:
    """Far more than a pipe can take is logged without waiting, and arrives when somebody reads."""
    reading, writing = os.pipe()
    with open(reading, encoding="ascii") as reader, open(writing, "w", encoding="ascii") as writer:
        handler = PatientHandler(writer)
        handler.setFormatter(LineFormatter())
        began = time.monotonic()
        for number in range(5_000):
            handler.handle(logging.makeLogRecord({"msg": "event", "levelname": "INFO", "number": number}))

        assert time.monotonic() - began < 5.0
        for number in range(5_000):
            assert reader.readline().endswith(f" info event number={number}\n")
        handler.close()
