"""PNG: what a view shows, and nothing else."""

from __future__ import annotations

import io
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


def packed_picture(pixels: NDArray[np.uint8]) -> bytes:
    """Return pixels (rows, columns) or (rows, columns, 3), uint8, as the bytes of a PNG file."""
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(stream, format="PNG")
    return stream.getvalue()


def unpacked_picture(png: bytes) -> NDArray[np.uint8]:
    """Return the pixels of what `packed_picture` has made."""
    from PIL import Image

    with Image.open(io.BytesIO(png), formats=("PNG",)) as picture:
        return np.asarray(picture, np.uint8)
