"""What is written in the four corners of a 2D pane."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.errors import Sentence
from medview.imaging.oblique import tilts
from medview.imaging.volume_look import VolumeLook
from medview.imaging.volume_presets import VolumePreset
from medview.imaging.window import COLOUR_WINDOW, value_range
from medview.session.scene import PixelValue, Scene
from medview.session.viewport import Viewport
from medview.study.date_text import date_text, time_text
from medview.study.patient_name import patient_name
from medview.study.segmentation import Segmentation
from medview.study.series import Patient
from medview.study.volume import Volume
from medview.view.corner_line import CornerLine
from medview.view.overlay_lines import overlay_lines, pointed_overlay_lines
from medview.view.slice_view import SlicePicture
from medview.view.state_lines import axis_lines, state_lines
from medview.view.true_place import true_place
from medview.view.value_text import number_text, value_text
from medview.view.volume_fidelity import look_line, volume_fidelity
from medview.view.volume_frame import VolumePicture

PANE_TITLES = {
    "axial": Sentence("Axial"),
    "coronal": Sentence("Coronal"),
    "sagittal": Sentence("Sagittal"),
    "volume": Sentence("3D"),
}
_IMAGE = Sentence("Image")
_ACROSS = Sentence("Across the images")
_SLAB_TITLES = {"max": Sentence("MIP"), "mean": Sentence("Mean"), "min": Sentence("MinIP")}
_SMALL_PX = (300, 240)  # below this only what is needed to read the image safely


@dataclass(frozen=True)
class CornerText:
    """Lines of each corner, from the top down."""

    top_left: tuple[CornerLine, ...]
    top_right: tuple[CornerLine, ...]
    bottom_left: tuple[CornerLine, ...]
    bottom_right: tuple[CornerLine, ...]


@dataclass(frozen=True, eq=False)
class Pointed:
    """What lies under the mouse: a point of the volume's grid and the value there, None outside the image."""

    point_mm: NDArray[np.float64]
    value: PixelValue | None


def corner_text(
    scene: Scene,
    viewport: Viewport,
    picture: SlicePicture,
    pane_size: tuple[int, int],
    *,
    patient_text: bool = True,
    pointed: Pointed | None = None,
    beside: tuple[CornerLine, ...] = (),
) -> CornerText:
    """Return the lines of a 2D pane.

    Parameters
    ----------
    pane_size
        In device-independent pixels: a small pane gets the lines without which an image is misread.
    patient_text
        Whether the patient and the examination may be named.
    pointed
        What lies under the mouse, or None.
    beside
        What a reader must know since other images are shown beside these (`medview.view.comparison_lines`).
    """
    title = CornerLine(_plane_title(scene, viewport), "title")
    mask = scene.segmentation if scene.mask_visible else None
    looks = (*fidelity(scene, viewport, picture), *overlay_lines(scene, picture))
    badges = (*state_lines(scene), *looks, *origin(mask))
    here = (*_pointed_lines(scene, pointed), *axis_lines(scene), *_slice_lines(scene, picture))
    if pane_size[0] < _SMALL_PX[0] or pane_size[1] < _SMALL_PX[1]:
        return CornerText((title, *beside, *badges), (), here, ())
    return CornerText(
        (title, *beside, *(_patient_lines(scene) if patient_text else ()), *badges),
        _examination_lines(scene) if patient_text else (),
        here,
        _series_lines(scene, picture),
    )


def _plane_title(scene: Scene, viewport: Viewport) -> Sentence:
    """Return the name of a plane; images that give no orientation are of no known plane."""
    if scene.volume.geometry.has_orientation:
        return PANE_TITLES[viewport.plane(scene)]
    return _IMAGE if viewport.plane(scene) == scene.acquired_plane else _ACROSS


def volume_corner_text(
    scene: Scene,
    preset: VolumePreset,
    chosen: VolumeLook,
    picture: VolumePicture | None,
    pane_size: tuple[int, int],
    *,
    patient_text: bool = True,
    beside: tuple[CornerLine, ...] = (),
) -> CornerText:
    """Return the lines of the 3D pane with its newest picture, None before there is one."""
    made_by = origin(scene.segmentation if scene.mask_visible else None)
    badges = (*beside, *volume_fidelity(chosen, picture), *made_by)
    top_left = (CornerLine(PANE_TITLES["volume"], "title"), *(_patient_lines(scene) if patient_text else ()), *badges)
    look = (look_line(chosen, preset),)
    if pane_size[0] < _SMALL_PX[0] or pane_size[1] < _SMALL_PX[1]:
        return CornerText((top_left[0], *badges), (), look, ())
    return CornerText(top_left, _examination_lines(scene) if patient_text else (), look, _named_series(scene))


def fidelity(scene: Scene, viewport: Viewport, picture: SlicePicture) -> tuple[CornerLine, ...]:
    """Return what a reader must know of how the pixels came about; nothing for images as they were acquired."""
    if picture.slab_mm > 0:
        facts: dict[str, object] = {"kind": _SLAB_TITLES[viewport.slab_mode], "slab": f"{picture.slab_mm:g}"}
        if scene.volume.geometry.has_spacing:
            return (CornerLine(Sentence("{kind}, slab of {slab} mm", facts), "badge"),)
        return (CornerLine(Sentence("{kind}, slab of {slab} px", facts), "badge"),)
    if picture.is_turned:
        return (CornerLine(Sentence("Interpolated: the planes are turned"), "badge"),)
    if picture.is_resampled:
        return (CornerLine(Sentence("Interpolated: the images are tilted"), "badge"),)
    return () if picture.is_acquired else (CornerLine(Sentence("Reformatted"), "badge"),)


def origin(segmentation: Segmentation | None) -> tuple[CornerLine, ...]:
    """Return by what the mask was made and whether a person has changed it."""
    if segmentation is None:
        return ()
    facts: Mapping[str, Any] = segmentation.provenance
    if "file" in facts:
        maker: dict[str, object] = {"maker": facts.get("algorithm") or facts.get("manufacturer") or facts["file"]}
        read = Sentence("Mask from a file: {maker}", maker)
        edited = Sentence("Mask from a file: {maker}, edited", maker)
        return (CornerLine(edited if segmentation.edits > 0 else read, "badge"),)
    if "plugin" not in facts:
        return (CornerLine(Sentence("Mask: drawn by hand"), "badge"),)
    values: dict[str, object] = {"plugin": facts["plugin"], "version": facts.get("plugin_version", "")}
    if facts.get("classical", False):
        made, edited = (
            Sentence("Computed: {plugin} {version}", values),
            Sentence("Computed: {plugin} {version}, edited", values),
        )
    else:
        made, edited = Sentence("AI: {plugin} {version}", values), Sentence("AI: {plugin} {version}, edited", values)
    return (CornerLine(edited if segmentation.edits > 0 else made, "badge"),)


def position_text(scene: Scene, point_mm: NDArray[np.float64]) -> str:
    """Return a point in patient letters and mm ("L 12.3  P 4.5  H 100.0 mm"), or its voxel where those are unknown."""
    place = true_place(scene.volume, point_mm)
    if place is None:
        slice_, row, column = (int(n) + 1 for n in np.rint(scene.volume.geometry.to_index(point_mm)))
        return f"({column}, {row}, {slice_})"
    pairs = zip(("RL", "AP", "FH"), place, strict=True)
    return "  ".join(f"{letters[int(mm >= 0)]} {abs(mm):.1f}" for letters, mm in pairs) + " mm"


def _lines(*texts: str) -> tuple[CornerLine, ...]:
    return tuple(CornerLine(text) for text in texts if text.strip())


def _patient_lines(scene: Scene) -> tuple[CornerLine, ...]:
    patient: Patient = scene.study.facts.patient
    return _lines(
        patient_name(patient.patient_name),
        " ".join(part for part in (date_text(patient.patient_birth_date), patient.patient_sex) if part),
        patient.patient_id,
    )


def _examination_lines(scene: Scene) -> tuple[CornerLine, ...]:
    facts, series = scene.study.facts, scene.series
    date = series.acquisition_date or facts.study_date
    time = series.acquisition_time if series.acquisition_date else facts.study_time
    return _lines(facts.institution_name, facts.study_description, f"{date_text(date)} {time_text(time)}".strip())


def _named_series(scene: Scene) -> tuple[CornerLine, ...]:
    series = scene.series
    name = _lines(series.series_description)
    if series.series_number is None:
        return name
    return (CornerLine(Sentence("Series {number}", {"number": series.series_number})), *name)


def _series_lines(scene: Scene, picture: SlicePicture) -> tuple[CornerLine, ...]:
    lines = list(_named_series(scene))
    thickness_mm = scene.series.slice_thickness_mm
    if scene.volume.geometry.has_spacing:
        if picture.is_acquired and thickness_mm:
            lines.append(CornerLine(Sentence("Thickness {mm} mm", {"mm": f"{thickness_mm:g}"})))
        location = _location(scene, picture)
        if location is not None:
            lines.append(CornerLine(Sentence("Location {mm} mm", {"mm": f"{location:.1f}"})))
    return tuple(lines)


def _location(scene: Scene, picture: SlicePicture) -> float | None:
    """Return how far the plane lies from the patient's origin, along its normal turned to the left, back or head."""
    place = true_place(scene.volume, scene.cursor_mm)
    if place is None:
        return None
    normal = picture.grid.normal
    dominant = normal[int(np.argmax(np.abs(normal)))]
    return round(float(np.sign(dominant) * (normal @ place)), 1) + 0.0  # no "-0.0"


def _slice_lines(scene: Scene, picture: SlicePicture) -> tuple[CornerLine, ...]:
    zoom = 100.0 * picture.magnification
    return (
        CornerLine(_number(scene, picture)),
        CornerLine(Sentence("Zoom {percent} %", {"percent": f"{zoom:.0f}"})),
        *_window_lines(scene),
        *_tilt_lines(scene, picture),
    )


def _tilt_lines(scene: Scene, picture: SlicePicture) -> tuple[CornerLine, ...]:
    """Return how a turned plane lies in the patient, in the way MR scanners write it."""
    if not picture.is_turned or not scene.volume.geometry.has_orientation:
        return ()
    main, *others = tilts(picture.grid.normal)
    facts: dict[str, object] = {"main": PANE_TITLES[main[0]]}
    names = [("first", "one"), ("second", "two")]
    for (name, degrees), (where, angle) in zip(others, names, strict=False):
        facts |= {where: PANE_TITLES[name], angle: f"{degrees:.1f}"}
    if not others:
        return (CornerLine(Sentence("{main}, straight", facts)),)
    if len(others) == 1:
        return (CornerLine(Sentence("{main} > {first} {one}°", facts)),)
    return (CornerLine(Sentence("{main} > {first} {one}° > {second} {two}°", facts)),)


def _number(scene: Scene, picture: SlicePicture) -> Sentence:
    """Return which slice this is, or which frame of a recording and when."""
    facts: dict[str, object] = {"index": picture.slice_index + 1, "count": picture.slice_count}
    if picture.is_turned:
        facts["step"] = f"{min(scene.volume.geometry.spacing_mm):.2f}"
        return Sentence("Plane {index}/{count}, {step} mm apart", facts)
    if not scene.is_recording and not scene.volume.geometry.has_orientation:
        return Sentence("Image {index}/{count}", facts)  # of a radiograph or a picture nobody says slice
    if not scene.is_recording:
        return Sentence("Slice {index}/{count}", facts)
    if not scene.series.frame_time_ms:
        return Sentence("Frame {index}/{count}", facts)
    facts["seconds"] = f"{picture.slice_index * scene.series.frame_time_ms / 1000:.2f}"
    return Sentence("Frame {index}/{count}, {seconds} s", facts)


def _window_lines(scene: Scene) -> tuple[CornerLine, ...]:
    """Return the window, or the table in its place; red where nothing can be seen through it."""
    centre, width = scene.window
    if scene.volume.is_colour and scene.window == COLOUR_WINDOW:
        return (CornerLine(Sentence("Colours as stored")),)
    if scene.voi_lut is not None:
        named = Sentence("Look-up table: {name}", {"name": scene.voi_lut.name})
        return (CornerLine(named if scene.voi_lut.name else Sentence("Look-up table of the image")),)
    window = Sentence("W {width}  L {centre}", {"width": number_text(width), "centre": number_text(centre)})
    strikes = scene.is_whole and _shows_nothing(scene.volume, scene.window)
    lines = (CornerLine(window, "warning" if strikes else ""),)
    suv = dict(scene.series.suv_factors).get("bw")
    if suv is None:
        return lines
    low, high = ((centre + side * width / 2) * suv for side in (-1, 1))
    return (*lines, CornerLine(Sentence("SUVbw {low} to {high}", {"low": f"{low:.3g}", "high": f"{high:.3g}"})))


def _shows_nothing(volume: Volume, window: tuple[float, float]) -> bool:
    """Whether the window lies beside all values of the volume, so that the image is all black or all white."""
    low, high = value_range(volume)
    return window[0] + window[1] / 2 < low or window[0] - window[1] / 2 > high


def _pointed_lines(scene: Scene, pointed: Pointed | None) -> tuple[CornerLine, ...]:
    if pointed is None or pointed.value is None:
        return ()
    told = _lines(position_text(scene, pointed.point_mm), value_text(scene.volume, pointed.value))
    return (*told, *pointed_overlay_lines(scene, pointed.point_mm, pointed.value))
