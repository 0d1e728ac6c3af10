"""The question how large the pixels of a picture are."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from medview.gui.forms.spacing_form import SpacingForm


def test_rows_and_columns_are_alike_until_said_otherwise(qtbot: QtBot) -> None:
    form = SpacingForm(3)
    qtbot.addWidget(form)
    form.slice_mm.setValue(2.5)
    form.row_mm.setValue(0.7)
    assert form.spacing_mm == (2.5, 0.7, 0.7)
    form.column_mm.setValue(0.6)
    assert form.spacing_mm == (2.5, 0.7, 0.6)
    assert not form.slice_mm.isHidden()


def test_a_single_picture_is_asked_no_slice_distance(qtbot: QtBot) -> None:
    form = SpacingForm(1)
    qtbot.addWidget(form)
    assert form.slice_mm.isHidden()
    assert form.spacing_mm == (1.0, 1.0, 1.0)
