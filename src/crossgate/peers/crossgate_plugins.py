"""Reads what a gateway has: the content of its cors plugins, and everything it has published."""

from collections.abc import Callable
from typing import Final

from crossgate.core.policies.cors import checked, in_contract_terms, read_content
from crossgate.core.snapshot.config import Config, ConfigError, Plugin, PublishedApi, decode
from crossgate.core.snapshot.cors_advice import route_of, switched
from crossgate.cors.lint.own import subject_of
from crossgate.cors.lint.subject import Document, Place, Route, Subject, Unreadable

_ANY_ROUTE: Final = Route()


def contents(content: str, name: str, place_of: Callable[[str], Place], route: Route = _ANY_ROUTE) -> Document:
    """The policy in a plugin's `content`; `place_of` tells where a key of it is written."""
    policy, findings = read_content(content)
    unreadable = tuple(
        Unreadable(place_of(found.at), _sentence(found.message), _sentence(found.fix)) for found in findings
    )
    if {found.at for found in findings} & {"plugin_content", "allow_origin"}:
        return Document((), unreadable)

    def place(at: str) -> Place:
        return place_of(in_contract_terms(at))

    return Document((subject_of(policy, name=name, place_of=place, route=checked(route, policy)),), unreadable)


def joined(documents: list[Document]) -> Document:
    """All that `documents` say."""
    return Document(
        tuple(subject for document in documents for subject in document.subjects),
        tuple(problem for document in documents for problem in document.unreadable),
    )


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def snapshot(text: str, file: str) -> Document:
    """Everything that a gateway has published, each policy with the routes that have it."""
    try:
        config = decode(text.encode())
    except (ConfigError, UnicodeEncodeError) as error:
        fix = "Give the snapshot.json of a gateway of this version."
        return Document((), (Unreadable(Place("", None, file), f"This snapshot cannot be read: {error}.", fix),))
    with_plugin = [_published_plugin(config, plugin, file) for plugin in config.plugins if plugin.type == "cors"]
    taken = {plugin.id for plugin in config.plugins if plugin.type == "cors"}
    by_switch = [api for api in config.apis if api.cors and not taken.intersection(api.plugin_ids)]
    return joined([*with_plugin, Document(tuple(_by_switch(config, api, file) for api in by_switch))])


def _published_plugin(config: Config, plugin: Plugin, file: str) -> Document:
    apis = [api for api in config.apis if plugin.id in api.plugin_ids]
    names = ", ".join(f"{api.name} in {config.environments.get(api.env_id, api.env_id)}" for api in apis)
    at = f"plugins[{config.plugins.index(plugin)}].content"
    route = route_of(apis) if apis else _ANY_ROUTE
    name = f"cors plugin of {names}" if apis else f"cors plugin {plugin.id}"
    return contents(plugin.content, name, lambda field: Place(f"{at}.{field}", None, file), route)


def _by_switch(config: Config, api: PublishedApi, file: str) -> Subject:
    name = f"{api.name} in {config.environments.get(api.env_id, api.env_id)}"
    return switched(api, name, Place(f"apis[{config.apis.index(api)}].cors", None, file))
