"""Keep what models have found in open studies and what a person thinks of it, and bring it back with the study.

A finding is kept when it arrives, and every judgement, correction, deletion and undoing as it is made. What is large
(maps, derived images, curves) lies in files of its own beside the table of findings, written and read on a thread of
its own ("results"): no stroke on its way to the disk waits for it. Nothing comes back onto images that have changed.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from medview.errors import MedViewError, Sentence
from medview.library.finding_record import (
    KeptRun,
    arrays_of,
    finding_record,
    is_keepable,
    kept_finding,
    kept_run,
    needs_arrays,
    run_record,
)
from medview.paths import data_folder
from medview.progress import Progress
from medview.session.finding_view import finding_view
from medview.session.judged_findings import note_brought_back, note_keeping
from medview.session.kept_things import KeptState, KeptThings, Things
from medview.session.session import Session
from medview.study.finding import Finding
from medview.study.study import Study

if TYPE_CHECKING:
    from medview.library.kept_arrays import KeptArrays
    from medview.library.marks import KeptMarks, Marks

logger = logging.getLogger(__name__)
_SECTIONS = ("findings", "runs")
_JUDGED = ("accepted", "edited")
Arrays = Mapping[str, NDArray[Any]]
_DAMAGED: Arrays = {"damaged": np.empty(0)}  # fit no finding


@dataclass(frozen=True)
class _Run:
    """A run of a model, and from which score on a person has chosen to see its boxes; None where nobody has."""

    uid: str
    threshold: float | None
    finding: Finding = field(compare=False)  # any of it: what they have in common is kept with the run


@dataclass(eq=False)
class _Read:
    """What was read of a study's file when it was opened.

    `order` are the places of its findings, `loading` those whose arrays are on their way, and `unread` the runs of such
    as cannot be shown: they stay in the file with them.
    """

    runs: dict[str, KeptRun] = field(default_factory=dict)
    order: dict[str, int] = field(default_factory=dict)
    loading: set[str] = field(default_factory=set)
    unread: set[str] = field(default_factory=set)


class KeptFindings(KeptThings):
    """The findings of a session's studies, with the judgements on them and the threshold chosen for each run."""

    title = Sentence("Keeping findings")
    lost = (
        Sentence("What is found and judged in this study is not kept: its file of findings cannot be read."),
        Sentence("Save a report before you close it."),
    )

    def __init__(self, session: Session) -> None:
        self._reads: WeakKeyDictionary[Study, _Read] = WeakKeyDictionary()
        self._stored: set[str] = set()  # UIDs of findings whose arrays, if they have any, lie on the disk
        self._storing: set[str] = set()
        self._refused: set[str] = set()  # could not be stored: tried once more when the program ends
        super().__init__(session)

    def _marks(self) -> Marks:
        from medview.library.marks import Marks

        return Marks(_folder(), _SECTIONS, Sentence("findings"))

    def _arrays(self) -> KeptArrays:
        from medview.library.kept_arrays import KeptArrays

        return KeptArrays(_folder(), self._judged)

    def _judged(self, identity: str) -> list[str] | None:
        try:  # a damaged file stays where it is: it is told when its study is opened
            findings = self._marks().sections(identity).get("findings", {})
        except (ValueError, MedViewError):
            return None
        return [uid for uid, record in findings.items() if record.get("status") in _JUDGED]

    def _watch(self, study: Study) -> None:
        self._reads[study] = _Read()
        study.findings.changed.connect(self._look)
        study.series_changed.connect(self._place_waiting)
        finding_view(study).changed.connect(self._look)

    # there and on its way to the disk

    def _look(self) -> None:
        self._stored &= {f.uid for study in self._states for f in study.findings}  # what comes again is stored anew
        for study, state in self._states.items():
            for finding in self._not_stored(study, state):
                if finding.uid not in self._storing | self._refused:
                    self._store(study, state, finding)
        super()._look()

    def _not_stored(self, study: Study, state: KeptState) -> list[Finding]:
        wanted = () if state.is_closed else study.findings
        return [f for f in wanted if f.uid not in self._stored and is_keepable(f)]

    def _store(self, study: Study, state: KeptState, finding: Finding) -> None:
        """Write what is large: the record of a finding may be written after that, and where nothing is, at once."""
        arrays, uid, identity = arrays_of(finding), finding.uid, state.identity
        if not arrays:
            self._stored.add(uid)
            return
        self._storing.add(uid)

        def work(progress: Progress) -> None:
            self._arrays().write(identity, uid, arrays)

        def done(_: None) -> None:
            self._storing.discard(uid)
            self._stored.add(uid)
            self._look()

        def failed(error: BaseException) -> None:
            self._storing.discard(uid)
            self._refused.add(uid)
            self._session.notices.add_error(error)
            self._tell_keeping(study, state, is_kept=False)
            self._look()

        self._submit(work, done, failed, "results")

    def _finish(self, study: Study, state: KeptState) -> None:
        for finding in self._not_stored(study, state):
            try:
                self._arrays().write(state.identity, finding.uid, arrays_of(finding))
                self._stored.add(finding.uid)
            except MedViewError as error:  # the others are still written
                logger.error("a finding could not be kept: %s", error.message.template)

    def _is_under_way(self, study: Study) -> bool:
        return any(finding.uid in self._storing for finding in study.findings)

    def _things(self, study: Study, state: KeptState) -> dict[str, Things]:
        ready = (f for f in study.findings if f.uid in self._stored or (state.is_closed and is_keepable(f)))
        findings = {finding.uid: finding for finding in ready}
        chosen = finding_view(study).chosen_thresholds
        others = {_run_of(record) for record in state.waiting.values()} | self._reads[study].unread
        runs = {uid: run for uid, run in state.noted.get("runs", {}).items() if uid in others}
        return {
            "findings": findings,
            "runs": runs | {f.run_uid: _Run(f.run_uid, chosen.get(f.run_uid), f) for f in findings.values()},
        }

    def _record(self, thing: Any, study: Study) -> dict[str, Any]:
        return run_record(thing.finding, thing.threshold) if isinstance(thing, _Run) else finding_record(thing)

    def _tell_keeping(self, study: Study, state: KeptState, *, is_kept: bool) -> None:
        refused = any(finding.uid in self._refused for finding in study.findings)
        note_keeping(study, is_kept=is_kept and not state.is_closed and not refused)

    # back from the disk

    def _bring_back(self, study: Study, state: KeptState, kept: KeptMarks) -> None:
        state.waiting = dict(kept.sections.get("findings", {}))
        read = self._reads[study]
        read.order = {uid: number for number, uid in enumerate(state.waiting)}
        read.runs = _read_runs(kept.sections.get("runs", {}))
        self._sweep(state.identity, list(state.waiting))
        self._tell_damaged(study, state, [u for u, record in state.waiting.items() if _is_damaged(record, read.runs)])
        self._place(study, state)
        waits = len(state.waiting.keys() - read.loading)
        if waits:
            self._session.notices.add(
                "warning",
                "{count} {count:finding|findings} of this study {count:lies|lie} on images that are not here or have "
                "changed.",
                "{count:It is|They are} kept, and shown when those very images are opened.", count=waits,
            )  # fmt: skip

    def _place(self, study: Study, state: KeptState) -> None:
        here, loading = self._runs_here(study), self._reads[study].loading
        ready = [uid for uid, record in state.waiting.items() if _run_of(record) in here and uid not in loading]
        large = [uid for uid in ready if needs_arrays(state.waiting[uid])]
        self._put(study, state, {uid: {} for uid in ready if uid not in set(large)})
        if large:
            self._load(study, state, large)

    def _runs_here(self, study: Study) -> dict[str, KeptRun]:
        """Return the runs whose very images are here, on their very grid.

        The grid is the images' own as they are now: one on which millimetres were given by hand may have the same
        numbers as one that has none.
        """
        runs = {uid: run for uid, run in self._reads[study].runs.items() if study.bears(run.source, run.geometry)}
        own = {one.key: one.geometry for one in study.series}
        return {uid: replace(run, geometry=own[run.source.series_key] or run.geometry) for uid, run in runs.items()}

    def _load(self, study: Study, state: KeptState, uids: list[str]) -> None:
        identity, loading = state.identity, self._reads[study].loading
        loading.update(uids)

        def work(progress: Progress) -> dict[str, Arrays | None]:
            return {uid: self._read_arrays(identity, uid) for uid in uids}

        def done(found: dict[str, Arrays | None]) -> None:
            loading.difference_update(uids)
            if study not in self._session.studies:
                return
            self._tell_given_up(study, state, [uid for uid, arrays in found.items() if arrays is None])
            here = self._runs_here(study)  # they may have changed meanwhile
            waiting = {uid: arrays for uid, arrays in found.items() if uid in state.waiting}
            self._put(study, state, {u: a for u, a in waiting.items() if a and _run_of(state.waiting[u]) in here})

        def failed(error: BaseException) -> None:
            loading.difference_update(uids)
            self._session.notices.add_error(error)

        self._submit(work, done, failed, "results")

    def _read_arrays(self, identity: str, uid: str) -> Arrays | None:
        """Return the arrays of a finding; none that fit any where they are damaged, None where they were given up."""
        try:
            return self._arrays().read(identity, uid)
        except ValueError:
            return _DAMAGED

    def _put(self, study: Study, state: KeptState, found: Mapping[str, Arrays]) -> None:
        """Put what waits into the study, with its arrays, at its place among the others."""
        runs, made, damaged = self._runs_here(study), [], []
        for uid, arrays in found.items():
            record = state.waiting[uid]
            try:
                made.append(kept_finding(uid, record, runs[_run_of(record)], arrays))
            except ValueError:
                damaged.append(uid)
        self._tell_damaged(study, state, damaged)
        _wait_no_more(state, [finding.uid for finding in made])
        new = [finding for finding in made if study.findings.find(finding.uid) is None]
        if new:
            self._add(study, state, new)

    def _add(self, study: Study, state: KeptState, new: list[Finding]) -> None:
        read = self._reads[study]
        runs = {f.run_uid: _Run(f.run_uid, read.runs[f.run_uid].threshold, f) for f in new}
        was_busy, state.is_busy = state.is_busy, True  # what is put back now is no change
        state.noted["findings"] = {**state.noted.get("findings", {}), **{f.uid: f for f in new}}
        state.noted["runs"] = {**state.noted.get("runs", {}), **runs}
        note_brought_back(study, new)
        finding_view(study).choose_thresholds({uid: r.threshold for uid, r in runs.items() if r.threshold is not None})
        self._stored.update(finding.uid for finding in new)
        study.findings.set(sorted((*study.findings, *new), key=lambda f: read.order.get(f.uid, len(read.order))))
        state.is_busy = was_busy

    def _tell_damaged(self, study: Study, state: KeptState, uids: Collection[str]) -> None:
        self._leave(study, state, uids)
        if uids:
            self._session.notices.add(
                "warning", "{count} {count:finding|findings} kept with this study cannot be understood.",
                "{count:It stays|They stay} in the study's file unchanged.", count=len(uids),
            )  # fmt: skip

    def _tell_given_up(self, study: Study, state: KeptState, uids: Collection[str]) -> None:
        self._leave(study, state, uids)
        if uids:
            self._session.notices.add(
                "warning",
                "{count} {count:image or map|images or maps} that models made of this study {count:was|were} given up "
                "to make room for others.",
                "Run the model again to have {count:it|them}.", count=len(uids),
            )  # fmt: skip

    def _leave(self, study: Study, state: KeptState, uids: Collection[str]) -> None:
        """Let records that cannot be shown stay in the file as they are."""
        self._reads[study].unread.update(_run_of(state.waiting[uid]) for uid in uids)
        _wait_no_more(state, uids)

    def _sweep(self, identity: str, uids: Iterable[str]) -> None:
        def work(progress: Progress) -> None:
            self._arrays().sweep(identity, uids)

        def failed(error: BaseException) -> None:  # what is left over takes room, and nothing else
            logger.info("arrays that belong to no finding could not be deleted: %s", type(error).__name__)

        self._submit(work, lambda _: None, failed, "results")


def _wait_no_more(state: KeptState, uids: Collection[str]) -> None:
    """Let records wait no longer."""
    gone = set(uids)
    state.waiting = {uid: record for uid, record in state.waiting.items() if uid not in gone}


def _read_runs(records: Mapping[str, Mapping[str, Any]]) -> dict[str, KeptRun]:
    """Return the runs that can be understood."""
    found = {}
    for uid, record in records.items():
        try:
            found[uid] = kept_run(record)
        except ValueError:
            continue  # its findings are told of as damaged
    return found


def _is_damaged(record: Mapping[str, Any], runs: Mapping[str, KeptRun]) -> bool:
    try:
        needs_arrays(record)
    except ValueError:
        return True
    return _run_of(record) not in runs


def _run_of(record: Mapping[str, Any]) -> str:
    return str(record.get("run"))


def _folder() -> Path:
    return data_folder() / "library" / "marks" / "findings"
