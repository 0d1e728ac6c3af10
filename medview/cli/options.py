"""--option NAME=VALUE, given any number of times."""

from __future__ import annotations

from collections.abc import Sequence

from medview.errors import MedViewError


def options_of(pairs: Sequence[str]) -> dict[str, str]:
    """Return the values by name; MedViewError where one has no "="."""
    options = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise MedViewError("{pair} is no option.", "Write --option name=value.", pair=pair)
        options[name] = value
    return options
