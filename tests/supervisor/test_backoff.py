"""How long a dead child stays dead."""

from crossgate.supervisor.backoff import Backoff


def test_an_accident_costs_nothing() -> None:
    """A child that lived a while starts again at once, however often that happens."""
    backoff = Backoff()

    assert [backoff.pause_s(lived_s) for lived_s in (60.0, 1.0, 2.0)] == [0.0, 0.0, 0.0]


def test_quick_deaths_wait_longer_and_longer_to_a_low_limit() -> None:
    """The first quick death costs nothing; the pause then doubles and stays at one second."""
    backoff = Backoff()

    assert [backoff.pause_s(0.1) for _ in range(7)] == [0.0, 0.1, 0.2, 0.4, 0.8, 1.0, 1.0]


def test_a_long_life_is_forgiven() -> None:
    """After a life that was long enough the pauses begin anew."""
    backoff = Backoff()
    for _ in range(5):
        backoff.pause_s(0.0)
    backoff.pause_s(5.0)

    assert backoff.pause_s(0.0) == 0.0
