"""What a path's cors plugin and the APIs on that path ask of each other (gateway.md 1.11, cors; 2.4)."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from crossgate.control import config
from crossgate.control.config import Reached
from crossgate.control.control import Change
from crossgate.core.errors import Fault, Finding, Severity
from crossgate.core.errors.admin import PARAMETER_ERROR
from crossgate.core.model.advice import Advice, advice
from crossgate.core.model.api import ApiCreate
from crossgate.core.policies.cors import read_content
from crossgate.core.snapshot import cors_advice
from crossgate.store import publications
from crossgate.store.publications import Place
from crossgate.store.rows import Session
from crossgate.store.tables import Plugin

# Without a list the policy allows what needs no permission.
_WITHOUT_LIST = frozenset({"GET", "HEAD", "POST"})
_PREFLIGHT_METHODS = (cors_advice.PREFLIGHT, "ANY")


class Member(msgspec.Struct, frozen=True):
    """One API on a path in one environment, and its cors plugin."""

    api_id: str
    name: str
    method: str
    uri: str
    plugin: Plugin | None

    def __str__(self) -> str:
        return f"API {self.name} ({self.method} {self.uri}, {self.api_id})"


async def check_published(
    session: Session, api_id: str, definition: ApiCreate, env_id: str, others: Sequence[Place]
) -> None:
    """Raise when putting `definition` into effect beside `others` would break the rules on its path."""
    plugins = await publications.cors_plugins(session, env_id, [api_id, *(other.Api.id for other in others)])
    newcomer = Member(api_id, definition.name, definition.req_method, definition.req_uri, plugins.get(api_id))
    _check([newcomer, *_members(others, plugins)])


async def advise_published(change: Change, api_id: str, definition: ApiCreate, env_id: str) -> list[Advice] | None:
    """What to reconsider in `definition`, to be put into effect; raises where that would be dangerous."""
    session = change.session
    plugin = (await publications.cors_plugins(session, env_id, [api_id])).get(api_id)
    document = definition.model_dump(mode="json", exclude_none=True)
    api = config.published_api(document, Reached(api_id, env_id))
    if plugin is not None:
        return _advised(change, plugin, cors_advice.about_plugin(plugin.content, [api]))
    answering = await publications.answering(session, definition.group_id, env_id, _PREFLIGHT_METHODS)
    preflights = [
        (other["req_uri"], other["match_mode"])
        for other in (version.definition for version in answering)
        if cors_advice.answers_preflights(other["req_method"], other["auth_type"])
    ]
    return _advised(change, None, cors_advice.about_switch(api, preflights))


async def advise_attached(
    change: Change, plugin: Plugin, env_id: str, api_ids: Iterable[str]
) -> list[Advice] | None:
    """What to reconsider in attaching `plugin` to published APIs; raises where that would be dangerous."""
    running = await publications.running(change.session, api_ids)
    apis = [
        config.published_api(version.definition, Reached(record.api_id, env_id))
        for record, _, version in running
        if record.env_id == env_id
    ]
    return _advised(change, plugin, cors_advice.about_plugin(plugin.content, apis))


def _advised(change: Change, plugin: Plugin | None, findings: list[Finding]) -> list[Advice] | None:
    critical = [finding for finding in findings if finding.severity is Severity.CRITICAL]
    if critical:
        who = f"the cors plugin {plugin.name} ({plugin.id})" if plugin is not None else "the API's cors"
        listed = "; ".join(f"{finding.at}: {finding.message} ({finding.fix})" for finding in critical)
        message = PARAMETER_ERROR.because(f"{who} would endanger or fail its callers: {listed}").message
        raise Fault(PARAMETER_ERROR, message, tuple(critical))
    change.advise(findings)
    return advice(findings, plugin.id if plugin is not None else None)


async def check_attached(session: Session, plugin: Plugin, env_id: str, api_ids: Iterable[str]) -> None:
    """Raise when attaching `plugin` to all of `api_ids` would break the rules on their paths."""
    wanted = set(api_ids)
    for group_id, shape in await publications.paths_of(session, env_id, wanted):
        places = await publications.on_path(session, group_id, env_id, shape)
        plugins = await publications.cors_plugins(session, env_id, [place.Api.id for place in places])
        _check(
            [
                msgspec.structs.replace(member, plugin=plugin) if member.api_id in wanted else member
                for member in _members(places, plugins)
            ]
        )


async def check_content(session: Session, plugin: Plugin, content: str) -> None:
    """Raise when new `content` would no longer allow the method of an API that uses the plugin."""
    allowed = _methods(content)
    for place in await publications.using(session, plugin.id):
        _check_method(place.Publication.req_method, allowed, f"API {place.Api.name} ({place.Api.id})", plugin.name)


def _check(members: list[Member]) -> None:
    with_plugin = [member for member in members if member.plugin is not None]
    if not with_plugin:
        return
    first = with_plugin[0]
    options = next((member for member in members if member.method == "OPTIONS"), None)
    if options is not None:
        raise PARAMETER_ERROR.because(
            f"{options} answers preflights on the path for which {first} uses the cors plugin {_name(first)}, "
            "and only one of the two can: take the OPTIONS API offline, or detach the plugin"
        )
    for other in with_plugin[1:]:
        if _id(other) != _id(first):
            raise PARAMETER_ERROR.because(
                f"APIs on one path use the same cors plugin, but {other} uses {_name(other)} and {first} would "
                f"use {_name(first)}: attach one plugin to both in one call (POST …/plugins/{_id(first)}/attach "
                f"with api_ids {first.api_id} and {other.api_id}), or detach the other one first"
            )
    for member in with_plugin:
        assert member.plugin is not None
        _check_method(member.method, _methods(member.plugin.content), str(member), member.plugin.name)


def _check_method(method: str, allowed: frozenset[str], who: str, plugin_name: str) -> None:
    if method != "ANY" and "*" not in allowed and method not in allowed:
        raise PARAMETER_ERROR.because(
            f"{who} is called with {method}, which allow_methods of the cors plugin {plugin_name} does not have: "
            f"add {method} to allow_methods"
        )


def _methods(content: str) -> frozenset[str]:
    policy, _ = read_content(content)
    return frozenset(policy.methods) or _WITHOUT_LIST


def _members(places: Sequence[Place], plugins: Mapping[str, Plugin]) -> list[Member]:
    return [
        Member(
            place.Api.id,
            place.Version.definition["name"],
            place.Publication.req_method,
            place.Version.definition["req_uri"],
            plugins.get(place.Api.id),
        )
        for place in places
    ]


def _name(member: Member) -> str:
    return member.plugin.name if member.plugin is not None else ""


def _id(member: Member) -> str:
    return member.plugin.id if member.plugin is not None else ""
