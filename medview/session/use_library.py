"""Work with the local list of studies, away from the main thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from medview.errors import Sentence
from medview.jobs.job import Job, PlaceName
from medview.paths import data_folder
from medview.progress import Progress
from medview.session.give_way import give_way
from medview.session.session import Session

if TYPE_CHECKING:
    from medview.library.library import Library

_ASKING = Sentence("Asking the library")
_REBUILDING = Sentence("Rebuilding the library")


def use_library(
    session: Session,
    work: Callable[[Library, Progress], Any],
    *,
    on_done: Callable[[Any], None] | None = None,
    on_failed: Callable[[BaseException], None] | None = None,
    title: Sentence = _ASKING,
    place: PlaceName = "library",
) -> Job:
    """Submit `work` with the library, which is opened where it is used for the first time.

    Parameters
    ----------
    title
        What a person reads while it goes on; the usual short question is silent.
    place
        "library" for what takes milliseconds, so that a search never waits for an import; "scan" for what takes longer,
        which lets a series be read for the screen first.
    """

    def with_library(progress: Progress) -> Any:
        if place == "scan":
            give_way(session, progress)
        return work(_opened(session), progress)

    def done(value: Any) -> None:
        _tell_state(session)
        if on_done is not None:
            on_done(value)

    failed = on_failed or session.notices.add_error
    silent = title is _ASKING
    return session.jobs.submit(title, with_library, place=place, on_done=done, on_failed=failed, silent=silent)


def has_library(session: Session) -> bool:
    """Whether there is a list already: asking one that is not there would make it."""
    return session.library is not None or (data_folder() / "library").is_dir()


def _opened(session: Session) -> Library:
    from medview.library.library import Library

    # two threads that come first at once open it twice, which does no harm: it may be used by several programs
    library = session.library or Library(data_folder() / "library")
    session.library = library
    return library


def _tell_state(session: Session) -> None:
    """Say once what opening the library had to tell, and rebuild it where its index was lost."""
    library = session.library
    if library is None or session.library_told:
        return
    session.library_told = True
    for sentence in library.said:
        session.notices.add("warning", sentence)
    if library.needs_rebuild:

        def rebuild(library: Library, progress: Progress) -> None:
            library.rebuild(progress, workers=session.jobs.workers)

        use_library(session, rebuild, title=_REBUILDING, place="scan")
