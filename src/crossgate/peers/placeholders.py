"""Whether a value is filled in by something else before the gateway sees it."""

import re

PLACEHOLDER = re.compile(r"\$\{|\{\{|\{vault://|<%|\{%")


def is_filled_in(text: str) -> bool:
    """Whether a text has a place for something else to fill in: `${ORIGIN}`, `{{ host }}`, a vault's reference."""
    return PLACEHOLDER.search(text) is not None
