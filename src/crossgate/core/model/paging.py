"""Which part of a list is asked for (gateway.md 0, lists)."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

DEFAULT_LIMIT = 20
MAX_LIMIT = 500
# Further than any list reaches, and as far as a database can count.
MAX_OFFSET = 2**63 - 1


def _offset(value: Any) -> Any:
    return min(max(value, 0), MAX_OFFSET) if isinstance(value, int) else value


def _limit(value: Any) -> Any:
    if not isinstance(value, int):
        return value
    return DEFAULT_LIMIT if value < 1 else min(value, MAX_LIMIT)


def _number(value: Any) -> Any:
    """The query string's digits as a number; anything else is left for the type check to refuse."""
    return int(value) if isinstance(value, str) and value.lstrip("-").isdecimal() else value


def _tags(value: Any) -> Any:
    """Tags come as repeated parameters, as one comma list, or as both."""
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, list) or not all(isinstance(part, str) for part in given):
        return given
    return [tag.strip() for part in given for tag in part.split(",") if tag.strip()]


Tags = Annotated[list[str], BeforeValidator(_tags)]
NO_TAGS = "#no_tags#"


class Page(BaseModel):
    """The query of every list: out-of-range numbers are moved into range, as the contract does.

    `precise_search` is a comma list of the fields to match exactly; the others match as a part, in any case.
    An empty parameter counts as absent.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    offset: Annotated[int, BeforeValidator(_offset), BeforeValidator(_number)] = 0
    limit: Annotated[int, BeforeValidator(_limit), BeforeValidator(_number)] = DEFAULT_LIMIT
    precise_search: str = ""

    @model_validator(mode="before")
    @classmethod
    def _empty_is_absent(cls, data: Any) -> Any:
        if isinstance(data, dict):
            return {name: value for name, value in data.items() if value not in (None, "")}
        return data

    def is_precise(self, field: str) -> bool:
        """Whether `field` must match exactly."""
        return field in {name.strip() for name in self.precise_search.split(",")}
