"""The local list of studies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from medview.errors import Sentence
from medview.library import albums, notes, results, study_list, thumbnails
from medview.library.album import Album
from medview.library.database import Database
from medview.library.query import Column, Query
from medview.library.reports import Added, Freed, Rebuilt, Rescan, Result, Usage, Verified
from medview.library.store import Store
from medview.library.study_row import SeriesRow, Status, StudyRow
from medview.progress import Progress, unheard

if TYPE_CHECKING:
    from medview.files.scanning.dicom_scan import ScanReport
    from medview.files.stacks.dicom_sort import FoundStudy
    from medview.files.workers import Workers


class Library:
    """The list of studies in one folder, and the store of copies below it.

    An index: it can be rebuilt from the files at any time. What a person types (status, comment, albums, what is to be
    kept) also lies beside it in ``notes.json``, which brings it back. Safe to use from several threads, and by several
    running programs at once. Reading (search, rows, thumbnails) takes milliseconds; what takes longer has `progress`,
    which may raise Cancelled, and leaves the library in order whenever it stops.

    Parameters
    ----------
    folder
        Where the index, the notes and the store lie; made where it is missing.
    journals
        Folder of the journals of unsaved corrections (`medview.files.journal_shelf`): a study they belong to is never
        freed. None: ``journals`` beside `folder`.

    Attributes
    ----------
    said
        What opening has to tell: that a damaged index was set aside, for example.

    Raises
    ------
    MedViewError
        The folder cannot be written. The program works on without a library.
    """

    def __init__(self, folder: Path, journals: Path | None = None) -> None:
        self.folder = folder.absolute()
        self.journals = journals or self.folder.parent / "journals"
        self._database = Database(self.folder)
        self._store = Store(self.folder / "store")
        self.said: tuple[Sentence, ...] = self._database.said + notes.restore(self._database)

    def close(self) -> None:
        """Close the files of the index; they are opened again when the library is used again."""
        self._database.close()

    # the list

    def search(
        self,
        query: Query = Query(),
        *,
        order: Column = "study_date",
        descending: bool = True,
        limit: int = 200,
        offset: int = 0,
    ) -> tuple[StudyRow, ...]:
        """Return the studies that a query asks for, `limit` of them from `offset`, in a stable order."""
        return study_list.search(self._database, query, order, descending, limit, offset)

    def count(self, query: Query = Query()) -> int:
        """Return how many studies a query asks for."""
        return study_list.count(self._database, query)

    def study(self, study_id: int) -> StudyRow | None:
        """Return the row of a study, None where it is not on the list (any more)."""
        return study_list.study(self._database, study_id)

    def study_of(self, found: FoundStudy) -> StudyRow | None:
        """Return the row of a study that has been scanned or opened, None where it is not on the list."""
        return study_list.study_of(self._database, found, self._store.folder)

    def series(self, study_id: int) -> tuple[SeriesRow, ...]:
        """Return the stacks and other objects of a study, in the order of Series Number, without reading its files."""
        return study_list.series(self._database, study_id)

    def modalities(self) -> tuple[str, ...]:
        """Return every modality on the list, in alphabetical order: for a filter."""
        return study_list.modalities(self._database)

    def usage(self) -> Usage:
        """Return how much there is on the list and on the disk."""
        return study_list.usage(self._database)

    @property
    def revision(self) -> int:
        """A number that changes whenever the list does, also by another program: for a view that keeps up."""
        return self._database.revision()

    # import and opening

    def add(
        self, found: ScanReport | Iterable[FoundStudy], *, copy: bool = False, progress: Progress = unheard
    ) -> Added:
        """Put scanned studies on the list, linked where they lie or copied into the store.

        A study is there whole or not at all; what an interrupted import has done stays, and the same import again
        completes it. A file that is known (same identifier, same bytes) is not taken twice; one that carries the
        identifier of another file with other bytes is kept apart and told. Originals are only ever read.

        Raises
        ------
        MedViewError
            The disk is full or may not be written: studies added before are in order, nothing half is left.
        """
        from medview.files.scanning.collect_seldom import collect_seldom
        from medview.library.add_studies import add_studies

        with collect_seldom():
            return add_studies(self._database, self._store, found, copy=copy, progress=progress)

    def open_study(self, study_id: int, progress: Progress = unheard) -> FoundStudy:
        """Return a study as a scan of its files would, without reading one that is as it was.

        Every file is looked up first (size and time). Where one has changed, the study's files are scanned again;
        where some are missing, what is left is returned and the row says how many are gone. Marks the study as opened.

        Raises
        ------
        MedViewError
            It is not on the list, or none of its files is there (a disk or share that is not connected).
        """
        from medview.library.open_study import open_study

        return open_study(self._database, self._store, study_id, progress)

    def rescan(
        self,
        path: Path | Sequence[Path],
        progress: Progress = unheard,
        *,
        copy: bool = False,
        workers: Workers | None = None,
    ) -> Rescan:
        """Look through folders again: what is unchanged is not read, what is new or changed is scanned and added.

        Files that were missing elsewhere are found again here by their identifiers and size. A folder looked through
        is remembered for `rebuild`. Where there are thousands of new files, `workers` read their headers. Errors as
        `files.dicom_scan.scan` where a path does not exist.
        """
        from medview.library.rescan import rescan

        return rescan(self._database, self._store, path, copy=copy, progress=progress, workers=workers)

    def forget(self, study_ids: Iterable[int]) -> int:
        """Take studies off the list and return how many were there. No file is touched, neither original nor copy.

        Copies in the store come back with `rebuild`; what was typed comes back with the study.
        """
        from medview.library.forget import forget

        return forget(self._database, study_ids)

    def delete_copies(self, study_ids: Iterable[int], progress: Progress = unheard) -> Freed:
        """Delete the copies of studies for good, because the person said so in so many words.

        Only what lies in the store goes; originals and linked files never. A study with results that have not been
        exported or sent, or with unsaved corrections, is left as it is and told in `Freed.left`. Linked files of the
        same study stay on the list.
        """
        from medview.library.make_room import delete_copies

        return delete_copies(self._database, self._store, self.journals, study_ids, progress)

    # what a person says about a study

    def set_status(self, study_ids: Iterable[int], status: Status) -> None:
        """Set how far a person is with studies."""
        notes.set_note(self._database, study_ids, status=status)

    def set_comment(self, study_id: int, comment: str) -> None:
        """Set a study's comment; "" removes it."""
        notes.set_note(self._database, [study_id], comment=comment)

    def set_kept(self, study_ids: Iterable[int], *, kept: bool) -> None:
        """Set whether copies are kept whatever the disk quota says."""
        notes.set_note(self._database, study_ids, kept=kept)

    def albums(self) -> tuple[Album, ...]:
        """Return all albums by name, each with the number of studies in it."""
        return albums.albums(self._database)

    def create_album(self, name: str, query: Query | None = None) -> Album:
        """Make an album, a smart one where a query is given; MedViewError where the name is empty or taken."""
        return albums.create(self._database, name, query)

    def rename_album(self, album_id: int, name: str) -> None:
        """Give an album another name; MedViewError where the name is empty or taken."""
        albums.rename(self._database, album_id, name)

    def change_album(self, album_id: int, query: Query) -> None:
        """Give a smart album another question; MedViewError where the album is not a smart one."""
        albums.change(self._database, album_id, query)

    def delete_album(self, album_id: int) -> None:
        """Delete an album; its studies stay on the list."""
        albums.delete(self._database, album_id)

    def add_to_album(self, album_id: int, study_ids: Iterable[int]) -> None:
        """Put studies into an album; MedViewError where it is a smart one."""
        albums.put_in(self._database, album_id, study_ids)

    def remove_from_album(self, album_id: int, study_ids: Iterable[int]) -> None:
        """Take studies out of an album; they stay on the list."""
        albums.take_out(self._database, album_id, study_ids)

    # pictures and results

    def thumbnail(self, study_id: int, series_key: str) -> bytes | None:
        """Return the small picture of a series as it was stored, None where there is none of these very images."""
        return thumbnails.thumbnail(self._database, study_id, series_key)

    def set_thumbnail(self, study_id: int, series_key: str, picture: bytes) -> None:
        """Store the small picture of a series (PNG); it goes when the images of the series change."""
        thumbnails.set_thumbnail(self._database, study_id, series_key, picture)

    def note_result(self, study_id: int, kind: str, name: str, *, path: Path | None = None, sent: bool = False) -> int:
        """Remember a mask or other result made from a study, and return its number; unsent ones protect the study."""
        return results.note_result(self._database, study_id, kind, name, path=path, sent=sent)

    def mark_sent(self, result_id: int, path: Path | None = None) -> None:
        """Remember that a result has been exported (to `path`) or sent."""
        results.mark_sent(self._database, result_id, path)

    def forget_result(self, result_id: int) -> None:
        """Remember a result no longer, because the person discarded it."""
        results.forget_result(self._database, result_id)

    def forget_lost_results(self, kind: str) -> None:
        """Remember no longer what was noted of a kind and never sent, because the programs that held it have ended."""
        results.forget_lost(self._database, kind)

    def results(self, study_id: int) -> tuple[Result, ...]:
        """Return the results made from a study, the newest first."""
        return results.results(self._database, study_id)

    # looking after it

    def verify(self, progress: Progress = unheard) -> Verified:
        """Look for every file on the list and note, study by study, what is missing or has changed. Changes no file."""
        from medview.library.verify import verify

        return verify(self._database, self._store, progress)

    def rebuild(self, progress: Progress = unheard, *, fresh: bool = False, workers: Workers | None = None) -> Rebuilt:
        """Bring the list up to date with the store and every folder that was ever linked.

        Finds copies that no study has (of an import that was killed), files that were missing, moved or changed.
        Statuses, comments, albums and results stay, or come back. No file is changed or deleted.

        Parameters
        ----------
        fresh
            Set the index aside first and make a new one from the files alone.
        workers
            Processes that read headers where there are thousands of files.
        """
        from medview.library.rebuild import rebuild

        return rebuild(self._database, self._store, progress, fresh=fresh, workers=workers)

    @property
    def needs_rebuild(self) -> bool:
        """Whether the index was lost, so that `rebuild` should be called; the list lacks studies until then."""
        return bool(self._database.number("needs_rebuild"))

    @property
    def quota_bytes(self) -> int:
        """How much the store may hold before `make_room` frees copies; 0 is no limit."""
        return self._database.number("quota_bytes")

    @quota_bytes.setter
    def quota_bytes(self, quota: int) -> None:
        self._database.set_number("quota_bytes", max(0, quota))

    def make_room(self, needed_bytes: int = 0, progress: Progress = unheard) -> Freed:
        """Delete copies until the store and `needed_bytes` more are within the quota, the longest unopened first.

        Never those that are kept, that have unsent results or unsaved corrections, nor anything that is linked. Does
        nothing without a quota.
        """
        from medview.library.make_room import make_room

        return make_room(self._database, self._store, self.journals, needed_bytes, progress)
