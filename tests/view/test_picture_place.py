"""The mouse points at what the picture shows, although no picture is made for it."""

from __future__ import annotations

import numpy as np
import pytest

from medview.imaging.turned_planes import TurnedPlanes
from medview.session.viewport import PLANES, Viewport
from medview.view.slice_view import SliceView
from tests.view.scenes import GRIDS, lit, scene_of, tilted

PANE = (300, 200)


@pytest.mark.parametrize("name", [*GRIDS, "tilted"])
@pytest.mark.parametrize("turned", [None, TurnedPlanes.of_angles(20.0, -15.0, 30.0)])
def test_a_place_of_the_pane_is_the_same_point_with_and_without_the_picture(
    name: str, turned: TurnedPlanes | None
) -> None:
    geometry = tilted(15.0) if name == "tilted" else GRIDS[name]
    scene = scene_of(lit(geometry, (1, 1, 1)), geometry)
    scene.turn(turned)
    for plane in PLANES:
        viewport = Viewport(plane)
        view = SliceView(scene, viewport)
        for look in ({"zoom": 2.5, "pan_px": (30.0, -12.0)}, {"turn_deg": 90, "is_mirrored": True}):
            viewport.update(**look)
            scene.move_cursor(geometry.to_mm(np.array(scene.cursor_index) - 1.0))  # no picture has been made here
            place = view.place(PANE)
            picture = view.picture(PANE)
            for at in ((0.0, 0.0), (150.0, 100.0), (299.0, 17.0)):
                np.testing.assert_allclose(place.pane_to_mm(*at), picture.pane_to_mm(*at), atol=1e-9)
