"""Save a copy of a document that lies in a DICOM file."""

from __future__ import annotations

from pathlib import Path

from medview.errors import Sentence
from medview.jobs.job import Job
from medview.progress import Progress
from medview.session.session import Session
from medview.study.spare_original import spare_original
from medview.study.study_object import StudyObject


def save_document(session: Session, found: StudyObject, path: Path) -> Job:
    """Submit the writing of a copy; a notice says where it is. Nothing is opened or run."""
    images = [one for study in session.studies for one in study.series]

    def work(progress: Progress) -> None:
        from medview.files.objects.encapsulated_document import write_document

        progress(0.0)
        spare_original(path, images)
        write_document(found, path)

    def done(_: None) -> None:
        session.notices.add("info", "Saved and read back without a difference: {path}", path=str(path))

    title = Sentence("Saving {name}", {"name": path.name})
    return session.jobs.submit(title, work, on_done=done, on_failed=session.notices.add_error)
