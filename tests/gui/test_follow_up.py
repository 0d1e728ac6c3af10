"""The table of a patient's lesions over the open studies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from medview.gui.main_window import MainWindow
from medview.gui.measuring.follow_up_window import FollowUpWindow
from medview.session.measure import add_measurement, rename_measurement
from medview.session.open_folder import open_folder
from medview.study.annotation import ImageName
from medview.study.measurement import Measurement
from medview.study.study import Study
from tests.files.make_dicom import write_stack
from tests.gui.conftest import WAIT_MS


def lesion(study: Study, columns: float, label: str) -> Measurement:
    """Add a length of so many columns of 0.75 mm."""
    series = study.series[0]
    assert series.geometry is not None
    points = series.geometry.to_mm([(1, 2, 1), (1, 2, 1 + columns)])
    image = ImageName(series.instances[1].sop_instance_uid, 0)
    measurement = Measurement("length", points, series.key, series.study_instance_uid, image, label=label)
    add_measurement(study, measurement)
    return measurement


def cells(found: FollowUpWindow) -> list[list[str]]:
    return [
        [found.table.item(row, column).text() for column in range(found.table.columnCount())]
        for row in range(found.table.rowCount())
    ]


def test_lesions_of_one_patient_are_compared_over_the_dates(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, settle: Callable[[], None]
) -> None:
    dates = ("20240102", "20230605", "20240909")
    for number, date in enumerate(dates):
        uids = {"StudyInstanceUID": f"2.25.7{number}", "SeriesInstanceUID": f"2.25.8{number}", "StudyDate": date}
        patient = {"PatientName": "Other^Person", "PatientID": "O-9"} if number == 2 else {}
        folder = write_stack(tmp_path / date, 3, **uids, **patient)
        open_folder(window.session, folder, show=number == 0)
        settle()
    second, first, other = window.session.studies
    lesion(first, 4, "Liver 1")
    lesion(second, 2, "liver 1")
    lesion(other, 5, "Liver 1")
    unnamed = lesion(second, 3, "")
    qtbot.waitUntil(window.commands.actions["follow_up"].isEnabled, timeout=WAIT_MS)
    window.commands.actions["follow_up"].trigger()
    qtbot.wait(30)
    (found,) = window.findChildren(FollowUpWindow)
    header = [found.table.horizontalHeaderItem(column).text() for column in range(found.table.columnCount())]
    assert header == ["Lesion", "2023-06-05", "2024-01-02"]  # the oldest first, and no other patient's
    assert cells(found) == [
        ["Liver 1", "3.0 mm", "1.5 mm"],
        ["Sum of diameters", "3.0 mm", "1.5 mm"],
        ["Change from the first", "–", "-50.0 %"],
        ["Change from the least before", "–", "-50.0 %"],
    ]
    rename_measurement(second, unnamed.tracking_uid, "LIVER 1")
    qtbot.waitUntil(lambda: cells(found)[0] == ["Liver 1", "3.0 mm", "ambiguous"], timeout=WAIT_MS)
    assert cells(found)[1][2] == "–"
    (copy,) = (button for button in found.findChildren(QPushButton) if button.text() == "Copy as CSV")
    qtbot.mouseClick(copy, Qt.MouseButton.LeftButton)
    assert QApplication.clipboard().text().splitlines()[1] == "Liver 1,3.0 mm,ambiguous"
    found.close()
