"""Rulers and true size in what may be called a millimetre."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medview.errors import MedViewError
from medview.imaging.display_size import DisplaySize
from medview.jobs.job_queue import JobQueue
from medview.session.fit_view import fit_view
from medview.session.scene import Scene
from medview.session.session import Session
from medview.session.settings import Settings
from medview.session.viewport import Viewport
from medview.study.series import Instance
from medview.study.spacing_facts import SpacingFacts
from medview.view.corner_text import corner_text
from medview.view.ruler import ruler
from medview.view.scale_bar import ScaleBar, scale_bar
from medview.view.slice_view import SliceView
from tests.view.scenes import AXIAL, grid, lit, scene_of

FILM = grid((0, 0, 1), (0, 1, 0), (1, 0, 0), shape=(1, 300, 400), has_orientation=False, has_spacing=False)
SCREEN = DisplaySize(1.5, 2.0, True)  # 2 device-independent pixels in a millimetre of the glass


def film(**spacing: object) -> Scene:
    image = Instance(Path("film.dcm"), "1.2", spacing=SpacingFacts(**spacing))  # type: ignore[arg-type]
    return scene_of(np.zeros(FILM.shape, np.int16), FILM, modality="CR", instances=(image,))


def test_at_the_detector_a_millimetre_is_called_so() -> None:
    scene, viewport = film(imager_pixel_spacing=(0.2, 0.2)), Viewport("axial")
    view = SliceView(scene, viewport)
    found = ruler(scene, view.picture((800, 600)), 160.0)  # two pane pixels for a pixel of 0.2 mm
    assert found == ScaleBar(10.0, pytest.approx(100.0), "mm Proj")
    viewport.update(fit="true_size")
    picture = view.picture((800, 600), display=SCREEN)
    assert picture.transform.scale_x == pytest.approx(0.2 * 2.0)
    shown = [str(line.text) for line in corner_text(scene, viewport, picture, (800, 600)).bottom_left]
    assert "True size, in mm Proj" in shown
    assert "Zoom 60 %" in shown  # 0.4 device-independent pixels are 0.6 of the screen


def test_pixels_have_no_ruler_and_no_true_size(tmp_path: Path) -> None:
    scene, viewport = film(), Viewport("axial")
    assert ruler(scene, SliceView(scene, viewport).picture((800, 600)), 160.0) is None
    jobs = JobQueue()
    session = Session(jobs, Settings(tmp_path / "settings.json"))
    session.add_study(scene.study)
    session.show(scene)
    with pytest.raises(MedViewError, match="true size"):
        fit_view(session, "true_size")
    assert session.active_viewport.fit == "whole"
    jobs.stop()


def test_a_volume_is_shown_in_true_size_in_every_plane() -> None:
    scene = scene_of(lit(AXIAL, (3, 4, 5)), AXIAL)
    for plane in ("axial", "coronal", "sagittal"):
        viewport = Viewport(plane)
        viewport.update(fit="true_size")
        picture = SliceView(scene, viewport).picture((300, 200), display=SCREEN)
        across, down = picture.grid.pixel_mm
        assert (picture.transform.scale_x, picture.transform.scale_y) == pytest.approx((2 * across, 2 * down))


@pytest.mark.parametrize(("length", "steps"), [(100.0, 10), (50.0, 5), (20.0, 4), (0.5, 5)])
def test_ticks_divide_into_whole_numbers(length: float, steps: int) -> None:
    bar = scale_bar(100.0 / length, 100.0)
    assert bar is not None
    assert (bar.length_mm, bar.steps) == (length, steps)


def test_ticks_that_could_not_be_told_apart_are_left_out() -> None:
    assert ScaleBar(100.0, 30.0).steps == 5
    assert ScaleBar(100.0, 6.0).steps == 1
