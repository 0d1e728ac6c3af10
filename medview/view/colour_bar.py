"""Which value has which colour, where grey values are shown in colours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medview.session.scene import Scene
from medview.view.slice_picture import SlicePicture
from medview.view.value_text import number_text

_FROM_PX = (320, 280)  # in a smaller pane there is no room for it
_HEIGHT_SHARE = 0.4
_WIDTH_PX = 12.0
_RIGHT_PX = 38.0  # of the pane, for the orientation letter


@dataclass(frozen=True, eq=False)
class ColourBar:
    """In device-independent pixels of the pane.

    Attributes
    ----------
    left, top, width, height
        Of the bar.
    colours
        (256, 3), the brightest values' last.
    texts
        The values at the top, in the middle and at the bottom; the top one with its unit.
    """

    left: float
    top: float
    width: float
    height: float
    colours: NDArray[np.uint8]
    texts: tuple[str, str, str]


def colour_bar(scene: Scene, picture: SlicePicture, pane_size: tuple[int, int]) -> ColourBar | None:
    """Return the bar of a pane; None where grey is grey, or there is no room."""
    if picture.colours is None or pane_size[0] < _FROM_PX[0] or pane_size[1] < _FROM_PX[1]:
        return None
    height = round(_HEIGHT_SHARE * pane_size[1])
    top, left = round((pane_size[1] - height) / 2), pane_size[0] - _RIGHT_PX - _WIDTH_PX
    centre, width = scene.window
    ends = (centre + width / 2, centre, centre - width / 2)
    high, middle, low = (number_text(value) for value in ends)
    texts = (f"{high} {scene.volume.unit}".strip(), middle, low)
    return ColourBar(left, top, _WIDTH_PX, height, picture.colours[:: -1 if scene.is_shown_inverted else 1], texts)
