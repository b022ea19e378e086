"""Counters that several processes spend at a time, some of which are killed."""

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from crossgate.cluster import counters as module
from crossgate.cluster.counters import Counters
from crossgate.core.policies.spending import Left, Spending

NOW = 1_800_000_000.0
PROCESSES = 4
KILLS = 30
FEW_BUCKETS = 2
WIDE = Spending("api", 100_000, 3600)
NARROW = Spending("ip", 20_000, 3600)

# The test's own process has threads, and must not be forked; a process that has imported this beforehand may.
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["pytest", __name__])


def _start(run: Callable[..., None], *arguments: object) -> BaseProcess:
    process = _context.Process(target=run, args=arguments, daemon=True)
    process.start()
    return process


def _spend_all(file: Path, passed: Path) -> None:
    """Spends until nothing is left of WIDE; each call let in is a byte in `passed`, `n` where NARROW was spent."""
    counters = Counters(file)
    written = os.open(passed, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    keys: tuple[Spending, ...] = (NARROW, WIDE)
    while True:
        refused = counters.spend(keys, NOW).refused
        if refused is None:
            os.write(written, b"n" if len(keys) == 2 else b"w")
        elif keys[refused] is NARROW:
            keys = (WIDE,)
        else:
            return


def test_no_call_too_many_and_none_too_few(tmp_path: Path) -> None:
    """Four processes at once let in just as many calls as the limits allow, of each of two keys."""
    passed = [tmp_path / f"passed{number}" for number in range(PROCESSES)]
    for process in [_start(_spend_all, tmp_path / "counters", file) for file in passed]:
        process.join()
        assert process.exitcode == 0

    calls = b"".join(file.read_bytes() for file in passed)
    assert (len(calls), calls.count(b"n")) == (WIDE.limit, NARROW.limit)


def test_killing_a_process_again_and_again_changes_nothing(tmp_path: Path) -> None:
    """A killed process costs at most the one call it was about to let in; the others are never held up."""
    file, passed = tmp_path / "counters", [tmp_path / f"passed{number}" for number in range(PROCESSES)]
    others = [_start(_spend_all, file, each) for each in passed[1:]]
    kills = 0
    while any(other.is_alive() for other in others) and kills < KILLS:
        victim = _start(_spend_all, file, passed[0])
        time.sleep(0.02)
        victim.kill()
        victim.join()
        kills += 1
    for other in others:
        other.join()
        assert other.exitcode == 0

    calls = b"".join(each.read_bytes() for each in passed)
    assert kills > 3
    assert WIDE.limit - kills <= len(calls) <= WIDE.limit
    assert NARROW.limit - kills <= calls.count(b"n") <= NARROW.limit


def _die_at(step: int, file: Path) -> None:
    """Spends two keys for the first time, and is killed before the instruction `step` of doing so."""
    pytest.MonkeyPatch().setattr(module, "_BUCKETS", FEW_BUCKETS)
    counters = Counters(file)
    steps = iter(range(step))

    def trace(frame: FrameType, _event: str, _argument: Any) -> Any:
        frame.f_trace_opcodes = True
        if next(steps, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)
    counters.spend(_first_keys(step), NOW)
    sys.settrace(None)
    os._exit(0)


def _first_keys(step: int) -> tuple[Spending, Spending]:
    return Spending(f"one {step}", 2, 60), Spending(f"two {step}", 3, 60)


def test_a_kill_at_any_instruction_leaves_counters_to_count_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever a process dies, the others go on at once, and each key has counted its call or has not.

    The keys take rows of others that have counted more than their limits.
    """
    monkeypatch.setattr(module, "_BUCKETS", FEW_BUCKETS)
    file = tmp_path / "counters"
    survivor = Counters(file)
    found: set[Left] = set()
    step, is_over = 0, False
    while not is_over:
        for number in range(100 * 5):
            survivor.spend((Spending(f"old {step} {number // 5}", 5, 60),), NOW)
        victim = _start(_die_at, step, file)
        victim.join()
        is_over = victim.exitcode == 0
        found.add(survivor.look(_first_keys(step), NOW))
        step += 3
    survivor.close()

    assert step > 200
    assert found == {Left((2, 3)), Left((1, 3)), Left((1, 2))}
