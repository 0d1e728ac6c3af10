"""A plane laid on the screen in another way shows the same voxels, turned as numpy turns pictures."""

from __future__ import annotations

import numpy as np
import pytest

from medview.imaging.plane import SlicePlane
from medview.session.turn_view import mirror_view, turn_view
from medview.session.viewport import PLANES, Viewport
from medview.view.picture_grid import PictureGrid
from tests.view.scenes import GRIDS

WAYS = [(degrees, flipped) for degrees in (0, 90, 180, 270) for flipped in (False, True)]


@pytest.mark.parametrize("name", ["axial, thick slices", "sagittal", "oblique", "mirrored (left-handed)"])
@pytest.mark.parametrize(("degrees", "flipped"), WAYS)
def test_a_plane_is_turned_as_numpy_turns_its_picture(name: str, degrees: int, flipped: bool) -> None:
    geometry = GRIDS[name]
    array = np.arange(np.prod(geometry.shape)).reshape(geometry.shape)
    for plane_name in PLANES:
        plane = SlicePlane.of(geometry, plane_name)
        laid = plane.laid(degrees, flipped=flipped)
        wanted = np.rot90(plane.slice_view(array, 2), -degrees // 90)
        wanted = wanted[:, ::-1] if flipped else wanted
        assert np.array_equal(laid.slice_view(array, 2), wanted)
        own, grid = PictureGrid.of_slice(plane, 2), PictureGrid.of_slice(laid, 2)
        turned = own.laid(degrees, flipped=flipped)
        assert turned.size == grid.size == wanted.shape[::-1]
        for attribute in ("origin_mm", "x_step_mm", "y_step_mm"):
            assert getattr(turned, attribute) == pytest.approx(getattr(grid, attribute), abs=1e-9)


def test_turns_and_mirrors_follow_what_is_seen() -> None:
    """Whatever was done before: one turn to the right carries what is at the top to the right."""
    geometry = GRIDS["axial, thick slices"]
    array = np.arange(np.prod(geometry.shape)).reshape(geometry.shape)
    plane = SlicePlane.of(geometry, "axial")

    def seen(viewport: Viewport) -> np.ndarray:
        return plane.laid(viewport.turn_deg, flipped=viewport.is_mirrored).slice_view(array, 1)

    viewport = Viewport("axial")
    for number in np.random.default_rng(3).integers(0, 4, 40):
        before = seen(viewport)
        if number < 2:
            turn_view(viewport, (90, -90)[number])
            wanted = np.rot90(before, (-1, 1)[number])
        else:
            mirror_view(viewport, upside_down=bool(number == 3))
            wanted = before[::-1] if number == 3 else before[:, ::-1]
        assert np.array_equal(seen(viewport), wanted)
