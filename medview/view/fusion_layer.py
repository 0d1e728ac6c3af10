"""A second volume, or a dose, as colours over the picture of a pane."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.imaging.colour_maps import colour_table
from medview.session.scene import Scene
from medview.session.viewport import Viewport
from medview.study.fusion import Fusion
from medview.study.image_index import ImagePlace
from medview.study.volume import Volume
from medview.view.compared_units import compared
from medview.view.picture_grid import PictureGrid
from medview.view.reslicer import Reslicer
from medview.view.slice_picture import SlicePicture

_FINEST = 4  # parts of a picture pixel along each side, where the second volume is finer than the first
_KEPT = 4  # values and colours, for the pane and for what the magnifier shows
_DOSE_FROM = 0.1  # of the highest dose: what is below would colour the whole body


@dataclass(frozen=True, eq=False)
class LayerPicture:
    """What is laid over a picture.

    Attributes
    ----------
    colours
        (height, width, 4) uint8 red, green, blue, alpha; alpha not multiplied in. It covers the whole picture, with
        `parts` x `parts` of its pixels to each pixel of the picture.
    """

    colours: NDArray[np.uint8]
    parts: int


class FusionLayer:
    """Makes what is laid over the pictures of one pane, and keeps what did not change since the last."""

    def __init__(self) -> None:
        self._reslicers: dict[Volume, Reslicer] = {}
        self._kept: OrderedDict[tuple[object, ...], Any] = OrderedDict()

    def fused(self, scene: Scene, viewport: Viewport, picture: SlicePicture) -> LayerPicture | None:
        """Return the second volume of a scene over a picture, None where it has none or the flicker shows the first."""
        fusion = scene.fusion
        if fusion is None and scene.dose is None:
            self._reslicers.clear()  # no volume is held that nobody shows
            self._kept.clear()
        if fusion is None or (fusion.mode == "flicker" and not fusion.shows_second):
            return None
        grid = true_grid(scene, picture)
        parts = 1 if fusion.mode == "difference" else _parts(grid, picture, fusion.placed)
        values, inside = self._sampled(fusion.placed, grid, parts, picture.slab_mm, viewport)
        look = (fusion.mode, fusion.window, fusion.colour_map, fusion.is_inverted, fusion.opacity, fusion.threshold)
        key = ("fused", values, *look, fusion.tile_mm, fusion.difference_width, scene.window, picture.values)

        def make() -> LayerPicture:
            if fusion.mode == "difference":
                return LayerPicture(_difference(scene, fusion, picture.values, values, inside), 1)
            return LayerPicture(_coloured(fusion, finer(grid, parts), values, inside), parts)

        made: LayerPicture = self._keep(key, make)
        return made

    def dose(self, scene: Scene, picture: SlicePicture) -> LayerPicture | None:
        """Return the dose of a scene over a picture, from a tenth of its maximum on; None where it has none."""
        dose = scene.dose
        if dose is None:
            return None
        values, inside = self._sampled(dose, true_grid(scene, picture), 1, 0.0, None)

        def make() -> LayerPicture:
            highest = float(dose.array.max())
            levels = _levels(values, (highest / 2, max(highest, 1e-9)))
            seen = inside & (values >= _DOSE_FROM * highest) & (highest > 0)
            return LayerPicture(_rgba(colour_table("dose"), levels, seen, scene.dose_opacity), 1)

        made: LayerPicture = self._keep(("dose", values, scene.dose_opacity), make)
        return made

    def _sampled(
        self, volume: Volume, grid: PictureGrid, parts: int, slab_mm: float, viewport: Viewport | None
    ) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Return the values of a volume at the pixel centres of a refined grid, and where there are any."""
        mode = viewport.slab_mode if viewport is not None else "max"

        def make() -> tuple[NDArray[Any], NDArray[np.bool_]]:
            values, inside = self._reslicer(volume).sample(finer(grid, parts), slab_mm, mode)
            # NaN is where a bent volume holds nothing
            return values, inside & np.isfinite(values) if values.dtype.kind == "f" else inside

        found: tuple[NDArray[Any], NDArray[np.bool_]] = self._keep((volume, _place(grid), parts, slab_mm, mode), make)
        return found

    def _reslicer(self, volume: Volume) -> Reslicer:
        if volume not in self._reslicers:
            if len(self._reslicers) > 1:
                self._reslicers.clear()  # a dose and one second volume: no closed volume is held
            self._reslicers[volume] = Reslicer(volume.array, volume.geometry)
        return self._reslicers[volume]

    def _keep(self, key: tuple[object, ...], make: Any) -> Any:
        """Return what was made for the same key, or make it; arrays in a key are compared by what they are."""
        plain = tuple(id(part) if isinstance(part, np.ndarray) else part for part in key)
        if plain not in self._kept:
            # the key's arrays are kept with it, so that no other one gets their id
            self._kept[plain] = key, make()
        self._kept.move_to_end(plain)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return self._kept[plain][1]


def true_grid(scene: Scene, picture: SlicePicture) -> PictureGrid:
    """Return where the pixels of a picture lie, also where the volume's grid places its slices for the screen alone."""
    geometry, number = scene.volume.geometry, picture.slice_index
    if geometry.has_depth or not picture.is_acquired or number >= len(scene.series.instances):
        return picture.grid
    shift = ImagePlace(scene.series, number).origin_mm - geometry.to_mm((number, 0, 0))
    grid = picture.grid
    return PictureGrid(grid.origin_mm + shift, grid.x_step_mm, grid.y_step_mm, grid.size)


def finer(grid: PictureGrid, parts: int) -> PictureGrid:
    """Return a grid over the same picture with `parts` x `parts` pixels in the place of each."""
    size = (grid.size[0] * parts, grid.size[1] * parts)
    return PictureGrid(grid.origin_mm, grid.x_step_mm / parts, grid.y_step_mm / parts, size)


def _parts(grid: PictureGrid, picture: SlicePicture, second: Volume) -> int:
    """Return how finely a picture pixel is divided: as the second volume and the screen can show."""
    wanted = ceil(max(grid.pixel_mm) / min(second.geometry.spacing_mm) - 0.05)
    seen = ceil(max(picture.transform.scale_x, picture.transform.scale_y) - 0.05)
    return max(1, min(wanted, seen, _FINEST))


def _place(grid: PictureGrid) -> tuple[object, ...]:
    place = np.concatenate([grid.origin_mm, grid.x_step_mm, grid.y_step_mm])
    return grid.size, (np.round(place, 6) + 0.0).tobytes()


def _levels(values: NDArray[Any], window: tuple[float, float]) -> NDArray[np.uint8]:
    """Return 0 to 255 from the low to the high end of a window (LINEAR_EXACT, PS3.3 C.11.2.1.3.2); NaN is 0."""
    centre, width = window
    part = values.astype(np.float32)
    part -= np.float32(centre - width / 2)
    part *= np.float32(255.0 / max(width, 1e-9))
    # fmax and fmin take the number where the other one is NaN
    np.fmin(np.fmax(part, np.float32(0.0), out=part), np.float32(255.0), out=part)
    part += np.float32(0.5)
    levels: NDArray[np.uint8] = part.astype(np.uint8)
    return levels


def _rgba(
    table: NDArray[np.uint8], levels: NDArray[np.uint8], seen: NDArray[np.bool_], opacity: float
) -> NDArray[np.uint8]:
    whole = np.empty((256, 4), dtype=np.uint8)
    whole[:, :3] = table
    whole[:, 3] = round(255 * opacity)
    # looked up and left away as one number each: four times as fast as by colours
    made = whole.view(np.uint32)[:, 0].take(levels)
    made[~seen] = 0
    return made.view(np.uint8).reshape(*levels.shape, 4)


def _coloured(fusion: Fusion, grid: PictureGrid, values: NDArray[Any], inside: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return the second volume in its colours.

    Blended, it is seen where it has values above the threshold. Else it takes the place of the first, and is black
    where it has no values: the first showing through there would look like agreement.
    """
    table = colour_table(fusion.colour_map, inverted=fusion.is_inverted)
    levels = _levels(values, fusion.window)
    if fusion.mode == "blend":
        seen = inside if fusion.threshold is None else inside & (values > fusion.threshold)
        return _rgba(table, levels, seen, fusion.opacity)
    seen = tiles(grid, fusion.tile_mm) if fusion.mode == "checkerboard" else np.ones(levels.shape, dtype=np.bool_)
    made = _rgba(table, levels, seen, 1.0)
    made[~inside, :3] = 0
    return made


def tiles(grid: PictureGrid, tile_mm: float) -> NDArray[np.bool_]:
    """Return (height, width): which pixels lie in tiles of the second volume. The tiles lie still in the patient."""
    numbers = []
    for step, count in ((grid.x_step_mm, grid.size[0]), (grid.y_step_mm, grid.size[1])):
        length = float(np.linalg.norm(step))
        along = float(grid.origin_mm @ step) / length + (np.arange(count) + 0.5) * length
        numbers.append(np.floor(along / tile_mm + 1e-9).astype(np.int64))
    odd: NDArray[np.bool_] = (numbers[0][None, :] + numbers[1][:, None]) % 2 == 1
    return odd


def _difference(
    scene: Scene, fusion: Fusion, first: NDArray[Any], second: NDArray[Any], inside: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    """Return second minus first from blue over white to red; black where the second has no values."""
    one, other, width = compared(scene, fusion, first, second)
    levels = _levels(np.asarray(other - one), (0.0, width))
    made = _rgba(colour_table("cool_warm"), levels, np.ones(levels.shape, dtype=np.bool_), 1.0)
    made[~inside, :3] = 0
    return made
