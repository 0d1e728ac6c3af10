"""Studies are found by any part of what a person remembers of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from medview.errors import MedViewError
from medview.files.scanning.dicom_scan import scan
from medview.files.stacks.dicom_sort import FoundStudy
from medview.library.folded import folded, folded_name, words
from medview.library.library import Library
from medview.library.query import COLUMNS, Query
from medview.study.series import Instance, Patient, Series, StudyFacts

NAMES = {
    "german": "Äneas^Rüdiger",
    "french": "Buc^Jérôme",
    "chinese": "Wang^XiaoDong=王^小东",
    "japanese": "Yamada^Tarou=山田^太郎=やまだ^たろう",
    "half width": "ﾔﾏﾀﾞ^ﾀﾛｳ=ﾔﾏﾀﾞ^ﾀﾛｳ",
    "korean": "Hong^Gildong=洪^吉洞=홍^길동",
    "arabic": "قباني^لنزار",
    "greek": "Διονυσιος",
    "russian": "Люкceмбypг",
    "hebrew": "שרון^דבורה",
    "polish": "Wałęsa^Łucja",
}


def put(library: Library, number: int, folder: Path, name: str = "", modality: str = "CT", **facts: str) -> int:
    """Put a study of one image on the list, and return its number."""
    path = folder / f"{number}.dcm"
    path.write_bytes(b"x" * (number + 1))
    patient = Patient(name, facts.pop("patient_id", f"ID-{number:03d}"))
    found = FoundStudy(
        StudyFacts(f"1.2.{number}", patient=patient, **facts),
        (Series(f"1.2.{number}.1", f"1.2.{number}", modality, instances=(Instance(path, f"1.2.{number}.1.1"),)),),
    )
    return library.add([found]).study_ids[0]


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Library, dict[str, int]]]:
    folder = tmp_path_factory.mktemp("named")
    library = Library(folder / "library")
    yield library, {kind: put(library, n, folder, name) for n, (kind, name) in enumerate(NAMES.items())}
    library.close()


@pytest.mark.parametrize(
    ("typed", "kinds"),
    [
        ("rudiger", ["german"]), ("RÜDI", ["german"]), ("äneas", ["german"]), ("aneas rüd", ["german"]),
        ("rüdiger^äneas", ["german"]), ("jerome", ["french"]), ("Jérôme", ["french"]), ("buc, jerome", ["french"]),
        ("王", ["chinese"]), ("小东", ["chinese"]), ("王小东", ["chinese"]), ("xiaodong", ["chinese"]),
        ("wang xiao", ["chinese"]), ("山田", ["japanese"]), ("山田太郎", ["japanese"]), ("太郎", ["japanese"]),
        ("yama", ["japanese"]), ("やまだ", ["half width", "japanese"]), ("ヤマダ", ["half width", "japanese"]),
        ("ﾔﾏﾀﾞ", ["half width", "japanese"]), ("홍", ["korean"]), ("홍길동", ["korean"]), ("길동", ["korean"]),
        ("洪", ["korean"]), ("gil hong", ["korean"]), ("قباني", ["arabic"]), ("نزار", ["arabic"]),
        ("διονυσιος", ["greek"]), ("ΔΙΟΝΥΣΙΟΣ", ["greek"]), ("διονύσ", ["greek"]), ("люкc", ["russian"]),
        ("שרון", ["hebrew"]), ("walesa", ["polish"]), ("łucja", ["polish"]), ("LUCJA", ["polish"]),
        ("nobody", []), ("王 xiaodong 小东", ["chinese"]),
    ],
)  # fmt: skip
def test_a_name_is_found_by_any_part_of_it(named: tuple[Library, dict[str, int]], typed: str, kinds: list[str]) -> None:
    library, ids = named
    for query in (Query(typed), Query(patient_name=typed)):
        found = {row.id for row in library.search(query)}
        assert found == {ids[kind] for kind in kinds}
        assert library.count(query) == len(kinds)


@pytest.mark.parametrize(
    ("file", "typed"),
    [
        ("chrArab.dcm", "قباني"), ("chrGerm.dcm", "rudiger"), ("chrH31.dcm", "山田"), ("chrH31.dcm", "たろう"),
        ("chrI2.dcm", "洪"), ("chrI2.dcm", "길동"), ("chrI2.dcm", "gildong"), ("chrRuss.dcm", "ЛЮКCEМБYPГ"),
    ],
)  # fmt: skip
def test_the_name_in_a_real_file_is_found(library: Library, shared_data: Path, file: str, typed: str) -> None:
    folder = shared_data / "odd_files" / "charsets"
    library.add(scan(folder))
    (wanted,) = scan(folder / file).studies
    assert library.search(Query(typed)) == (library.study_of(wanted),)


def test_text_is_folded_alike_however_it_is_written() -> None:
    assert folded("  A.B-C_d^É=ß ") == "a b c d e ss"
    assert folded("É") == folded("É") == "e"
    assert folded("한글") == "한글"
    assert folded("か") != folded("が")
    assert folded_name("") == ""
    assert folded_name("Meier^^^Dr.") == "meier dr meierdr"
    assert words("  Meier,  Dr. ") == ["meier", "dr"]


def test_each_field_asks_only_its_own(library: Library, tmp_path: Path) -> None:
    one = put(library, 1, tmp_path, "Lung^Anna", study_description="Knee left", accession_number="ACC77")
    two = put(
        library, 2, tmp_path, "Knee^Berta", study_description="Lung CT", institution_name="Klinik", patient_id="77"
    )
    assert {row.id for row in library.search(Query("lung"))} == {one, two}
    assert [row.id for row in library.search(Query(patient_name="lung"))] == [one]
    assert [row.id for row in library.search(Query(study_description="lung"))] == [two]
    assert [row.id for row in library.search(Query(accession_number="acc7"))] == [one]
    assert [row.id for row in library.search(Query(patient_id="77"))] == [two]
    assert [row.id for row in library.search(Query("klinik"))] == [two]
    assert {row.id for row in library.search(Query("77"))} == {one, two}
    assert library.search(Query("lung", patient_id="78")) == ()
    # a word is not found across two fields
    assert library.search(Query("bertaid")) == ()


def test_dates_and_modalities_are_ranges_and_choices(library: Library, tmp_path: Path) -> None:
    today = date.today()
    days = {"today": 0, "six": 6, "week": 7, "year": 365}
    ids = {
        name: put(library, n, tmp_path, study_date=f"{today - timedelta(days=ago):%Y%m%d}", modality=modality)
        for n, ((name, ago), modality) in enumerate(zip(days.items(), ("CT", "MR", "PT", "CT"), strict=True))
    }
    ids["old style"] = put(library, 8, tmp_path, study_date="1999.03.04", modality="US")
    ids["none"] = put(library, 9, tmp_path, modality="OT")

    def found(query: Query) -> set[str]:
        return {name for name, number in ids.items() if number in {row.id for row in library.search(query)}}

    assert found(Query(last_days=1)) == {"today"}
    assert found(Query(last_days=7)) == {"today", "six"}
    assert found(Query(date_from="19990101", date_to="19991231")) == {"old style"}
    assert found(Query(date_to="19991231")) == {"old style"}
    assert found(Query(date_from=f"{today - timedelta(days=7):%Y%m%d}")) == {"today", "six", "week"}
    assert found(Query(modalities=("CT",))) == {"today", "year"}
    assert found(Query(modalities=("MR", "PT"))) == {"six", "week"}
    assert found(Query()) == set(ids)
    assert library.modalities() == ("CT", "MR", "OT", "PT", "US")


def test_every_column_sorts_and_pages_do_not_overlap(library: Library, tmp_path: Path) -> None:
    for n in range(23):
        put(library, n, tmp_path, f"Name{n % 5}", study_date=f"2024010{n % 3 + 1}", study_description=f"d{n % 4}")
    for column in COLUMNS:
        for descending in (False, True):
            whole = [row.id for row in library.search(order=column, descending=descending)]
            pages = [library.search(order=column, descending=descending, limit=5, offset=at) for at in range(0, 23, 5)]
            assert [row.id for page in pages for row in page] == whole
            assert len(set(whole)) == 23
    names = [row.facts.patient.patient_name for row in library.search(order="patient_name", descending=False)]
    assert names == sorted(names)
    sizes = [row.size_bytes for row in library.search(order="size_bytes")]
    assert sizes == sorted(sizes, reverse=True)


def test_status_and_comment_are_searched(library: Library, tmp_path: Path) -> None:
    one, two = (put(library, n, tmp_path) for n in range(2))
    library.set_status([one], "read")
    library.set_comment(two, "Größe prüfen")
    assert [row.id for row in library.search(Query(statuses=("read",)))] == [one]
    assert [row.id for row in library.search(Query(statuses=("unread",)))] == [two]
    assert [row.id for row in library.search(Query("grosse"))] == [two]
    assert [row.id for row in library.search(Query(comment="PRUF"))] == [two]
    assert library.study(two).comment == "Größe prüfen"  # type: ignore[union-attr]
    with pytest.raises(ValueError, match="no such status"):
        library.set_status([one], "done")  # type: ignore[arg-type]


def test_albums_hold_what_was_put_in_and_smart_ones_what_answers(library: Library, tmp_path: Path) -> None:
    ids = [put(library, n, tmp_path, modality="MR" if n else "CT") for n in range(3)]
    album = library.create_album(" Teaching ")
    library.add_to_album(album.id, ids[:2])
    library.add_to_album(album.id, ids[:1])
    smart = library.create_album("MR", Query(modalities=("MR",), last_days=0))
    assert [(a.name, a.count, a.is_smart) for a in library.albums()] == [("MR", 2, True), ("Teaching", 2, False)]
    assert {row.id for row in library.search(Query(album=album.id))} == set(ids[:2])
    assert library.study(ids[0]).albums == (album.id,)  # type: ignore[union-attr]
    library.remove_from_album(album.id, ids[:1])
    library.rename_album(album.id, "Kurs")
    library.change_album(smart.id, Query(modalities=("CT",)))
    assert [(a.name, a.count) for a in library.albums()] == [("Kurs", 1), ("MR", 1)]
    with pytest.raises(MedViewError, match="There is an album Kurs already"):
        library.create_album("Kurs")
    with pytest.raises(MedViewError, match="needs a name"):
        library.rename_album(album.id, "  ")
    with pytest.raises(MedViewError, match="filled by a saved question"):
        library.add_to_album(smart.id, ids)
    with pytest.raises(MedViewError, match="asks no question"):
        library.change_album(album.id, Query())
    library.delete_album(album.id)
    assert [a.name for a in library.albums()] == ["MR"]
    assert library.count() == 3
    with pytest.raises(MedViewError, match="no longer there"):
        library.add_to_album(album.id, ids)


def test_a_query_survives_being_written_down() -> None:
    query = Query("a", modalities=("CT", "MR"), last_days=7, album=3, only_missing=True)
    assert Query.from_json(query.to_json()) == query
    assert Query.from_json('{"text": "x", "of_a_later_version": 1}') == Query("x")
