"""A presentation state is for the images it names: others of the series keep the grey that they say themselves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from medview.jobs.job_queue import JobQueue
from medview.session.apply_presentation import apply_presentation, take_off_presentation
from medview.session.scene import Scene
from medview.session.session import Session
from medview.session.settings import Settings
from medview.session.viewport import Viewport
from medview.study.annotation import ImageName
from medview.study.presentation import Presentation
from medview.study.series import Instance
from medview.study.voi_lut import VoiLut
from medview.view.corner_text import corner_text
from medview.view.slice_view import SliceView
from tests.view.scenes import AXIAL, scene_of

BLACK_FROM = VoiLut(0.0, np.array([1.0, 0.5, 0.0], np.float32))  # a presentation LUT that turns grey round


def opened(kind: str) -> Scene:
    array = np.zeros(AXIAL.shape, np.int16)
    array[:, :, 5:] = 255
    instances = tuple(Instance(Path(f"{n}.dcm"), f"1.{n}") for n in range(AXIAL.shape[0]))
    return scene_of(array, AXIAL, photometric_interpretation=kind, instances=instances)


def grey_of_low_and_high(scene: Scene, number: int) -> tuple[int, int]:
    """Return how dark air and how bright bone is painted on an image."""
    scene.move_cursor(scene.volume.geometry.to_mm((number, 4, 4)))
    grey = SliceView(scene, Viewport("acquired")).picture((300, 300)).grey
    return int(grey[4, 0]), int(grey[4, -1])


def state(is_inverted: bool, lut: VoiLut | None = None) -> Presentation:
    return Presentation("9", "LOOK", "1.2.3", (ImageName("1.2", 0),), is_inverted=is_inverted, presentation_lut=lut)


@pytest.mark.parametrize("kind", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("is_inverted", [False, True])
def test_images_that_a_state_is_not_for_keep_their_grey(medview_home: Path, kind: str, is_inverted: bool) -> None:
    session, scene = Session(JobQueue(worker_process=False), Settings()), opened(kind)
    own = (255, 0) if kind == "MONOCHROME1" else (0, 255)
    stated = (255, 0) if is_inverted else (0, 255)
    apply_presentation(session, scene, state(is_inverted))
    assert grey_of_low_and_high(scene, 2) == stated
    assert grey_of_low_and_high(scene, 3) == own
    scene.update(inverted=not scene.inverted)  # what a person turns round is turned round on all
    assert grey_of_low_and_high(scene, 2) == stated[::-1]
    assert grey_of_low_and_high(scene, 3) == own[::-1]
    take_off_presentation(scene)
    assert grey_of_low_and_high(scene, 2) == grey_of_low_and_high(scene, 3) == own


def test_a_presentation_table_is_for_its_own_images(medview_home: Path) -> None:
    session, scene = Session(JobQueue(worker_process=False), Settings()), opened("MONOCHROME2")
    apply_presentation(session, scene, state(False, BLACK_FROM))
    assert grey_of_low_and_high(scene, 2) == (255, 0)
    assert grey_of_low_and_high(scene, 3) == (0, 255)


def test_an_image_that_its_state_mirrors_is_said_to_be(medview_home: Path) -> None:
    session, scene = Session(JobQueue(worker_process=False), Settings()), opened("MONOCHROME2")
    apply_presentation(session, scene, replace(state(False), is_flipped=True))
    told = []
    for number in (2, 3):
        scene.move_cursor(scene.volume.geometry.to_mm((number, 4, 4)))
        viewport = Viewport("acquired")
        picture = SliceView(scene, viewport).picture((300, 300))
        told.append({str(line.text) for line in corner_text(scene, viewport, picture, (300, 300)).top_left})
    assert "Mirrored by its state" in told[0] - told[1]
