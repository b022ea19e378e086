"""What is printed: exact bytes in marked blocks, and beside them words for people."""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from demo.exchange import Difference, Exchange
from demo.page import Button, Outcome, Role


class Display:
    """The terminal. A line is never wrapped, cut, or read as markup."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)

    def say(self, words: str = "", style: str = "") -> None:
        """Plain words."""
        self._line(Text(words, style))

    def warn(self, words: str) -> None:
        """Something to know that is no failure."""
        self.say(words, "yellow")

    def fail(self, words: str) -> None:
        """Why this ends here."""
        self.say(words, "bold red")

    def heading(self, words: str) -> None:
        """A new part."""
        self.say()
        self.say(f"━━ {words}", "bold")

    def exchange(self, number: int, exchange: Exchange, raw: bytes, differences: Sequence[Difference]) -> None:
        """One exchange: what was sent, what came, what that means, and whether it is right."""
        self.heading(f"{number}. {exchange.title}")
        self._block("request", exchange.request_bytes(), ">", "cyan")
        self._block("answer", raw, "<", "green")
        self.say(exchange.explanation.strip())
        self._verdict(differences)

    def page(self, role: Role, address: str) -> None:
        """The page whose readings follow."""
        self._line(Text.assemble(("The page on ", ""), (address, "bold"), f", the {role} origin"))

    def reading(self, button: Button, outcome: Outcome, differences: Sequence[Difference]) -> None:
        """What a page read when a button was pressed."""
        got = f"{outcome.status} {outcome.body}" if outcome.error is None else outcome.error
        self._line(Text.assemble(f"  {button.title}: ", (got, "yellow" if outcome.error else "bold")))
        self._verdict(differences, "    ")

    def total(self, what: str, number: int, faulty: int) -> None:
        """How it all went."""
        self.say()
        if faulty:
            self.fail(f"{faulty} of {number} {what} differ from what was expected.")
        else:
            self.say(f"All {number} {what} are as expected.", "bold green")

    def _block(self, title: str, raw: bytes, mark: str, style: str) -> None:
        self._line(Text.assemble((f"{mark}{mark} {title}", f"bold {style}"), (f", {len(raw)} bytes", "dim")))
        for line in wire_lines(raw):
            self._line(Text.assemble((mark, "dim"), " " if line else "", (line, style)))

    def _verdict(self, differences: Sequence[Difference], indent: str = "") -> None:
        if not differences:
            self.say(f"{indent}✓ as expected", "green")
        for difference in differences:
            self.say(f"{indent}✗ {difference.what}", "bold red")
            self.say(f"{indent}    expected  {_or_nothing(difference.expected)}", "red")
            self.say(f"{indent}    got       {_or_nothing(difference.got)}", "red")

    def _line(self, text: Text) -> None:
        self._console.print(text, soft_wrap=True)


def wire_lines(raw: bytes) -> Iterator[str]:
    """`raw` as lines for a terminal: CRLF ends a line, any other byte that is not text is escaped."""
    for line in raw.removesuffix(b"\r\n").split(b"\r\n"):
        text = line.decode("utf-8", "backslashreplace")
        yield "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def _or_nothing(value: str | None) -> str:
    return "nothing" if value is None else value
