"""Look after the local list of studies: what is missing, what goes, what is built anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from medview.errors import Sentence
from medview.jobs.job import Job
from medview.progress import Progress
from medview.session.session import Session
from medview.session.tell_quota import tell_quota
from medview.session.use_library import use_library

if TYPE_CHECKING:
    from medview.library.library import Library
    from medview.library.reports import Freed, Rebuilt, Verified


def verify_library(session: Session) -> Job:
    """Submit a look at every file of the list; a notice says how many are missing or changed."""

    def work(library: Library, progress: Progress) -> Verified:
        return library.verify(progress)

    def done(found: Verified) -> None:
        if found.is_whole:
            session.notices.add(
                "info", "{files} {files:file|files} looked for: every one is in its place.", files=found.files
            )
            return
        session.notices.add(
            "warning",
            "Of {files} {files:file|files} of the library, {missing} {missing:is|are} missing and {changed} "
            "{changed:has|have} changed, in {studies} {studies:study|studies}.",
            "Connect the disk or share they lie on, or import them again.",
            files=found.files,
            missing=sum(len(check.missing) for check in found.troubled),
            changed=sum(len(check.changed) for check in found.troubled),
            studies=len(found.troubled),
        )

    return use_library(session, work, on_done=done, title=Sentence("Checking the library"), place="scan")


def rebuild_library(session: Session) -> Job:
    """Submit the making of the list from the files; a notice says what is on it."""

    def work(library: Library, progress: Progress) -> Rebuilt:
        return library.rebuild(progress, workers=session.jobs.workers)

    def done(rebuilt: Rebuilt) -> None:
        session.notices.add(
            "info",
            "The library is rebuilt: {studies} {studies:study|studies}, {files} {files:file|files}.",
            "Folders that could not be reached: {folders}." if rebuilt.absent_folders else "",
            studies=rebuilt.studies,
            files=rebuilt.files,
            folders=len(rebuilt.absent_folders),
        )

    return use_library(session, work, on_done=done, title=Sentence("Rebuilding the library"), place="scan")


def make_room(session: Session) -> Job:
    """Submit deleting the library's own copies of the longest unopened studies until its quota is kept."""

    def work(library: Library, progress: Progress) -> Freed:
        return library.make_room(0, progress)

    def done(freed: Freed) -> None:
        _tell_freed(session, freed)
        tell_quota(session, replace(freed, files=0))  # what went has been told

    return use_library(session, work, on_done=done, title=Sentence("Making room in the library"), place="scan")


def forget_studies(session: Session, study_ids: Sequence[int]) -> Job:
    """Submit taking studies off the list; no file is touched."""

    def work(library: Library, progress: Progress) -> int:
        return library.forget(study_ids)

    return use_library(session, work, title=Sentence("Taking studies off the list"))


def delete_copies(session: Session, study_ids: Sequence[int]) -> Job:
    """Submit deleting the library's own copies of studies for good; a notice says what went and what did not."""

    def work(library: Library, progress: Progress) -> Freed:
        return library.delete_copies(study_ids, progress)

    def done(freed: Freed) -> None:
        _tell_freed(session, freed)

    return use_library(session, work, on_done=done, title=Sentence("Deleting copies"), place="scan")


def _tell_freed(session: Session, freed: Freed) -> None:
    session.notices.add(
        "info",
        "{files} {files:copy|copies} deleted, {megabytes:.1f} MB freed.",
        files=freed.files,
        megabytes=freed.freed_bytes / 1e6,
    )
    for _, reason in freed.left:
        session.notices.add("warning", reason)
