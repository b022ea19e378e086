"""The engine for those who want nothing but the engine: one import, and a docstring that is true."""

import doctest

import crossgate.cors
import crossgate.cors.browser


def test_the_docstring_does_what_it_says() -> None:
    """Its examples are run."""
    result = doctest.testmod(crossgate.cors)

    assert result.attempted >= 8
    assert result.failed == 0


def test_one_import_has_both_halves() -> None:
    """All names of the browser's half, and those a server needs."""
    names = set(crossgate.cors.__all__)

    assert set(crossgate.cors.browser.__all__) < names
    assert {"CorsPolicy", "check", "compile_policy", "is_preflight", "merge"} < names
    assert all(hasattr(crossgate.cors, name) for name in names)
