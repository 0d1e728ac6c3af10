"""What names a patient lies in the library's list and its copies, and nowhere else that the program writes to."""

from __future__ import annotations

import logging
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt

from medview.plugin.contract import Result
from medview.session.apply_result import apply_result
from medview.session.edit_mask import new_segmentation
from medview.session.keep_findings import KeptFindings
from medview.session.keep_journal import KeptJournals
from medview.session.open_folder import open_folder
from medview.session.open_from_library import open_from_library
from medview.study.finding import Boxes, Concept, DerivedImage, ScoredBox
from medview.study.history import Edit
from medview.study.segmentation import Source
from tests.files.make_dicom import write_stack
from tests.walk.person import Person

MARKER = "Zyxmark"
NAMES = {
    "PatientName": f"{MARKER}^Name",
    "PatientID": f"{MARKER}-ID",
    "PatientBirthDate": "19010203",
    "InstitutionName": f"{MARKER} Hospital",
    "StudyDescription": f"{MARKER} study",
    "SeriesDescription": f"{MARKER} series",
    "AccessionNumber": f"{MARKER}-ACC",
}


_BOXES = (Boxes((ScoredBox(Concept("nodule", "Nodule"), 0.9, (1.5, 0.5, 0.5), (2.5, 3.5, 4.5)),)),)


def holding_it(root: Path) -> set[str]:
    """Return what below a folder names the patient: the files, by their names or by what is in them."""
    files = (path for path in root.rglob("*") if path.is_file())
    return {
        str(path.relative_to(root))
        for path in files
        if MARKER.lower() in str(path).lower() or MARKER.lower().encode() in path.read_bytes().lower()
    }


@pytest.mark.logs_warnings
def test_only_the_library_and_its_copies_name_a_patient(
    person: Person, tmp_path: Path, medview_home: Path, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)
    caplog.set_level(logging.DEBUG)
    session = person.session
    folder = write_stack(tmp_path / f"{MARKER}_folder", 6, **NAMES)
    archive = shutil.make_archive(str(tmp_path / "packed"), "zip", folder)
    journals, found = KeptJournals(session), KeptFindings(session)
    person.drops(folder)
    series = person.scene.series
    image = DerivedImage("Denoised", np.zeros(person.scene.volume.array.shape, np.int16), "denoised", "HU")
    result = Result("P", (*_BOXES, image), person.scene.volume.geometry, Source.of(series), series, {"plugin": "p"})
    apply_result(session, person.scene.study, result)
    mask = new_segmentation(session)
    box = (slice(0, 1), slice(0, 2), slice(0, 2))
    before = mask.labels[box].copy()
    person.scene.study.history.do(Edit(mask, box, before, before + 1, "Brush"))
    person.qtbot.keyClick(person.window, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    session.settings["library_add"] = "copy"
    open_folder(session, Path(archive))
    person.waits_until(lambda: not session.jobs.jobs)
    open_folder(session, tmp_path / f"{MARKER} is not there")
    person.waits_until(lambda: not session.jobs.jobs)
    assert session.library is not None
    (row,) = session.library.search()
    session.library.set_comment(row.id, "seen")
    open_from_library(session, [row.id])
    person.waits_until(lambda: not session.jobs.jobs)
    try:
        raise ValueError(MARKER)
    except ValueError:
        sys.excepthook(*sys.exc_info())
    assert list((medview_home / "journals").rglob("*.journal"))
    session.note_exported(mask, mask.revision)
    assert person.window.close()
    assert holding_it(temporary) == set()
    assert list(temporary.glob("medview-*")) == []
    session.jobs.stop()
    journals.close()
    found.close()
    assert len(list((medview_home / "library" / "marks" / "findings").rglob("*.json"))) == 1
    assert len(list((medview_home / "library" / "marks" / "findings").rglob("*.npz"))) == 1
    held = holding_it(medview_home)
    assert held
    # the notes know the folders that were linked, which may be named after a patient
    assert {name for name in held if not name.startswith(("library/index.sqlite", "library/store/"))} == {
        "library/notes.json"
    }
    assert (medview_home / "library").stat().st_mode & 0o077 == 0
    assert all(shelf.stat().st_mode & 0o077 == 0 for shelf in (medview_home / "journals").iterdir())
    marks = [path for path in (medview_home / "library" / "marks").rglob("*") if path.is_dir()]
    assert len(marks) == 2
    assert all(folder.stat().st_mode & 0o077 == 0 for folder in marks)
    assert MARKER not in caplog.text
    told = capfd.readouterr()
    assert MARKER not in told.out + told.err
