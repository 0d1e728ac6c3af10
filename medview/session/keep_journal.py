"""Keep a journal of every stroke, and bring back what a crash has left."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

import numpy as np

from medview.files.edit_journal import Journal, JournalHead, append, begin, read_head, read_journal
from medview.files.journal_shelf import JournalShelf
from medview.jobs.job import Job
from medview.paths import data_folder
from medview.progress import Progress
from medview.session.scene import Scene
from medview.session.session import Session
from medview.study.geometry import Geometry
from medview.study.segmentation import Box, Segmentation, Source
from medview.study.series import StudyFacts
from medview.study.study import Study


class KeptJournals:
    """The journals of a session's masks.

    Follows every study of the session, brings strokes back when their images are shown, and removes a journal when its
    mask is exported or removed. Every file is touched on the "journal" thread, in the order of the strokes.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._shelf = JournalShelf(data_folder() / "journals")
        self._paths: WeakKeyDictionary[Segmentation, Path] = WeakKeyDictionary()
        self._followed: WeakSet[Study] = WeakSet()
        self._unwanted: list[Path] = []
        session.studies_changed.connect(self._follow)
        session.scene_changed.connect(self._look_for_strokes)
        session.jobs.finished.connect(self._discard_exported)

    @property
    def is_alone(self) -> bool:
        """Whether no other MedView keeps journals at this moment."""
        return self._shelf.is_alone

    def discard(self, segmentation: Segmentation) -> None:
        """Remove the journal of a mask: it has been exported, or the person does not want it."""
        path = self._paths.pop(segmentation, None)
        if path is not None:
            self._unwanted.append(path)
            self._submit(partial(_remove, path))

    def recover(self, scene: Scene) -> Job:
        """Submit the search for strokes on the images in view that were never exported; they join the study."""
        wanted, owners = scene.series.sop_hash, ("", _owner(scene.study.facts))
        ours = set(self._paths.values())

        def work(progress: Progress) -> list[Journal]:
            paths = [path for path in self._shelf.claim_orphans() if path not in ours]
            heads = [(path, head) for path in paths if (head := read_head(path)) is not None]
            fitting = [path for path, head in heads if head.sop_hash == wanted and head.owner in owners]
            return [journal for path in fitting if (journal := read_journal(path)) is not None]

        def done(journals: list[Journal]) -> None:
            for journal in journals:
                self._bring_back(scene, journal)

        return self._submit(work, done)

    def close(self) -> None:
        """Leave the journals, after the jobs have stopped; those of masks not exported are found at the next start."""
        for path in self._unwanted:
            path.unlink(missing_ok=True)
        self._shelf.close()

    def _follow(self) -> None:
        for study in self._session.studies:
            if study not in self._followed:
                self._followed.add(study)
                owner = _owner(study.facts)
                study.history.written.connect(partial(self._note_stroke, owner))
                study.segmentation_added.connect(partial(self._note_corrections, owner))
                study.segmentation_removed.connect(self.discard)

    def _look_for_strokes(self) -> None:
        if self._session.scene is not None:
            self.recover(self._session.scene)

    def _discard_exported(self, job: Job) -> None:
        for segmentation in list(self._paths):
            if not job.silent and self._session.is_exported(segmentation):
                self.discard(segmentation)

    def _note_stroke(self, owner: str, segmentation: Segmentation, box: Box) -> None:
        path = self._paths.get(segmentation)
        if path is not None:
            self._submit(partial(_append, path, box, segmentation))
        else:
            self._begin(owner, segmentation)

    def _note_corrections(self, owner: str, segmentation: Segmentation) -> None:
        """Begin a journal of what comes with corrections: its removal has been undone."""
        if segmentation not in self._paths and not self._session.is_saved(segmentation):
            self._begin(owner, segmentation)

    def _begin(self, owner: str, segmentation: Segmentation) -> None:
        path = self._paths[segmentation] = self._shelf.new_path()
        self._submit(partial(_begin, path, _head(segmentation, owner), segmentation))

    def _bring_back(self, scene: Scene, journal: Journal) -> None:
        series, head = scene.series, journal.head
        if scene.study not in self._session.studies or not _lies_on(head, scene.volume.geometry):
            return
        if journal.path in self._paths.values():  # brought back while this was read
            return
        source = Source.of(series)
        mask = _mask_of(journal, scene.volume.geometry, source)
        self._paths[mask] = journal.path
        scene.study.add(mask)
        if self._session.scene is scene:
            scene.show_segmentation(mask)
        self._session.notices.add(
            "warning",
            "Corrections of {name} that were never exported have been brought back.",
            "Export the mask, or remove it from the list.",
            name=head.name,
        )

    def _submit(self, work: Callable[[Progress], Any], done: Callable[[Any], None] | None = None) -> Job:
        jobs, told = self._session.jobs, self._session.notices.add_error
        return jobs.submit("Journal", work, place="journal", on_done=done, on_failed=told, silent=True)


def _mask_of(journal: Journal, geometry: Geometry, source: Source) -> Segmentation:
    head, provenance = journal.head, dict(journal.head.provenance)
    by, at = (str(provenance.pop(key, "")) for key in ("edited_by", "edited_at"))
    mask = Segmentation(journal.labels, geometry, source, head.segments, head.name, provenance, edits=head.edits)
    mask.edits, mask.edited_by, mask.edited_at = head.edits + journal.strokes, by, at
    return mask


def _head(segmentation: Segmentation, owner: str) -> JournalHead:
    return JournalHead(
        sop_hash=segmentation.source.sop_hash,
        name=segmentation.name,
        segments=segmentation.segments,
        provenance=_provenance(segmentation),
        shape=segmentation.geometry.shape,
        dtype=segmentation.labels.dtype.str,
        edits=segmentation.edits,
        affine=tuple(segmentation.geometry.affine.ravel().tolist()),
        owner=owner,
    )


def _provenance(mask: Segmentation) -> dict[str, Any]:
    """Return how a mask came about and who corrects it, without what names the study."""
    kept = {key: value for key, value in mask.provenance.items() if key not in ("input", "inputs")}
    return kept | {"edited_by": mask.edited_by, "edited_at": mask.edited_at}


def _owner(facts: StudyFacts) -> str:
    """Return what tells a patient's study from every other, without naming it."""
    from medview.files.scanning.findings import owner_of

    return hashlib.sha256("\n".join(owner_of(facts)).encode("utf-8", "surrogatepass")).hexdigest()


def _lies_on(head: JournalHead, geometry: Geometry) -> bool:
    """Whether a journal's mask was drawn on this grid; one of an older version names only its shape."""
    if not head.affine:
        return head.shape == geometry.shape
    return Geometry(head.shape, np.reshape(head.affine, (4, 4))).same_grid(geometry)


# The labels are read when their turn comes, not copied on the main thread. They may hold a later stroke already, or a
# part of one: its own record follows and overwrites that.


def _begin(path: Path, head: JournalHead, segmentation: Segmentation, progress: Progress) -> None:
    begin(path, head, segmentation.labels)


def _append(path: Path, box: Box, segmentation: Segmentation, progress: Progress) -> None:
    append(path, box, segmentation.labels[box])


def _remove(path: Path, progress: Progress) -> None:
    path.unlink(missing_ok=True)
