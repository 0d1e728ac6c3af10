"""What a loop over the 3D view cuts away: the voxels that are seen inside it, and no others."""

from __future__ import annotations

import numpy as np
import pytest

from medview.imaging.camera import Camera
from medview.imaging.volume_cut import DrawnLoop, VolumeCut, cut_away
from medview.study.geometry import Geometry
from tests.view.scenes import GRIDS, tilted

SIZE = (300, 240)
SHAPE = (12, 16, 20)
LOOP = ((90.0, 60.0), (180.0, 50.0), (220.0, 150.0), (120.0, 180.0))


@pytest.mark.parametrize("geometry", [tilted(18.5, SHAPE), *(Geometry(SHAPE, grid.affine) for grid in GRIDS.values())])
@pytest.mark.parametrize("keeps_inside", [False, True])
def test_voxels_seen_inside_the_loop_are_cut_away(geometry: Geometry, keeps_inside: bool) -> None:
    camera = Camera.of(geometry, SIZE, azimuth_deg=35.0, elevation_deg=-20.0, roll_deg=10.0)
    cut = VolumeCut.of(DrawnLoop(keeps_inside, LOOP), camera, SIZE)
    assert cut is not None
    array = np.full(SHAPE, 7, dtype=np.int16)
    array[0, 0, 0] = -3
    left = cut_away(array, geometry, (cut,))
    checked = 0
    for index in np.ndindex(*SHAPE):
        x, y = camera.to_picture(geometry.to_mm(index), SIZE)
        edges = [(*a, *b) for a, b in zip(LOOP, (*LOOP[1:], LOOP[0]), strict=True)]
        far = [((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / np.hypot(bx - ax, by - ay) for ax, ay, bx, by in edges]
        if min(abs(f) for f in far) < 0.5:  # on the line itself
            continue
        inside = all(f > 0 for f in far)  # the loop is convex, drawn clockwise
        assert (left[index] == -3) == (inside != keeps_inside or index == (0, 0, 0)), index
        assert bool(cut.takes(geometry.to_mm(index))) == (inside != keeps_inside)
        checked += 1
    assert checked > 3000
    assert array.max() == 7
    assert array[5, 5, 5] == 7, "the images stay as they are"


def test_a_loop_that_encloses_nothing_cuts_nothing() -> None:
    geometry = Geometry(SHAPE, np.eye(4))
    camera = Camera.of(geometry, SIZE)
    assert VolumeCut.of(DrawnLoop(points_px=((5.0, 5.0),)), camera, SIZE) is None
    assert VolumeCut.of(DrawnLoop(points_px=((5.0, 5.0), (60.0, 5.0), (90.0, 6.0))), camera, SIZE) is None
    array = np.zeros(SHAPE, np.int16)
    assert cut_away(array, geometry, ()) is array
