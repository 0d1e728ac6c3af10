"""Keep what is written from replacing the images it was made from."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from medview.errors import MedViewError
from medview.study.series import Series


def spare_original(path: Path, series: Iterable[Series]) -> None:
    """Raise where a path to write to is that of an image, by whatever way it leads there.

    Raises
    ------
    MedViewError
        It is a file of one of the series, or of those they were resampled from.
    """
    name, folder = os.path.normcase(path.name), os.path.realpath(path.parent)
    sources = (one.resampled_from or one for one in series)
    paths = {instance.path for one in sources for instance in one.instances}
    named_so = (image for image in paths if os.path.normcase(image.name) == name)
    if any(os.path.realpath(image.parent) == folder for image in named_so):
        raise MedViewError(
            "{name} is one of the images themselves: it is not written over.", "Choose another name.", name=path.name
        )
