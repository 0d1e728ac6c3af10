"""What is written in the corners of a curved pane."""

from __future__ import annotations

from medview.errors import Sentence
from medview.session.scene import Scene
from medview.session.viewport import Viewport
from medview.study.patient_name import patient_name
from medview.view.corner_line import CornerLine
from medview.view.corner_text import CornerText
from medview.view.curved_picture import CurvedPicture
from medview.view.fidelity import Shown, fidelity
from medview.view.state_lines import axis_lines
from medview.view.value_text import number_text

_TITLE = Sentence("Curved")
_MODES = {
    "straightened": Sentence("Interpolated, straightened: distances aslant are not true"),
    "stretched": Sentence("Interpolated, stretched: distances are true on the surface"),
}
_NEAR_MM = 0.1


def curved_corner_text(
    scene: Scene,
    viewport: Viewport,
    picture: CurvedPicture,
    *,
    patient_text: bool = True,
    beside: tuple[CornerLine, ...] = (),
) -> CornerText:
    """Return the lines of a curved pane; `patient_text` and `beside` as in `medview.view.corner_text.corner_text`."""
    name = patient_name(scene.study.facts.patient.patient_name) if patient_text else ""
    named = (CornerLine(name),) if name else ()
    slab = (viewport.slab_mode, viewport.slab_mm) if viewport.slab_mm > 0 else None
    marks = fidelity(scene, Shown(slab=slab, interpolation=_MODES[viewport.curve_mode]))
    badges = tuple(mark.text for mark in marks)
    if picture.is_coarse:
        badges = (*badges, CornerLine(Sentence("Coarse while it moves"), "badge"))
    return CornerText(
        (CornerLine(_TITLE, "title"), *beside, *named, *badges), _places(viewport, picture), axis_lines(scene), ()
    )


def _places(viewport: Viewport, picture: CurvedPicture) -> tuple[CornerLine, ...]:
    length = f"{picture.curve.length_mm:.1f}"
    lines = [CornerLine(Sentence("At {arc} of {length} mm", {"arc": f"{picture.arc_mm:.1f}", "length": length}))]
    if picture.away_mm > _NEAR_MM:
        lines.append(CornerLine(Sentence("{mm} mm off the path", {"mm": f"{picture.away_mm:.1f}"})))
    if viewport.curve_angle_deg:
        lines.append(CornerLine(Sentence("Turned by {degrees}°", {"degrees": number_text(viewport.curve_angle_deg)})))
    return tuple(lines)
