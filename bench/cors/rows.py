"""What is compared with what, and how far apart the two may be."""

from typing import NamedTuple

from bench.cors import contenders as c
from bench.cors.contenders import Contender
from crossgate.cors.table import compile_policy

BESIDE_STARLETTE, ORIGINS, PATTERNS, SHAPES = 0.2, 1.2, 1.5, 3.0
LONG = 64 * 1024
MANY_ORIGINS = 100_000
MANY_PATTERNS = 1_000


class Side(NamedTuple):
    """One side of a comparison: a contender, less what another takes."""

    contender: Contender
    less: Contender | None = None


class Row(NamedTuple):
    """One ratio; without a goal it is only told."""

    name: str
    ours: Side
    theirs: Side
    goal: float | None

    @property
    def contenders(self) -> list[Contender]:
        """Everything that has to be measured for it."""
        return [each for side in (self.ours, self.theirs) for each in side if each is not None]


class Section(NamedTuple):
    """Rows of one kind, with the words for their columns."""

    title: str
    how: str
    subject: str
    unit: str
    beside: str
    rows: list[Row]


def sections() -> list[Section]:
    """Everything that is measured."""
    return [_beside_starlette(), _many_origins(), _many_patterns(), _long_origins(), _long_requested_headers()]


def _beside_starlette() -> Section:
    compiled = compile_policy(c.POLICY)
    assert not isinstance(compiled, list)
    names = b"content-type,x-req-id"
    requests = [
        ("GET, allowed", c.get(c.PAGE), c.PLAIN, c.grants(compiled, c.PAGE)),
        ("GET, allowed by a pattern", c.get(c.BELOW), c.PLAIN, c.grants(compiled, c.BELOW)),
        ("GET, foreign", c.get(c.FOREIGN), c.PLAIN, c.grants(compiled, c.FOREIGN)),
        ("GET, allowed, backend speaks of CORS", c.get(c.PAGE), c.SPEAKING, c.merges(compiled, c.PAGE)),
        ("preflight, granted", c.options(c.PAGE, names), c.PLAIN, c.preflights(compiled, c.PAGE, names)),
        ("preflight, foreign", c.options(c.FOREIGN, names), c.PLAIN, c.preflights(compiled, c.FOREIGN, names)),
        ("preflight, header not allowed", c.options(c.PAGE, b"x-other"), c.PLAIN,
         c.preflights(compiled, c.PAGE, b"x-other")),
    ]  # fmt: skip
    rows, middleware = [], []
    for name, asked, response, decision in requests:
        without = c.alone(asked, response)
        theirs = Side(c.starlette(asked, response), without)
        rows.append(Row(f"decision: {name}", Side(decision), theirs, BESIDE_STARLETTE))
        middleware.append(Row(f"middleware: {name}", Side(c.crossgate(asked, response), without), theirs, None))
    how = (
        "Decision: the grant and its lines, merged where the backend speaks of CORS; or the whole answer to a "
        "preflight. Starlette, and our own middleware, whose ratio has no goal: called with a page's request and "
        "an application that sends two messages, less the same application called without."
    )
    return Section("Beside Starlette's CORSMiddleware", how, "request", "ours", "Starlette", [*rows, *middleware])


def _many_origins() -> Section:
    names = [f"https://app{number}.example" for number in range(MANY_ORIGINS)]
    one, many = (
        c.compiled(origins=(names[0],), credentials=True),
        c.compiled(origins=tuple(names), credentials=True),
    )
    listed, foreign = Side(c.grants(one, names[0].encode())), Side(c.grants(one, c.FOREIGN))
    rows = [
        Row("the first listed", Side(c.grants(many, names[0].encode())), listed, ORIGINS),
        Row("the last listed", Side(c.grants(many, names[-1].encode())), listed, ORIGINS),
        Row("a foreign one", Side(c.grants(many, c.FOREIGN)), foreign, ORIGINS),
    ]
    in_turn = [name.encode() for name in names[:: MANY_ORIGINS // 5_000]]
    rows.append(Row("5,000 listed ones in turn", Side(c.every_listed(many, in_turn)), listed, None))
    how = "The last row is what the processor's caches cost when 5,000 pages call in turn."
    return Section(f"{MANY_ORIGINS:,} listed origins beside 1", how, "origin", "100,000", "1", rows)


def _many_patterns() -> Section:
    names = [f"https://*.team{number}.example.com" for number in range(MANY_PATTERNS)]
    one, many = c.compiled(origins=(names[0],)), c.compiled(origins=tuple(names))
    depths = tuple(f"https://*.{'x.' * (number % 40)}team{number}.example.com" for number in range(MANY_PATTERNS))
    origins = {
        "matching": b"https://a.team0.example.com",
        "foreign": c.FOREIGN,
        "nearly matching": b"https://a.team0.example.org",
        "of 60 labels, foreign": b"https://" + b"x." * 57 + b"other.example.com",
        "of 60 labels, matching": b"https://" + b"x." * 57 + b"team0.example.com",
    }
    rows = [
        Row(name, Side(c.grants(many, origin)), Side(c.grants(one, origin)), PATTERNS)
        for name, origin in origins.items()
    ]
    mixed = c.compiled(origins=depths)
    rows += [
        Row(
            f"{name}; patterns of 1 to 40 labels",
            Side(c.grants(mixed, origin)),
            Side(c.grants(one, origin)),
            PATTERNS,
        )
        for name, origin in origins.items()
    ]
    return Section(f"{MANY_PATTERNS:,} host patterns beside 1", "", "origin", "1,000", "1", rows)


def _long_origins() -> Section:
    table = c.compiled(origins=("https://app.example", "https://*.team.example.com", "http://localhost:*"))
    usual = Side(c.grants(table, b"https://a.team.example.com"))
    refused = Side(c.grants(table, c.FOREIGN))
    label = b"a" * 63 + b"."
    shapes = {
        "one label": b"https://" + b"a" * LONG,
        "dots": b"https://" + b"." * LONG,
        "colons": b"https://" + b":" * LONG,
        "labels that end like a pattern": b"https://" + b"a." * (LONG // 2) + b"team.example.com",
        "long labels that end like a pattern": b"https://" + label * (LONG // 64) + b"team.example.com",
        "digits for a port": b"http://localhost:" + b"1" * LONG,
        "invalid bytes": b"\xff" * LONG,
        "a list of origins": b", ".join([b"https://app.example"] * (LONG // 21)),
    }
    rows = [Row(name, Side(c.grants(table, shape)), refused, SHAPES) for name, shape in shapes.items()]
    longest = b"https://" + b"a." * 118 + b"team.example.com"
    rows.append(Row("the longest host there can be, matching", Side(c.grants(table, longest)), usual, SHAPES))
    hyphens = b"https://" + b"a-a." * 58 + b"a.team.example.com"
    rows.append(Row("the same with hyphens", Side(c.grants(table, hyphens)), usual, None))
    how = "Beside a foreign origin of usual length; the last two beside one that matches."
    return Section("An Origin of 64 KiB beside a usual one", how, "shape", "64 KiB", "usual", rows)


def _long_requested_headers() -> Section:
    table = c.compiled(origins=("https://app.example",), methods=("PUT",), headers=("content-type", "x-req-id"))
    usual = Side(c.preflights(table, c.PAGE, b"content-type,x-req-id"))

    def repeated(text: bytes) -> bytes:
        return (text * (LONG // len(text) + 1))[:LONG]

    shapes = {
        "commas": repeated(b","),
        "one name": repeated(b"x"),
        "one allowed name again and again": repeated(b"x-req-id,"),
        "different names": b",".join(b"x-%d" % number for number in range(LONG // 8)),
        "unsorted": b",".join(b"x-%d" % number for number in range(LONG // 8, 0, -1)),
        "upper case": repeated(b"X-REQ-ID,"),
        "spaces": repeated(b" "),
        "spaces around names": repeated(b" \t x-req-id \t ,"),
        "invalid bytes": repeated(b"\xff"),
    }
    rows = [Row(name, Side(c.preflights(table, c.PAGE, shape)), usual, SHAPES) for name, shape in shapes.items()]
    longest = {
        "4 KiB, the most that is read: one name": b"x" * 4096,
        "128 allowed names, the most that are read": b",".join([b"x-req-id"] * 128),
        "128 other names with spaces": b", ".join(b"X-Other-Name-%d" % number for number in range(128)),
    }
    rows += [Row(name, Side(c.preflights(table, c.PAGE, shape)), usual, None) for name, shape in longest.items()]
    how = "Beside `content-type,x-req-id`. What is up to 4 KiB long is read, in time that grows with its length."
    return Section(
        "Access-Control-Request-Headers of 64 KiB beside usual ones", how, "shape", "64 KiB", "usual", rows
    )
