"""Metrics, as a Prometheus server asks for them."""

import asyncio
from pathlib import Path

import httpx2

from crossgate.admin.app import create_app
from crossgate.control.control import Control
from crossgate.store.database import Database
from crossgate.store.sealing import Seal
from tests.admin.conftest import AdminServer, Published

TOLD = "# TYPE crossgate_requests_total counter\n"


async def _asked(directory: Path) -> httpx2.Response:
    database = await Database.open(directory)
    app = create_app(Control(database, Published(), Seal(b"k" * 32)), lambda: TOLD)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://admin") as client:
        answer = await client.get("/metrics")
    await database.close()
    return answer


def test_metrics_are_open_to_anybody(tmp_path: Path) -> None:
    """A scraper gets what the workers counted, without credentials, in the format it knows."""
    answer = asyncio.run(_asked(tmp_path))

    assert (answer.status_code, answer.text) == (200, TOLD)
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"


def test_nothing_else_is_done_there(admin: AdminServer) -> None:
    """Only the one route is open: another method, or a path below it, wants credentials."""
    assert httpx2.post(f"{admin.url}/metrics").status_code == 401
    assert httpx2.get(f"{admin.url}/metrics/").status_code == 401
    assert httpx2.get(f"{admin.url}/metrics").status_code == 200
