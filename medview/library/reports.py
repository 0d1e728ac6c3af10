"""What the library has done, as values: what was added, looked for again, taken off the list, freed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from medview.errors import Sentence


@dataclass(frozen=True)
class Added:
    """What an import has done. Every file of the studies given is counted once.

    Attributes
    ----------
    study_ids
        The studies that the files belong to, whether they are new on the list or not.
    new_files, known_files
        Files that joined the list; files that were there already: the same file, or an image with the same identifier
        and the same bytes.
    found_again
        How many of the new files are files of the list that were missing elsewhere.
    apart
        Files whose SOP Instance UID is that of another file with other bytes: both are kept, each as it is.
    left_out
        (path, why) of files that could not be taken: they changed or vanished meanwhile, or cannot be copied.
    """

    study_ids: tuple[int, ...] = ()
    new_files: int = 0
    known_files: int = 0
    found_again: int = 0
    apart: tuple[Path, ...] = ()
    left_out: tuple[tuple[Path, Sentence], ...] = ()


@dataclass(frozen=True)
class Rescan:
    """What a second look at a folder found: found = unchanged + new + changed, without reading what is unchanged.

    Attributes
    ----------
    gone
        Files on the list that were below the folder and are there no more.
    added
        What the new and changed files have become.
    other, rejected
        (path, what it is) and (path, why) of all files there that hold no image, read now or known.
    """

    study_ids: tuple[int, ...] = ()
    unchanged: int = 0
    new: int = 0
    changed: int = 0
    gone: tuple[Path, ...] = ()
    added: Added = Added()
    other: tuple[tuple[Path, Sentence], ...] = ()
    rejected: tuple[tuple[Path, Sentence], ...] = ()


@dataclass(frozen=True)
class StudyCheck:
    """What `verify` says of one study whose files are not as they were."""

    study_id: int
    missing: tuple[Path, ...]
    changed: tuple[Path, ...]


@dataclass(frozen=True)
class Verified:
    """What `verify` found. Studies that are whole are only counted."""

    studies: int
    files: int
    troubled: tuple[StudyCheck, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether every file is where it was and as it was."""
        return not self.troubled


@dataclass(frozen=True)
class Rebuilt:
    """What `rebuild` did: studies and files on the list now, copies that no study had had, folders not there."""

    studies: int
    files: int
    orphans: int = 0
    absent_folders: tuple[Path, ...] = ()
    said: tuple[Sentence, ...] = ()


@dataclass(frozen=True)
class Freed:
    """What `make_room` or `delete_copies` removed, and why it left others: each a sentence without patient data."""

    study_ids: tuple[int, ...] = ()
    files: int = 0
    freed_bytes: int = 0
    left: tuple[tuple[int, Sentence], ...] = ()
    is_enough: bool = True


@dataclass(frozen=True)
class Usage:
    """How much there is: `copied_bytes` in the store, `linked_bytes` where they were found."""

    studies: int = 0
    series: int = 0
    images: int = 0
    files: int = 0
    copied_bytes: int = 0
    linked_bytes: int = 0
    quota_bytes: int = 0


@dataclass(frozen=True)
class Result:
    """A mask or other result made from a study here. `sent` is True once it has been exported or sent."""

    id: int
    study_id: int
    kind: str
    name: str
    made_s: float
    sent: bool = False
    path: Path | None = None
