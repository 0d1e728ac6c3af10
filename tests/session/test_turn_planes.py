"""Planes are laid along the images or the patient, and each turn can be taken back."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from medview.jobs.job_queue import JobQueue
from medview.session import undo
from medview.session.layout import shipped_layout
from medview.session.loading import Loading
from medview.session.scene import Scene
from medview.session.session import Session
from medview.session.settings import Settings
from medview.session.turn_planes import align_to_images, align_to_patient, crossing_planes, reset_planes, why_not
from medview.study.geometry import Geometry
from tests.view.scenes import AXIAL, GRIDS, SHAPE, scene_of, screen_axes, tilted


@pytest.fixture
def session() -> Iterator[Session]:
    jobs = JobQueue(worker_process=False)
    yield Session(jobs, Settings())
    jobs.stop()


def shown(session: Session, geometry: Geometry) -> Scene:
    session.show(scene_of(np.zeros(geometry.shape, np.int16), geometry))
    assert session.scene is not None
    return session.scene


def test_along_the_patient_the_planes_of_an_oblique_series_are_straight(session: Session) -> None:
    scene = shown(session, GRIDS["double oblique sagittal"])
    before = scene.cursor_mm
    align_to_patient(session)
    assert scene.rotation is not None
    assert np.array_equal(scene.rotation, np.eye(3))
    assert [axis.tolist() for axis in scene.plane_axes("sagittal")] == [[0, 1, 0], [0, 0, -1]]
    align_to_images(session)
    assert scene.turned_planes is None  # its own axes are at right angles: native voxels
    assert scene.plane_axes("sagittal")[0] == pytest.approx(screen_axes(scene.volume.geometry, "sagittal")[0])
    undo.undo(session)
    assert scene.rotation is not None
    undo.undo(session)
    assert scene.turned_planes is None
    assert np.array_equal(scene.cursor_mm, before)


def test_along_tilted_images_the_acquired_plane_keeps_the_tilt_and_the_others_are_square_to_it(
    session: Session,
) -> None:
    geometry = tilted(18.5)
    scene = shown(session, geometry)
    assert scene.plane_axes("coronal")[1].tolist() == [0, 0, -1]  # upright by default: nothing is drawn skewed
    align_to_images(session)
    normals = [scene.plane_normal(plane) for plane in ("axial", "coronal", "sagittal")]
    assert np.abs(np.array(normals) @ np.array(normals).T - np.eye(3)).max() < 1e-9
    tilt = np.rad2deg(np.arccos(abs(normals[0] @ (0, 0, 1))))
    assert tilt == pytest.approx(18.5)
    reset_planes(session)
    assert scene.turned_planes is None


def test_what_has_one_plane_no_spacing_or_is_being_read_is_not_turned(session: Session) -> None:
    recording = Geometry(SHAPE, AXIAL.affine, has_depth=False)
    assert "only one plane" in str(why_not(shown(session, recording)))
    assert "how large" in str(why_not(shown(session, Geometry(SHAPE, AXIAL.affine, has_spacing=False))))
    whole = shown(session, AXIAL)
    assert why_not(whole) is None
    part = Scene(whole.study, whole.volume, whole.window, Loading(SHAPE[0]))
    assert "when all images" in str(why_not(part))
    session.show(part)
    align_to_patient(session)
    assert part.turned_planes is None


def test_only_planes_that_are_seen_beside_it_cross_a_pane(session: Session) -> None:
    shown(session, AXIAL)
    session.set_layout(shipped_layout("mpr"))
    assert set(crossing_planes(session, "axial")) == {"coronal", "sagittal"}
    assert crossing_planes(session, "volume") == ()
    session.set_layout(shipped_layout("1x1"))
    assert crossing_planes(session, "1") == ()
    assert crossing_planes(session, "no such pane") == ()
