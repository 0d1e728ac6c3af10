"""What a reader must know of the images as such: how they lie, and what of them is hidden."""

from __future__ import annotations

from medview.errors import Sentence
from medview.session.image_scale import image_scale
from medview.session.scene import Scene
from medview.study.series import GuardLine
from medview.view.corner_line import CornerLine, Mark
from medview.view.overlay_planes import shutter_of
from medview.view.value_text import number_text

# what the other panes and the slice number do not say already
_GUARD_MARKS: dict[str, Mark] = {
    "missing": "warning",
    "variable": "warning",
    "unplaced": "warning",
    "mixed": "badge",
    "tilted": "badge",
    "unspaced": "badge",
    "lengths": "badge",
}
_AXES = {
    "time": Sentence("Time"),
    "b-value": Sentence("b-value"),
    "echo time": Sentence("Echo time"),
    "energy": Sentence("Energy"),
    "trigger delay": Sentence("Trigger delay"),
    "phase": Sentence("Phase"),
    "volume": Sentence("Volume"),
}


def state_lines(scene: Scene) -> tuple[CornerLine, ...]:
    """Return the lines that stand in every 2D pane, the gravest first."""
    return (*_guard(scene), *_hidden(scene))


def axis_lines(scene: Scene) -> tuple[CornerLine, ...]:
    """Return which place of a 4-D series this is ("Time 3/10", "b-value 1000 s/mm2, 2/3"); nothing in a plain one."""
    axis = scene.series.axis
    if axis is None:
        return ()
    facts: dict[str, object] = {
        "axis": axis_title(axis.name),
        "number": axis.number + 1,
        "count": axis.count,
        "value": f"{number_text(axis.value)} {axis.unit}".strip() if axis.value is not None else "",
    }
    if axis.value is None:
        return (CornerLine(Sentence("{axis} {number}/{count}", facts)),)
    return (CornerLine(Sentence("{axis} {number}/{count}: {value}", facts)),)


def axis_title(name: str) -> Sentence | str:
    """Return what a person calls an axis; a name that is not known stays as it is."""
    return _AXES.get(name, name)


def _hidden(scene: Scene) -> tuple[CornerLine, ...]:
    """Return what of the image is hidden, or has been switched off: a side marker may be among it."""
    lines = []
    number, instances = scene.cursor_index[0], scene.series.instances
    has_overlays = number < len(instances) and instances[number].display.has_overlays
    if has_overlays and not scene.overlays_visible:
        lines.append(CornerLine(Sentence("Overlays hidden"), "badge"))
    if shutter_of(scene) is not None:
        told = Sentence("Cut by its shutter") if scene.shutter_visible else Sentence("Without its shutter")
        lines.append(CornerLine(told, "badge"))
    return tuple(lines)


def _guard(scene: Scene) -> tuple[CornerLine, ...]:
    if scene.series.resampled_from is not None:
        return tuple(CornerLine(line.text, "badge", line.meaning) for line in scene.series.guard)
    return tuple(_guard_line(scene, line) for line in scene.series.guard if line.kind in _GUARD_MARKS)


def _guard_line(scene: Scene, line: GuardLine) -> CornerLine:
    """Return a line of the guard; of the unit of lengths, what a person has made of it."""
    if line.kind in ("lengths", "unspaced"):
        found = image_scale(scene)
        if found.unit == "mm User":
            return CornerLine(Sentence("lengths in {unit}", {"unit": found.unit}), "badge", found.reason)
    return CornerLine(line.text, _GUARD_MARKS[line.kind], line.meaning)
