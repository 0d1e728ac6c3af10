"""What commands and menus do with the measurement that is selected, beyond what the session's verbs do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QColorDialog, QFileDialog, QWidget

from medview.gui.bring_to_front import bring_to_front
from medview.gui.command import Shell
from medview.gui.language import say, tr
from medview.gui.one_line import one_line
from medview.gui.side_tabs import MEASUREMENTS, SideTabs
from medview.imaging.time_curve import has_curve
from medview.session.export_measurements import export_measurements
from medview.session.measure import duplicate_measurement, recolour_measurement, show_measurement
from medview.session.measured import findings
from medview.session.session import Session
from medview.study.measurement import KIND_TITLES, Measurement
from medview.study.study import Study
from medview.view.measurement_text import measurement_lines

if TYPE_CHECKING:
    from medview.gui.measuring.plot_window import PlotKind


def selected(session: Session) -> tuple[Study, Measurement] | None:
    """Return the measurement that is selected in the study in view, and that study; None where none is."""
    scene = session.scene
    found = scene.study.measurements.find(session.focus.selected_uid) if scene is not None else None
    return None if scene is None or found is None else (scene.study, found)


def take_tool(session: Session, tool: str) -> None:
    """Make a measuring tool the active one, and the one that the toolbar offers."""
    session.settings["measure_tool"] = tool
    session.choose(tool=tool)


def show_list(shell: Shell) -> None:
    """Bring the list of measurements to the front, at the right of the window."""
    tabs = shell.widget.findChild(SideTabs)
    if tabs is not None:
        tabs.show()
        tabs.setCurrentIndex(MEASUREMENTS)


def toggle_stays(shell: Shell) -> None:
    """Let measuring tools stay active after a measurement, or give way to the window tool."""
    shell.session.settings["measure_tool_stays"] = not shell.session.settings["measure_tool_stays"]


def has_times(study: Study, measurement: Measurement) -> bool:
    """Whether the values of a measurement can be followed in time, or along another axis."""
    series = study.find(measurement.series_key)
    return series is not None and has_curve(measurement, series)


def rename_selected(shell: Shell) -> None:
    """Ask in the pane for another name of what is selected."""
    found = selected(shell.session)
    if found is not None:
        shell.session.focus.ask(*found)


def recolour_selected(shell: Shell) -> None:
    """Ask for another colour of what is selected."""
    found = selected(shell.session)
    if found is not None:
        ask_colour(shell.widget, *found)


def duplicate_selected(shell: Shell) -> None:
    """Add a second measurement like the one that is selected, a little aside."""
    found = selected(shell.session)
    made = duplicate_measurement(found[0], found[1].tracking_uid) if found is not None else None
    if made is not None:
        shell.session.focus.select(made.tracking_uid)


def hide_selected(shell: Shell) -> None:
    """Draw the measurement that is selected no more; the list shows it again."""
    found = selected(shell.session)
    if found is not None:
        show_measurement(found[0], found[1].tracking_uid, visible=False)


def ask_colour(parent: QWidget, study: Study, measurement: Measurement) -> None:
    """Ask for another colour of a measurement."""
    colour = QColorDialog.getColor(QColor(*measurement.colour), parent, tr("Change the colour"))
    if colour.isValid():
        recolour_measurement(study, measurement.tracking_uid, (colour.red(), colour.green(), colour.blue()))


def show_plot(shell: Shell, measurement: Measurement, kind: PlotKind) -> None:
    """Show a plot of a measurement beside the images."""
    found = selected(shell.session)
    if found is not None:
        from medview.gui.measuring.plot_window import PlotWindow

        bring_to_front(PlotWindow(shell.session, found[0], measurement, kind, shell.widget))


def show_properties(shell: Shell, measurement: Measurement) -> None:
    """Show every number of a measurement, and what its unit means."""
    found = selected(shell.session)
    if found is not None:
        from medview.gui.measuring.measurement_properties import MeasurementProperties

        bring_to_front(MeasurementProperties(shell.session, found[0], measurement, shell.widget))


def copy_all(shell: Shell) -> None:
    """Copy the measurements of the study in view as lines of text."""
    scene = shell.session.scene
    if scene is not None:
        QApplication.clipboard().setText(as_text(shell.session, scene.study))


def as_text(session: Session, study: Study) -> str:
    """Return the measurements of a study as text: a line each, fields parted by tabs; no name of a patient."""
    return "\n".join("\t".join(_fields(session, study, measurement)) for measurement in study.measurements)


def _fields(session: Session, study: Study, measurement: Measurement) -> list[str]:
    series = study.find(measurement.series_key)
    lines = measurement_lines(measurement, findings(session, study, measurement))
    numbers = "; ".join(line if isinstance(line, str) else say(line) for line in lines)
    name = one_line(measurement.label) or say(KIND_TITLES[measurement.kind])
    return [name, numbers, one_line(series.series_description) if series is not None else ""]


def show_follow_up(shell: Shell) -> None:
    """Show the named diameters of the patient in view over the open studies."""
    from medview.gui.measuring.follow_up_window import FollowUpWindow

    bring_to_front(FollowUpWindow(shell.session, shell.widget))


def ask_export(shell: Shell) -> None:
    """Ask for a file, and write the measurements of the study in view to it."""
    session, scene = shell.session, shell.session.scene
    if scene is None:
        return
    kinds = f"{tr('Table')} (*.csv);;JSON (*.json)"
    start = str(Path(session.settings["last_folder"] or Path.home()) / "measurements.csv")
    name, _ = QFileDialog.getSaveFileName(shell.widget, tr("Export the measurements"), start, kinds)
    if name:
        session.settings["last_folder"] = str(Path(name).parent)
        export_measurements(session, scene.study, Path(name))
