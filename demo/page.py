"""The page: its buttons as data, the HTML that shows them, and whether a browser read what it must."""

from importlib import resources
from pathlib import Path
from typing import Any, Literal

import msgspec

from demo.exchange import Difference
from demo.setup import Sites

Role = Literal["listed", "foreign"]


class Outcome(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a script gets: an answer it may read, or the error it has to catch; `because` says why."""

    because: str = ""
    status: int | None = None
    headers: dict[str, str] = {}
    body: str | None = None
    error: str | None = None


class Button(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One button: the fetch() behind it, and what each of the two pages gets after `presses` presses."""

    name: str
    title: str
    sentence: str
    site: Literal["guide", "mdn"]
    path: str
    on_listed: Outcome
    on_foreign: Outcome
    init: dict[str, Any] = {}
    presses: int = 1

    def outcome(self, role: Role) -> Outcome:
        """What the page in `role` must get."""
        return self.on_listed if role == "listed" else self.on_foreign


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    button: list[Button]


def load_buttons() -> list[Button]:
    """The buttons, in the order of the page."""
    text = resources.files("demo").joinpath("buttons.toml").read_text("utf-8")
    return msgspec.toml.decode(text, type=_Document).button


def write_page(directory: Path, role: Role, gateway_port: int, sites: Sites, other_page: str) -> None:
    """Write the page for `role` into `directory`; `other_page` is the address of the other one."""
    buttons = [
        {
            "name": button.name,
            "title": button.title,
            "sentence": button.sentence,
            "url": f"http://{getattr(sites, button.site)}:{gateway_port}{button.path}",
            "init": button.init,
            "because": button.outcome(role).because,
            "expectsError": button.outcome(role).error is not None,
        }
        for button in load_buttons()
    ]
    facts = {"role": role, "other": other_page, "buttons": buttons}
    # `<` could end the script element from within a string.
    script = msgspec.json.encode(facts).decode().replace("<", "\\u003c")
    template = resources.files("demo").joinpath("page.html").read_text("utf-8")
    (directory / "index.html").write_text(template.replace("__FACTS__", script), "utf-8")


def check_outcome(expected: Outcome, got: Outcome) -> list[Difference]:
    """Everything in which what a page read is not what it should have read."""
    pairs = {
        "status": (expected.status, got.status),
        "readable headers": (expected.headers, got.headers),
        "body": (expected.body, got.body),
        "error": (expected.error, got.error),
    }
    return [
        Difference(what, None if wanted is None else str(wanted), None if had is None else str(had))
        for what, (wanted, had) in pairs.items()
        if wanted != had
    ]
