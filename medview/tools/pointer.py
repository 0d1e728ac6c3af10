"""What the mouse did over a pane, in pixels and in patient millimetres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from medview.imaging.pane_frame import PaneFrame
from medview.study.geometry import FloatArray

Button = Literal["left", "middle", "right", "none"]


@dataclass(frozen=True, eq=False)
class PointerEvent:
    """One mouse event.

    Attributes
    ----------
    position_px
        (x, y) in device-independent pixels of the pane.
    position_mm
        LPS point under the mouse on the slice shown, also outside the image; None over the 3D pane.
    pane_size_px
        (width, height) of the pane.
    wheel_steps
        Notches of the wheel, positive away from the person; 0 unless this is a wheel event.
    steps_mm
        LPS vectors of one pixel of the pane to the right and down; None over the 3D pane.
    frame
        Where the pane lies in the patient, and which image it shows; None where nothing can be measured.
    text_uid, text_px
        The measurement whose text lies under the mouse, "" for none, and where in the pane the text begins.
    """

    pane: str
    position_px: tuple[float, float]
    position_mm: FloatArray | None
    pane_size_px: tuple[int, int]
    button: Button = "none"
    shift: bool = False
    control: bool = False
    wheel_steps: float = 0.0
    steps_mm: tuple[FloatArray, FloatArray] | None = None
    frame: PaneFrame | None = None
    text_uid: str = ""
    text_px: tuple[float, float] | None = None
