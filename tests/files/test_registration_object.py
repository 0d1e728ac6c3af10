"""Registrations written as DICOM: read back by pydicom and dciodvfy, points worked out by hand, also within a frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest

from medview.errors import MedViewError
from medview.files.objects.registration_object import write_registration
from medview.files.objects.registration_transforms import read_transforms
from medview.study.geometry import Geometry
from medview.study.registration import RegisteredSide, Registration, RegistrationKind
from medview.study.series import Series
from medview.study.spatial_transform import DisplacementField, SpatialTransform, rotation_about, shift_by
from medview.view.fusion_lines import registration_text
from tests.files.judges import complaints
from tests.files.make_dicom import image, write
from tests.files.make_objects import found, stacks

FRAME, ELSEWHERE = "2.25.3000", "2.25.3999"
# to the prior: 12 mm to the left and 30 degrees about the long axis through the origin
WAY = SpatialTransform.of_matrix(shift_by((12, 0, 0)) @ rotation_about((0, 0, 1), 30.0, (0, 0, 0)))


@pytest.fixture
def pair(tmp_path: Path, request: pytest.FixtureRequest) -> tuple[Series, Series]:
    """Return today's series and that of another study, in the frame of reference that the test asks for."""
    frame = getattr(request, "param", ELSEWHERE)
    for folder, uid in (("a", "2.25.11"), ("b", "2.25.22")):
        _write(tmp_path / "images" / folder, uid, FRAME if folder == "a" else frame)
    first, second = sorted(stacks(tmp_path / "images"), key=lambda one: one.series_instance_uid)
    return first, second


def _write(folder: Path, uid: str, frame: str) -> None:
    for index in range(5):
        made = image(index, SeriesInstanceUID=uid, StudyInstanceUID=f"2.25.{uid[-1]}", FrameOfReferenceUID=frame,
                     SOPInstanceUID=f"{uid}.{index + 1}")  # fmt: skip
        write(made, folder / f"{index}.dcm")


def registration(pair: tuple[Series, Series], kind: RegistrationKind, **facts: object) -> Registration:
    return Registration(kind, *(RegisteredSide.of(one) for one in pair), WAY, **facts)  # type: ignore[arg-type]


def read_back(path: Path, pair: tuple[Series, Series]) -> SpatialTransform:
    ways = [way for one in read_transforms(found(path, "registration")) if (way := one.between(*pair)) is not None]
    assert len(ways) == 1
    return ways[0]


@pytest.mark.parametrize("pair", [ELSEWHERE, FRAME], indirect=True)
def test_a_rigid_registration_leads_from_each_frame_to_the_first(pair: tuple[Series, Series], tmp_path: Path) -> None:
    path = tmp_path / "r.dcm"
    told = {"plugin": "rigid_ct", "plugin_version": "1.2.3", "weights_sha256": {"w": "ab"}}
    write_registration(registration(pair, "model", label="Rigid CT", provenance=told), WAY, *pair, path)
    saved = pydicom.dcmread(path)
    assert saved.SOPClassUID == "1.2.840.10008.5.1.4.1.1.66.1"
    assert (saved.Modality, saved.StudyInstanceUID, saved.PatientID) == ("REG", "2.25.1", "T1")
    assert saved.FrameOfReferenceUID == FRAME
    ours, theirs = saved.RegistrationSequence
    assert theirs.FrameOfReferenceUID == pair[1].geometry.frame_of_reference_uid
    images = {str(one.ReferencedSOPInstanceUID) for one in theirs.ReferencedImageSequence}
    assert images == {f"2.25.22.{n}" for n in range(1, 6)}
    identity, matrix = (_matrix(item) for item in (ours, theirs))
    assert np.array_equal(identity, np.eye(4))
    # by hand: (0, 50, 0) turned by 30 degrees is (-25, 43.30, 0), shifted (-13, 43.30, 0): from there it leads back
    assert matrix @ (-13.0, 50 * np.cos(np.pi / 6), 0.0, 1.0) == pytest.approx((0.0, 50.0, 0.0, 1.0), abs=1e-9)
    assert theirs.MatrixRegistrationSequence[0].RegistrationTypeCodeSequence[0].CodeValue == "125024"
    plugin = saved.ContributingEquipmentSequence[0]
    assert (plugin.ManufacturerModelName, plugin.SoftwareVersions) == ("rigid_ct", "1.2.3")
    assert plugin.ContributionDescription == "AI. weights_sha256.w=ab"
    assert saved.ContentDescription == "AI registration (Rigid CT, research)"
    assert [str(one.SeriesInstanceUID) for one in saved.ReferencedSeriesSequence] == ["2.25.11"]
    other = saved.StudiesContainingOtherReferencedInstancesSequence[0]
    assert (other.StudyInstanceUID, other.ReferencedSeriesSequence[0].SeriesInstanceUID) == ("2.25.2", "2.25.22")
    assert complaints(path) == set()
    (file,) = read_transforms(found(path, "registration"))
    assert (file.kind, file.label, file.provenance["classical"]) == ("file", "rigid_ct", False)
    assert str(registration_text(file)) == "AI: registered by rigid_ct, from a file"
    back = read_back(path, pair)
    assert back.to_other((0.0, 50.0, 0.0)) == pytest.approx((-13.0, 50 * np.cos(np.pi / 6), 0.0), abs=1e-9)
    assert np.linalg.norm(back.inverse().to_other((0.0, 50.0, 0.0)) - (-13.0, 43.30127, 0.0)) > 10.0


def _matrix(item: pydicom.Dataset) -> np.ndarray:
    (one,) = item.MatrixRegistrationSequence[0].MatrixSequence
    assert one.FrameOfReferenceTransformationMatrixType == "RIGID"
    return np.array([float(x) for x in one.FrameOfReferenceTransformationMatrix]).reshape(4, 4)


def bent(shear: float = 0.0, slice_step: float = 2.5) -> SpatialTransform:
    """Return WAY after a smooth bending on a grid of 3 x 4 x 5 points; sheared, or with its slices downwards."""
    affine = np.array([[shear, 0, 3.0, -12], [0, 3.0, 0, -22], [slice_step, 0, 0, 0 if slice_step > 0 else 10]])
    grid = Geometry((5, 4, 5), np.vstack([affine, [0, 0, 0, 1]]))
    k, j, i = np.indices(grid.shape)
    vectors = np.stack([0.5 * k, 0.25 * j, -0.4 * i], axis=-1).astype(np.float32)
    return SpatialTransform(np.eye(4), DisplacementField(vectors, grid), WAY.matrix)


@pytest.mark.parametrize("pair", [ELSEWHERE, FRAME], indirect=True)
@pytest.mark.parametrize("way", [bent(), bent(slice_step=-2.5)], ids=["upwards", "downwards"])
def test_a_bent_registration_keeps_its_grid(pair: tuple[Series, Series], way: SpatialTransform, tmp_path: Path) -> None:
    path = tmp_path / "d.dcm"
    write_registration(registration(pair, "deformable"), way, *pair, path)
    saved = pydicom.dcmread(path)
    assert saved.SOPClassUID == "1.2.840.10008.5.1.4.1.1.66.3"
    grid = saved.DeformableRegistrationSequence[1].DeformableRegistrationGridSequence[0]
    assert list(grid.GridDimensions) == [5, 4, 5]
    assert list(grid.GridResolution) == [3.0, 3.0, 2.5]
    assert [float(x) for x in grid.ImagePositionPatient] == [-12.0, -22.0, 0.0]
    stored = np.frombuffer(grid.VectorGridData, "<f4").reshape(5, 4, 5, 3)
    assert way.displacement is not None
    upwards = way.displacement.vectors if way.displacement.geometry.affine[2, 0] > 0 else way.displacement.vectors[::-1]
    assert np.array_equal(stored, upwards)
    assert complaints(path) == set()
    points = np.random.default_rng(3).uniform((-12, -22, 0), (0, -13, 10), size=(200, 3))
    assert np.abs(read_back(path, pair).to_other(points) - way.to_other(points)).max() < 1e-4


def test_a_sheared_field_is_sampled_anew_to_the_millimetre(pair: tuple[Series, Series], tmp_path: Path) -> None:
    way = bent(shear=0.6)
    write_registration(registration(pair, "deformable"), way, *pair, tmp_path / "d.dcm")
    points = pair[0].geometry.to_mm(np.random.default_rng(4).uniform((0, 0, 0), (4, 5, 7), size=(200, 3)))
    assert np.abs(read_back(tmp_path / "d.dcm", pair).to_other(points) - way.to_other(points)).max() < 1.0


def test_what_cannot_be_told_in_dicom_is_refused_and_nothing_left(pair: tuple[Series, Series], tmp_path: Path) -> None:
    path = tmp_path / "r.dcm"
    with pytest.raises(MedViewError, match="lie in one file"):
        write_registration(registration(pair, "manual"), WAY, pair[0], pair[0], path)
    pair[1].instances[0].path.unlink()
    with pytest.raises(MedViewError, match=r"0\.dcm is gone"):
        write_registration(registration(pair, "manual"), WAY, *pair, path)
    assert not path.exists()


@pytest.mark.parametrize("pair", [""], indirect=True)
def test_images_without_a_frame_of_reference_are_refused(pair: tuple[Series, Series], tmp_path: Path) -> None:
    with pytest.raises(MedViewError, match="no frame of reference"):
        write_registration(registration(pair, "manual"), WAY, *pair, tmp_path / "r.dcm")
