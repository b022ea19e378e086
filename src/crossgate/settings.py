"""Settings: what an operator may choose for one `crossgate up`, from options or CROSSGATE_ variables."""

import os
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

Quota = Annotated[int, Field(ge=0)] | None
QUOTAS = ("groups", "apis", "apis_per_group", "environments", "plugins", "apps")
Port = Annotated[int, Field(ge=0, le=65535)]


def cores() -> int:
    """The processor cores this process may use."""
    return len(os.sched_getaffinity(0))


class Settings(BaseSettings):
    """One field is one option and one variable: `http_port`, `--http-port`, `CROSSGATE_HTTP_PORT`.

    An option wins over its variable. Quotas have variables alone; without one there is no limit. Both ports stay
    on this machine unless `host` says otherwise: what others may reach is for the operator to decide.
    `access_log` is a path, `-` for standard output or `off`; without it `access.log` in `data`. `functions` is a
    file; without it `functions.toml` in `data`, where there is one. `preflights` has a variable alone: how many a
    worker answers to one address within a second.
    """

    model_config = SettingsConfigDict(env_prefix="CROSSGATE_", env_ignore_empty=True, frozen=True)

    data: Path = Path("crossgate-data")
    http_port: Port = 8080
    admin_port: Port = 8081
    workers: Annotated[int, Field(ge=1, le=1024)] = Field(default_factory=cores)
    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    drain: Annotated[float, Field(ge=0, le=3600)] = 30.0
    access_log: str | None = None
    functions: Path | None = None
    preflights: Annotated[int, Field(ge=1)] = 10_000

    quota_groups: Quota = None
    quota_apis: Quota = None
    quota_apis_per_group: Quota = None
    quota_environments: Quota = None
    quota_plugins: Quota = None
    quota_apps: Quota = None

    def quotas(self) -> dict[str, int | None]:
        """How many of each kind there may be, by the kind's name; None is no limit."""
        return {name: getattr(self, f"quota_{name}") for name in QUOTAS}

    @model_validator(mode="after")
    def _two_ports(self) -> Self:
        if self.http_port and self.http_port == self.admin_port:
            raise ValueError(f"--http-port and --admin-port are both {self.http_port}; choose two ports")
        return self
