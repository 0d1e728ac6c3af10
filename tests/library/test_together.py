"""Several threads and several programs use one library."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

from medview.errors import MedViewError
from medview.files.scanning.dicom_scan import scan
from medview.library.library import Library
from tests.library.studies import content, write_study

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import sys
from pathlib import Path
from medview.files.scanning.dicom_scan import scan
from medview.library.library import Library

library = Library(Path(sys.argv[1]))
report = scan(Path(sys.argv[2]))
for _ in range(3):
    library.add(report, copy=True)
    for row in library.search():
        library.set_comment(row.id, row.comment + "x")
        library.open_study(row.id)
assert library.verify().is_whole
"""


def test_several_programs_at_once(tmp_path: Path) -> None:
    for number in range(4):
        write_study(tmp_path / "in" / str(number), number)
    home = tmp_path / "home" / "library"
    running = [
        subprocess.Popen([sys.executable, "-c", PROGRAM, str(home), str(tmp_path / "in")], cwd=ROOT) for _ in range(3)
    ]
    assert [process.wait(120) for process in running] == [0, 0, 0]
    library = Library(home)
    assert {row.image_count for row in library.search()} == {3}
    assert len(content(library)) == 4
    assert len(list((home / "store").rglob("*.dcm"))) == 12
    library.close()


def test_several_threads_at_once(library: Library, tmp_path: Path) -> None:
    reports = [scan(write_study(tmp_path / "in" / str(number), number)) for number in range(6)]
    failed: list[BaseException] = []

    def work(start: int) -> None:
        try:
            for report in (*reports[start:], *reports[:start]):
                library.add(report)
                for row in library.search():
                    library.open_study(row.id)
                    library.set_status([row.id], "read")
        except (MedViewError, AssertionError, OSError) as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert library.count() == 6
    assert {row.status for row in library.search()} == {"read"}


def test_a_revision_tells_of_changes_elsewhere(library: Library, tmp_path: Path) -> None:
    other = Library(library.folder)
    before = library.revision
    assert library.revision == before
    other.add(scan(write_study(tmp_path / "in")))
    assert library.revision > before
    other.close()


def test_the_index_set_aside_by_one_is_left_by_the_other(library: Library, tmp_path: Path) -> None:
    other = Library(library.folder)
    library.add(scan(write_study(tmp_path / "in", 1)))
    assert other.count() == 1
    library.rebuild(fresh=True)
    other.add(scan(write_study(tmp_path / "more", 2)))
    assert library.count() == other.count() == 2
    other.close()
