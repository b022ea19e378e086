"""What a worker is made of."""

import subprocess
import sys

# It opens the secrets of its snapshot, and nothing else that is stored.
OPENS = {"crossgate.store", "crossgate.store.sealing"}
HEAVY = {"sqlalchemy", "aiosqlite", "alembic", "fastapi", "starlette", "uvicorn", "pydantic", "typer", "rich"}


def test_a_worker_imports_nothing_of_the_control_plane() -> None:
    """It starts in a fraction of a second, and its memory holds what serves requests."""
    loaded = subprocess.run(
        [sys.executable, "-c", "import crossgate.cli.child, crossgate.app.worker, sys; print(*sys.modules)"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()

    assert "crossgate.gateway.listener" in loaded
    assert not HEAVY & {module.partition(".")[0] for module in loaded}
    planes = [module for module in loaded if module.startswith(("crossgate.store", "crossgate.control"))]
    assert set(planes) == OPENS
