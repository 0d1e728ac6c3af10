"""State of one pane: which way it looks and how."""

from __future__ import annotations

from typing import Literal, cast

from psygnal import Signal

from medview.imaging.plane import PlaneName
from medview.imaging.volume_cut import DrawnLoop
from medview.imaging.volume_look import VolumeLook
from medview.session.layout import Side, ViewKind
from medview.session.scene import Scene

SlabMode = Literal["max", "mean", "min"]
CurveMode = Literal["straightened", "stretched"]
Fit = Literal["whole", "width", "one_to_one", "true_size"]
PLANES: tuple[PlaneName, ...] = ("axial", "coronal", "sagittal")
STACK_BAR_PX = 6.0  # the width at a pane's right edge that shows where in the stack it is
STACK_BAR_INSET_PX = 6.0  # from the top and the bottom
_KINDS = ("acquired", *PLANES, "volume", "curved")


class Viewport:
    """How one pane shows its scene.

    Attributes
    ----------
    pane
        Name of its cell in the layout.
    kind
        What it shows: a plane, the plane of acquisition, the volume in 3D, a curved reformat.
    slot
        Panes of one slot share a scene.
    fit
        What a zoom of 1 is: the whole image in the pane, its width, a pixel of the image for one of the screen, or a
        millimetre of the patient for one of the screen.
    zoom
        Magnification of that.
    pan_px
        Shift of the image's middle, in widget pixels at the present zoom: (right, down).
    turn_deg, is_mirrored
        The image is turned clockwise by a multiple of 90 degrees, and then mirrored from left to right.
    side
        At which edge of the pane an image lies that is narrower than the pane, "" for its middle.
    hung_turn_deg, is_hung_mirrored
        How a hanging protocol has turned it: what "fit" goes back to.
    colour_map
        Id of the colours that grey values are shown in (`medview.imaging.colour_maps`).
    image_filter
        What the values go through before they are shown (`medview.imaging.filters`), "" for nothing.
    lens_px
        Where the magnifier is held over the pane, None where it is not.
    band_px
        The rectangle that is being drawn over the pane: x and y of two corners, or None.
    slab_mm
        Thickness of the slab that is projected; 0 is a single slice.
    azimuth_deg, elevation_deg, roll_deg
        Of the camera, for the 3D pane: 0, 0, 0 looks at the patient from the front (`medview.imaging.turn`).
    look
        How the 3D pane shows the volume.
    loop
        The loop that is being drawn over the 3D pane to cut tissue away, or None.
    """

    changed = Signal()

    def __init__(self, pane: str, kind: ViewKind | None = None, slot: int = 0) -> None:
        self.pane = pane
        self.kind: ViewKind = kind or (cast(ViewKind, pane) if pane in _KINDS else "acquired")
        self.slot = slot
        self.reset()

    @property
    def is_flat(self) -> bool:
        """Whether it shows a plane, which can be scrolled."""
        return self.kind not in ("volume", "curved")

    def plane(self, scene: Scene) -> PlaneName:
        """Return the plane it shows of a scene: of images with only one plane that one."""
        if scene.only_plane is not None:
            return scene.only_plane
        return scene.acquired_plane if self.kind not in PLANES else self.kind

    def reset(self, *, keep_look: bool = False) -> None:
        """Fit the image to the pane, one slice thick, camera in front.

        How it hangs and what was made of a 3D look may stay.
        """
        if not keep_look:
            self.side: Side = ""
            self.hung_turn_deg, self.is_hung_mirrored = 0, False
        self.fit: Fit = "whole"
        self.zoom = 1.0
        self.turn_deg, self.is_mirrored = self.hung_turn_deg, self.is_hung_mirrored
        self.colour_map = "grey"
        self.image_filter = ""
        self.lens_px: tuple[float, float] | None = None
        self.band_px: tuple[float, float, float, float] | None = None
        self.pan_px = (0.0, 0.0)
        self.slab_mm = 0.0
        self.slab_mode: SlabMode = "max"
        self.curve_mode: CurveMode = "straightened"
        self.curve_angle_deg = 0.0
        self.curve_half_mm = 40.0
        self.azimuth_deg = 0.0
        self.elevation_deg = 0.0
        self.roll_deg = 0.0
        self.loop: DrawnLoop | None = None
        if not keep_look:
            self.look = VolumeLook()
        self.changed.emit()

    def update(self, **values: object) -> None:
        """Set attributes and tell it once."""
        for name, value in values.items():
            if name not in self.__dict__:
                raise AttributeError(name)
            setattr(self, name, value)
        self.changed.emit()
