"""What goes and what stays: forgetting, deleting copies, making room."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from medview.files.edit_journal import JournalHead, begin
from medview.files.journal_shelf import JournalShelf
from medview.library.library import Library
from tests.library.studies import add_folder, content, digests, write_study


@pytest.fixture
def four(library: Library, tmp_path: Path) -> list[int]:
    """Return three copied studies in the order they were opened, and a linked one."""
    ids = []
    for number in range(3):
        add_folder(library, write_study(tmp_path / str(number), number), copy=True)
        ids.append(next(row.id for row in library.search() if row.facts.patient.patient_id == f"ID{number}"))
    add_folder(library, write_study(tmp_path / "3", 3))
    linked = next(row.id for row in library.search() if row.facts.patient.patient_id == "ID3")
    for number in (1, 0, 2):
        library.open_study(ids[number])
    return [ids[1], ids[0], ids[2], linked]


def listed(library: Library) -> set[int]:
    return {row.id for row in library.search()}


def size(library: Library, number: int) -> int:
    row = library.study(number)
    assert row is not None
    return row.size_bytes


def copies(library: Library) -> int:
    return len(list((library.folder / "store").rglob("*.dcm")))


def test_forgetting_touches_no_file(library: Library, four: list[int], tmp_path: Path) -> None:
    before = digests(tmp_path)
    assert library.forget([four[0], four[3], 999]) == 2
    assert listed(library) == {four[1], four[2]}
    after = digests(tmp_path)
    assert all(after[name] == facts for name, facts in before.items() if name.endswith(".dcm"))
    assert set(before) == set(after)
    library.rebuild()
    assert library.count() == 4


def test_copies_go_when_a_person_says_so(library: Library, four: list[int], tmp_path: Path) -> None:
    originals = digests(tmp_path / "1")
    freed = library.delete_copies([four[0], four[3]])
    assert (freed.study_ids, freed.files) == ((four[0],), 3)
    assert freed.freed_bytes == sum((tmp_path / "1" / name).stat().st_size for name in originals)
    assert [(number, str(why)) for number, why in freed.left] == [
        (four[3], "The study lies outside the store, where it was found.")
    ]
    assert listed(library) == set(four[1:])
    assert copies(library) == 6
    assert digests(tmp_path / "1") == originals
    assert len(digests(tmp_path / "3")) == 3


def test_a_linked_study_that_was_copied_is_linked_again(library: Library, tmp_path: Path) -> None:
    folder = write_study(tmp_path / "in", 1)
    report = add_folder(library, folder)
    library.add(report, copy=True)
    (row,) = library.search()
    assert row.where == "copied"
    library.delete_copies([row.id])
    (row,) = library.search()
    assert (row.where, row.files_missing, copies(library)) == ("linked", 0, 0)
    assert content(library)[row.identity][0][0] == "2.25.711"


def test_unsent_results_protect_a_study(library: Library, four: list[int]) -> None:
    result = library.note_result(four[0], "segmentation", "Lungs")
    freed = library.delete_copies([four[0]])
    assert freed.files == 0
    assert [str(why) for _, why in freed.left] == ["Results made from this study have been neither exported nor sent."]
    assert library.study(four[0]).unsent_results == 1  # type: ignore[union-attr]
    library.mark_sent(result, Path("/out/lungs.dcm"))
    (kept,) = library.results(four[0])
    assert (kept.name, kept.kind, kept.sent, kept.path) == ("Lungs", "segmentation", True, Path("/out/lungs.dcm"))
    assert library.delete_copies([four[0]]).files == 3


@pytest.mark.parametrize("is_resampled", [False, True])
def test_unsaved_corrections_protect_a_study(library: Library, four: list[int], is_resampled: bool) -> None:
    series = library.open_study(four[0]).series[0]
    if is_resampled:  # the mask was drawn on a stack that was made from it
        series = replace(series, resampled_from=series)
    shelf = JournalShelf(library.journals)
    path = shelf.new_path()
    labels = np.zeros((3, 6, 8), np.uint8)
    begin(path, JournalHead(series.sop_hash, "Lungs", (), {}, labels.shape, labels.dtype.str, 0), labels)
    library.quota_bytes = 1
    freed = library.make_room()
    assert four[0] not in freed.study_ids
    assert "There are corrections on this study that have not been exported." in {str(why) for _, why in freed.left}
    assert not freed.is_enough
    path.unlink()
    shelf.close()
    assert library.make_room().study_ids == (four[0],)


def test_room_is_made_by_the_longest_unopened_first(library: Library, four: list[int], tmp_path: Path) -> None:
    assert library.make_room() == library.make_room(10**12)  # without a quota nothing goes
    used = library.usage().copied_bytes
    library.quota_bytes = used
    assert library.make_room().files == 0
    library.quota_bytes = used - 1
    assert library.make_room().study_ids == (four[0],)
    library.set_kept([four[1]], kept=True)
    before = digests(tmp_path / "3")
    freed = library.make_room(size(library, four[2]) + 1)
    assert freed.study_ids == (four[2],)
    assert [str(why) for _, why in freed.left] == ["The study is marked to be kept."]
    assert freed.is_enough
    assert listed(library) == {four[1], four[3]}
    library.quota_bytes = 1
    assert not library.make_room().is_enough
    assert listed(library) == {four[1], four[3]}
    assert digests(tmp_path / "3") == before
    assert library.delete_copies([four[1]]).files == 3  # a person may
