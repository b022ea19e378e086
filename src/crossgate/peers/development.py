"""Whether names say that a configuration is not for production."""

import re

WORDS = re.compile(r"(?:^|[^a-z0-9])(?:dev|devel|development|local|localhost|test|testing)(?:[^a-z0-9]|$)")


def says_development(*names: str) -> bool:
    """Whether a word of a file, host or route name says so: `nginx.dev.conf`, `api.localhost`.

    Of a path only the last two parts count: where a checkout happens to lie says nothing.
    """
    return any(WORDS.search("/".join(re.split(r"[/\\]", name)[-2:]).lower()) for name in names)
