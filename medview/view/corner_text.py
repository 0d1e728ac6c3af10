"""What is written in the four corners of a 2D pane."""

from __future__ import annotations

from dataclasses import dataclass

from medview.errors import Sentence
from medview.imaging.volume_look import VolumeLook
from medview.imaging.volume_presets import VolumePreset
from medview.session.scene import Scene
from medview.session.viewport import Viewport
from medview.view.corner_fields import FIELDS, Pointed, Seen
from medview.view.corner_line import CornerLine
from medview.view.corner_set import CORNERS, CornerMode, CornerSet, shipped_corners
from medview.view.fidelity import Shown, fidelity
from medview.view.overlay_lines import overlay_lines
from medview.view.plane_titles import PANE_TITLES
from medview.view.series_lines import birth_lines, moment_lines, name_lines, number_lines, text_lines
from medview.view.slice_picture import SlicePicture
from medview.view.state_lines import axis_lines, state_lines
from medview.view.volume_fidelity import look_line, volume_fidelity
from medview.view.volume_frame import VolumePicture

_IMAGE = Sentence("Image")
_ACROSS = Sentence("Across the images")
_SMALL_PX = (300, 240)  # below this only what is needed to read the image safely


@dataclass(frozen=True)
class CornerText:
    """Lines of each corner, from the top down."""

    top_left: tuple[CornerLine, ...]
    top_right: tuple[CornerLine, ...]
    bottom_left: tuple[CornerLine, ...]
    bottom_right: tuple[CornerLine, ...]


def corner_text(
    scene: Scene,
    viewport: Viewport,
    picture: SlicePicture,
    pane_size: tuple[int, int],
    *,
    patient_text: bool = True,
    pointed: Pointed | None = None,
    beside: tuple[CornerLine, ...] = (),
    corners: CornerSet | None = None,
    mode: CornerMode = "full",
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
    corners, mode
        Which fields stand where, as shipped where none are given; and how many of them. What must not be missed is
        always there.
    """
    fidelity_lines = tuple(mark.text for mark in fidelity(scene, Shown.of_picture(viewport, picture)))
    laid = _laid(scene, viewport, picture)
    badges = (*laid, *fidelity_lines, *state_lines(scene), *overlay_lines(scene, picture))
    if mode == "none":
        badges = tuple(line for line in badges if line.mark)  # that all is as it should be needs no word
    if mode == "full" and (pane_size[0] < _SMALL_PX[0] or pane_size[1] < _SMALL_PX[1]):
        mode = "minimal"
    shown = (corners or shipped_corners()).reduced(mode, patient_text=patient_text)
    seen = Seen(scene, viewport, picture, pointed)
    first, *others = (
        tuple(line for name in shown.of(corner) for line in FIELDS[name].lines(seen)) for corner in CORNERS
    )
    title = (CornerLine(_plane_title(scene, viewport), "title"),) if mode != "none" else ()
    top_right, bottom_left, bottom_right = others
    return CornerText((*title, *beside, *first, *badges), top_right, bottom_left, bottom_right)


def _laid(scene: Scene, viewport: Viewport, picture: SlicePicture) -> tuple[CornerLine, ...]:
    """Return how the image is turned and mirrored: a line each, so that in a small pane neither is cut away."""
    state = scene.presentation_in_view if picture.plane == scene.acquired_plane and not picture.is_turned else None
    lines = []
    if viewport.is_mirrored:
        lines.append(CornerLine(Sentence("Mirrored"), "warning"))
    if state is not None and state.is_flipped:
        lines.append(CornerLine(Sentence("Mirrored by its state"), "warning"))
    if viewport.turn_deg:
        lines.append(CornerLine(Sentence("Turned {degrees}°", {"degrees": viewport.turn_deg}), "badge"))
    return tuple(lines)


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
    mode: CornerMode = "full",
) -> CornerText:
    """Return the lines of the 3D pane with its newest picture, None before there is one; `mode` as in `corner_text`."""
    fidelity_lines = tuple(mark.text for mark in fidelity(scene, Shown.in_3d(picture)))
    badges = (*beside, *fidelity_lines, *volume_fidelity(chosen, picture))
    top_left = (CornerLine(PANE_TITLES["volume"], "title"), *(_patient_lines(scene) if patient_text else ()), *badges)
    look = (*axis_lines(scene), look_line(chosen, preset))
    if mode == "none":
        return CornerText(badges, (), (), ())
    if mode == "minimal" or pane_size[0] < _SMALL_PX[0] or pane_size[1] < _SMALL_PX[1]:
        return CornerText((top_left[0], *badges), (), look, ())
    return CornerText(top_left, _examination_lines(scene) if patient_text else (), look, _named_series(scene))


def _patient_lines(scene: Scene) -> tuple[CornerLine, ...]:
    return (*name_lines(scene), *birth_lines(scene), *text_lines(scene.study.facts.patient.patient_id))


def _examination_lines(scene: Scene) -> tuple[CornerLine, ...]:
    facts = scene.study.facts
    return (*text_lines(facts.institution_name, facts.study_description), *moment_lines(scene))


def _named_series(scene: Scene) -> tuple[CornerLine, ...]:
    return (*number_lines(scene), *text_lines(scene.series.series_description))
