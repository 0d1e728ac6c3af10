"""Read the header of one image, or of two side by side, for a person who looks into it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from medview.files.tags.tag_row import TagTree, chosen_rows
from medview.jobs.job import Job
from medview.progress import Progress
from medview.session.session import Session


def inspect_header(
    session: Session, path: Path, on_done: Callable[[TagTree], None], on_failed: Callable[[BaseException], None]
) -> Job:
    """Submit the reading of every element of a file; `on_done` receives the rows on the main thread."""

    def work(progress: Progress) -> TagTree:
        from medview.files.tags.dicom_tags import read_tags

        return read_tags(path, progress)

    return _submit(session, work, on_done, on_failed)


def compare_headers(
    session: Session,
    paths: tuple[Path, Path],
    on_done: Callable[[TagTree], None],
    on_failed: Callable[[BaseException], None],
) -> Job:
    """Submit the comparison of two files; `on_done` receives the rows of both on the main thread."""

    def work(progress: Progress) -> TagTree:
        from medview.files.tags.compare_tags import compare_tags

        return compare_tags(*paths, progress)

    return _submit(session, work, on_done, on_failed)


def search_header(
    session: Session, tree: TagTree, text: str, *, only_differences: bool, on_done: Callable[[TagTree], None]
) -> Job:
    """Submit a search; `on_done` receives the rows found, with those above them."""

    def work(progress: Progress) -> TagTree:
        return chosen_rows(tree, text, only_differences=only_differences, check=lambda: progress(0.0))

    return _submit(session, work, on_done, session.notices.add_error)


def _submit(
    session: Session,
    work: Callable[[Progress], TagTree],
    on_done: Callable[[TagTree], None],
    on_failed: Callable[[BaseException], None],
) -> Job:
    return session.jobs.submit(
        "Reading the header", work, place="headers", on_done=on_done, on_failed=on_failed, silent=True
    )
