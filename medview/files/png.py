"""PNG: what a view shows, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.errors import MedViewError
from medview.files.atomic import written_whole


def write_picture(pixels: NDArray[np.uint8], path: Path) -> None:
    """Write pixels (rows, columns, 3 or 4), uint8 sRGB, without any metadata; read them back and compare.

    Raises
    ------
    MedViewError
        The file cannot be written, or what is read back differs.
    """
    from PIL import Image

    if path.suffix.lower() != ".png":
        raise MedViewError("{name} is not a PNG name.", "End it in .png.", name=path.name)
    picture: Any = Image.fromarray(np.ascontiguousarray(pixels))
    with written_whole(path) as beside:
        picture.save(beside, format="PNG")
        with Image.open(beside) as stored:
            same = np.array_equal(np.asarray(stored), pixels)
        if not same:
            raise MedViewError("What was read back from {name} differs.", "Save to another disk.", name=path.name)
