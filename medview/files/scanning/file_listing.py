"""The files of folders, to any depth, each folder once however it is linked."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from medview.errors import MedViewError
from medview.progress import Progress

_PERMISSION_REMEDY = "Choose another folder, or ask for the right to read this one."


def list_files(roots: Sequence[Path], progress: Progress) -> Iterator[tuple[Path, bool]]:
    """Yield (path, whether it is a regular file) of all roots in the order of their names.

    A folder inside a root that cannot be read is yielded itself, so that it is not passed over.

    Raises
    ------
    MedViewError
        A root does not exist or may not be read.
    """
    seen: set[tuple[int, int]] = set()
    for root in roots:
        if root.is_dir():
            yield from _walk(root, seen, progress, is_root=True)
        elif os.path.lexists(root):
            yield root, root.is_file()
        else:
            raise MedViewError("{path} does not exist.", "Check the name, or choose the folder again.", path=root)


def reason(error: OSError) -> str:
    """Return the system's words for what went wrong."""
    return error.strerror or str(error)


def _walk(
    folder: Path, seen: set[tuple[int, int]], progress: Progress, *, is_root: bool = False
) -> Iterator[tuple[Path, bool]]:
    progress(0.0, folder.name)
    facts = folder.stat()
    if (facts.st_dev, facts.st_ino) in seen and facts.st_ino:
        return
    seen.add((facts.st_dev, facts.st_ino))
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError as error:
        if is_root:
            raise MedViewError(
                "The folder {path} cannot be read: {reason}", _PERMISSION_REMEDY, path=folder, reason=reason(error)
            ) from error
        yield folder, True
        return
    for entry in entries:
        if _is(entry.is_dir):
            yield from _walk(Path(entry.path), seen, progress)
        else:
            yield Path(entry.path), _is(entry.is_file)


def _is(question: Callable[[], bool]) -> bool:
    try:
        return question()
    except OSError:  # a link that points to itself
        return False
