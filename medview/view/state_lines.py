"""What a reader must know of the images as such: not all there yet, unevenly spaced, compressed with loss."""

from __future__ import annotations

from medview.errors import Sentence
from medview.session.scene import Scene
from medview.view.corner_line import CornerLine, Mark
from medview.view.value_text import number_text

# what the other panes and the slice number do not say already
_GUARD_MARKS: dict[str, Mark] = {
    "missing": "warning",
    "variable": "warning",
    "unplaced": "warning",
    "mixed": "badge",
    "tilted": "badge",
    "unspaced": "badge",
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
    """Return the lines that stand below the plane's name in every 2D pane, the gravest first."""
    return (*_loading(scene), *_lossy(scene), *_guard(scene))


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


def _loading(scene: Scene) -> tuple[CornerLine, ...]:
    loading = scene.loading
    if loading is None:
        return ()
    facts: dict[str, object] = {"count": loading.count, "total": loading.total}
    if loading.state == "reading":
        return (CornerLine(Sentence("Reading: {count} of {total} images", facts), "badge"),)
    return (CornerLine(Sentence("Not whole: {count} of {total} images were read", facts), "warning"),)


def _lossy(scene: Scene) -> tuple[CornerLine, ...]:
    is_lossy = any("lossy" in warning.template.lower() for warning in scene.series.warnings)
    return (CornerLine(Sentence("Compressed with loss"), "warning"),) if is_lossy else ()


def _guard(scene: Scene) -> tuple[CornerLine, ...]:
    if scene.series.resampled_from is not None:
        return tuple(CornerLine(line.text, "badge") for line in scene.series.guard)
    return tuple(
        CornerLine(line.text, _GUARD_MARKS[line.kind]) for line in scene.series.guard if line.kind in _GUARD_MARKS
    )
