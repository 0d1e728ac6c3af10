"""Whatever is opened, stepped, cancelled and closed in whatever order: pixels, masks and names are of one patient."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread

from medview.session.close_study import close_study
from medview.session.edit_mask import new_segmentation
from medview.session.open_folder import open_folder
from medview.session.open_from_library import open_from_library
from medview.session.session import Session
from medview.session.show_series import show_series
from medview.session.step_place import step_place
from medview.session.when_shown import when_shown
from tests.files.make_dicom import write_stack
from tests.session.moments import write_moments
from tests.session.waiting import said, wait_idle

STEPS = 250
OFFSETS = {"T1": 0, "T2": 700, "T3": 1400, "T4": 2100}  # added to every pixel of a patient, of 12 bits


def write_patients(folder: Path) -> list[Path]:
    """Write two patients with a stack and two with a 4-D series, all identifiers shared within each pair."""
    for patient in ("T1", "T2"):
        write_stack(folder / patient, 30, PatientID=patient)
    for patient in ("T3", "T4"):
        write_moments(folder / patient)
    for patient, offset in OFFSETS.items():
        for path in (folder / patient).iterdir():
            dataset = dcmread(path)
            dataset.PatientID = patient
            pixels = np.frombuffer(dataset.PixelData, "<u2") + np.uint16(offset)
            dataset.PixelData = pixels.astype("<u2").tobytes()
            dataset.save_as(path)
    return [folder / patient for patient in OFFSETS]


class Watcher:
    """Looks at what is shown whenever anything is told."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.seen: set[str] = set()
        session.scene_changed.connect(self.follow)

    def follow(self) -> None:
        self.look()
        scene = self.session.scene
        if scene is not None:
            scene.cursor_changed.connect(self.look)
            if scene.loading is not None:
                scene.loading.changed.connect(self.look)

    def look(self) -> None:
        scene = self.session.scene
        if scene is None:
            return
        patient = scene.study.facts.patient.patient_id
        self.seen.add(patient)
        assert scene.study in self.session.studies
        assert scene.study.find(scene.series.key) is not None
        for index in range(scene.volume.geometry.shape[0]):
            value = scene.value_at(scene.volume.geometry.to_mm((index, 2, 3)))
            if value is None:
                assert not scene.is_whole
                continue
            axis = scene.series.axis
            expected = index + OFFSETS[patient] + (100 * axis.number if axis is not None else 1000 - 1024)
            assert value == expected, (patient, index, axis)
        mask = scene.segmentation
        assert mask is None or (mask in scene.study.segmentations and mask.source.series_key == scene.series.key)


def act(session: Session, chance: random.Random, folders: list[Path]) -> None:
    """Do one thing that a person may do."""
    study: Any = chance.choice(session.studies) if session.studies else None
    what = chance.randrange(12)
    if study is None or what == 0:
        open_folder(session, chance.choice(folders), show=chance.random() < 0.5)
    elif what == 1:
        close_study(session, study)
    elif what == 2 and session.library is not None:
        rows = session.library.search()
        if rows:
            open_from_library(session, [chance.choice(rows).id])
    elif what in (3, 4):
        step_place(session, chance.choice((-1, 1, 2)), round_and_round=True)
    elif what == 5 and session.reading is not None:
        session.reading.cancel()
    elif what == 6 and session.scene is not None:
        geometry = session.scene.volume.geometry
        session.scene.move_cursor(geometry.to_mm((chance.randrange(geometry.shape[0]), 1, 1)))
    elif what == 7 and session.scene is not None and session.scene.is_whole:
        new_segmentation(session)
    elif what == 8:
        series = chance.choice(study.series)

        def check(scene: Any) -> None:
            assert scene.study is study

        when_shown(session, study, series, check)
    else:
        show_series(session, study, chance.choice(study.series))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_is_shown_is_of_one_patient_whatever_is_done(session: Session, tmp_path: Path, seed: int) -> None:
    chance, folders = random.Random(seed), write_patients(tmp_path)
    watcher = Watcher(session)
    for _ in range(STEPS):
        act(session, chance, folders)
        for _ in range(chance.randrange(4)):
            session.jobs.deliver()
        if chance.random() < 0.25:
            wait_idle(session)
        watcher.look()
    wait_idle(session)
    watcher.look()
    assert watcher.seen == set(OFFSETS)
    assert "fault of MedView" not in said(session)
