"""Two patients with the same identifiers, several slots, fusion, measurements, undo, closing: nothing is ever mixed."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from medview.session.close_study import close_study
from medview.session.fuse import exchange, fuse, fused_study
from medview.session.hang import hang
from medview.session.keep_measurements import KeptMeasurements
from medview.session.key_images import toggle_key_image
from medview.session.layout import grid_layout, shipped_layout
from medview.session.measure import add_measurement, remove_all_measurements
from medview.session.measured import findings
from medview.session.open_folder import open_folder
from medview.session.register import forget_registration, shift_second
from medview.session.session import Session
from medview.session.show_series import show_series
from medview.session.turn_planes import align_to_patient
from medview.session.undo import redo, undo
from medview.study.measurement import Measurement
from medview.study.volume import Volume
from medview.tools.measure_reshape import image_name
from tests.files.make_pet_ct import CT_GRID, pet_grid, write_ct, write_pet
from tests.session.waiting import wait_idle

STEPS = 150
OFFSETS = {"T1": 0, "T2": 100}  # of the first row as it is stored
LAYOUTS = (grid_layout(1, 2), grid_layout(2, 2), shipped_layout("mpr"), shipped_layout("mpr_compare"))


def write_patients(folder: Path) -> list[Path]:
    """Write the PET/CT of two patients, all identifiers shared; the first row of each image tells whose it is."""
    for patient, offset in OFFSETS.items():
        who = {"PatientID": patient, "PatientName": f"{patient}^Test"}
        for path in (
            *write_ct(folder / patient / "ct", CT_GRID, **who).iterdir(),
            *write_pet(folder / patient / "pet", pet_grid(), **who).iterdir(),
        ):
            dataset = dcmread(path)
            pixels = np.frombuffer(dataset.PixelData, "<u2").reshape(dataset.Rows, dataset.Columns).copy()
            pixels[0] = 5 + offset
            dataset.PixelData = pixels.tobytes()
            dataset.save_as(path)
    return [folder / patient for patient in OFFSETS]


def told_by(volume: Volume, number: int = 0) -> int:
    """Return what the first row of an image says of whose it is."""
    image = volume.series.instances[number]
    return round((float(volume.array[number, 0, 0]) - image.rescale_intercept) / image.rescale_slope) - 5


def check(session: Session) -> None:
    for scene in (*session.scenes.values(), *session.away.values()):
        patient = scene.study.facts.patient.patient_id
        assert scene.study in session.studies
        if scene.loading is None or scene.loading.is_read[0]:
            assert told_by(scene.volume) == OFFSETS[patient]
        if scene.fusion is not None:
            host = fused_study(scene)
            assert told_by(scene.fusion.volume) == OFFSETS[patient]
            assert host in session.studies
            assert host is not None
            assert host.facts.patient.patient_id == patient
            used = scene.fusion.registration
            own = [s for s in session.studies if s.facts.patient.patient_id == patient]
            assert used is None or any(used in tuple(study.registrations) for study in own)
    for study in session.studies:
        patient = study.facts.patient.patient_id
        for measurement in study.measurements:
            assert measurement.label == patient
            series, value = study.find(measurement.series_key), findings(session, study, measurement).quantity("value")
            assert series is not None
            if value is not None:
                image, factor = series.instances[0], dict(series.suv_factors).get("bw", 1.0)
                stored = 5 + OFFSETS[patient]
                expected = (stored * image.rescale_slope + image.rescale_intercept) * factor
                assert value.value == pytest.approx(expected, rel=1e-3)


def measure(session: Session) -> None:
    scene = session.scene
    if scene is None:
        return
    geometry, study = scene.volume.geometry, scene.study
    patient = study.facts.patient.patient_id
    at, image = geometry.to_mm([(0, 0, 0)]), image_name(scene, 0)
    frame, normal = geometry.frame_of_reference_uid, geometry.directions[:, 0]
    add_measurement(study, Measurement("probe", at, scene.series.key, "", image, normal, frame, label=patient))


def acts(session: Session, chance: random.Random, folders: list[Path]) -> list[Callable[[], object]]:
    """Return what a person may do now; what is done often is there twice."""
    found: list[Callable[[], object]] = [
        lambda: open_folder(session, chance.choice(folders), show=chance.random() < 0.5)
    ]
    if not session.studies:
        return found
    study = chance.choice(session.studies)
    series, slot = chance.choice(study.series), chance.choice(session.layout.slots)
    show = [lambda: show_series(session, study, series, slot), lambda: fuse(session, study, series)]
    return [
        *found,
        *show,
        *show,
        lambda: close_study(session, study),
        lambda: exchange(session),
        lambda: session.set_layout(chance.choice(LAYOUTS)),
        lambda: session.choose(active_pane=chance.choice(list(session.viewports))),
        lambda: shift_second(session, chance.uniform(-5.0, 5.0), 3.0),
        lambda: forget_registration(session),
        lambda: undo(session),
        lambda: redo(session),
        lambda: measure(session),
        lambda: measure(session),
        lambda: remove_all_measurements(study),
        lambda: toggle_key_image(session),
        lambda: hang(session, study),
        lambda: align_to_patient(session) if session.scene is not None and session.scene.is_whole else None,
    ]


@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_of_one_patient_is_ever_seen_or_measured_on_the_other(
    session: Session, tmp_path: Path, seed: int
) -> None:
    chance, folders = random.Random(seed), write_patients(tmp_path)
    kept = KeptMeasurements(session)
    for _ in range(STEPS):
        chance.choice(acts(session, chance, folders))()
        for _ in range(chance.randrange(3)):
            session.jobs.deliver()
        if chance.random() < 0.1:
            wait_idle(session)
        check(session)
    wait_idle(session)
    check(session)
    session.jobs.stop()
    kept.close()
