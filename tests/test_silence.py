"""The fixtures that watch every test are themselves seen to fail one."""

from __future__ import annotations

from pathlib import Path

import pytest

CONFTEST = Path(__file__).with_name("conftest.py")

SILENT = """
import logging
def test_it(): logging.getLogger("medview.files").info("fine")
"""
WARNS = """
import logging
def test_it(): logging.getLogger("medview.files.scanning.dicom_scan").warning("odd")
"""
WARNS_ON_PURPOSE = """
import logging, pytest
@pytest.mark.logs_warnings
def test_it(): logging.getLogger("medview.files.scanning.dicom_scan").warning("odd")
"""
LEAVES_A_THREAD = """
import threading
stop = threading.Event()
def test_it(): threading.Thread(target=stop.wait, args=(4,), name="forgotten").start()
"""
LEAVES_A_WINDOW = """
from PySide6.QtWidgets import QWidget
def test_it(qtbot):
    global window
    window = QWidget(); window.show()
"""
CLOSES_ITS_WINDOW = """
from PySide6.QtWidgets import QWidget
def test_it(qtbot):
    window = QWidget(); qtbot.addWidget(window); window.show()
"""
LEAVES_A_TIMER = """
from PySide6.QtCore import QTimer
def test_it(qtbot):
    global timer
    timer = QTimer(); timer.start(10000)
"""
HAS_A_HOME = """
import os
from pathlib import Path
def test_it(medview_home):
    assert Path(os.environ["MEDVIEW_HOME"]) == medview_home
    assert list(medview_home.iterdir()) == []
"""


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (SILENT, None),
        (WARNS, "unexpected warnings in the log: ['medview.files.scanning.dicom_scan: odd']"),
        (WARNS_ON_PURPOSE, None),
        (LEAVES_A_THREAD, "threads left behind"),
        (LEAVES_A_WINDOW, "windows left behind"),
        (CLOSES_ITS_WINDOW, None),
        (LEAVES_A_TIMER, "timers left running"),
        (HAS_A_HOME, None),
    ],
    ids=["silent", "warns", "warns on purpose", "thread", "window", "closed window", "timer", "home"],
)
def test_a_test_that_is_not_silent_fails(pytester: pytest.Pytester, source: str, said: str | None) -> None:
    pytester.makeconftest(CONFTEST.read_text(encoding="utf-8"))
    pytester.makeini("[pytest]\nqt_api = pyside6\nmarkers =\n  logs_warnings: on purpose\n")
    pytester.makepyfile(source)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:xvfb")
    if said is None:
        result.assert_outcomes(passed=1)
    else:
        result.assert_outcomes(passed=1, errors=1)
        result.stdout.fnmatch_lines([f"*{said.replace('[', '[[]')}*"])
