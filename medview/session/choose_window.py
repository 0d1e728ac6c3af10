"""Window and level: presets, automatic, typed, inverted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.imaging.plane import PlaneName
from medview.imaging.window import percentile_window, window_of_values
from medview.imaging.window_presets import WindowPreset
from medview.session import own_presets
from medview.session.scene import Scene
from medview.session.session import Session
from medview.study.geometry import FloatArray

_MOST_SAMPLES = 500  # along each side of a region


def set_window(session: Session, centre: float, width: float) -> None:
    """Show the values from centre - width/2 to centre + width/2 between black and white."""
    if session.scene is not None:
        session.scene.update(window=(float(centre), float(width)))


def auto_window(session: Session) -> None:
    """Fit the window to the values of the volume (0.1 to 99.9 percent)."""
    if session.scene is not None and session.scene.is_whole and not session.scene.volume.is_colour:
        session.scene.update(window=percentile_window(session.scene.volume))


def region_window(session: Session, pane: str, first_mm: FloatArray, last_mm: FloatArray) -> None:
    """Fit the window to the values of a rectangle of the slice that a pane shows (0.1 to 99.9 percent, no padding).

    Parameters
    ----------
    first_mm, last_mm
        Two opposite corners, LPS, on the slice.
    """
    scene = session.scene_in(pane)
    if scene is None or scene.volume.is_colour:
        return
    values = _region_values(scene, session.viewports[pane].plane(scene), first_mm, last_mm)
    if not values.size:
        session.notices.add(
            "info", "There is no image in the rectangle, so the window stays as it is.", "Draw it on the image."
        )
        return
    scene.update(window=window_of_values(values, scene.series))


def _region_values(scene: Scene, plane: PlaneName, first_mm: FloatArray, last_mm: FloatArray) -> NDArray[Any]:
    """Return the voxels that lie in a rectangle along the axes of a plane, each once."""
    geometry = scene.volume.geometry
    across, down = ((last_mm - first_mm) @ axis * axis for axis in scene.plane_axes(plane))
    step = min(geometry.spacing_mm)
    counts = [int(np.clip(2 * np.linalg.norm(way) / step, 2, _MOST_SAMPLES)) for way in (across, down)]
    along = [np.linspace(0.0, 1.0, count)[:, None] * way for count, way in zip(counts, (across, down), strict=True)]
    points = first_mm + (along[0][:, None] + along[1][None]).reshape(-1, 3)
    index = np.unique(np.rint(geometry.to_index(points)).astype(np.int64), axis=0)
    index = index[((index >= 0) & (index < geometry.shape)).all(axis=1)]
    if scene.loading is not None:
        index = index[scene.loading.is_read[index[:, 0]]]
    found: NDArray[Any] = scene.volume.array[tuple(index.T)]
    return found


def default_window(session: Session) -> None:
    """Show the window the images came with."""
    if session.scene is not None:
        session.scene.take_look()


def presets(session: Session) -> tuple[WindowPreset, ...]:
    """Return the named windows that suit the modality in view; of PET, in SUV, those that SUV are known for."""
    if session.scene is None:
        return ()
    series = session.scene.series
    found = own_presets.presets_of(series.modality)
    if series.modality != "PT":
        return found
    suv = dict(series.suv_factors).get("bw")
    return tuple(replace(p, window=(p.window[0] / suv, p.window[1] / suv)) for p in found) if suv else ()


def invert(session: Session) -> None:
    """Swap black and white."""
    if session.scene is not None:
        session.scene.update(inverted=not session.scene.inverted)


def keep_presets(session: Session, modality: str, presets: tuple[WindowPreset, ...]) -> None:
    """Remember a person's presets of a modality.

    Raises
    ------
    MedViewError
        They cannot be written.
    """
    own_presets.keep_presets(modality, presets)
    session.display_changed.emit()
