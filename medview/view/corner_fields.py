"""What the corners can say: each field with its lines, by the name that settings and `corner_text.toml` give it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medview.errors import Sentence
from medview.imaging.oblique import tilts
from medview.imaging.window import COLOUR_WINDOW, value_range
from medview.session.image_scale import image_scale
from medview.session.scene import PixelValue, Scene
from medview.session.viewport import Viewport
from medview.study.volume import Volume
from medview.view import series_lines
from medview.view.corner_line import CornerLine
from medview.view.fusion_lines import fused_value_text
from medview.view.overlay_lines import pointed_overlay_lines
from medview.view.position_text import position_text
from medview.view.series_lines import Lines, text_lines
from medview.view.slice_picture import SlicePicture
from medview.view.state_lines import axis_lines
from medview.view.true_place import true_place
from medview.view.value_text import number_text

FieldKind = Literal["patient", "examination", "image"]


@dataclass(frozen=True, eq=False)
class Pointed:
    """What lies under the mouse: a point of the volume's grid and the value there, None outside the image."""

    point_mm: NDArray[np.float64]
    value: PixelValue | None


@dataclass(frozen=True, eq=False)
class Seen:
    """What a 2D pane shows, and what lies under the mouse."""

    scene: Scene
    viewport: Viewport
    picture: SlicePicture
    pointed: Pointed | None = None


@dataclass(frozen=True)
class CornerField:
    """Something that can stand in a corner.

    Attributes
    ----------
    title
        What a person chooses it by.
    kind
        "patient" and "examination" tell who it is: they are left out where that is not to be shown.
    lines
        What it says of a pane, nothing where nothing is known.
    """

    title: Sentence
    kind: FieldKind
    lines: Callable[[Seen], Lines]


def _of_scene(title: Sentence, kind: FieldKind, lines: Callable[[Scene], Lines]) -> CornerField:
    return CornerField(title, kind, lambda seen: lines(seen.scene))


_SHORT = {"axial": Sentence("Ax"), "coronal": Sentence("Cor"), "sagittal": Sentence("Sag")}


def _tilt_lines(seen: Seen) -> Lines:
    """Return how a turned plane lies in the patient, in the way MR scanners write it."""
    scene, picture = seen.scene, seen.picture
    if not picture.is_turned or not scene.volume.geometry.has_orientation:
        return ()
    main, *others = tilts(picture.grid.normal)
    facts: dict[str, object] = {"main": _SHORT[main[0]]}
    names = [("first", "one"), ("second", "two")]
    for (name, degrees), (where, angle) in zip(others, names, strict=False):
        facts |= {where: _SHORT[name], angle: f"{degrees:.1f}"}
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
        return Sentence("Plane {index}/{count}, {step} mm", facts)
    if not scene.is_recording and not scene.volume.geometry.has_orientation:
        return Sentence("Image {index}/{count}", facts)  # of a radiograph or a picture nobody says slice
    if not scene.is_recording:
        return Sentence("Slice {index}/{count}", facts)
    if not scene.series.frame_time_ms:
        return Sentence("Frame {index}/{count}", facts)
    facts["seconds"] = f"{picture.slice_index * scene.series.frame_time_ms / 1000:.2f}"
    return Sentence("Frame {index}/{count}, {seconds} s", facts)


def _window_lines(scene: Scene) -> Lines:
    """Return the window, or the table in its place; red where nothing can be seen through it."""
    centre, width = scene.window
    if scene.volume.is_colour and scene.window == COLOUR_WINDOW:
        return (CornerLine(Sentence("Colours as stored")),)
    if scene.voi_lut is not None:
        named = Sentence("Look-up table: {name}", {"name": scene.voi_lut.name})
        return (CornerLine(named if scene.voi_lut.name else Sentence("Look-up table of the image")),)
    facts: dict[str, object] = {"width": number_text(width), "centre": number_text(centre)}
    window = Sentence("W {width}  L {centre}", facts)
    if scene.voi_function == "SIGMOID":
        window = Sentence("W {width}  L {centre}  sigmoid", facts)
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


def _pointed_lines(seen: Seen) -> Lines:
    scene, pointed = seen.scene, seen.pointed
    if pointed is None or pointed.value is None:
        return ()
    told = text_lines(position_text(scene, pointed.point_mm), fused_value_text(scene, pointed.point_mm, pointed.value))
    lines = (*told, *pointed_overlay_lines(scene, pointed.point_mm, pointed.value))
    return tuple(replace(line, is_passing=True) for line in lines)


def _zoom_lines(seen: Seen) -> Lines:
    """Return the pixels of the screen for a pixel of the image, and what true size is worth."""
    picture, viewport = seen.picture, seen.viewport
    percent = f"{100.0 * picture.magnification * picture.display.device_pixel_ratio:.0f}"
    zoom = CornerLine(Sentence("Zoom {percent} %", {"percent": percent}))
    if viewport.fit != "true_size" or viewport.zoom != 1.0:
        return (zoom,)
    unit = "mm"
    if not seen.scene.volume.geometry.has_spacing:
        unit = image_scale(seen.scene).unit
    if picture.display.is_calibrated:
        return zoom, CornerLine(Sentence("True size, in {unit}", {"unit": unit}))
    return zoom, CornerLine(Sentence("True size, in {unit}: screen not measured", {"unit": unit}), "warning")


def _thickness_lines(seen: Seen) -> Lines:
    thickness_mm = seen.scene.series.slice_thickness_mm
    if not (seen.scene.volume.geometry.has_spacing and seen.picture.is_acquired and thickness_mm):
        return ()
    return (CornerLine(Sentence("Thickness {mm} mm", {"mm": f"{thickness_mm:g}"})),)


def _location_lines(seen: Seen) -> Lines:
    location = _location(seen.scene, seen.picture) if seen.scene.volume.geometry.has_spacing else None
    return (CornerLine(Sentence("Location {mm} mm", {"mm": f"{location:.1f}"})),) if location is not None else ()


def _location(scene: Scene, picture: SlicePicture) -> float | None:
    """Return how far the plane lies from the patient's origin, along its normal turned to the left, back or head."""
    place = true_place(scene.volume, scene.cursor_mm)
    if place is None:
        return None
    normal = picture.grid.normal
    dominant = normal[int(np.argmax(np.abs(normal)))]
    return round(float(np.sign(dominant) * (normal @ place)), 1) + 0.0  # no "-0.0"


FIELDS: dict[str, CornerField] = {
    "patient_name": _of_scene(Sentence("Patient's name"), "patient", series_lines.name_lines),
    "patient_birth_date_and_sex": _of_scene(Sentence("Date of birth and sex"), "patient", series_lines.birth_lines),
    "patient_age": _of_scene(Sentence("Age at the examination"), "patient", series_lines.age_lines),
    "patient_id": _of_scene(
        Sentence("Patient ID"), "patient", lambda scene: text_lines(scene.study.facts.patient.patient_id)
    ),
    "institution_name": _of_scene(
        Sentence("Institution"), "examination", lambda scene: text_lines(scene.study.facts.institution_name)
    ),
    "study_description": _of_scene(
        Sentence("Study description"), "examination", lambda scene: text_lines(scene.study.facts.study_description)
    ),
    "study_id": _of_scene(Sentence("Study ID"), "examination", lambda scene: text_lines(scene.study.facts.study_id)),
    "accession_number": _of_scene(
        Sentence("Accession number"), "examination", lambda scene: text_lines(scene.study.facts.accession_number)
    ),
    "acquisition_date_and_time": _of_scene(
        Sentence("Date and time of the images"), "examination", series_lines.moment_lines
    ),
    "series_number": _of_scene(Sentence("Number of the series"), "image", series_lines.number_lines),
    "laterality": _of_scene(Sentence("Side of the body"), "image", series_lines.side_lines),
    "view_position": _of_scene(
        Sentence("View (PA, MLO)"), "image", lambda scene: text_lines(series_lines.acquisition_of(scene).view_position)
    ),
    "contrast_bolus_agent": _of_scene(Sentence("Contrast agent"), "image", series_lines.contrast_lines),
    "series_description": _of_scene(
        Sentence("Series description"), "image", lambda scene: text_lines(scene.series.series_description)
    ),
    "slice_thickness": CornerField(Sentence("Slice thickness"), "image", _thickness_lines),
    "slice_location": CornerField(Sentence("Location of the slice"), "image", _location_lines),
    "image_size": _of_scene(Sentence("Rows and columns"), "image", series_lines.size_lines),
    "mr_times": _of_scene(Sentence("TR and TE"), "image", series_lines.mr_lines),
    "magnetic_field_strength": _of_scene(Sentence("Field strength"), "image", series_lines.field_strength_lines),
    "kvp": _of_scene(Sentence("Tube voltage"), "image", series_lines.kvp_lines),
    "pointed": CornerField(Sentence("Place and value under the mouse"), "image", _pointed_lines),
    "axis_place": _of_scene(Sentence("Time, b-value or echo"), "image", axis_lines),
    "slice_number": CornerField(
        Sentence("Slice or frame"), "image", lambda seen: (CornerLine(_number(seen.scene, seen.picture)),)
    ),
    "zoom": CornerField(Sentence("Zoom"), "image", _zoom_lines),
    "window": _of_scene(Sentence("Window"), "image", _window_lines),
    "tilt": CornerField(Sentence("Tilt of a turned plane"), "image", _tilt_lines),
}
