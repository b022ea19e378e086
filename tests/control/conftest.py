"""The control plane every test here works on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.control.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A control plane after its first start, with one group."""
    made = World(tmp_path)
    yield made
    made.close()
