"""Five failures in a row lock a name for five minutes."""

from crossgate.admin.lockout import REMEMBERED, Lockout


def failed(times: int, *, at_s: float = 0.0) -> Lockout:
    lockout = Lockout()
    for _ in range(times):
        lockout.fail("ak", at_s)
    return lockout


def test_the_fifth_failure_locks() -> None:
    """Four failures leave the name free; the fifth locks it, and nobody else."""
    assert not failed(4).is_locked("ak", 0.0)
    assert failed(5).is_locked("ak", 0.0)
    assert not failed(5).is_locked("another", 0.0)


def test_a_lock_ends_after_five_minutes() -> None:
    """The lock holds for 300 seconds after the fifth failure, and then five more attempts are free."""
    lockout = failed(5, at_s=1000.0)
    assert lockout.is_locked("ak", 1299.9)
    assert not lockout.is_locked("ak", 1300.0)
    lockout.fail("ak", 1300.0)
    assert not lockout.is_locked("ak", 1300.0)


def test_a_success_forgets_the_failures() -> None:
    """Only failures in a row count."""
    lockout = failed(4)
    lockout.succeed("ak")
    lockout.fail("ak", 0.0)
    assert not lockout.is_locked("ak", 0.0)


def test_guessed_names_cannot_fill_the_memory() -> None:
    """The oldest name is forgotten when there are too many."""
    lockout = failed(5)
    for number in range(REMEMBERED):
        lockout.fail(f"guess-{number}", 1.0)
    assert not lockout.is_locked("ak", 1.0)
