"""Registration: a real head against itself moved by a known transform, judged by how far points end up apart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813  what everybody calls it
from numpy.typing import NDArray

from medview.errors import MedViewError
from medview.files.pixels.dicom_pixels import read_volume
from medview.imaging import registration
from medview.imaging.itk_image import itk_affine, itk_image
from medview.imaging.place_volume import bent_volume, moved_volume
from medview.imaging.registration import register
from medview.imaging.shrink import shrink
from medview.progress import Cancelled
from medview.study.geometry import Geometry
from medview.study.spatial_transform import SpatialTransform, rotation_about, shift_by
from medview.study.volume import Volume
from tests.files.found_stacks import dicom_series


@pytest.fixture(scope="module")
def head(shared_data: Path) -> Volume:
    """Return a real T1 head averaged down to voxels of about 3.5 mm, so that each test takes seconds."""
    found = max(dicom_series(shared_data / "mr_t1_siemens_sagittal"), key=lambda series: len(series.instances))
    whole = read_volume(found)
    values, geometry = shrink(whole.array, whole.geometry, 3.5)
    return Volume(values, geometry, found)


def moved(volume: Volume, transform: sitk.Transform) -> Volume:
    """Return the images whose value at transform(p) is that of `volume` at p; `transform` is given backwards."""
    image = itk_image(volume.array, volume.geometry)
    made = sitk.Resample(image, image, transform, sitk.sitkLinear, 0.0)
    return replace(volume, array=sitk.GetArrayFromImage(made))


def points_in(geometry: Geometry, low: float = 0.2, high: float = 0.8) -> NDArray[np.float64]:
    """Return points all over the inner part of a volume, in LPS mm."""
    along = [np.linspace(low * n, high * n, 4) for n in geometry.shape]
    return geometry.to_mm(np.stack(np.meshgrid(*along, indexing="ij"), axis=-1).reshape(-1, 3))


def known_motion(volume: Volume) -> NDArray[np.float64]:
    return shift_by((9.0, -6.0, 7.0)) @ rotation_about((0.3, 0.5, 1.0), 8.0, volume.geometry.centre_mm)


def errors_mm(found: SpatialTransform, true: NDArray[np.float64], geometry: Geometry) -> NDArray[np.float64]:
    points = points_in(geometry)
    return np.linalg.norm(found.to_other(points) - (points @ true[:3, :3].T + true[:3, 3]), axis=1)


def test_a_known_rigid_motion_is_found_within_a_tenth_of_a_voxel(head: Volume) -> None:
    true = known_motion(head)
    other = moved(head, itk_affine(np.linalg.inv(true)))
    before = head.array.copy(), other.array.copy()
    found = register(head, other, "rigid")
    assert errors_mm(SpatialTransform(), true, head.geometry).mean() > 10.0
    assert errors_mm(found.transform, true, head.geometry).max() < 0.1 * min(head.geometry.spacing_mm)
    linear = found.transform.matrix[:3, :3]
    assert np.abs(linear.T @ linear - np.eye(3)).max() < 2e-4
    assert found.metric_before is not None
    assert found.metric_after > found.metric_before + 0.3
    assert (head.array == before[0]).all()
    assert (other.array == before[1]).all()


def test_images_of_another_frame_far_away_are_found_by_their_centres(head: Volume) -> None:
    far = shift_by((400.0, 150.0, -900.0))
    affine = far @ head.geometry.affine
    other = replace(head, geometry=replace(head.geometry, affine=affine, frame_of_reference_uid="2.25.99"))
    found = register(head, other, "rigid")
    assert found.metric_before is None  # they did not overlap at all
    assert errors_mm(found.transform, far, head.geometry).max() < 0.5


def test_another_size_is_found_by_an_affine_registration(head: Volume) -> None:
    scale = np.diag([1.08, 0.95, 1.04, 1.0])
    centre = head.geometry.centre_mm
    true = shift_by(centre + (4.0, -3.0, 2.0)) @ scale @ shift_by(-centre)
    other = moved(head, itk_affine(np.linalg.inv(true)))
    found = register(head, other, "affine")
    assert errors_mm(found.transform, true, head.geometry).max() < 1.0
    linear = found.transform.matrix[:3, :3]
    assert np.abs(linear.T @ linear - np.eye(3)).max() > 0.05


def bending(volume: Volume) -> sitk.BSplineTransform:
    """Return a smooth bending of up to about a centimetre."""
    bend = sitk.BSplineTransformInitializer(itk_image(volume.array, volume.geometry), [4, 4, 4], 3)
    steps = np.random.default_rng(1).normal(size=len(bend.GetParameters())) * 6.0
    bend.SetParameters(steps.tolist())
    return bend


def test_a_bent_head_is_laid_on_the_straight_one(head: Volume, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registration, "_BENT", ((0, 80.0, 6_000, 10), (1, 45.0, 8_000, 12)))  # a few seconds less
    bend = bending(head)
    fixed = moved(head, bend)  # the value at p is that of the head at bend(p)
    found = register(fixed, head, "deformable")
    points = points_in(head.geometry, 0.3, 0.7)
    true = np.array([bend.TransformPoint(point) for point in points.tolist()])
    start_mm = np.linalg.norm(points - true, axis=1).mean()
    errors = np.linalg.norm(found.transform.to_other(points) - true, axis=1)
    assert start_mm > 2.5
    assert errors.mean() < 0.6 * start_mm
    assert errors.mean() < 0.6 * min(head.geometry.spacing_mm)
    assert found.lowest_jacobian > 0.0

    laid = bent_volume(head, found.transform, fixed.geometry)
    inner = (slice(8, -8),) * 3
    differ = np.abs(laid.array[inner] - fixed.array[inner])
    assert np.nanmean(differ) < 0.6 * np.abs(head.array[inner] - fixed.array[inner]).mean()


def test_what_is_beside_the_mask_is_not_compared(head: Volume) -> None:
    """In the left half of the grid the other images are moved, in the right half they are not."""
    true = shift_by((0.0, 6.0, 0.0))
    whole = moved(head, itk_affine(np.linalg.inv(true)))
    half = head.array.shape[0] // 2
    mixed = replace(head, array=np.concatenate([whole.array[:half], head.array[half:]]))
    mask = np.zeros(head.array.shape, dtype=bool)
    mask[2 : half - 3] = True
    found = register(head, mixed, "rigid", mask=mask)
    at = head.geometry.to_mm((half / 2, *(n / 2 for n in head.array.shape[1:])))
    assert found.transform.to_other(at) - at == pytest.approx((0.0, 6.0, 0.0), abs=1.0)


def test_an_unwanted_registration_ends_with_the_iteration_it_is_at(
    head: Volume, capfd: pytest.CaptureFixture[str]
) -> None:
    calls_after = []

    def progress(fraction: float, text: str = "") -> None:
        if fraction > 0.3:
            calls_after.append(text)
            raise Cancelled

    with pytest.raises(Cancelled):
        register(head, moved(head, itk_affine(shift_by((4, 0, 0)))), "rigid", progress)
    assert calls_after == ["Registering (rigid)"]
    assert capfd.readouterr().err == ""  # ITK prints what passes through it


def test_images_that_cannot_be_registered_are_refused_with_a_remedy(head: Volume) -> None:
    flat = replace(head, array=head.array[:2], geometry=replace(head.geometry, shape=(2, *head.geometry.shape[1:])))
    with pytest.raises(MedViewError, match="four slices"):
        register(head, flat, "rigid")
    nowhere = shift_by((5000.0, 0.0, 0.0))
    with pytest.raises(MedViewError, match="overlap too little"):
        register(head, head, "rigid", start=SpatialTransform(nowhere))


def test_a_moved_volume_shares_its_array_and_lies_where_the_transform_says(head: Volume) -> None:
    true = known_motion(head)
    laid = moved_volume(head, SpatialTransform(true), "2.25.7")
    assert np.shares_memory(laid.array, head.array)
    point = head.geometry.to_mm((3, 20, 30))
    there = SpatialTransform(true).to_other(point)
    assert laid.geometry.to_index(point) == pytest.approx(head.geometry.to_index(there), abs=1e-6)
    assert laid.geometry.frame_of_reference_uid == "2.25.7"


def test_shrinking_takes_the_means_of_blocks_at_their_middles() -> None:
    geometry = Geometry.from_axes((4, 6, 7), origin=(1, 2, 3), slice_step=(0, 0, 3), row_step=(0, 1, 0),
                                  column_step=(1, 0, 0))  # fmt: skip
    array = np.arange(4 * 6 * 7, dtype=np.int16).reshape(4, 6, 7)
    values, coarse = shrink(array, geometry, 3.0)
    assert values.shape == coarse.shape == (4, 2, 2)
    assert values[1, 1, 0] == pytest.approx(array[1, 3:6, 0:3].mean())
    assert coarse.to_mm((1, 1, 0)).tolist() == [2.0, 6.0, 6.0]
    assert coarse.spacing_mm == (3.0, 3.0, 3.0)
