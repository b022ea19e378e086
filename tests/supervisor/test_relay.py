"""Who is told what: the table of the process protocol."""

import pytest

from crossgate.cluster.messages import Applied, Failed, Ready, Refused, Revision, Store
from crossgate.supervisor.relay import Relay

BROKEN = Store("broken", "the file is not a database")


@pytest.fixture
def relay() -> Relay:
    """Control and two workers that serve revision 1."""
    relay = Relay("control")
    for name in ("control", "a", "b"):
        relay.born(name)
        relay.heard(name, Ready(1))
    return relay


def test_a_revision_goes_to_every_worker(relay: Relay) -> None:
    """Every worker hears of a new revision, and control does not."""
    assert relay.heard("control", Revision(2)) == [("a", Revision(2)), ("b", Revision(2))]


def test_control_hears_the_lowest_revision_once(relay: Relay) -> None:
    """A change is applied when the last worker says so; the same number is not told twice."""
    assert relay.heard("a", Applied(2)) == []
    assert relay.heard("b", Applied(3)) == [("control", Applied(2))]
    assert relay.heard("b", Applied(3)) == []


def test_a_worker_that_boots_is_waited_for(relay: Relay) -> None:
    """Between its start and its ready nothing counts as applied: it may have read the file before."""
    relay.died("a")
    relay.born("a")

    assert relay.heard("b", Applied(2)) == []
    assert relay.heard("a", Ready(2)) == [("control", Applied(2))]


def test_a_dead_worker_is_not_waited_for(relay: Relay) -> None:
    """When the one that lags behind dies, the others decide."""
    relay.heard("b", Applied(2))

    assert relay.died("a") == [("control", Applied(2))]


def test_without_workers_what_was_announced_is_applied(relay: Relay) -> None:
    """Nobody serves anything older."""
    relay.died("a")
    relay.heard("control", Revision(5))

    assert relay.died("b") == [("control", Applied(5))]


def test_a_new_control_process_is_told_where_the_workers_are(relay: Relay) -> None:
    """What its predecessor knew is told again."""
    relay.died("control")

    assert relay.born("control") == [("control", Applied(1))]


def test_the_state_of_the_store_reaches_those_born_later(relay: Relay) -> None:
    """Workers hear what control found, and a worker that starts later hears it too."""
    assert relay.heard("control", BROKEN) == [("a", BROKEN), ("b", BROKEN)]
    relay.died("a")

    assert relay.born("a") == [("a", BROKEN)]


def test_a_refusal_goes_to_control(relay: Relay) -> None:
    """Control alone can write the snapshot anew."""
    refusal = Refused(0, "there is no snapshot")

    assert relay.heard("a", refusal) == [("control", refusal)]


def test_a_failure_is_for_the_supervisor_alone(relay: Relay) -> None:
    """Nobody else can act on it."""
    assert relay.heard("control", Failed("no")) == []
