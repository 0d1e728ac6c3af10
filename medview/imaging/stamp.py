"""Words that stay in an image whatever opens it: what was never measured must not be taken for what was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

SYNTHETIC = "SYNTHETIC"


def written_mask(shape: Sequence[int], text: str) -> NDArray[np.bool_]:
    """Return (rows, columns), true where a text stands along the upper edge, a third of the width wide."""
    from PIL import Image, ImageDraw, ImageFont

    rows, columns = shape
    font = ImageFont.load_default(size=max(8.0, columns / 3.0 / len(text) * 1.6))
    picture = Image.new("1", (columns, rows))
    ImageDraw.Draw(picture).text((columns * 0.02 + 1, rows * 0.02 + 1), text, fill=1, font=font)
    return np.asarray(picture, dtype=np.bool_)


def stamped(plane: NDArray[Any], mask: NDArray[np.bool_]) -> NDArray[Any]:
    """Return a copy of an image (rows, columns) with its brightest value, at least 1, where the mask is true."""
    return np.where(mask, max(plane.max(), 1), plane).astype(plane.dtype)
