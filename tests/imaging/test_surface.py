"""Surfaces of masks: closed, true to volume and place, facing outwards."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from medview.imaging.surface import enclosed_ml, surface
from medview.study.geometry import Geometry


def grids() -> dict[str, Geometry]:
    cosine, sine = np.cos(0.5), np.sin(0.5)
    made = {
        "even": ((60, 60, 60), (0, 0, 1), (0, 1, 0), (1, 0, 0)),
        "thick": ((24, 70, 70), (0, 0, 2.5), (0, 0.8, 0), (0.8, 0, 0)),
        "oblique": ((30, 60, 60), (0, -2 * sine, 2 * cosine), (0, cosine, sine), (1, 0, 0)),
        "tilted": ((30, 60, 60), (0, 0.7, 2), (0, 1, 0), (1, 0, 0)),
        "left-handed": ((60, 60, 60), (0, 0, -1), (0, 1, 0), (1, 0, 0)),
    }
    return {
        name: Geometry.from_axes(shape, origin=(5, -7, 11), slice_step=a, row_step=b, column_step=c)
        for name, (shape, a, b, c) in made.items()
    }


def ball(geometry: Geometry, radius_mm: float) -> NDArray[np.bool_]:
    index = np.stack(np.meshgrid(*map(np.arange, geometry.shape), indexing="ij"), axis=-1)
    inside: NDArray[np.bool_] = np.linalg.norm(geometry.to_mm(index) - geometry.centre_mm, axis=-1) < radius_mm
    return inside


def edges(triangles: NDArray[np.int32]) -> NDArray[np.int64]:
    found: NDArray[np.int64] = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    return found


@pytest.mark.parametrize("name", grids())
def test_a_ball_is_closed_faces_outwards_and_has_its_volume_and_place(name: str) -> None:
    geometry = grids()[name]
    mask = ball(geometry, 20.0)
    vertices, triangles = surface(mask, geometry)
    assert (vertices.dtype, triangles.dtype) == (np.float32, np.int32)
    directed = {tuple(edge) for edge in edges(triangles).tolist()}
    assert len(directed) == 3 * len(triangles), "an edge is used twice in one direction"
    assert all((b, a) in directed for a, b in directed), "an edge has one triangle only"
    assert enclosed_ml(vertices, triangles) == pytest.approx(mask.sum() * geometry.voxel_ml, rel=0.02)
    away = np.linalg.norm(vertices - geometry.centre_mm, axis=1)
    assert np.abs(away - 20).max() < max(geometry.spacing_mm)
    corners = vertices[triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    outward = corners.mean(axis=1) - geometry.centre_mm
    assert np.mean(np.einsum("ij,ij->i", normals, outward) > 0) > 0.999


def test_a_mask_at_the_edge_of_the_volume_is_closed_too() -> None:
    geometry = Geometry((4, 5, 6), np.eye(4)[[2, 1, 0, 3]])
    vertices, triangles = surface(np.ones((4, 5, 6), dtype=bool), geometry)
    directed = {tuple(edge) for edge in edges(triangles).tolist()}
    assert all((b, a) in directed for a, b in directed)
    assert vertices.min() >= -1.0
    assert (vertices.max(axis=0) <= [6, 5, 4]).all()


def test_smoothing_joins_and_moves_nothing_far() -> None:
    geometry = Geometry((12, 12, 12), np.eye(4)[[2, 1, 0, 3]])
    mask = np.zeros(geometry.shape, dtype=bool)
    mask[3, 3, 3] = mask[8, 8, 8] = mask[3, 8, 3:9] = True
    vertices, triangles = surface(mask, geometry)
    parts = np.arange(len(vertices))
    for _ in range(len(vertices)):
        before = parts.copy()
        for a, b in edges(triangles):
            parts[a] = parts[b] = min(parts[a], parts[b])
        if np.array_equal(parts, before):
            break
    assert len(np.unique(parts)) == 3
    filled = geometry.to_mm(np.argwhere(mask))
    assert np.linalg.norm(vertices[:, None] - filled[None], axis=2).min(axis=1).max() < 0.5 + np.sqrt(3) / 2


def test_an_empty_mask_has_no_surface() -> None:
    geometry = Geometry((4, 5, 6), np.eye(4)[[2, 1, 0, 3]])
    with pytest.raises(ValueError, match="empty"):
        surface(np.zeros((4, 5, 6), dtype=bool), geometry)


def test_slabs_make_the_surface_that_the_whole_makes(monkeypatch: pytest.MonkeyPatch) -> None:
    geometry = grids()["oblique"]
    mask = ball(geometry, 18.0) & (np.random.default_rng(5).random(geometry.shape) > 0.2)
    whole = surface(mask, geometry)
    monkeypatch.setattr("medview.imaging.surface._SLAB", 1)
    pieces = surface(mask, geometry)
    corners = [np.sort(vertices[triangles].reshape(-1, 9), axis=0) for vertices, triangles in (whole, pieces)]
    assert len(whole[0]) == len(pieces[0])
    np.testing.assert_allclose(corners[0], corners[1], atol=1e-4)
