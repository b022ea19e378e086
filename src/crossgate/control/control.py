"""The control plane: holds what every verb needs, and makes each change whole or not at all."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import uuid4

import msgspec
from pydantic import BaseModel

from crossgate.control import config
from crossgate.control.audit import Actor, Trace, without_secrets
from crossgate.control.ports import Publisher
from crossgate.core.errors import Finding
from crossgate.core.errors.admin import INTERNAL, PARAMETER_ERROR
from crossgate.store.database import ConflictError, Database, DatabaseUnusable
from crossgate.store.rows import Session
from crossgate.store.sealing import Seal
from crossgate.store.tables import AuditRecord, Revision


class Quotas(msgspec.Struct, frozen=True, kw_only=True):
    """The limits a cloud sells by tier (gateway.md 0, quotas); None is no limit."""

    groups: int | None = None
    apis: int | None = None
    apis_per_group: int | None = None
    environments: int | None = None
    plugins: int | None = None
    apps: int | None = None


class Change:
    """One change being made: its transaction, its moment, and what the audit record will name."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session = session
        self.now = now
        self._resource = ("", "")
        self._advised: list[str] = []

    def of(self, resource_id: str, resource_name: str) -> None:
        """Name the resource that is changed."""
        self._resource = (resource_id, resource_name)

    def advise(self, findings: Iterable[Finding]) -> None:
        """Note what the answer advises; the audit record keeps the codes."""
        self._advised += [finding.code for finding in findings if finding.code not in self._advised]

    async def record(self, actor: Actor, trace: Trace, request: dict[str, object]) -> int:
        """Write the revision and the audit record into the transaction; the revision's number."""
        revision = Revision(time=self.now)
        self.session.add(revision)
        await self.session.flush()
        resource_id, resource_name = self._resource
        # Beside what was sent, because the trail has no place of its own for what was answered.
        advised = {"warnings": self._advised} if self._advised else {}
        self.session.add(
            AuditRecord(
                revision=revision.revision,
                trace_name=trace.name,
                resource_type=trace.resource_type,
                resource_id=resource_id,
                resource_name=resource_name,
                user=actor.user,
                source_ip=actor.source_ip,
                request_id=actor.request_id,
                request={**without_secrets(request), **advised},
                code=trace.code,
                time=self.now,
            )
        )
        return revision.revision


class Control:
    """What every verb gets first: the database, the way to the data plane, the seal, the quotas, the clock.

    `functions` says where the functions of custom authorizers are, by URN.
    """

    def __init__(
        self,
        database: Database,
        publisher: Publisher,
        seal: Seal,
        quotas: Quotas | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        functions: Mapping[str, str] | None = None,
    ) -> None:
        self.seal = seal
        self.functions = functions or {}
        self.quotas = quotas or Quotas()
        self.now = now
        self._database = database
        self._publisher = publisher
        self._publishing = asyncio.Lock()
        self._published = -1

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Session]:
        """One consistent view of the store."""
        try:
            async with self._database.reading() as session:
                yield session
        except DatabaseUnusable as error:
            raise INTERNAL.because(str(error)) from error

    @asynccontextmanager
    async def changing(
        self, actor: Actor, trace: Trace, request: BaseModel | dict[str, object]
    ) -> AsyncIterator[Change]:
        """One change: resource, audit record and revision in one transaction, then in effect.

        Whatever is raised inside leaves nothing behind. On the way out the data plane is given the change when
        it can see it.
        """
        body = request if isinstance(request, dict) else request.model_dump(mode="json", exclude_none=True)
        try:
            async with self._database.writing() as session:
                change = Change(session, self.now())
                yield change
                revision = await change.record(actor, trace, body)
        except ConflictError as error:
            raise PARAMETER_ERROR.because(
                "another change got there first; read the resource again and repeat the request"
            ) from error
        except DatabaseUnusable as error:
            raise INTERNAL.because(str(error)) from error
        if trace.in_effect:
            await self.put_in_effect(revision)

    async def put_in_effect(self, revision: int | None = None) -> None:
        """Publish the newest state unless `revision` is already in effect; without one, publish in any case.

        Changes that wait here together are published once, and never an older state after a newer one.
        """
        async with self._publishing:
            if revision is not None and self._published >= revision:
                return
            async with self.reading() as session:
                newest = await config.read(session, self.functions)
            try:
                await self._publisher.publish(newest)
            except OSError as error:
                raise INTERNAL.because(f"the change is saved but not in effect yet ({error})") from error
            self._published = newest.revision


def new_id() -> str:
    """A fresh object id: 32 lower-case hex digits."""
    return uuid4().hex
