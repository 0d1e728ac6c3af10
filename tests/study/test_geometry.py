"""Where voxels lie, held against nibabel and SimpleITK."""

from __future__ import annotations

import nibabel
import numpy as np
import pytest
import SimpleITK

from medview.study.geometry import Geometry


def _random(seed: int, *, shear: bool = False) -> Geometry:
    """Return a rotated, anisotropic geometry; sheared as a tilted gantry shears it."""
    rng = np.random.default_rng(seed)
    rotation = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    steps = rotation * rng.uniform(0.3, 6.0, 3)
    if shear:
        steps[:, 0] += 0.4 * steps[:, 1]
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = steps, rng.uniform(-200, 200, 3)
    return Geometry((4, 5, 6), affine)


@pytest.mark.parametrize("seed", range(5))
def test_index_and_millimetres_agree_with_simpleitk(seed: int) -> None:
    geometry = _random(seed)
    image = SimpleITK.GetImageFromArray(np.zeros(geometry.shape, np.uint8))
    image.SetOrigin(geometry.affine[:3, 3].tolist())
    image.SetSpacing(geometry.spacing_mm[::-1])
    image.SetDirection(geometry.directions[:, ::-1].ravel().tolist())
    expected = image.TransformIndexToPhysicalPoint((5, 2, 3))
    np.testing.assert_allclose(geometry.to_mm((3, 2, 5)), expected, atol=1e-9)
    np.testing.assert_allclose(geometry.to_index(expected), (3, 2, 5), atol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_the_nifti_affine_says_the_same_in_ras(seed: int) -> None:
    geometry = _random(seed, shear=True)
    ras = nibabel.affines.apply_affine(geometry.nifti_affine(), (5, 2, 3))
    np.testing.assert_allclose(geometry.to_mm((3, 2, 5)) * (-1, -1, 1), ras, atol=1e-9)
    assert Geometry.from_nifti(geometry.shape, geometry.nifti_affine()).same_grid(geometry)


def test_a_sheared_grid_is_known_as_one_and_keeps_its_volume() -> None:
    straight, tilted = _random(1), _random(1, shear=True)
    assert not straight.is_sheared
    assert tilted.is_sheared
    assert tilted.voxel_ml == pytest.approx(straight.voxel_ml)
    assert straight.voxel_ml == pytest.approx(np.prod(straight.spacing_mm) / 1000)


def test_the_same_grid_allows_a_hundredth_of_a_millimetre_and_no_more() -> None:
    geometry = _random(2)
    moved = np.array(geometry.affine)
    moved[0, 3] += 0.009
    assert geometry.same_grid(Geometry(geometry.shape, moved))
    moved[0, 3] += 0.009
    assert not geometry.same_grid(Geometry(geometry.shape, moved))
    assert not geometry.same_grid(Geometry((4, 5, 7), geometry.affine))


def test_a_point_is_inside_up_to_the_outer_faces_of_the_voxels() -> None:
    geometry = _random(3)
    assert geometry.contains(geometry.to_mm((-0.49, 4.49, 5.49)))
    assert not geometry.contains(geometry.to_mm((-0.51, 0, 0)))
    np.testing.assert_allclose(geometry.to_index(geometry.centre_mm), (1.5, 2, 2.5))


def test_a_geometry_cannot_be_changed_or_be_flat() -> None:
    geometry = _random(4)
    with pytest.raises(ValueError, match="read-only"):
        geometry.affine[0, 0] = 1
    with pytest.raises(ValueError, match="no volume"):
        Geometry((2, 2, 2), np.diag([1.0, 1.0, 0.0, 1.0]))
    with pytest.raises(ValueError, match="finite"):
        Geometry((2, 2, 2), np.full((4, 4), np.nan))
