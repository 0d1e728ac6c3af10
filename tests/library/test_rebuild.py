"""The index can be lost; the list comes back from the files, and what a person typed comes back with it."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from medview.errors import MedViewError
from medview.library.library import Library
from medview.library.query import Query
from tests.library.same import assert_same
from tests.library.studies import add_folder, content, digests, write_study


@pytest.fixture
def kept(library: Library, tmp_path: Path) -> Library:
    """Return a library of one copied and one linked study, with everything a person can say about them."""
    add_folder(library, write_study(tmp_path / "copied", 1), copy=True)
    add_folder(library, write_study(tmp_path / "linked", 2))
    shutil.rmtree(tmp_path / "copied")
    ids = {row.facts.patient.patient_id: row.id for row in library.search()}
    library.set_comment(ids["ID1"], "Größe prüfen")
    library.set_status([ids["ID2"]], "to discuss")
    library.set_kept([ids["ID1"]], kept=True)
    library.add_to_album(library.create_album("Teaching").id, [ids["ID2"]])
    library.create_album("Smart", Query("prufen"))
    library.note_result(ids["ID1"], "segmentation", "Lungs")
    library.open_study(ids["ID1"])
    library.quota_bytes = 10**9
    return library


def said_about(library: Library) -> dict[str, tuple[object, ...]]:
    names = {album.id: album.name for album in library.albums()}
    return {
        row.facts.patient.patient_id: (
            row.comment, row.status, row.is_kept, row.where, row.unsent_results, row.image_count, row.size_bytes,
            [names[number] for number in row.albums], row.added_s, row.opened_s,
        )
        for row in library.search()
    }  # fmt: skip


def test_a_rebuild_from_nothing_brings_everything_back(kept: Library, tmp_path: Path) -> None:
    before, held, files = said_about(kept), content(kept), digests(tmp_path / "linked")
    before = said_about(kept)
    rebuilt = kept.rebuild(fresh=True)
    assert (rebuilt.studies, rebuilt.files, rebuilt.orphans, rebuilt.absent_folders) == (2, 6, 3, ())
    assert said_about(kept) == before
    assert content(kept) == held
    assert digests(tmp_path / "linked") == files
    assert [(album.name, album.count) for album in kept.albums()] == [("Smart", 1), ("Teaching", 1)]
    assert kept.quota_bytes == 10**9


@pytest.mark.parametrize("damage", ["garbage", "cut short", "emptied", "page", "gone"])
def test_a_damaged_index_is_set_aside_and_rebuilt(kept: Library, tmp_path: Path, damage: str) -> None:
    before, held = said_about(kept), content(kept)
    kept.close()
    index = kept.folder / "index.sqlite"
    with closing(sqlite3.connect(index)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    whole = index.read_bytes()
    damaged = {
        "garbage": b"this was a list of studies" * 1000,
        "cut short": whole[: len(whole) // 2],
        "emptied": b"\0" * len(whole),
        "page": whole[:8192] + b"\xff" * 8192 + whole[16384:],
    }.get(damage)
    index.unlink() if damaged is None else index.write_bytes(damaged)
    library = Library(kept.folder)
    assert library.needs_rebuild
    assert library.count() == 0
    if damaged is not None:
        assert "was damaged and has been set aside" in str(library.said[0])
        (aside,) = (kept.folder / "set_aside").glob("*.sqlite")
        assert aside.read_bytes() == damaged
    rebuilt = library.rebuild()
    assert (rebuilt.studies, rebuilt.files) == (2, 6)
    assert not library.needs_rebuild
    assert content(library) == held
    after = said_about(library)
    assert {name: facts[:8] for name, facts in after.items()} == {name: facts[:8] for name, facts in before.items()}
    assert Library(kept.folder).said == ()
    library.close()


def test_what_was_typed_waits_for_a_study_that_is_away(kept: Library, tmp_path: Path) -> None:
    (tmp_path / "linked").rename(tmp_path / "away")
    rebuilt = kept.rebuild(fresh=True)
    assert rebuilt.absent_folders == (tmp_path / "linked",)
    assert kept.count() == 1
    (tmp_path / "away").rename(tmp_path / "linked")
    kept.rebuild()
    assert kept.search(Query(statuses=("to discuss",)))[0].facts.patient.patient_id == "ID2"


def test_a_rebuild_adds_nothing_that_was_never_linked(library: Library, tmp_path: Path) -> None:
    folder = write_study(tmp_path / "in", 1)
    write_study(folder / "below", 2)
    library.add([study for study in add_folder(Library(tmp_path / "other" / "library"), folder).studies
                 if study.facts.patient.patient_id == "ID1"])  # fmt: skip
    library.rebuild(fresh=True)
    assert [row.facts.patient.patient_id for row in library.search()] == ["ID1"]


def test_the_library_folder_can_be_moved(kept: Library, tmp_path: Path) -> None:
    kept.close()
    kept.folder.rename(tmp_path / "elsewhere")
    moved = Library(tmp_path / "elsewhere")
    assert moved.verify().is_whole
    assert len(content(moved)) == 2
    moved.close()


def test_a_study_packed_by_another_version_is_scanned_again(kept: Library, tmp_path: Path) -> None:
    ids = [row.id for row in kept.search()]
    held = {number: kept.open_study(number) for number in ids}
    with closing(sqlite3.connect(kept.folder / "index.sqlite")) as connection, connection:
        connection.execute("UPDATE packed SET format = '0-old', content = x'00' WHERE study_id = ?", (ids[0],))
        connection.execute("UPDATE packed SET content = substr(content, 1, 40) WHERE study_id = ?", (ids[1],))
    for number in ids:
        assert_same(held[number], kept.open_study(number))
    with closing(sqlite3.connect(kept.folder / "index.sqlite")) as connection, connection:
        connection.execute("UPDATE packed SET format = '0-old'")
    kept.rebuild()
    with closing(sqlite3.connect(kept.folder / "index.sqlite")) as connection:
        assert connection.execute("SELECT count(*) FROM packed WHERE format = '0-old'").fetchone() == (0,)


def test_a_newer_library_is_left_alone(kept: Library) -> None:
    kept.close()
    with closing(sqlite3.connect(kept.folder / "index.sqlite")) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(MedViewError, match="made by a newer version of MedView"):
        Library(kept.folder)
    assert not (kept.folder / "set_aside").exists()


def test_torn_notes_are_set_aside(kept: Library) -> None:
    kept.close()
    notes = kept.folder / "notes.json"
    torn = notes.read_bytes()[:50]
    notes.write_bytes(torn)
    (kept.folder / "index.sqlite").unlink()
    library = Library(kept.folder)
    library.rebuild()
    (aside,) = kept.folder.glob("notes-torn-*.json")
    assert aside.read_bytes() == torn
    assert "set aside" in str(library.said[0])
    library.close()


def test_notes_hold_no_name(kept: Library) -> None:
    notes = (kept.folder / "notes.json").read_text()
    assert "Größe" in json.loads(notes)["note"][0][2] + json.loads(notes)["note"][1][2]
    assert "Test" not in notes.replace("test_", "")
    assert "2.25." not in notes


def test_a_folder_that_may_not_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MedViewError):
        Library(tmp_path / "file" / "library")


def test_a_list_made_anew_gives_no_study_the_number_of_another(library: Library, tmp_path: Path) -> None:
    for number in range(3):
        add_folder(library, write_study(tmp_path / str(number), number))
    before = {row.id for row in library.search()}
    library.forget([min(before)])  # so that they would be counted otherwise
    library.rebuild(fresh=True)
    after = {row.id for row in library.search()}
    assert len(after) == 3
    assert not before & after  # a window that still shows the old list opens and deletes nothing by it
