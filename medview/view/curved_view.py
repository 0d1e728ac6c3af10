"""Makes the pictures of a curved pane: the reformat along a path, and sections at right angles to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from medview.errors import MedViewError
from medview.imaging.curve import Curve
from medview.imaging.curved_sheet import CurvedSheet, section_axes
from medview.imaging.oblique import turned
from medview.imaging.orientation import letters
from medview.imaging.padding import padding_range
from medview.imaging.sheet_values import sheet_values
from medview.progress import Progress, unheard
from medview.session.curved_path import path_curve
from medview.session.scene import Scene
from medview.session.viewport import Viewport
from medview.study.geometry import FloatArray
from medview.study.measurement import Measurement
from medview.view.curved_picture import CrossSection, CurvedPicture
from medview.view.grey_part import shown
from medview.view.kept import Kept
from medview.view.pane_transform import PaneTransform
from medview.view.picture_grid import PictureGrid
from medview.view.reslicer import Reslicer
from medview.view.unread import PictureRect

SECTION_GAP_MM = 5.0
_STRIP = 0.3  # of the pane for the sections
_MOST_STRIP_PX = 190
_SIDE_PX = 36  # beside the reformat, for letters
_RULER_PX = 38  # left of an upright one, for the ruler
_TOP_PX = 84  # above it, for the texts of the corners
_BOTTOM_PX = 26
_GAP_PX = 8
_LEAST_PX = 40
_BUDGET = 500_000  # samples that are taken within a frame
_COARSE = 3.0


@dataclass(frozen=True, eq=False)
class CurvedRequest:
    """What a reformat is made of, so that it can be made elsewhere.

    `key` tells whether two show the same; `samples` how many values it takes.
    """

    scene: Scene
    sheet: CurvedSheet
    rows: int
    slab_mm: float
    slab_mode: Any
    layer_mm: float
    key: tuple[object, ...]
    is_coarse: bool

    @property
    def samples(self) -> int:
        """How many values are interpolated."""
        return int(self.rows * len(self.sheet.base_mm) * (1 + self.slab_mm / self.layer_mm))

    def values(self, progress: Progress = unheard) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Return the values (rows, lines), and where they lie inside the volume."""
        volume = self.scene.volume
        return sheet_values(
            volume.array,
            volume.geometry,
            self.sheet,
            self.rows,
            slab_mm=self.slab_mm,
            slab_mode=self.slab_mode,
            layer_mm=self.layer_mm,
            progress=progress,
        )


@dataclass(frozen=True, eq=False)
class _Laid:
    """How a path is laid out in the pane."""

    curve: Curve
    sheet: CurvedSheet
    is_upright: bool
    area: PictureRect
    px_per_mm: float
    request: CurvedRequest


class CurvedView:
    """Lays a path out and keeps what did not change since the last picture.

    Parameters
    ----------
    scene, viewport
        Read, never changed.
    """

    def __init__(self, scene: Scene, viewport: Viewport) -> None:
        self._scene = scene
        self._viewport = viewport
        self._kept = Kept()
        self._sampler: Reslicer | None = None

    def request(self, path: Measurement, pane_size: tuple[int, int], *, coarse: bool) -> CurvedRequest:
        """Return what has to be interpolated for a picture in full, or coarse where that would take too long.

        Raises
        ------
        MedViewError
            The path has no length, or runs along the direction it is to be stretched across.
        """
        full = self._laid(path, pane_size, 1.0).request
        if not coarse or full.samples <= _BUDGET:
            return full
        return self._laid(path, pane_size, _COARSE).request

    def is_costly(self, request: CurvedRequest) -> bool:
        """Whether its values cannot be interpolated between two frames."""
        return request.samples > _BUDGET

    def picture(
        self,
        path: Measurement,
        pane_size: tuple[int, int],
        request: CurvedRequest,
        sampled: tuple[NDArray[Any], NDArray[np.bool_]],
    ) -> CurvedPicture:
        """Return the picture of values that were interpolated as requested for this path and pane."""
        scene = self._scene
        laid = self._laid(path, pane_size, _COARSE if request.is_coarse else 1.0)
        values, grey = self._shown(request, sampled, is_upright=laid.is_upright)
        low, high = request.sheet.extent_mm
        pixel_mm = request.sheet.step_mm, (high - low) / request.rows
        transform = _transform(laid, values.shape, pixel_mm, self._viewport)
        arc = laid.curve.nearest(scene.cursor_mm)
        line = request.sheet.line_at(request.sheet.along_of_arc(arc))
        tangent = laid.curve.tangents[int(np.clip(round(arc / laid.curve.step_mm), 0, len(laid.curve.tangents) - 1))]
        right, down = tangent, request.sheet.across[line]
        right, down = (down, right) if laid.is_upright else (right, down)
        edges = (letters(-right), letters(right), letters(-down), letters(down))
        return CurvedPicture(
            curve=laid.curve,
            sheet=request.sheet,
            grey=grey,
            values=values,
            is_upright=laid.is_upright,
            pixel_mm=pixel_mm,
            transform=transform,
            area=laid.area,
            arc_mm=arc,
            away_mm=float(np.linalg.norm(laid.curve.at(arc) - scene.cursor_mm)),
            letters=edges if scene.volume.geometry.has_orientation else ("", "", "", ""),
            sections=self._sections(laid, pane_size, arc, request.sheet.across[line]),
            is_coarse=request.is_coarse,
        )

    def _shown(
        self, request: CurvedRequest, sampled: tuple[NDArray[Any], NDArray[np.bool_]], *, is_upright: bool
    ) -> tuple[NDArray[Any], NDArray[np.uint8]]:
        values, inside = (array.T if is_upright else array for array in sampled)
        scene = self._scene
        key = (request.key, scene.look, scene.is_shown_inverted)

        def make() -> NDArray[np.uint8]:
            return _grey(scene, values, inside)

        return values, cast("NDArray[np.uint8]", self._kept.made("grey", key, make))

    def _laid(self, path: Measurement, pane_size: tuple[int, int], coarseness: float) -> _Laid:
        view, scene = self._viewport, self._scene
        how = view.curve_mode, round(view.curve_angle_deg, 3), view.curve_half_mm
        slab = (max(view.slab_mm, 0.0), view.slab_mode)
        key = (scene.volume, path.points_mm.tobytes(), path.normal.tobytes(), *how, *slab, pane_size, view.zoom)
        made = self._kept.made(f"laid {coarseness}", key, lambda: self._make_laid(path, pane_size, coarseness, key))
        return cast(_Laid, made)

    def _make_laid(
        self, path: Measurement, pane_size: tuple[int, int], coarseness: float, key: tuple[object, ...]
    ) -> _Laid:
        view, geometry = self._viewport, self._scene.volume.geometry
        rough = path_curve(path, self._scene, 2.0 * min(geometry.spacing_mm))
        if rough is None:
            raise MedViewError("The path has no length.", "Put its points at different places.")
        chord = np.abs(rough.points_mm[-1] - rough.points_mm[0])
        is_upright = bool(geometry.has_orientation and chord[2] == chord.max())
        area = _area(pane_size, is_upright=is_upright)
        extent = self._sheet(rough, path, is_upright=is_upright).extent_mm
        wide, high = rough.length_mm, extent[1] - extent[0]
        wide, high = (high, wide) if is_upright else (wide, high)
        px_per_mm = view.zoom * min(area[2] / wide, area[3] / high)
        step = max(min(geometry.spacing_mm) / 2.0, 1.0 / px_per_mm) * coarseness
        curve = path_curve(path, self._scene, step)
        assert curve is not None
        sheet = self._sheet(curve, path, is_upright=is_upright)
        rows = max(2, round((sheet.extent_mm[1] - sheet.extent_mm[0]) / step))
        layer = min(geometry.spacing_mm) * (2.0 if coarseness > 1 else 1.0)
        is_coarse = coarseness > 1
        request = CurvedRequest(
            self._scene, sheet, rows, max(view.slab_mm, 0.0), view.slab_mode, layer, (*key, is_coarse), is_coarse
        )
        return _Laid(curve, sheet, is_upright, area, px_per_mm, request)

    def _sheet(self, curve: Curve, path: Measurement, *, is_upright: bool) -> CurvedSheet:
        view = self._viewport
        # across is to the right of an upright reformat and down of another: the patient's left, or his feet
        towards = np.array((1.0, 0.0, 0.0) if is_upright else (0.0, 0.0, -1.0))
        if view.curve_mode == "straightened":
            return CurvedSheet.straightened(curve, towards, view.curve_angle_deg, view.curve_half_mm)
        chord = curve.points_mm[-1] - curve.points_mm[0]
        wish = np.array((1.0, 1.0, 0.0) if is_upright else (0.0, 1.0, -1.0))
        direction = path.normal if path.normal @ wish >= 0 else -path.normal
        if np.linalg.norm(chord) > 1e-6 and view.curve_angle_deg:
            direction = turned(np.eye(3), chord, view.curve_angle_deg) @ direction
        try:
            return CurvedSheet.stretched(curve, direction, view.curve_half_mm)
        except ValueError as error:
            raise MedViewError(
                "The path runs along the direction it is to be stretched across.",
                "Turn the reformat, or lay the path straight.",
            ) from error

    def _sections(
        self, laid: _Laid, pane_size: tuple[int, int], arc_mm: float, across: FloatArray
    ) -> tuple[CrossSection, ...]:
        """Return the sections before, at and behind a place of the path; those beyond its ends are left out."""
        rects = _section_rects(laid.area, pane_size, is_upright=laid.is_upright)
        down = np.array([0.0, 1.0, 0.0]) if laid.is_upright else across
        made = []
        for rect, offset in zip(rects, (-SECTION_GAP_MM, 0.0, SECTION_GAP_MM), strict=False):
            place = arc_mm + offset
            if -1e-6 <= place <= laid.curve.length_mm + 1e-6:
                made.append(self._section(laid.curve, place, down, rect))
        return tuple(made)

    def _section(self, curve: Curve, arc_mm: float, down: FloatArray, rect: PictureRect) -> CrossSection:
        scene = self._scene
        right, below = section_axes(curve, arc_mm, down)
        if right @ (1.0, 0.1, 0.01) < 0:  # patient's right on the left of the screen, as in any other picture
            right = -right
        half = self._viewport.curve_half_mm
        step = 2.0 * half / min(rect[2], rect[3])
        origin = curve.at(arc_mm) - step * (rect[2] / 2.0 * right + rect[3] / 2.0 * below)
        grid = PictureGrid(origin, right * step, below * step, (rect[2], rect[3]))
        if self._sampler is None or self._sampler.array is not scene.volume.array:
            self._sampler = Reslicer(scene.volume.array, scene.volume.geometry)
        place = np.round(grid.origin_mm, 6).tobytes(), np.round(right, 6).tobytes(), rect, half
        key = (*place, scene.volume, scene.look, scene.is_shown_inverted)
        sampler = self._sampler
        edges = grid.edge_letters() if scene.volume.geometry.has_orientation else ("", "", "", "")

        def make() -> CrossSection:
            return CrossSection(arc_mm, _grey(scene, *sampler.sample(grid)), grid, rect, (edges[0], edges[2]))

        return cast(CrossSection, self._kept.made(f"section {rect}", key, make))


def _grey(scene: Scene, values: NDArray[Any], inside: NDArray[np.bool_]) -> NDArray[np.uint8]:
    pixels = shown(values, scene.look, scene.is_shown_inverted, padding_range(scene.series, None))
    pixels[~inside] = 0
    return np.ascontiguousarray(pixels)


def _area(pane_size: tuple[int, int], *, is_upright: bool) -> PictureRect:
    """Return the part of a pane that the reformat has; the rest is for the texts and the sections."""
    width, height = pane_size
    strip = min(round(_STRIP * (width if is_upright else height)), _MOST_STRIP_PX)
    left = _SIDE_PX + (_RULER_PX if is_upright else 0)
    room_x = width - left - _SIDE_PX - (strip if is_upright else 0)
    room_y = height - _TOP_PX - _BOTTOM_PX - (0 if is_upright else strip)
    return left, _TOP_PX, max(room_x, _LEAST_PX), max(room_y, _LEAST_PX)


def _section_rects(area: PictureRect, pane_size: tuple[int, int], *, is_upright: bool) -> tuple[PictureRect, ...]:
    """Return three equal squares beside the reformat: below it, or to its right where it is upright."""
    left, top, width, height = area
    if is_upright:
        side = max(8, min((pane_size[1] - _TOP_PX - 3 * _GAP_PX) // 3, pane_size[0] - left - width - _SIDE_PX // 2))
        return tuple((pane_size[0] - side - _GAP_PX, _TOP_PX + n * (side + _GAP_PX), side, side) for n in range(3))
    side = max(8, min((pane_size[0] - 4 * _GAP_PX) // 3, pane_size[1] - top - height - _BOTTOM_PX))
    start = (pane_size[0] - 3 * side - 2 * _GAP_PX) // 2
    return tuple((start + n * (side + _GAP_PX), pane_size[1] - side - _GAP_PX, side, side) for n in range(3))


def _transform(laid: _Laid, shape: tuple[int, ...], pixel_mm: tuple[float, float], viewport: Viewport) -> PaneTransform:
    """Return where the picture lies in the pane: in the middle of its area, then shifted."""
    along, across = pixel_mm
    x_mm, y_mm = (across, along) if laid.is_upright else (along, across)
    scale_x, scale_y = laid.px_per_mm * x_mm, laid.px_per_mm * y_mm
    left, top, width, height = laid.area
    return PaneTransform(
        scale_x,
        scale_y,
        left + width / 2.0 + viewport.pan_px[0] - shape[1] * scale_x / 2.0,
        top + height / 2.0 + viewport.pan_px[1] - shape[0] * scale_y / 2.0,
    )
