"""Keep what a person puts on the images of open studies, and bring it back when they are opened again."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from medview.errors import MedViewError
from medview.jobs.job import Job
from medview.library.measurement_record import MeasurementPlaces, measurement_record
from medview.paths import data_folder
from medview.progress import Progress
from medview.session.session import Session
from medview.study.annotation import ImageName
from medview.study.measurement import Measurement
from medview.study.study import Study

if TYPE_CHECKING:
    from medview.library.marks import Change, KeptMarks, Marks, Records

logger = logging.getLogger(__name__)
_Things = Mapping[str, Measurement | ImageName]  # by the name they are kept under


@dataclass(eq=False)
class _State:
    """What is known of the file of one study.

    `noted` is what the file holds of what this program has put there or read; `is_busy` tells that it is being read or
    written, and `is_closed` that it can be neither: nothing is written where something might be lost, and `is_told`
    that the person knows.
    """

    identity: str
    noted: dict[str, _Things] = field(default_factory=lambda: {"measurements": {}, "key_images": {}})
    waiting: Records = field(default_factory=dict)
    is_busy: bool = True
    is_closed: bool = False
    is_told: bool = False


class KeptMeasurements:
    """The measurements and key images of a session's studies, in the local library's files of marks.

    A study's file is read when the study is opened; every change is written at once, on the "journal" thread. What was
    put on images that are not here waits until they are, and stays in the file.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._states: dict[Study, _State] = {}
        session.studies_changed.connect(self._follow)
        self._follow()

    def close(self) -> None:
        """Write what has not been written, after the jobs have stopped."""
        for study, state in self._states.items():
            changes = _changes(study, state)
            if changes and not state.is_closed:
                try:
                    _marks().change(state.identity, changes)
                except MedViewError as error:  # there is no window any more to say it in; others are still written
                    logger.error("measurements could not be kept: %s", error.message.template)
        self._states.clear()

    def _follow(self) -> None:
        for study in self._session.studies:
            if study not in self._states:
                self._states[study] = state = _State(_identity(study))
                study.measurements.changed.connect(self._look)
                study.key_images.changed.connect(self._look)
                study.series_changed.connect(self._place_waiting)
                self._read(study, state)
        self._look()

    def _look(self) -> None:
        """Write what has changed; a study that was closed is forgotten once all of it is written."""
        for study, state in list(self._states.items()):
            if state.is_busy:
                continue
            changes = _changes(study, state)
            if changes and state.is_closed:
                self._tell_lost(state)
                changes = {}
            if changes:
                self._write(study, state, changes)
            elif study not in self._session.studies:
                del self._states[study]

    def _tell_lost(self, state: _State) -> None:
        """Say once that what is measured now will not come back."""
        if not state.is_told:
            state.is_told = True
            self._session.notices.add(
                "warning",
                "What is measured on this study is not kept: its file of measurements cannot be read.",
                "Export the measurements before you close it.",
            )

    def _read(self, study: Study, state: _State) -> None:
        identity = state.identity

        def work(progress: Progress) -> KeptMarks:
            return _marks().read(identity)

        def done(kept: KeptMarks) -> None:
            for sentence in kept.said:
                self._session.notices.add("warning", sentence)
            self._bring_back(study, state, kept)
            self._end(state)

        def failed(error: BaseException) -> None:
            state.is_closed = True
            self._session.notices.add_error(error)
            self._end(state)

        self._submit(work, done, failed)

    def _write(self, study: Study, state: _State, changes: dict[str, Change]) -> None:
        identity, things = state.identity, _things(study)
        state.is_busy = True

        def work(progress: Progress) -> tuple[Any, ...]:
            return _marks().change(identity, changes)

        def done(said: tuple[Any, ...]) -> None:
            state.noted = things
            for sentence in said:
                self._session.notices.add("warning", sentence)
            self._end(state)

        def failed(error: BaseException) -> None:  # tried again with the next change, and when the program ends
            self._session.notices.add_error(error)
            state.is_busy = False

        self._submit(work, done, failed)

    def _end(self, state: _State) -> None:
        state.is_busy = False
        self._look()

    def _bring_back(self, study: Study, state: _State, kept: KeptMarks) -> None:
        state.waiting = dict(kept.sections.get("measurements", {}))
        images = [image for record in kept.sections.get("key_images", {}).values() if (image := _image(record))]
        state.noted["key_images"] = {_name(image): image for image in images}
        if images:
            study.key_images.set((*images, *study.key_images))
        damaged = self._place(study, state)
        if damaged:
            self._session.notices.add(
                "warning", "{count} {count:measurement|measurements} kept with this study cannot be understood.",
                "{count:It stays|They stay} in the study's file unchanged.", count=damaged,
            )  # fmt: skip
        if state.waiting:
            self._session.notices.add(
                "info",
                "{count} {count:measurement|measurements} of this study {count:lies|lie} on images that are not here.",
                "{count:It is|They are} kept, and shown when those images are opened.", count=len(state.waiting),
            )  # fmt: skip

    def _place_waiting(self) -> None:
        """Put what waits on images that have come."""
        for study, state in self._states.items():
            if state.waiting:
                self._place(study, state)

    def _place(self, study: Study, state: _State) -> int:
        """Put what waits on its images where they are here; return how many records are damaged."""
        places, found, damaged = MeasurementPlaces(study.series, state.waiting.values()), [], []
        for uid, record in state.waiting.items():
            try:
                measurement = places.placed(uid, record)
            except ValueError:
                damaged.append(uid)
                continue
            if measurement is not None:
                found.append(measurement)
        gone = {*damaged, *(m.tracking_uid for m in found)}
        state.waiting = {uid: record for uid, record in state.waiting.items() if uid not in gone}
        new = [m for m in found if study.measurements.find(m.tracking_uid) is None]
        state.noted["measurements"] = {**state.noted["measurements"], **{m.tracking_uid: m for m in new}}
        if new:
            study.measurements.set((*new, *study.measurements))
        return len(damaged)

    def _submit(self, work: Any, done: Any, failed: Any) -> Job:
        title = "Keeping measurements"
        return self._session.jobs.submit(title, work, place="journal", on_done=done, on_failed=failed, silent=True)


def _marks() -> Marks:
    from medview.library.marks import Marks

    return Marks(data_folder() / "library" / "marks")


def _identity(study: Study) -> str:
    from medview.files.stacks.dicom_sort import FoundStudy
    from medview.library.identity import study_identity

    found = FoundStudy(study.facts, study.series, study.objects)
    return study_identity(found, (data_folder() / "library" / "store").absolute())


def _things(study: Study) -> dict[str, _Things]:
    """Return what there is to be kept of a study."""
    return {
        "measurements": {m.tracking_uid: m for m in study.measurements},
        "key_images": {_name(image): image for image in study.key_images},
    }


def _changes(study: Study, state: _State) -> dict[str, Change]:
    """Return what differs from what the file holds, by section."""
    from medview.library.marks import Change

    found = {}
    for section, now in _things(study).items():
        before = state.noted[section]
        changed = {name: thing for name, thing in now.items() if before.get(name) != thing}
        gone = dict.fromkeys(name for name in before if name not in now)
        if changed or gone:
            found[section] = Change({**{n: _record(t, study) for n, t in changed.items()}, **gone}, tuple(now))
    return found


def _record(thing: Measurement | ImageName, study: Study) -> dict[str, Any]:
    if isinstance(thing, ImageName):
        return {"sop": thing.sop_instance_uid, "frame": thing.frame_index}
    return measurement_record(thing, study.find(thing.series_key))


def _name(image: ImageName) -> str:
    return image.sop_instance_uid if image.frame_index is None else f"{image.sop_instance_uid}:{image.frame_index}"


def _image(record: Mapping[str, Any]) -> ImageName | None:
    """Return the image of a record; None where it is damaged."""
    uid, frame = record.get("sop"), record.get("frame")
    if not isinstance(uid, str) or not uid or not isinstance(frame, int | None):
        return None
    return ImageName(uid, frame)
