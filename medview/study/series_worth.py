"""How telling a series is, and whether it only tells where others lie."""

from __future__ import annotations

import re

from medview.study.series import Series

_LOCALIZER = re.compile(r"localiser|localizer|\bloc\b|scout|survey|locator|tracker|topogram|surview|scanogram", re.I)


def is_localizer(series: Series) -> bool:
    """Whether a series was taken to plan others: by its Image Type, or by the words that scanners use."""
    return "LOCALIZER" in series.image_type or bool(_LOCALIZER.search(series.series_description))


def worth(series: Series) -> tuple[bool, bool, bool, int, bool]:
    """Order series by how telling they are.

    What can be shown comes before the rest, stacks of grey slices before recordings and screenshots, many images before
    few and the original before what was derived from it; localizers last.
    """
    is_stack = not series.is_colour and all(line.kind != "cine" for line in series.guard)
    original = series.image_type[:1] == ("ORIGINAL",)
    return series.refusal is None, not is_localizer(series), is_stack, len(series.instances), original
