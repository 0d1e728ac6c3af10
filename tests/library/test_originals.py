"""No verb changes or deletes a file that is not a copy of the store's own making, whatever paths and links say."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from medview.library.library import Library
from medview.library.store import Store
from tests.library.studies import add_folder, digests, write_study


def every_verb(library: Library) -> None:
    """Do everything that may delete."""
    ids = [row.id for row in library.search()]
    library.quota_bytes = 1
    library.make_room()
    library.delete_copies(ids)
    library.rebuild()
    library.verify()
    library.delete_copies([row.id for row in library.search()])
    library.forget([row.id for row in library.search()])
    library.rebuild(fresh=True)
    library.make_room()


def make_store(library: Library) -> Path:
    store = library.folder / "store"
    store.mkdir(parents=True, exist_ok=True)
    return store


@pytest.mark.parametrize("copy", [False, True])
def test_a_path_that_leads_out_of_the_store_is_not_in_it(library: Library, tmp_path: Path, copy: bool) -> None:
    originals = write_study(tmp_path / "originals")
    before = digests(originals)
    around = make_store(library) / ".." / ".." / ".." / "originals"
    add_folder(library, around, copy=copy)
    every_verb(library)
    assert digests(originals) == before


def test_originals_behind_a_link_inside_the_store_stay(library: Library, tmp_path: Path) -> None:
    originals = write_study(tmp_path / "originals")
    (originals / "000.dcm").rename(originals / f"{'0' * 32}.dcm")  # named as copies are
    before = digests(originals)
    (make_store(library) / ("a" * 32)).symlink_to(originals)
    library.rebuild()
    add_folder(library, library.folder / "store" / ("a" * 32), copy=True)
    every_verb(library)
    assert digests(originals) == before


def test_files_that_a_person_has_put_into_the_store_stay(library: Library) -> None:
    own = write_study(make_store(library) / "mine")
    before = digests(own)
    library.rebuild()
    assert library.count() == 0
    add_folder(library, own, copy=True)
    every_verb(library)
    assert digests(own) == before


def test_a_store_that_is_a_link_to_a_folder_of_originals_deletes_none_of_them(tmp_path: Path) -> None:
    originals = write_study(tmp_path / "originals" / "study")
    before = digests(originals)
    home = tmp_path / "home" / "library"
    home.mkdir(parents=True)
    (home / "store").symlink_to(tmp_path / "originals")
    library = Library(home)
    library.rebuild()
    add_folder(library, originals, copy=True)
    add_folder(library, home / "store" / "study", copy=True)
    every_verb(library)
    library.close()
    assert digests(originals) == before


def test_a_library_in_a_linked_folder_deletes_its_copies_and_nothing_else(tmp_path: Path) -> None:
    originals = write_study(tmp_path / "originals")
    before = digests(originals)
    (tmp_path / "disk").mkdir()
    (tmp_path / "home").symlink_to(tmp_path / "disk")
    library = Library(tmp_path / "home" / "library")
    add_folder(library, originals, copy=True)
    add_folder(library, tmp_path / "disk" / "library" / "store", copy=True)  # the copies by their other name
    assert library.count() == 1
    every_verb(library)
    library.close()
    assert digests(originals) == before


def test_sweeping_what_was_half_copied_deletes_nothing_else(library: Library, tmp_path: Path) -> None:
    incoming = make_store(library) / "incoming"
    originals = write_study(tmp_path / "originals")
    long_ago = time.time() - 10**6
    for path in originals.iterdir():
        os.utime(path, (long_ago, long_ago))
    before = digests(originals)
    incoming.symlink_to(originals)
    Store(library.folder / "store").sweep()
    assert digests(originals) == before
    incoming.unlink()
    incoming.mkdir()
    for name in ("notes.txt", "0" * 24):
        (incoming / name).write_text("")
        os.utime(incoming / name, (long_ago, long_ago))
    Store(library.folder / "store").sweep()
    assert [path.name for path in incoming.iterdir()] == ["notes.txt"]


def test_a_copy_that_has_been_damaged_is_mended_by_the_next_import(library: Library, tmp_path: Path) -> None:
    originals = write_study(tmp_path / "originals")
    add_folder(library, originals, copy=True)
    wanted = sorted(digest for digest, _ in digests(originals).values())
    damaged = next((library.folder / "store").rglob("*.dcm"))
    damaged.write_bytes(b"\0" * damaged.stat().st_size)
    add_folder(library, originals, copy=True)
    stored = digests(library.folder / "store")
    assert sorted(digest for name, (digest, _) in stored.items() if name.endswith(".dcm")) == wanted
