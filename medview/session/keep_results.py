"""Tell the local list of studies which masks were made here, and whether each has been exported as it is now."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from weakref import WeakSet

from medview.jobs.job import Job
from medview.paths import data_folder
from medview.progress import Progress
from medview.session.keep_journal import KeptJournals
from medview.session.session import Session
from medview.session.use_library import use_library
from medview.study.segmentation import Segmentation
from medview.study.study import Study

if TYPE_CHECKING:
    from medview.files.stacks.dicom_sort import FoundStudy
    from medview.library.library import Library

_KIND = "mask"


@dataclass
class _Noted:
    """What the list knows of a mask; `number` is None where its study is not on the list (yet)."""

    number: int | None = None
    is_sent: bool | None = None
    is_asked: bool = False


class KeptResults:
    """Notes the masks of a session's studies in the library, so that no copy is deleted that one still belongs to.

    A mask that is computed, drawn or corrected here is a result; one that was only read from a file is none. It stays
    noted as not exported until the whole of it is saved, it is removed, or its study is closed. What a crash has left
    noted is forgotten at the next start: the mask is gone, and the journal of its corrections protects the study.
    """

    def __init__(self, session: Session, journals: KeptJournals) -> None:
        self._session = session
        self._noted: dict[Segmentation, _Noted] = {}
        self._followed: WeakSet[Study] = WeakSet()
        session.studies_changed.connect(self._follow)
        session.jobs.finished.connect(self._after)
        if self._is_there():
            use_library(session, partial(_forget_lost, journals), on_failed=_nothing)

    def close(self) -> None:
        """Forget what was not exported, after the jobs have stopped: it ends with the program."""
        library = self._session.library
        for noted in self._noted.values():
            if library is not None and noted.number is not None and not noted.is_sent:
                library.forget_result(noted.number)

    def _is_there(self) -> bool:
        """Whether there is a library: it is not made for this."""
        folder = data_folder() / "library"
        return self._session.library is not None or any(path.name != "marks" for path in folder.glob("*"))

    def _follow(self) -> None:
        for study in self._session.studies:
            if study not in self._followed:
                self._followed.add(study)
                study.history.written.connect(self._look)
                study.segmentation_added.connect(self._look)
                study.segmentation_removed.connect(self._look)
        self._look()

    def _after(self, job: Job) -> None:
        if job.place == "scan":  # studies may have come onto the list
            self._noted = {m: noted for m, noted in self._noted.items() if noted.number is not None or noted.is_asked}
        if job.place == "scan" or not job.silent:
            self._look()

    def _look(self, *_: object) -> None:
        """Bring the list up to date with the masks there are."""
        if not self._is_there():
            return
        masks = {m: study for study in self._session.studies for m in study.segmentations if _is_result(m)}
        for mask, study in masks.items():
            noted, is_sent = self._noted.setdefault(mask, _Noted()), self._session.is_exported(mask)
            if noted.is_sent is not is_sent and not noted.is_asked:
                self._note(study, mask, noted, is_sent=is_sent)
        for mask in [m for m, noted in self._noted.items() if m not in masks and not noted.is_asked]:
            noted = self._noted.pop(mask)
            if noted.number is not None and not noted.is_sent:
                use_library(self._session, partial(_forget, noted.number), on_failed=_nothing)

    def _note(self, study: Study, mask: Segmentation, noted: _Noted, *, is_sent: bool) -> None:
        facts, series, objects, name, number = study.facts, study.series, study.objects, mask.name, noted.number

        def work(library: Library, progress: Progress) -> int | None:
            from medview.files.stacks.dicom_sort import FoundStudy

            return _written(library, FoundStudy(facts, series, objects), number, name, is_sent=is_sent)

        def done(now: int | None) -> None:
            noted.number, noted.is_sent, noted.is_asked = now, is_sent, False
            self._look()  # it may have changed meanwhile, or gone

        def failed(error: BaseException) -> None:  # a list that cannot be written deletes nothing either
            noted.is_sent, noted.is_asked = is_sent, False

        noted.is_asked = True
        use_library(self._session, work, on_done=done, on_failed=failed)


def _is_result(mask: Segmentation) -> bool:
    """Whether a mask was made or corrected here, and is not an empty one or as it was read from a file."""
    return mask.edits > 0 or bool(mask.provenance and "sop_instance_uid" not in mask.provenance)


def _written(library: Library, study: FoundStudy, number: int | None, name: str, *, is_sent: bool) -> int | None:
    """Note a mask as sent or not, and return its number; None where its study is not on the list."""
    if number is not None and is_sent:
        library.mark_sent(number)
        return number
    row = library.study_of(study)
    if number is not None:
        library.forget_result(number)
    return None if row is None else library.note_result(row.id, _KIND, name, sent=is_sent)


def _forget(number: int, library: Library, progress: Progress) -> None:
    library.forget_result(number)


def _forget_lost(journals: KeptJournals, library: Library, progress: Progress) -> None:
    """Forget what programs that have crashed noted; what runs at this moment may have masks of its own."""
    if journals.is_alone:
        library.forget_lost_results(_KIND)


def _nothing(error: BaseException) -> None:
    """Say nothing: what uses the list says that it cannot be used."""
