"""What belongs to a study and outlives its closing: read when the study is opened, written with every change."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from medview.errors import MedViewError, Sentence
from medview.jobs.job import Job, PlaceName
from medview.paths import data_folder
from medview.progress import Progress
from medview.session.session import Session
from medview.study.study import Study

if TYPE_CHECKING:
    from medview.library.marks import Change, KeptMarks, Marks, Records

logger = logging.getLogger(__name__)
Things = Mapping[str, Any]  # by the name they are kept under


@dataclass(eq=False)
class KeptState:
    """What is known of the file of one study.

    `noted` is, by section, what the file holds of what this program has put there or read; `waiting` are records of
    things whose images are not here; `is_busy` tells that the file is being read or written, or will be read
    (`is_unread`), `is_closed` that it can be neither: nothing is written where something might be lost; and `is_told`
    that the person knows.
    """

    identity: str
    noted: dict[str, Things] = field(default_factory=dict)
    waiting: Records = field(default_factory=dict)
    is_unread: bool = True
    is_busy: bool = True
    is_closed: bool = False
    is_told: bool = False


@dataclass(frozen=True)
class _Changed:
    """What is new or other in a section, what has gone, and in which order all of it is now."""

    put: Things
    gone: tuple[str, ...]
    order: tuple[str, ...]


class KeptThings(ABC):
    """Things of a session's studies, in the local library's files of marks.

    A study's file is read when the study is opened; every change is written at once, on the "journal" thread. What was
    put on images that are not here waits until they are, and stays in the file.
    """

    title: ClassVar[Sentence]  # of its jobs
    lost: ClassVar[tuple[Sentence, Sentence]]  # what is said, and what helps, where a file cannot be read

    def __init__(self, session: Session) -> None:
        self._session = session
        self._states: dict[Study, KeptState] = {}
        session.studies_changed.connect(self._follow)
        self._follow()

    def close(self) -> None:
        """Write what has not been written, after the jobs have stopped."""
        for study, state in self._states.items():
            try:
                self._finish(study, state)
                changed = self._changed(study, state)
                if changed and not state.is_closed:
                    self._marks().change(state.identity, self._changes(study, changed))
            except MedViewError as error:  # there is no window any more to say it in; others are still written
                logger.error("%s: not all could be kept: %s", self.title.template, error.message.template)
        self._states.clear()

    @abstractmethod
    def _marks(self) -> Marks:
        """Return the files. Called on any thread."""

    @abstractmethod
    def _watch(self, study: Study) -> None:
        """Have `_look` called with every change of a study's things, and `_place_waiting` with those of its images."""

    @abstractmethod
    def _things(self, study: Study, state: KeptState) -> dict[str, Things]:
        """Return what there is to be kept of a study, by section."""

    @abstractmethod
    def _record(self, thing: Any, study: Study) -> dict[str, Any]:
        """Return a thing as JSON can hold it. Called on any thread: of many things it takes its time."""

    @abstractmethod
    def _bring_back(self, study: Study, state: KeptState, kept: KeptMarks) -> None:
        """Put what a file holds into the study, or let it wait."""

    @abstractmethod
    def _place(self, study: Study, state: KeptState) -> None:
        """Put what waits on its images where they are here."""

    def _finish(self, study: Study, state: KeptState) -> None:  # noqa: B027  not everything has something on its way
        """Do what was on its way when the program ended; on the main thread, without a window."""

    def _is_under_way(self, study: Study) -> bool:
        """Whether more will be written of a study than has changed until now."""
        return False

    def _tell_keeping(self, study: Study, state: KeptState, *, is_kept: bool) -> None:  # noqa: B027  few are asked
        """Tell whoever asks whether the things of a study are kept, now that it has turned out."""

    def _follow(self) -> None:
        for study in self._session.studies:
            if study not in self._states:
                self._states[study] = KeptState(_identity(study))
                self._watch(study)
        self._look()

    def _look(self) -> None:
        """Write what has changed; a study that was closed is forgotten once all of it is written."""
        for study, state in list(self._states.items()):
            if state.is_busy:
                continue
            changed = self._changed(study, state)
            if changed and state.is_closed:
                self._tell_lost(state)
                changed = {}
            if changed:
                self._write(study, state, changed)
            elif study not in self._session.studies and not self._is_under_way(study):
                del self._states[study]
        self._read_new()

    def _read_new(self) -> None:
        """Read the files of studies that have come, each once all has been written of the same study closed before."""
        for study, state in list(self._states.items()):
            if state.is_unread and not self._is_still_written(state.identity):
                state.is_unread = False
                self._read(study, state)

    def _is_still_written(self, identity: str) -> bool:
        closed = [(s, state) for s, state in self._states.items() if s not in self._session.studies]
        same = [(s, state) for s, state in closed if state.identity == identity and not state.is_unread]
        return any(state.is_busy or self._is_under_way(study) for study, state in same)

    def _tell_lost(self, state: KeptState) -> None:
        """Say once that what is made now will not come back."""
        if not state.is_told:
            state.is_told = True
            self._session.notices.add("warning", self.lost[0], self.lost[1])

    def _read(self, study: Study, state: KeptState) -> None:
        identity = state.identity

        def work(progress: Progress) -> KeptMarks:
            return self._marks().read(identity)

        def done(kept: KeptMarks) -> None:
            for sentence in kept.said:
                self._session.notices.add("warning", sentence)
            self._bring_back(study, state, kept)
            self._end(study, state, is_kept=True)

        def failed(error: BaseException) -> None:
            state.is_closed = True
            self._session.notices.add_error(error)
            self._end(study, state, is_kept=False)

        self._submit(work, done, failed)

    def _write(self, study: Study, state: KeptState, changed: dict[str, _Changed]) -> None:
        identity, things = state.identity, self._things(study, state)
        state.is_busy = True

        def work(progress: Progress) -> tuple[Any, ...]:
            return self._marks().change(identity, self._changes(study, changed))

        def done(said: tuple[Any, ...]) -> None:
            state.noted = things
            for sentence in said:
                self._session.notices.add("warning", sentence)
            self._end(study, state, is_kept=True)

        def failed(error: BaseException) -> None:  # tried again with the next change, and when the program ends
            self._session.notices.add_error(error)
            state.is_busy = False
            self._tell_keeping(study, state, is_kept=False)
            self._read_new()

        self._submit(work, done, failed)

    def _end(self, study: Study, state: KeptState, *, is_kept: bool) -> None:
        state.is_busy = False
        self._tell_keeping(study, state, is_kept=is_kept)
        self._look()

    def _place_waiting(self) -> None:
        for study, state in self._states.items():
            if state.waiting:
                self._place(study, state)

    def _changed(self, study: Study, state: KeptState) -> dict[str, _Changed]:
        """Return what differs from what the file holds, by section."""
        found = {}
        for section, now in self._things(study, state).items():
            before = state.noted.get(section, {})
            put = {name: thing for name, thing in now.items() if before.get(name) != thing}
            gone = tuple(name for name in before if name not in now)
            if put or gone:
                found[section] = _Changed(put, gone, tuple(now))
        return found

    def _changes(self, study: Study, changed: dict[str, _Changed]) -> dict[str, Change]:
        """Return what has changed as the file takes it."""
        from medview.library.marks import Change

        found = {}
        for section, one in changed.items():
            records = {name: self._record(thing, study) for name, thing in one.put.items()}
            found[section] = Change({**records, **dict.fromkeys(one.gone)}, one.order)
        return found

    def _submit(
        self,
        work: Callable[[Progress], Any],
        done: Callable[[Any], None],
        failed: Callable[[BaseException], None],
        place: PlaceName = "journal",
    ) -> Job:
        jobs = self._session.jobs
        return jobs.submit(self.title, work, place=place, on_done=done, on_failed=failed, silent=True)


def _identity(study: Study) -> str:
    from medview.files.stacks.dicom_sort import FoundStudy
    from medview.library.identity import study_identity

    found = FoundStudy(study.facts, study.series, study.objects)
    return study_identity(found, (data_folder() / "library" / "store").absolute())
