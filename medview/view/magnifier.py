"""The lens that is held over an image: the plane once more, larger and from the values themselves."""

from __future__ import annotations

from dataclasses import dataclass

from medview.imaging.display_size import DisplaySize
from medview.session.scene import Scene
from medview.session.viewport import Viewport
from medview.view.slice_picture import SlicePicture
from medview.view.slice_view import SliceView

_RADIUS_SHARE = 0.22  # of the pane's shorter side
_RADIUS_PX = (60.0, 150.0)
_ALIKE = ("fit", "turn_deg", "is_mirrored", "colour_map", "image_filter", "slab_mm", "slab_mode")


@dataclass(frozen=True)
class Lens:
    """A round lens: its middle and radius in the pane, and how much larger it shows what lies below its middle."""

    x: float
    y: float
    radius: float
    zoom: float

    def to_lens(self, x: float, y: float) -> tuple[float, float]:
        """Return where in the lens a point of the pane is seen."""
        return self.x + (x - self.x) * self.zoom, self.y + (y - self.y) * self.zoom


def lens(at_px: tuple[float, float], zoom: float, pane_size: tuple[int, int]) -> Lens:
    """Return the lens at a point of a pane.

    >>> lens((100.0, 50.0), 2.0, (600, 400)).to_lens(110.0, 50.0)
    (120.0, 50.0)
    """
    radius = min(max(_RADIUS_SHARE * min(pane_size), _RADIUS_PX[0]), _RADIUS_PX[1])
    return Lens(*at_px, radius, zoom)


class Magnifier:
    """Makes the pictures that are seen in the lens of one pane.

    Parameters
    ----------
    scene, viewport
        Read, never changed.
    """

    def __init__(self, scene: Scene, viewport: Viewport) -> None:
        self._viewport = viewport
        self._larger = Viewport(viewport.pane, viewport.kind, viewport.slot)
        self._view = SliceView(scene, self._larger)

    def picture(self, lens: Lens, pane_size: tuple[int, int], display: DisplaySize) -> SlicePicture:
        """Return the plane of the pane, magnified about the middle of the lens."""
        own, middle = self._viewport, (pane_size[0] / 2, pane_size[1] / 2)
        x, y = lens.x - middle[0], lens.y - middle[1]
        pan_px = x + (own.pan_px[0] - x) * lens.zoom, y + (own.pan_px[1] - y) * lens.zoom
        alike = {name: getattr(own, name) for name in _ALIKE}
        self._larger.update(zoom=own.zoom * lens.zoom, pan_px=pan_px, **alike)
        return self._view.picture(pane_size, display=display)
