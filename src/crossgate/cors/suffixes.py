"""The Public Suffix List: below which names anyone can register, companies' own registries included."""

from functools import cache
from importlib import resources

from publicsuffixlist import PublicSuffixList


def is_public_suffix(host: str) -> bool:
    """Whether anyone can register a name directly below `host` (`com`, `github.io`, an unknown top level)."""
    suffixes, _ = _list()
    return bool(suffixes.is_public(host))


def has_public_suffix_below(host: str) -> bool:
    """Whether some name below `host` is a public suffix (`amazonaws.com`: `s3.amazonaws.com` is one)."""
    _, parents = _list()
    return host in parents


@cache
def _list() -> tuple[PublicSuffixList, frozenset[str]]:
    # Reading it takes a tenth of a second, so it waits for the first policy that has a host pattern.
    text = resources.files("publicsuffixlist").joinpath("public_suffix_list.dat").read_text("utf-8")
    parents: set[str] = set()
    for line in text.splitlines():
        rule = line.partition(" ")[0]
        # Parents of rules in other scripts are all public suffixes themselves.
        if rule and rule.isascii() and not rule.startswith("//"):
            labels = rule.removeprefix("!").split(".")
            parents.update(".".join(labels[start:]) for start in range(1, len(labels)))
    return PublicSuffixList(text), frozenset(parents)
