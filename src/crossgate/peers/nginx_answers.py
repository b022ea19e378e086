"""What nginx answers to one kind of request: its rewrite phase, and the headers of the block that it ends in."""

import re
from collections.abc import Iterable

import msgspec

from crossgate.peers.nginx_syntax import Directive
from crossgate.peers.nginx_values import Definitions, Test, Variables, World

REDIRECTS = {"301", "302", "303", "307", "308"}
CONDITION = re.compile(r"^(!?)(=|~\*?)$")

DECIDING = {
    *("set", "if", "return", "rewrite", "break"),
    *("add_header", "add_header_inherit", "more_set_headers", "more_clear_headers"),
    *("header_filter_by_lua", "header_filter_by_lua_block"),
}

LUA_HEADER = re.compile(
    r"""ngx\.header(?:\[\s*["']([\w-]+)["']\s*\]|\.(\w+))\s*=\s*("[^"]*"|'[^']*'|[^\n;]+)""",
)
LUA_ORIGIN = re.compile(r"""ngx\.var\.http_origin|get_headers\(\)\s*(?:\[\s*["']origin["']\s*\]|\.origin)""", re.I)


class Header(msgspec.Struct, frozen=True):
    """A header that the answer carries. `on_errors`: whether answers of any status do."""

    name: str
    value: str
    directive: Directive
    on_errors: bool
    replaces: bool = False


class Answer(msgspec.Struct, frozen=True):
    """An answer: its headers, and the `return` that made it, if nginx made it itself before looking any further.

    `asked` and `consulted` are the tests and maps that decided it. `redirects` are those that the request met and
    that would have answered it under a condition not known here.
    """

    headers: tuple[Header, ...]
    returned: Directive | None
    asked: tuple[Test, ...]
    consulted: frozenset[tuple[str, str]]
    redirects: tuple[Directive, ...]

    def values(self, name: str) -> list[Header]:
        """Every header of that name that is not empty: nginx leaves an empty one out."""
        return [header for header in self.headers if header.name == name and header.value]

    @property
    def status(self) -> str:
        """The status that `return` gives; empty when it is not nginx that decides."""
        if self.returned is None:
            return ""
        return self.returned.args[0] if self.returned.args[0].isdigit() else "302"

    @property
    def refuses(self) -> bool:
        """Whether nginx itself answers with an error."""
        return self.status.startswith(("4", "5"))


def answer(chain: tuple[Directive, ...], world: World, known: Definitions) -> Answer:
    """What a request gets that ends up in the last block of a chain that begins with the whole document."""
    work = _Rewriting(Variables(world, known))
    for block in chain[:-1]:
        if block.name == "server":
            work.run(block.inside, chooses_blocks=False)
    work.run(chain[-1].inside, chooses_blocks=chain[-1].name != "server")
    blocks = chain if work.chosen is None else (*chain, work.chosen)
    headers = _headers(blocks, work.variables)
    asked = tuple(work.variables.asked.values())
    consulted = frozenset(work.variables.consulted)
    return Answer(headers, work.returned, asked, consulted, tuple(work.redirects))


def deciding(block: Directive) -> Directive:
    """A block without all that has no part in an answer, so that it is asked many times quickly."""
    kept = (each if each.block is None else deciding(each) for each in block.inside if each.name in DECIDING)
    return msgspec.structs.replace(block, block=tuple(kept))


def nearest(blocks: Iterable[Directive], *names: str) -> list[Directive]:
    """The directives of these names at the innermost level that has any: how nginx inherits."""
    for block in reversed(list(blocks)):
        if found := [directive for directive in block.inside if directive.name in names]:
            return found
    return []


class _Rewriting:
    """nginx's rewrite phase: `set`, `if`, `return`, `rewrite` and `break`, in the order they are written."""

    def __init__(self, variables: Variables) -> None:
        self.variables = variables
        self.chosen: Directive | None = None
        self.returned: Directive | None = None
        self.redirects: list[Directive] = []
        self._is_over = False

    def run(self, directives: Iterable[Directive], *, chooses_blocks: bool) -> None:
        """Carry out a block. An `if` in a location that holds takes the place of the location."""
        for directive in directives:
            if self.returned or self._is_over:
                break
            if directive.name == "if":
                self._if(directive, chooses_blocks=chooses_blocks)
            else:
                self._statement(directive)
        self._is_over = False

    def _if(self, directive: Directive, *, chooses_blocks: bool) -> None:
        if not self._is_met(directive):
            self.redirects += [each for each in directive.inside if is_redirect(each)]
            return
        if chooses_blocks:
            self.chosen = directive
        self.run(directive.inside, chooses_blocks=chooses_blocks)
        self._is_over = any(each.name == "break" for each in directive.inside)

    def _statement(self, directive: Directive) -> None:
        if directive.name == "set" and len(directive.args) == 2:
            self.variables.set(*directive.args)
        elif directive.name == "return" and directive.args:
            self.returned = directive
        elif directive.name == "break":
            self._is_over = True
        elif is_redirect(directive):
            self.redirects.append(directive)

    def _is_met(self, directive: Directive) -> bool:
        args = directive.args
        if len(args) == 1:
            return self.variables.is_true(Test(args[0], "set", "", directive.place))
        operator = CONDITION.match(args[1]) if len(args) == 3 else None
        if operator is None:
            # Whether a file exists. It says nothing about origins.
            return False
        pattern = self.variables.value(args[2]) if operator[2] == "=" else args[2]
        test = Test(args[0], operator[2], pattern, directive.place)  # type: ignore[arg-type]
        return self.variables.is_true(test) is not bool(operator[1])


def is_redirect(directive: Directive) -> bool:
    """Whether this sends the client somewhere else."""
    if directive.name == "return" and directive.args:
        return directive.args[0] in REDIRECTS or not directive.args[0].isdigit()
    if directive.name != "rewrite" or len(directive.args) < 2:
        return False
    is_absolute = directive.args[1].startswith(("http://", "https://", "$scheme"))
    return is_absolute or directive.args[2:3] in (("redirect",), ("permanent",))


def _headers(blocks: tuple[Directive, ...], variables: Variables) -> tuple[Header, ...]:
    headers: list[Header] = []
    for directive in _added(blocks):
        if len(directive.args) >= 2:
            name, value = directive.args[:2]
            on_errors = directive.args[2:3] == ("always",)
            headers.append(Header(name.lower(), variables.value(value), directive, on_errors))
    for block in blocks:
        for directive in block.inside:
            if directive.name == "more_set_headers":
                headers = _replaced(headers, _more_set(directive, variables))
            elif directive.name == "more_clear_headers":
                headers = [header for header in headers if not _is_cleared(header, directive)]
    for directive in nearest(blocks, "header_filter_by_lua_block", "header_filter_by_lua"):
        headers = _replaced(headers, _from_lua(directive))
    return tuple(headers)


def _added(blocks: tuple[Directive, ...]) -> list[Directive]:
    """The `add_header`s in effect: one in a block drops those of the blocks around it, unless it says `merge`."""
    found: list[Directive] = []
    for block in reversed(blocks):
        here = [directive for directive in block.inside if directive.name == "add_header"]
        found = [*here, *found]
        inherits = [directive.args[:1] for directive in block.inside if directive.name == "add_header_inherit"]
        if (found and inherits != [("merge",)]) or inherits == [("off",)]:
            break
    return found


def _replaced(headers: list[Header], by: list[Header]) -> list[Header]:
    names = {header.name for header in by}
    return [*(header for header in headers if header.name not in names), *by]


def _more_set(directive: Directive, variables: Variables) -> list[Header]:
    words = list(directive.args)
    has_statuses = False
    found = []
    while words:
        word = words.pop(0)
        if word in {"-s", "-t", "-r", "-a"}:
            has_statuses |= word == "-s"
            if word in {"-s", "-t"} and words:
                words.pop(0)
            continue
        name, colon, value = word.partition(":")
        if colon:
            known = variables.value(value.strip())
            found.append(Header(name.strip().lower(), known, directive, not has_statuses, replaces=True))
    return found


def _is_cleared(header: Header, directive: Directive) -> bool:
    patterns = [word.strip().lower() for arg in directive.args for word in arg.split(",")]
    return any(
        header.name.startswith(pattern[:-1]) if pattern.endswith("*") else header.name == pattern
        for pattern in patterns
    )


def _from_lua(directive: Directive) -> list[Header]:
    """Headers that Lua assigns. Conditions around the assignment are not understood: it counts as always made."""
    found = []
    for match in LUA_HEADER.finditer(" ".join(directive.args)):
        name = (match[1] or match[2].replace("_", "-")).lower()
        written = match[3].strip()
        if LUA_ORIGIN.search(written):
            value = "${http_origin}"
        elif written[:1] in {'"', "'"}:
            value = written[1:-1]
        else:
            value = f"${{lua: {written}}}"
        found.append(Header(name, value, directive, on_errors=True, replaces=True))
    return found
