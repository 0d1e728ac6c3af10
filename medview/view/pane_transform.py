"""Where the pixels of a picture lie in the pane."""

from __future__ import annotations

from dataclasses import dataclass

from medview.imaging.display_size import PLAIN_DISPLAY, DisplaySize, pane_scale


@dataclass(frozen=True)
class PaneTransform:
    """Scale and shift from picture coordinates to device-independent pixels of the pane.

    Examples
    --------
    >>> t = PaneTransform.fit((100, 50), (1.0, 2.0), (200, 400), zoom=1.0, pan_px=(5.0, 0.0))
    >>> t.scale_x, t.scale_y, t.to_pane(50, 25)
    (2.0, 4.0, (105.0, 200.0))
    >>> t.to_picture(105.0, 200.0)
    (50.0, 25.0)
    """

    scale_x: float
    scale_y: float
    offset_x: float
    offset_y: float

    @classmethod
    def fit(
        cls,
        size: tuple[int, int],
        pixel_mm: tuple[float, float],
        pane_size: tuple[int, int],
        zoom: float,
        pan_px: tuple[float, float],
        *,
        fit: str = "whole",
        display: DisplaySize = PLAIN_DISPLAY,
        side: str = "",
    ) -> PaneTransform:
        """Return the transform that shows a picture fitted and undistorted, then zoomed and shifted.

        Parameters
        ----------
        size, pixel_mm
            Of the picture: pixels across and down, and the size of one.
        pane_size
            In device-independent pixels.
        zoom, pan_px, fit, side
            As in `medview.session.viewport.Viewport`.
        display
            The screen, where `fit` asks for its pixels or millimetres.
        """
        width_mm, height_mm = size[0] * pixel_mm[0], size[1] * pixel_mm[1]
        px_per_mm = zoom * pane_scale(fit, (width_mm, height_mm), min(pixel_mm), pane_size, display)
        # what an image is shifted to the side grows with the zoom, so that zooming about a point holds that point
        room = max(pane_size[0] * zoom - width_mm * px_per_mm, 0.0) / 2
        shift = {"left": -room, "right": room}.get(side, 0.0)
        left = pane_size[0] / 2 + pan_px[0] + shift - width_mm * px_per_mm / 2
        top = pane_size[1] / 2 + pan_px[1] - height_mm * px_per_mm / 2
        if fit == "one_to_one" and zoom == 1.0:  # pixels of the image lie on those of the screen
            left, top = (round(n * display.device_pixel_ratio) / display.device_pixel_ratio for n in (left, top))
        return cls(px_per_mm * pixel_mm[0], px_per_mm * pixel_mm[1], left, top)

    def to_pane(self, x: float, y: float) -> tuple[float, float]:
        """Return the pane point of a picture point."""
        return self.offset_x + x * self.scale_x, self.offset_y + y * self.scale_y

    def to_picture(self, x: float, y: float) -> tuple[float, float]:
        """Return the picture point of a pane point."""
        return (x - self.offset_x) / self.scale_x, (y - self.offset_y) / self.scale_y
