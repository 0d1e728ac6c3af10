"""What the commands do that needs a dialog or a choice; everything else is a verb of the session."""

from __future__ import annotations

import re
from pathlib import Path

from PySide6.QtWidgets import QFileDialog

from medview.gui.bring_to_front import bring_to_front
from medview.gui.command import Shell
from medview.gui.language import tr
from medview.gui.notice_bar import confirmed
from medview.session.close_study import close_study
from medview.session.edit_mask import clear_segment, remove_segmentation
from medview.session.export_segmentation import Kind, export_segmentation
from medview.session.give_spacing import give_spacing
from medview.session.judged_findings import has_unsaved_judgements, is_kept
from medview.session.layout import visible_cells
from medview.session.open_folder import open_folder
from medview.session.regularise import regularise
from medview.session.save_picture import save_picture
from medview.session.scene import Scene
from medview.session.session import Session
from medview.session.show_series import show_series
from medview.study.study import Study
from medview.tools import navigate

_BRUSH_MM = (0.5, 60.0)
_BRUSH_STEP = 1.25
_SUFFIXES: dict[Kind, str] = {"dicom_seg": ".dcm", "nifti": ".nii.gz", "stl": ".stl"}


def ask_folder(shell: Shell) -> None:
    """Ask for a folder and open it."""
    last = shell.session.settings["last_folder"]
    folder = QFileDialog.getExistingDirectory(shell.widget, tr("Open a folder of images"), last)
    if folder:
        shell.session.settings["last_folder"] = folder
        open_folder(shell.session, Path(folder))


def ask_file(shell: Shell) -> None:
    """Ask for files or archives and open them."""
    last = shell.session.settings["last_folder"]
    names, _ = QFileDialog.getOpenFileNames(shell.widget, tr("Open image files or ZIP archives"), last)
    if names:
        shell.session.settings["last_folder"] = str(Path(names[0]).parent)
        open_folder(shell.session, [Path(name) for name in names])


def close_study_in_view(shell: Shell) -> None:
    """Close the study in view, or the one opened last."""
    session = shell.session
    ask_close_study(shell, session.scene.study if session.scene is not None else session.studies[-1])


def ask_close_study(shell: Shell, study: Study) -> None:
    """Close a study, after asking where corrections or judgements would be lost."""
    questions = []
    if any(not shell.session.is_saved(mask) for mask in study.segmentations):
        questions.append(tr("Close the study? Corrections of its masks have not been exported."))
    if has_unsaved_judgements(study):
        questions.append(
            tr("Close the study? What was accepted or corrected is kept on this computer, but no report holds it yet.")
            if is_kept(study)
            else tr(
                "Close the study? Findings that were accepted or corrected have not been saved as a report, and would "
                "be lost."
            )
        )
    if all(confirmed(shell.widget, question, tr("Close study")) for question in questions):
        close_study(shell.session, study)


def ask_export(shell: Shell, kind: Kind) -> None:
    """Ask for a file name and export the segmentation in view."""
    scene = shell.session.scene
    if scene is None or scene.segmentation is None:
        return
    number = scene.active_segment if kind == "stl" else None
    path = ask_target(shell, _suggested_name(scene, kind), _SUFFIXES[kind])
    if path is not None:
        export_segmentation(shell.session, scene.segmentation, path, kind, number)


def ask_picture(shell: Shell) -> None:
    """Ask for a file name and save what the active pane shows, without what names the patient."""
    pixels = shell.picture()
    path = ask_target(shell, f"{shell.session.active_pane}.png", ".png")
    if path is not None:
        save_picture(shell.session, pixels, path)


def reset_view(shell: Shell) -> None:
    """Fit the active pane's image to the pane."""
    shell.session.active_viewport.reset(keep_look=True)


def toggle_maximised(shell: Shell) -> None:
    """Let the active pane fill the window, or show all four again."""
    session = shell.session
    session.maximise(None if session.maximised else session.active_pane)


def next_pane(shell: Shell) -> None:
    """Make the next pane the active one; a maximised pane gives way to it."""
    session = shell.session
    names = [cell.name for cell in visible_cells(session.layout, session.scenes)]
    following = names[(names.index(session.active_pane) + 1) % len(names)] if session.active_pane in names else names[0]
    session.choose(active_pane=following)
    if session.maximised is not None:
        session.maximise(following)


def scroll_by(shell: Shell, steps: int) -> None:
    """Move the active pane by whole images."""
    navigate.scroll(shell.session, shell.session.active_pane, steps)


def scroll_to_end(shell: Shell, *, last: bool) -> None:
    """Show the first or the last image of the active pane."""
    count = navigate.slice_count(shell.session, shell.session.active_pane)
    if count is not None:
        scroll_by(shell, count if last else -count)


def show_neighbour_series(shell: Shell, step: int) -> None:
    """Show the next series of the study in view that can be shown; stops at the ends."""
    scene = shell.session.scene
    if scene is None:
        return
    shown = [s for s in scene.study.series if s.refusal is None]
    place = next((i for i, s in enumerate(shown) if s.key == scene.series.key), 0) + step
    if 0 <= place < len(shown):
        show_series(shell.session, scene.study, shown[place])


def resample_in_view(shell: Shell) -> None:
    """Show the uneven or tilted series in view resampled to right angles and even slices."""
    scene = shell.session.scene
    if scene is not None:
        regularise(shell.session, scene.study, scene.series)


def ask_spacing(shell: Shell) -> None:
    """Ask for the millimetres of a picture, and show it with them."""
    scene = shell.session.scene
    if scene is None:
        return
    from medview.gui.forms.spacing_form import SpacingForm

    form = SpacingForm(len(scene.series.instances), shell.widget)
    if form.exec():
        give_spacing(shell.session, scene.study, scene.series, form.spacing_mm)


def next_segment(shell: Shell, step: int) -> None:
    """Make the next segment of the list the one that the brush paints."""
    scene = shell.session.scene
    if scene is None or scene.segmentation is None:
        return
    numbers = [segment.number for segment in scene.segmentation.segments]
    if scene.active_segment in numbers:
        place = (numbers.index(scene.active_segment) + step) % len(numbers)
        scene.update(active_segment=numbers[place])


def show_mask_statistics(shell: Shell) -> None:
    """Show what the images hold under each segment, in a window beside the main one."""
    from medview.gui.measuring.mask_statistics_window import MaskStatisticsWindow

    bring_to_front(MaskStatisticsWindow(shell.session, shell.widget))


def clear_active_segment(shell: Shell) -> None:
    """Erase the active segment everywhere; it can be undone."""
    scene = shell.session.scene
    if scene is not None:
        clear_segment(shell.session, scene.active_segment)


def remove_segmentation_in_view(shell: Shell) -> None:
    """Remove the segmentation in view, after asking where corrections would be lost."""
    scene = shell.session.scene
    if scene is None or scene.segmentation is None:
        return
    unsaved = not shell.session.is_saved(scene.segmentation)
    question = tr(
        "Remove the segmentation {name}? Its corrections have not been exported.", name=scene.segmentation.name
    )
    if not unsaved or confirmed(shell.widget, question, tr("Remove")):
        remove_segmentation(shell.session, scene.segmentation)


def scale_brush(session: Session, steps: int) -> None:
    """Make the brush larger or smaller."""
    radius = session.settings["brush_radius_mm"] * _BRUSH_STEP**steps
    session.settings["brush_radius_mm"] = round(min(max(radius, _BRUSH_MM[0]), _BRUSH_MM[1]), 2)


def toggle_setting(session: Session, name: str) -> None:
    """Turn a setting that is on or off."""
    session.settings[name] = not session.settings[name]


def toggle_display(session: Session, name: str) -> None:
    """Turn an attribute of the scene that is on or off."""
    if session.scene is not None:
        session.scene.update(**{name: not getattr(session.scene, name)})


def switch_theme(session: Session) -> None:
    """Change between dark and light."""
    session.settings["theme"] = "light" if session.settings["theme"] == "dark" else "dark"


def _suggested_name(scene: Scene, kind: Kind) -> str:
    """Name the file after what it holds, never after the patient."""
    assert scene.segmentation is not None
    name = scene.segmentation.name
    if kind == "stl":
        name = scene.segmentation.segment(scene.active_segment).label
    return (re.sub(r"[^\w-]+", "_", name).strip("_").lower() or "segmentation") + _SUFFIXES[kind]


def ask_target(shell: Shell, suggested: str, suffix: str) -> Path | None:
    """Ask for a file name with an ending; None where the person has thought better of it."""
    folder = Path(shell.session.settings["last_folder"] or Path.home())
    wanted = f"*{suffix}"
    name, _ = QFileDialog.getSaveFileName(shell.widget, tr("Save as"), str(folder / suggested), wanted)
    if not name:
        return None
    return Path(name if name.lower().endswith(suffix) else name + suffix)
