"""The documentation of the CORS engine: a page for every code, none without one, and all in it is so."""

import ast
import doctest
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from crossgate.asgi import PolicyFields
from crossgate.cli.cors import app
from crossgate.cors.browser import DIFFERENCES, REASONS, Difference
from crossgate.cors.disclosure import SENTENCES
from crossgate.cors.lint.catalogue import BY_CODE, DOCUMENT_RULES, RULES
from crossgate.cors.lint.report import Report
from crossgate.cors.lint.rules import lint
from crossgate.cors.lint.sarif import sarif
from crossgate.peers import read_text
from tests.docs_cors_scenes import SCENES, console, told

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "crossgate"
DOCS = ROOT / "docs" / "cors"
INDEX = "README.md"
EVERY_RULE = (*RULES, *DOCUMENT_RULES)
EVERY_PAGE = sorted(ROOT.joinpath("docs").rglob("*.md"))
FILE_OF = {"nginx": "nginx.conf", "yaml": "cors.yaml", "json": "cors.json", "toml": "cors.toml", "xml": "cors.xml"}
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


def difference_row(line: Difference, meaning: str) -> str:
    """A line of the table of differences, as the page has it."""
    values = " | ".join(shown_value(value) for value in line.values.values())
    return f"| `{line.name}`: {meaning} | {values} | {line.source} |"


def shown_value(value: Any) -> str:
    """A value of the table of differences, for people."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or value == ():
        return "–"
    if isinstance(value, int | float):
        return f"{value:g}" if isinstance(value, float) else str(value)
    return f"`{value}`" if isinstance(value, str) else ", ".join(f"`{word}`" for word in value)


def headings(page: Path) -> list[str]:
    """The headings of a page, in order, without what stands in its fences."""
    text = FENCE.sub("", page.read_text("utf-8"))
    return re.findall(r"^#+ (.+)$", text, re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """The anchors that a page's headings make."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings(page)}


def pages(folder: str) -> dict[str, Path]:
    """The pages of a folder by their names, its index left out."""
    return {page.stem: page for page in DOCS.joinpath(folder).glob("*.md") if page.name != INDEX}


def section(page: Path, title: str) -> str:
    """What stands under a heading of the second level."""
    _, found, rest = page.read_text("utf-8").partition(f"\n## {title}\n")
    assert found, f"{page.name} has no heading {title!r}"
    return re.split(r"^## ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def finding_codes() -> set[str]:
    """Every code of a finding: those of the linter's rules, and those that the readers of a policy make up."""
    made = set()
    for file in ("core/policies/cors.py", "asgi.py"):
        for call in _calls(file, "_finding"):
            made.add(f"cors.{call.args[0].value}")  # type: ignore[attr-defined]
    written = {found for file in SOURCE.rglob("*.py") for found in _codes_in(file)}
    return made | written | set(BY_CODE)


def _codes_in(file: Path) -> list[str]:
    return re.findall(r'"((?:cors|explain)\.[a-z]+(?:-[a-z0-9]+)+)"', file.read_text("utf-8"))


def _calls(file: str, *names: str) -> list[ast.Call]:
    tree = ast.parse((SOURCE / file).read_text("utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [call for call in calls if getattr(call.func, "id", getattr(call.func, "attr", "")) in names]


def gateway_reasons() -> set[str]:
    """Every word that the gateway has for what it told a browser."""
    found = set(SENTENCES)
    for file in ("cors/table.py", "core/policies/cors.py", "core/snapshot/dispatch.py"):
        for call in _calls(file, "grant", "Grant", "_nothing", "_static", "refuse_preflight"):
            texts = {arg.value for arg in call.args if isinstance(arg, ast.Constant)}
            found |= {text for text in texts if isinstance(text, str) and re.fullmatch(r"[a-z]+(-[a-z]+)+", text)}
    log = (SOURCE / "gateway" / "access_log.py").read_text("utf-8")
    return found | set(re.findall(r'^_[A-Z_]+ = "([a-z]+(?:-[a-z]+)+)"$', log, re.MULTILINE))


def test_every_reason_has_a_page_and_every_page_a_reason() -> None:
    """A reason has the name of its page, its place in the index, and a scene that shows it."""
    assert pages("reasons").keys() == REASONS.keys() == SCENES.keys()

    index = (DOCS / "reasons" / INDEX).read_text("utf-8")
    assert re.findall(r"^- \[[a-z-]+\]\(([a-z-]+)\.md\)", index, re.MULTILINE) == list(REASONS)


@pytest.mark.parametrize("code", REASONS)
def test_a_page_quotes_the_console_letter_by_letter(code: str) -> None:
    """What the engine says of the scene stands in the page, and at least one browser fails with the reason."""
    seen = section(pages("reasons")[code], "What you see")

    assert [text for language, text in FENCE.findall(seen) if language == "console"] == [console(code) + "\n"]
    failures = [told(code, profile).failure for profile in ("standard", "chromium", "firefox", "webkit")]
    assert code in {failure.code for failure in failures if failure is not None}


@pytest.mark.parametrize("code", REASONS)
def test_a_page_of_a_reason_has_its_four_headings(code: str) -> None:
    """The order is the same everywhere, so that a reader knows where to look."""
    assert headings(pages("reasons")[code]) == [code, "What you see", "Why", "What to change", "Check"]


def test_every_rule_has_a_page_and_every_page_a_rule() -> None:
    """The page has the rule's number and title, its severity, and all of its codes."""
    assert pages("rules").keys() == {rule.id for rule in EVERY_RULE}

    index = (DOCS / "rules" / INDEX).read_text("utf-8")
    for rule in EVERY_RULE:
        assert rule.page == f"docs/cors/rules/{rule.id}.md"
        text = (ROOT / rule.page).read_text("utf-8")
        assert headings(ROOT / rule.page)[0] == f"{rule.id}: {rule.title}"
        assert f"| [{rule.id}]({rule.id}.md) | {rule.severity} | {rule.title} |" in index
        for word in (str(rule.severity), rule.code, *rule.variants, *rule.references):
            assert word in text, (rule.id, word)


def test_what_code_scanning_shows_leads_to_the_page() -> None:
    """Each rule of a SARIF log names a page that is there."""
    log = sarif(Report(files=(), policies=0, findings=()), "1")

    shown = [rule["properties"]["page"] for rule in log["runs"][0]["tool"]["driver"]["rules"]]
    assert len(shown) == len(EVERY_RULE)
    assert [page for page in shown if not (ROOT / page).is_file()] == []


# The linter knows these from the routes of a gateway alone, which a policy by itself does not tell.
NEEDS_ROUTES = {"L40", "L41"}


@pytest.mark.parametrize("rule", [rule.id for rule in EVERY_RULE])
def test_the_configurations_of_a_rule_are_what_the_page_says(rule: str) -> None:
    """The linter finds the rule in the one with the mistake, and nothing in the one to write instead."""
    page = pages("rules")[rule]

    found = [_found(*block) for block in _configurations(section(page, "What it looks like"))]
    assert rule in NEEDS_ROUTES or any(rule in ids for ids in found), found
    assert not any(_found(*block) for block in _configurations(section(page, "Instead")))


def _configurations(text: str) -> list[tuple[str, str]]:
    return [(text, FILE_OF[language]) for language, text in FENCE.findall(text) if language in FILE_OF]


def _found(text: str, file: str) -> list[str]:
    document = read_text(text, file)
    assert document.unreadable == ()
    return [found.rule for found in lint(document)]


def test_every_code_of_a_finding_is_explained() -> None:
    """The table has each code once; it leads to the page of a rule, or to a heading of its own."""
    policy = DOCS / "policy.md"
    rows = re.findall(r"^\| `(cors\.[a-z0-9-]+)` \| \w+ \| \[(\w+)\]", policy.read_text("utf-8"), re.MULTILINE)
    codes = finding_codes()

    assert sorted(code for code, _ in rows) == sorted(code for code in codes if code.startswith("cors."))
    assert all(page == BY_CODE[code].id for code, page in rows if code in BY_CODE)
    own = {heading for heading in headings(policy) if re.match(r"(cors|explain)\.", heading)}
    assert own == codes - BY_CODE.keys()


def test_every_reason_of_the_gateway_has_a_heading() -> None:
    """What the access log says can be looked up, and nothing else is there."""
    told_of = {
        heading for heading in headings(DOCS / "access-log.md") if re.fullmatch(r"[a-z]+(-[a-z]+)+", heading)
    }

    assert told_of == gateway_reasons()


def test_the_table_of_differences_is_the_engine_s() -> None:
    """Each line is there once, with the values that the engine goes by."""
    rows = re.findall(r"^\| `(\w+)`: (.+?) (\| .*)$", (DOCS / "differences.md").read_text("utf-8"), re.MULTILINE)
    written = {name: f"| `{name}`: {meaning} {values}" for name, meaning, values in rows}

    assert len(rows) == len(written)
    assert written == {line.name: difference_row(line, meaning_of(line, rows)) for line in DIFFERENCES}


def meaning_of(line: Difference, rows: list[tuple[str, str, str]]) -> str:
    """What the page says a line means; a wish where it says nothing."""
    return next((meaning for name, meaning, _ in rows if name == line.name), "(say in words what it means)")


@pytest.mark.parametrize("page", EVERY_PAGE, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_link_is_dead(page: Path) -> None:
    """Every link within the documentation leads to a file, and to a heading if it names one."""
    for link in LINK.findall(FENCE.sub("", page.read_text("utf-8"))):
        if "://" not in link:
            path, _, anchor = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            assert target.exists(), link
            assert not anchor or anchor in anchors(target), link


def test_the_index_names_every_page() -> None:
    """Whoever opens the folder finds what is in it."""
    links = LINK.findall((DOCS / INDEX).read_text("utf-8"))

    beside = {page.name for page in DOCS.glob("*.md")} - {INDEX}
    folders = {f"{page.parent.name}/{INDEX}" for page in DOCS.glob(f"*/{INDEX}")}
    assert beside | folders == {link for link in links if not link.startswith("../")}


def test_every_command_can_be_given_like_that() -> None:
    """`crossgate cors …` in the pages has options that there are."""
    commands = get_command(app).commands  # type: ignore[attr-defined]
    for page in EVERY_PAGE:
        text = page.read_text("utf-8")
        for line in re.findall(r"`crossgate cors ([^`\n]+)`|^\$? ?crossgate cors (.+)$", text, re.MULTILINE):
            name, *words = shlex.split("".join(line), comments=True)
            if words and "…" not in words:
                context = commands[name].make_context(name, words)
                assert context.params, (page.name, line)


@pytest.mark.parametrize("page", ["library.md"])
def test_the_examples_of_the_library_do_what_they_say(page: str) -> None:
    """What is shown at a prompt answers as shown."""
    result = doctest.testfile(str(DOCS / page), module_relative=False)

    assert result.attempted
    assert not result.failed


def test_the_linter_s_page_shows_what_it_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command of the page, run beside its configuration, prints what stands below it, up to a `…`."""
    fences = FENCE.findall((DOCS / "lint.md").read_text("utf-8"))
    tmp_path.joinpath("nginx.conf").write_text(next(text for language, text in fences if language == "nginx"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    shown = [text for language, text in fences if language == "console"]
    for text in shown:
        command, _, printed = text.partition("\n")
        output = CliRunner().invoke(app, shlex.split(command.removeprefix("$ crossgate cors "))).output
        beginning, is_cut, _ = printed.partition("…\n")
        assert output.startswith(beginning) if is_cut else output == printed
    assert len(shown) == 2


def test_the_middleware_s_table_has_every_field() -> None:
    """In the order of the policy, none too many."""
    table = section(DOCS / "library.md", "ASGI middleware")

    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(PolicyFields.__annotations__)
