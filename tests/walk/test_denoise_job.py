"""A real CT denoised, whole, in the real window: run, compared with its original, saved as a series, read back."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
import SimpleITK
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt

from medview.study.finding import DerivedImage
from tests.files.judges import complaints
from tests.gui.seen import reads
from tests.walk.person import Person
from tests.walk.told import holds_provenance, parted, plugin_of

SLICES = ("1-13.dcm", "1-14.dcm", "1-15.dcm")


@pytest.fixture
def folder(shared_data: Path, tmp_path: Path) -> Path:
    """Return three neighbouring slices of a real chest."""
    (tmp_path / "ct").mkdir()
    for name in SLICES:
        shutil.copy(shared_data / "ct_chest_lungdx_a0002" / "3_series" / name, tmp_path / "ct" / name)
    return tmp_path / "ct"


@pytest.fixture
def images(folder: Path) -> list[pydicom.Dataset]:
    """Return them from below upwards, as pydicom reads them."""
    return sorted((pydicom.dcmread(p) for p in folder.iterdir()), key=lambda i: float(i.ImagePositionPatient[2]))


@pytest.fixture
def reader(person: Person, folder: Path) -> Person:
    """Return a person who has dropped them on the window."""
    person.drops(folder)
    return person


def test_i_denoise_compare_accept_save_a_series_of_its_own_and_reject(
    reader: Person, images: list[pydicom.Dataset], tmp_path: Path
) -> None:
    reader.shows_alone("axial")
    before = reader.sees("axial")
    reader.runs("Denoise CT")
    (finding,) = reader.scene.study.findings
    assert isinstance(finding.payload, DerivedImage)
    np.testing.assert_array_equal(reader.sees("axial"), before)  # nothing lies over the images unasked
    _is_compared(reader, images, finding.payload.array)
    reader.waits_until(lambda: np.array_equal(reader.sees("axial"), before))
    reader.clicks(reader.window.finding_panel.accept_button)
    panel = reader.window.finding_panel.details.derived
    reader.saves_by(lambda: reader.clicks(panel.save_dicom), tmp_path / "denoised")
    assert "Saved and read back without a difference" in reader.told()
    files = sorted((tmp_path / "denoised").iterdir())
    _series_is_told(files, images)
    _values_and_places_are_right(files, images)
    _is_rejected(reader)


def _is_compared(person: Person, images: list[pydicom.Dataset], made: NDArray[np.int16]) -> None:
    """Compare by flicker, split and difference, and see in the pixels whose values are where."""
    actions, height = person.window.commands.actions, person.pane("axial").height()
    person.clicks(person.window.finding_panel.details.derived.shown)
    person.waits_until(lambda: actions["fusion_flicker"].isEnabled() and person.pane("axial").height() < height)
    taken = [pydicom.pixels.apply_rescale(i.pixel_array, i) for i in images]
    middle = person.pane("axial").width() // 2
    actions["fusion_flicker"].trigger()
    seen = dict.fromkeys(("taken", "made"), False)

    def looks() -> bool:
        is_like = _is_like(person.sees("axial"), _places(person, images, taken[1], made[1]))
        seen["taken" if is_like[0] else "made"] |= is_like.all() or not is_like.any()
        return all(seen.values())

    person.waits_until(looks)
    places = _places(person, images, taken[1], made[1])
    actions["fusion_split"].trigger()
    is_like = _is_like(person.sees("axial"), places, middle)
    assert is_like.tolist() == [True, False]  # on the left as acquired, on the right as made
    assert reads(person.pane("axial"), "CT AI Denoised, made by Denoise CT")
    actions["fusion_difference"].trigger()
    pixels = person.sees("axial").astype(float)
    painted = np.array([pixels[at.y(), at.x()] for at, *_ in places])
    change = np.array([after - before for _, before, after in places])
    assert max(abs(np.corrcoef(change, painted[:, colour])[0, 1]) for colour in range(3)) > 0.8
    actions["end_fusion"].trigger()


def _places(
    person: Person, images: list[pydicom.Dataset], taken: NDArray[Any], made: NDArray[Any]
) -> list[tuple[QPoint, float, float]]:
    """Return points of the pane in soft tissue where both images differ, and the grey that each has there.

    The grey is that of PS3.3 C.11.2.1.2.1, worked out here from the values that pydicom reads.
    """
    centre, width = person.scene.window
    image, found = images[1], []
    origin = np.array(image.ImagePositionPatient, dtype=float)
    along_row, along_column = np.array(image.ImageOrientationPatient, dtype=float).reshape(2, 3)
    down, right = (float(x) for x in image.PixelSpacing)
    size = person.pane("axial").size()
    telling = np.argwhere((np.abs(taken - made) > 12) & (np.abs(made - centre) < width / 3))
    for row, column in telling[:: max(1, len(telling) // 500)]:
        at = person.place_of("axial", origin + row * down * along_column + column * right * along_row)
        if 150 < at.x() < size.width() - 150 and 100 < at.y() < size.height() - 150:
            greys = ((values[row, column] - centre + 0.5) / (width - 1) + 0.5 for values in (taken, made))
            found.append((at, *(float(np.clip(grey, 0, 1) * 255) for grey in greys)))
    return found


def _is_like(
    pixels: NDArray[np.int16], places: list[tuple[QPoint, float, float]], middle: int | None = None
) -> NDArray[np.bool_]:
    """Return whether what is painted left and right of a place is nearer to the images as acquired than as made."""
    painted = np.array([pixels[at.y(), at.x(), 0] for at, _, _ in places], dtype=float)
    away = np.abs(painted[:, None] - np.array([greys for _, *greys in places])).T
    across = np.array([at.x() for at, _, _ in places])
    border = np.median(across) if middle is None else middle
    sides = across < border - 15, across > border + 15
    assert min(side.sum() for side in sides) > 20
    return np.array([away[0, side].mean() < away[1, side].mean() for side in sides])


def _series_is_told(files: list[Path], images: list[pydicom.Dataset]) -> None:
    assert len(files) == len(images)
    made = [pydicom.dcmread(path) for path in files]
    assert len({m.SeriesInstanceUID for m in made} | {images[0].SeriesInstanceUID}) == 2
    assert not {m.SOPInstanceUID for m in made} & {i.SOPInstanceUID for i in images}
    for path, one, image in zip(files, made, images, strict=True):
        assert one.SeriesDescription == "AI Denoised (Denoise CT, research)"
        assert list(one.ImageType)[:2] == ["DERIVED", "SECONDARY"]
        assert (one.StudyInstanceUID, one.PatientID) == (image.StudyInstanceUID, image.PatientID)
        assert one.SourceImageSequence[0].ReferencedSOPInstanceUID == image.SOPInstanceUID
        assert "AI" in one.DerivationDescription
        assert "Accepted by a person" in one.DerivationDescription
        item = one.ContributingEquipmentSequence[-1]
        assert (item.ManufacturerModelName, item.SoftwareVersions) == ("denoise_ct", "1.0.0")
        facts = parted(item.ContributionDescription.removeprefix("AI. "), "; ")
        holds_provenance(facts, "denoise_ct", {"strength": "85"}, image.SeriesInstanceUID)
        assert complaints(path) <= complaints(Path(image.filename))


def _values_and_places_are_right(files: list[Path], images: list[pydicom.Dataset]) -> None:
    """Read both series by SimpleITK: one place, and the values that the network gives when asked directly."""
    entry = plugin_of("denoise_ct").load()
    module = sys.modules[entry.__module__]
    ours, theirs = (SimpleITK.ReadImage([str(p) for p in paths]) for paths in (files, [i.filename for i in images]))
    assert ours.GetOrigin() == pytest.approx(theirs.GetOrigin())
    assert ours.GetSpacing() == pytest.approx(theirs.GetSpacing())
    assert ours.GetDirection() == pytest.approx(theirs.GetDirection())
    hu = SimpleITK.GetArrayFromImage(theirs)[1]
    plain = images[1].pixel_array * float(images[1].RescaleSlope) + float(images[1].RescaleIntercept)
    np.testing.assert_array_equal(hu, plain)
    generator = module.load_generator(plugin_of("denoise_ct").folder / "weights" / "generator.safetensors", "cpu")
    clean = module.denoise_slice(generator, hu, strength=0.85)
    found = SimpleITK.GetArrayFromImage(ours)[1]
    assert np.abs(found - np.where(hu < module.PADDING_HU, hu, clean)).max() <= 0.51
    assert found.std() < hu.std()


def _is_rejected(person: Person) -> None:
    """Reject it while it lies over the original: it is taken off, and cannot be saved until that is undone."""
    panel = person.window.finding_panel
    person.clicks(panel.details.derived.shown)
    assert person.scene.fusion is not None
    person.clicks(panel.reject_button)
    assert person.scene.fusion is None
    saving = panel.details.derived.save_dicom, panel.details.derived.save_nifti
    person.waits_until(lambda: not any(button.isEnabled() for button in saving))
    person.presses(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    person.waits_until(lambda: all(button.isEnabled() for button in saving))
