"""Who answers what `crossgate cors explain` asks: live servers, the published configuration, or a recording.

What cannot be used raises WrongOptionsError, with a sentence for each option.
"""

from pathlib import Path
from typing import Final

import msgspec

from crossgate.cli.cors_question import Given, Question, WrongOptionsError, question
from crossgate.cluster import snapshot_file
from crossgate.core.errors import Finding
from crossgate.core.snapshot import explained
from crossgate.core.snapshot.config import Config, ConfigError, PublishedApi
from crossgate.cors.browser import Browser, fetch
from crossgate.cors.browser.urls import parse_url
from crossgate.cors.explain import Entry, Explanation, explain, read_har
from crossgate.cors.explain.remedy import includes_credentials
from crossgate.probe import Manners, Network, harmless

_ANY_URL: Final = "https://api.example/"


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """Who is to answer, and what is for one of them alone."""

    har: Path | None
    api: str | None
    env: str | None
    cookie: str
    dry: bool
    insecure: bool
    timeout: str

    @property
    def timeout_s(self) -> float | None:
        """The seconds in `timeout`; None when it holds no number that can be used."""
        try:
            seconds = float(self.timeout)
        except ValueError:
            return None
        return seconds if 0.1 <= seconds <= 600 else None


def wrong_sources(sources: Sources, given: Given) -> list[str]:
    """A sentence for each option that does not belong to who is to answer."""
    recorded, configured = sources.har is not None, sources.api is not None
    asked_for = (given.url, given.page, given.method, given.body, *given.headers)
    chosen = any(value is not None for name, value in given.choices.items() if name != "browser")
    rules = (
        (f"--timeout: {sources.timeout!r} is no number of seconds from 0.1 to 600.", sources.timeout_s is None),
        ("--har and --api: choose one.", recorded and configured),
        (
            "--har: the recording says what was asked; besides it --browser, --json and --curl can be given.",
            recorded and (chosen or given.upload_listener or any(part is not None for part in asked_for)),
        ),
        ("--env: it is an environment of --api NAME.", sources.env is not None and not configured),
        ("--cookie: it is for a request over the network.", sources.cookie and (recorded or configured)),
        ("--cookie: a cookie has no line breaks.", any(ord(character) < 32 for character in sources.cookie)),
        ("--dry: it is for a request over the network.", sources.dry and (recorded or configured)),
    )
    return [sentence for sentence, applies in rules if applies]


def _question(given: Given, wrong: list[str], usual_method: str = "GET") -> Question:
    """The question, or everything that is wrong with it and beside it."""
    try:
        asked = question(given, usual_method)
    except WrongOptionsError as error:
        raise WrongOptionsError(error.sentences + wrong) from None
    if wrong:
        raise WrongOptionsError(wrong)
    return asked


def _wrong_beside(given: Given, wrong: list[str]) -> WrongOptionsError:
    """What is wrong where no API is found, together with everything that needs no API to be wrong."""
    has_own_url = given.url is not None and not given.url.startswith("/")
    try:
        question(given if has_own_url else msgspec.structs.replace(given, url=_ANY_URL))
    except WrongOptionsError as error:
        return WrongOptionsError(error.sentences + wrong)
    return WrongOptionsError(wrong)


def ask_servers(given: Given, sources: Sources, wrong: list[str]) -> Explanation:
    """The explanation of what live servers answer."""
    asked = _question(given, wrong)
    url = parse_url(asked.ask.url)
    manners = Manners(
        timeout_s=sources.timeout_s or 0.0,
        verify=not sources.insecure,
        cookie=sources.cookie,
        cookie_origin=url.origin if url is not None else None,
    )
    network = Network(manners)
    notes = []
    if includes_credentials(asked.ask) and not sources.cookie:
        notes.append("Asked without cookies, because none were given; --cookie 'name=value' sends some.")
    answer = harmless(network.answer) if sources.dry else network.answer
    stories = {name: fetch(asked.page, asked.ask, answer, Browser(profile=name)) for name in asked.browsers}
    if network.met_distrust:
        notes.append("A browser may know this certificate all the same: --insecure asks without checking it.")
    return explain(asked.page, asked.ask, stories, tuple(notes))


def ask_configuration(data: Path, name: str, env: str, given: Given, wrong: list[str]) -> Explanation:
    """The explanation of what the gateway's published configuration answers."""
    try:
        config = snapshot_file.read(data)
    except ConfigError as error:
        raise _wrong_beside(given, [*wrong, f"--data: {error}."]) from None
    api = explained.published(config, name, env)
    if isinstance(api, Finding):
        raise _wrong_beside(given, [*wrong, f"--{api.at}: {api.message} {api.fix}"])
    url = _published_url(config, api, given)
    stage = explained.stage_fields(config, api)
    method = api.req_method if api.req_method != "ANY" else "GET"
    headers = (*given.headers, *(f"{key}: {value}" for key, value in stage))
    asked = _question(msgspec.structs.replace(given, url=url, headers=headers), wrong, method)
    try:
        return explained.explanation_of(asked.page, asked.ask, asked.browsers, config, api)
    except ConfigError as error:
        raise WrongOptionsError([f"--data: {error}."]) from None


def _published_url(config: Config, api: PublishedApi, given: Given) -> str:
    """The URL that was given, be it a path alone, or the usual one of the API."""
    if given.url is not None and not given.url.startswith("/"):
        return given.url
    # What stands in front of the gateway may speak https: a page that came by https gets there by it.
    page = parse_url(given.page or "")
    usual = explained.url_of(config, api, "http" if page is not None and page.scheme == "http" else "https")
    if isinstance(usual, Finding):
        raise WrongOptionsError([f"--{usual.at}: {usual.message} {usual.fix}"])
    found = parse_url(given.url or usual, parse_url(usual))
    assert found is not None, "a path is relative to any URL"
    return found.text


def read_recording(file: Path) -> list[Entry]:
    """The entries of a HAR file."""
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise WrongOptionsError([f"--har: {file} cannot be read: {why}."]) from None
    found = read_har(text)
    findings = [finding for finding in found if isinstance(finding, Finding)]
    if findings:
        sentences = [f"--har: {file}, {finding.at}: {finding.message}" for finding in findings]
        raise WrongOptionsError([*sentences, findings[0].fix])
    return [entry for entry in found if isinstance(entry, Entry)]
