"""A whole control plane over a real database file, with a data plane that only remembers what it was given."""

import asyncio
import json
from collections.abc import Coroutine, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from crossgate.control import (
    apis,
    audit_trail,
    authorizers,
    bindings,
    environments,
    groups,
    operators,
    plugins,
    publishing,
)
from crossgate.control.audit import Actor
from crossgate.control.control import Control, Quotas
from crossgate.core.errors import Fault
from crossgate.core.model.api import ApiCreate
from crossgate.core.model.api_info import ApiInfo
from crossgate.core.model.audit import AuditEntry
from crossgate.core.model.authorizer import AuthorizerCreate
from crossgate.core.model.document import read
from crossgate.core.model.environment import RELEASE_ID, EnvCreate
from crossgate.core.model.group import ApiGroupCreate
from crossgate.core.model.paging import Page
from crossgate.core.model.plugin import PluginCreate, PluginOperApiInfo
from crossgate.core.model.publication import ApiActionInfo, PublishResp
from crossgate.core.snapshot.compile import compile_config
from crossgate.core.snapshot.config import Config, PublishedApi, decode, encode
from crossgate.store.database import Database
from crossgate.store.sealing import Seal

Answer = TypeVar("Answer")
ACTOR = Actor("admin", "192.0.2.7", "454d689fa69847610b3ca486458fb08b")


class Recorder:
    """A data plane that reads and compiles every Config as a worker does, and can be told to fail."""

    def __init__(self) -> None:
        self.configs: list[Config] = []
        self.failure: OSError | None = None
        self.takes_s = 0.0

    async def publish(self, config: Config) -> None:
        """Remember `config`; one that no worker could use fails the test."""
        await asyncio.sleep(self.takes_s)
        if self.failure is not None:
            raise self.failure
        assert compile_config(decode(encode(config))).revision == config.revision
        self.configs.append(config)


class World:
    """One control plane: `do` runs a verb, the other methods are shorthands for what many tests begin with."""

    def __init__(
        self, directory: Path, quotas: Quotas | None = None, functions: Mapping[str, str] | None = None
    ) -> None:
        self.runner = asyncio.Runner()
        self.recorder = Recorder()
        self.time = datetime(2026, 8, 3, 1, 36, tzinfo=UTC)
        self.database = self.do(Database.open(directory))
        seal = Seal(b"k" * 32)
        self.control = Control(self.database, self.recorder, seal, quotas, self._tick, functions=functions)
        self.credentials = self.do(operators.bootstrap(self.control))
        self.group_id = self.do(groups.create(self.control, ACTOR, ApiGroupCreate(name="shop"))).id

    def close(self) -> None:
        """Close the database and the loop."""
        self.do(self.database.close())
        self.runner.close()

    def do(self, verb: Coroutine[Any, Any, Answer]) -> Answer:
        """Run one verb to its end."""
        return self.runner.run(verb)

    def refused(self, verb: Coroutine[Any, Any, object]) -> Fault:
        """The Fault a verb ends with."""
        try:
            self.do(verb)
        except Fault as fault:
            return fault
        raise AssertionError("it was not refused")

    def api(self, name: str = "items", **fields: Any) -> ApiInfo:
        """A new mock API."""
        return self.do(apis.create(self.control, ACTOR, self.api_body(name, **fields)))

    def api_body(self, name: str = "items", **fields: Any) -> ApiCreate:
        """A mock API as a request; `fields` replace its own."""
        document = {
            "name": name,
            "type": 1,
            "req_protocol": "BOTH",
            "req_method": "GET",
            "req_uri": f"/{name}",
            "auth_type": "NONE",
            "backend_type": "MOCK",
            "mock_info": {"result_content": "hello"},
            "group_id": self.group_id,
        }
        return read(ApiCreate, document | fields)

    def authorizer(
        self,
        name: str = "check_token",
        kind: Any = "FRONTEND",
        uri: str = "https://functions.example.com/",
        **fields: Any,
    ) -> str:
        """A new custom authorizer's id."""
        document = {"name": name, "type": kind, "authorizer_type": "FUNC", "authorizer_uri": uri} | fields
        return self.do(authorizers.create(self.control, ACTOR, read(AuthorizerCreate, document))).id

    def environment(self, name: str) -> str:
        """A new environment's id."""
        return self.do(environments.create(self.control, ACTOR, EnvCreate(name=name))).id

    def publish(self, api_id: str, env_id: str = RELEASE_ID, action: Any = "online") -> PublishResp:
        """Publish an API, or take it offline."""
        return self.do(self.publishing(api_id, env_id, action))

    def publishing(
        self, api_id: str, env_id: str = RELEASE_ID, action: Any = "online"
    ) -> Coroutine[Any, Any, PublishResp]:
        """The verb that publishes an API, not yet run."""
        body = ApiActionInfo(action=action, env_id=env_id, api_id=api_id)
        return publishing.publish_or_offline(self.control, ACTOR, body)

    def plugin(self, name: str = "cors_one", methods: str = "GET,POST") -> str:
        """A new cors plugin's id."""
        return self.do(plugins.create(self.control, ACTOR, self.plugin_body(name, methods))).plugin_id

    def plugin_body(self, name: str = "cors_one", methods: str = "GET,POST") -> PluginCreate:
        """A cors plugin as a request."""
        content = json.dumps({"allow_origin": "https://app.example.com", "allow_methods": methods})
        return PluginCreate(plugin_name=name, plugin_type="cors", plugin_scope="global", plugin_content=content)

    def attaching(self, plugin_id: str, *api_ids: str, env_id: str = RELEASE_ID) -> Coroutine[Any, Any, Any]:
        """The verb that attaches a plugin to APIs, not yet run."""
        body = PluginOperApiInfo(env_id=env_id, api_ids=list(api_ids))
        return bindings.attach_apis(self.control, ACTOR, plugin_id, body)

    @property
    def config(self) -> Config:
        """What the data plane was given last."""
        return self.recorder.configs[-1]

    def published(self, api_id: str, env_id: str = RELEASE_ID) -> PublishedApi | None:
        """An API as the data plane knows it."""
        found = [api for api in self.config.apis if (api.api_id, api.env_id) == (api_id, env_id)]
        return found[0] if found else None

    def audit(self) -> list[AuditEntry]:
        """The audit trail, newest first."""
        return self.do(audit_trail.search(self.control, Page(limit=500))).traces

    def _tick(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time
