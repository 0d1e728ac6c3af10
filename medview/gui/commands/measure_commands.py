"""The commands of measurements and key images."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from medview.errors import Sentence
from medview.gui import conditions
from medview.gui.command import Command, Shell
from medview.gui.measuring import measure_actions
from medview.session.key_images import is_key_image, toggle_key_image
from medview.session.measure import remove_all_measurements, remove_measurements, show_measurements
from medview.session.session import Session
from medview.study.measurement import Measurement
from medview.tools import measuring

_NONE_SELECTED = Sentence("No measurement is selected.")
_NO_REGION = Sentence("Select an ellipse, a rectangle, a polygon or a freehand region first.")
_NO_LINE = Sentence("Select a length first.")
_NO_TIME = Sentence("These images are of one time: there is no curve.")
_NO_MEASUREMENTS = Sentence("Nothing has been measured in this study yet.")
_NOTHING_DRAWN = Sentence("Nothing is being drawn.")


def _any(session: Session) -> Sentence | None:
    """Ask for measurements in the study in view."""
    scene = session.scene
    return _NO_MEASUREMENTS if scene is None or not len(scene.study.measurements) else None


def _selected(session: Session) -> Sentence | None:
    """Ask for a measurement that is selected."""
    return None if measure_actions.selected(session) is not None else _NONE_SELECTED


def _drawing(session: Session) -> Sentence | None:
    """Ask for a measurement that is being drawn."""
    return None if measuring.is_drawing(session) else _NOTHING_DRAWN


def _region(session: Session) -> Sentence | None:
    """Ask for a region that is selected."""
    found = measure_actions.selected(session)
    return None if found is not None and found[1].is_region else _NO_REGION


def _line(session: Session) -> Sentence | None:
    """Ask for a line that is selected."""
    found = measure_actions.selected(session)
    return None if found is not None and found[1].kind in ("length", "path") else _NO_LINE


def _region_in_time(session: Session) -> Sentence | None:
    """Ask for a region on images that follow each other in time."""
    found = measure_actions.selected(session)
    if found is None or not (found[1].is_region or found[1].kind == "probe"):
        return _NO_REGION
    return None if measure_actions.has_times(*found) else _NO_TIME


def _all_shown(session: Session) -> bool:
    scene = session.scene
    return scene is not None and any(m.is_visible for m in scene.study.measurements)


def _tool(kind: str, title: str, short_title: str, *shortcuts: str, separator: bool = False) -> Command:
    tool = f"measure_{kind}"
    return Command(
        tool,
        title,
        "Measure",
        lambda shell: measure_actions.take_tool(shell.session, tool),
        shortcuts,
        short_title=short_title,
        icon=f"measure-{kind}",
        when=conditions.has_images,
        checked=lambda session: session.tool == tool,
        in_context=True,
        context_submenu="Measure",
        separator=separator,
    )


def _in_study(function: Callable[..., object]) -> Callable[[Shell], object]:
    """Return a command that acts on the study in view."""
    return lambda shell: None if shell.session.scene is None else function(shell.session.scene.study)


def _on_selected(function: Callable[[Shell, Measurement], object]) -> Callable[[Shell], object]:
    """Return a command that acts on what is selected."""

    def run(shell: Shell) -> None:
        found = measure_actions.selected(shell.session)
        if found is not None:
            function(shell, found[1])

    return run


def _remove_selected(shell: Shell) -> None:
    found = measure_actions.selected(shell.session)
    if found is not None:
        remove_measurements(found[0], [found[1].tracking_uid])


def _toggle_visible(shell: Shell) -> None:
    scene = shell.session.scene
    if scene is not None:
        show_measurements(scene.study, visible=not _all_shown(shell.session))


MEASURE: tuple[Command, ...] = (
    _tool("length", "Measure a length", "Length", "D", "L"),
    _tool("angle", "Measure an angle", "Angle", "A"),
    _tool("cobb", "Measure a Cobb angle", "Cobb"),
    _tool("bidirectional", "Measure two diameters", "Diameters"),
    _tool("ellipse", "Measure in an ellipse", "Ellipse", separator=True),
    _tool("rectangle", "Measure in a rectangle", "Rectangle"),
    _tool("polygon", "Measure in a polygon", "Polygon"),
    _tool("freehand", "Measure in a freehand region", "Freehand"),
    _tool("probe", "Measure the value at a point", "Probe"),
    _tool("arrow", "Draw an arrow", "Arrow", separator=True),
    _tool("text", "Write a text", "Text"),
    _tool("calibration", "Calibrate by a known length", "Calibrate"),
    Command(
        "finish_measurement",
        "Close the polygon",
        "Measure",
        lambda shell: measuring.finish(shell.session),
        ("Return", "Enter"),
        when=_drawing,
        in_panes=True,
        separator=True,
    ),
    Command(
        "take_back_point",
        "Take back the last point",
        "Measure",
        lambda shell: measuring.take_back(shell.session),
        ("Backspace",),
        when=_drawing,
        in_panes=True,
    ),
    Command(
        "rename_measurement",
        "Rename the measurement…",
        "Measure",
        measure_actions.rename_selected,
        ("F2",),
        when=_selected,
        in_panes=True,
        separator=True,
    ),
    Command("recolour_measurement", "Change the colour…", "Measure", measure_actions.recolour_selected, when=_selected),
    Command(
        "duplicate_measurement",
        "Duplicate the measurement",
        "Measure",
        measure_actions.duplicate_selected,
        icon="copy",
        when=_selected,
    ),
    Command(
        "hide_measurement",
        "Hide the measurement",
        "Measure",
        measure_actions.hide_selected,
        icon="eye-off",
        when=_selected,
    ),
    Command(
        "delete_measurement",
        "Delete the measurement",
        "Measure",
        _remove_selected,
        ("Delete",),
        icon="trash",
        when=_selected,
        in_panes=True,
    ),
    Command(
        "histogram",
        "Histogram…",
        "Measure",
        _on_selected(partial(measure_actions.show_plot, kind="histogram")),
        icon="histogram",
        when=_region,
        separator=True,
    ),
    Command(
        "line_profile",
        "Line profile…",
        "Measure",
        _on_selected(partial(measure_actions.show_plot, kind="profile")),
        icon="profile",
        when=_line,
    ),
    Command(
        "time_curve",
        "Time-intensity curve…",
        "Measure",
        _on_selected(partial(measure_actions.show_plot, kind="curve")),
        icon="curve",
        when=_region_in_time,
    ),
    Command(
        "measurement_properties",
        "Properties of the measurement…",
        "Measure",
        _on_selected(measure_actions.show_properties),
        icon="info",
        when=_selected,
    ),
    Command(
        "key_image",
        "Key image",
        "Measure",
        lambda shell: toggle_key_image(shell.session),
        ("K",),
        icon="star",
        when=conditions.has_images,
        checked=lambda session: session.scene is not None and is_key_image(session.scene),
        in_context=True,
        separator=True,
    ),
    Command(
        "measurements_visible",
        "Show measurements",
        "Measure",
        _toggle_visible,
        icon="eye",
        when=_any,
        checked=_all_shown,
        separator=True,
    ),
    Command("measurement_list", "List of measurements", "Measure", measure_actions.show_list, ("F9",)),
    Command(
        "copy_measurements",
        "Copy the measurements as text",
        "Measure",
        measure_actions.copy_all,
        icon="copy",
        when=_any,
    ),
    Command(
        "export_measurements",
        "Export the measurements…",
        "Measure",
        measure_actions.ask_export,
        icon="export",
        when=_any,
    ),
    Command("follow_up", "Follow-up…", "Measure", measure_actions.show_follow_up, when=_any),
    Command(
        "remove_measurements",
        "Delete all measurements",
        "Measure",
        _in_study(remove_all_measurements),
        icon="trash",
        when=_any,
    ),
    Command(
        "measure_tool_stays",
        "Measuring tools stay active",
        "Measure",
        measure_actions.toggle_stays,
        checked=lambda session: bool(session.settings["measure_tool_stays"]),
        separator=True,
    ),
)
