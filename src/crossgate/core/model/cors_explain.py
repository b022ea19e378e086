"""The query of `cors-explain`, which is ours and not the contract's."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from crossgate.core.model.environment import RELEASE_ID


class CorsExplainQuery(BaseModel):
    """Which page would ask, and how. `headers` are the names it sets, separated by commas."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    origin: Annotated[str, Field(min_length=1)]
    env_id: str | None = None
    env: str | None = None
    method: str | None = None
    headers: str = ""
    credentials: Literal["omit", "same-origin", "include"] = "same-origin"
    browser: Literal["all", "standard", "chromium", "firefox", "webkit"] = "all"

    @property
    def environment(self) -> str:
        """The id or name of the environment, RELEASE unless another is given."""
        return self.env_id or self.env or RELEASE_ID

    @property
    def names(self) -> list[str]:
        """The names in `headers`."""
        return [name.strip() for name in self.headers.split(",") if name.strip()]
