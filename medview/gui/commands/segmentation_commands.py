"""The commands of masks, and undo and redo."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from medview.gui import conditions
from medview.gui.command import Command, Shell
from medview.gui.commands import actions
from medview.session import edit_mask, undo
from medview.session.session import Session


def _in_session(function: Callable[[Session], object]) -> Callable[[Shell], object]:
    return lambda shell: function(shell.session)


SEGMENTATION: tuple[Command, ...] = (
    Command(
        "undo",
        "Undo",
        "Edit",
        _in_session(undo.undo),
        ("Ctrl+Z",),
        group="edit",
        short_title="Undo",
        icon="undo",
        when=conditions.can_undo,
        acts_on=lambda session: session.scene.study.history.undo_title if session.scene is not None else None,
    ),
    Command(
        "redo",
        "Redo",
        "Edit",
        _in_session(undo.redo),
        ("Ctrl+Y", "Ctrl+Shift+Z"),
        group="edit",
        short_title="Redo",
        icon="redo",
        when=conditions.can_redo,
        acts_on=lambda session: session.scene.study.history.redo_title if session.scene is not None else None,
    ),
    Command(
        "new_segmentation",
        "New empty segmentation",
        "Segmentation",
        _in_session(edit_mask.new_segmentation),
        ("Ctrl+N",),
        icon="plus",
        when=conditions.is_whole,
    ),
    Command(
        "clear_segment",
        "Erase the active segment everywhere",
        "Segmentation",
        actions.clear_active_segment,
        icon="clear",
        when=conditions.has_mask,
    ),
    Command(
        "remove_segmentation",
        "Remove the segmentation",
        "Segmentation",
        actions.remove_segmentation_in_view,
        icon="trash",
        when=conditions.has_mask,
    ),
    Command(
        "mask_statistics",
        "Statistics of the segments…",
        "Segmentation",
        actions.show_mask_statistics,
        icon="histogram",
        when=conditions.has_mask,
        separator=True,
    ),
    Command(
        "next_segment",
        "Next segment",
        "Segmentation",
        partial(actions.next_segment, step=1),
        ("N",),
        when=conditions.has_mask,
        separator=True,
    ),
    Command(
        "previous_segment",
        "Previous segment",
        "Segmentation",
        partial(actions.next_segment, step=-1),
        ("Shift+N",),
        when=conditions.has_mask,
    ),
    Command(
        "mask_visible",
        "Show the mask",
        "Segmentation",
        lambda shell: actions.toggle_display(shell.session, "mask_visible"),
        ("G",),
        group="look",
        short_title="Mask",
        icon="mask",
        when=conditions.has_mask,
        checked=lambda session: session.scene is not None and session.scene.mask_visible,
        in_context=True,
    ),
    Command(
        "mask_outline",
        "Outline only",
        "Segmentation",
        lambda shell: actions.toggle_display(shell.session, "mask_outline"),
        ("O",),
        icon="outline",
        when=conditions.has_mask,
        checked=lambda session: session.scene is not None and session.scene.mask_outline,
        in_context=True,
    ),
    Command(
        "export_dicom_seg",
        "Export as DICOM SEG…",
        "Segmentation",
        partial(actions.ask_export, kind="dicom_seg"),
        ("Ctrl+E",),
        icon="export",
        when=conditions.has_mask,
        separator=True,
    ),
    Command(
        "export_nifti",
        "Export as NIfTI…",
        "Segmentation",
        partial(actions.ask_export, kind="nifti"),
        ("Ctrl+Shift+E",),
        when=conditions.has_mask,
    ),
    Command(
        "export_stl",
        "Export the active segment's surface as STL…",
        "Segmentation",
        partial(actions.ask_export, kind="stl"),
        when=conditions.has_surface,
    ),
)
