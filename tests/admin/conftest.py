"""A real admin API on a loopback port, its store in a temporary directory, and the clients that call it."""

import asyncio
import itertools
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx2
import pytest
import uvicorn
from huaweicloudsdkapig import v2 as sdk

from crossgate.admin.app import create_app
from crossgate.control import instances, operators
from crossgate.control.control import Control, Quotas
from crossgate.control.operators import Credentials
from crossgate.core.snapshot.config import Config
from crossgate.store.database import Database
from crossgate.store.sealing import Seal
from tests.admin.cloud import Cloud

_numbers = itertools.count(1)


class Published:
    """A data plane that does nothing but remember the newest Config it was given."""

    config: Config | None = None

    async def publish(self, config: Config) -> None:
        self.config = config


class AdminServer(NamedTuple):
    """A running admin API, and what its operator knows."""

    url: str
    project_id: str
    instance_id: str
    operator: Credentials
    data_plane: Published

    @property
    def base(self) -> str:
        """The address every route of the gateway hangs off."""
        return f"{self.url}/v2/{self.project_id}/apigw/instances/{self.instance_id}"


class _Thread(threading.Thread):
    """Serves the admin API in an event loop of its own until it is told to stop."""

    def __init__(self, directory: Path, quotas: Quotas) -> None:
        super().__init__(daemon=True)
        self.ready = threading.Event()
        self.admin: AdminServer | None = None
        self.server: uvicorn.Server | None = None
        self._directory = directory
        self._quotas = quotas

    def run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        database = await Database.open(self._directory)
        data_plane = Published()
        control = Control(database, data_plane, Seal(b"k" * 32), self._quotas)
        credentials = await operators.bootstrap(control)
        assert credentials is not None
        instance = await instances.current(control)
        listening = socket.create_server(("127.0.0.1", 0))
        # An answer is two writes; without this the second one waits for the client to acknowledge the first.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        self.admin = AdminServer(url, instance.project_id, instance.id, credentials, data_plane)
        self.server = uvicorn.Server(uvicorn.Config(create_app(control), log_config=None, lifespan="off"))
        self.ready.set()
        await self.server.serve([listening])
        await database.close()


@pytest.fixture(scope="module")
def quotas() -> Quotas:
    """How much the gateway may hold; a test module that needs less says so itself."""
    return Quotas()


@pytest.fixture(scope="module")
def admin(tmp_path_factory: pytest.TempPathFactory, quotas: Quotas) -> Iterator[AdminServer]:
    """A fresh gateway for each test module."""
    thread = _Thread(tmp_path_factory.mktemp("admin"), quotas)
    thread.start()
    assert thread.ready.wait(20), "the admin API did not start"
    assert thread.admin is not None
    assert thread.server is not None
    yield thread.admin
    thread.server.should_exit = True
    thread.join(20)


@pytest.fixture(scope="module")
def cloud(admin: AdminServer) -> Cloud:
    """The cloud's SDK, signing with the operator's AK/SK."""
    return Cloud(
        admin.url,
        access_key=admin.operator.access_key,
        secret_key=admin.operator.secret_key,
        project_id=admin.project_id,
        instance_id=admin.instance_id,
    )


@pytest.fixture(scope="module")
def token(admin: AdminServer) -> str:
    """An access token of the operator, asked for with the password."""
    user = {"name": admin.operator.user, "password": admin.operator.password}
    login = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}}}
    answer = httpx2.post(f"{admin.url}/v3/auth/tokens", json=login)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["X-Subject-Token"])


@pytest.fixture
def http(admin: AdminServer, token: str) -> Iterator[httpx2.Client]:
    """A plain client whose paths start at the gateway, carrying the operator's token."""
    with httpx2.Client(base_url=admin.base, headers={"X-Auth-Token": token}) as client:
        yield client


@pytest.fixture
def group(cloud: Cloud) -> sdk.ApiGroupInfo:
    """A group of the test's own."""
    return cloud.create_api_group_v2(body=sdk.ApiGroupCreate(name=f"group-{next(_numbers)}"))
