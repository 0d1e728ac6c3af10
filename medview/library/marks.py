"""What a person has put on the images of studies, and what models have found on them: a file for each study.

They lie beside the index as JSON, whether a study is on the list or not, and are found again by its identity alone: no
other patient's study, though it carry the same identifiers, is ever given them. They outlive the index, and what is
taken off the list or comes back to it.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from medview.errors import MedViewError, Sentence
from medview.files.atomic import write_error, written_whole
from medview.files.private_folder import private_folder

_FORMAT = 1
_BUSY_S = 20.0  # another program may be writing: that lasts for milliseconds
SECTIONS = ("measurements", "key_images")
Records = dict[str, dict[str, Any]]  # by the name that tells a thing from every other
_MEASUREMENTS = Sentence("measurements")


@dataclass(frozen=True)
class Change:
    """What has become of the things of one section.

    Attributes
    ----------
    put
        Things that are new or have changed, by name; None where one is no longer there.
    order
        Names in the order they are to have; things of others that are not named follow.
    """

    put: Mapping[str, dict[str, Any] | None]
    order: Sequence[str] = ()


@dataclass(frozen=True)
class KeptMarks:
    """What the file of a study holds, by section, and what must be told of it."""

    sections: Mapping[str, Records] = field(default_factory=dict)
    said: tuple[Sentence, ...] = ()


class Marks:
    """The files of marks in one folder. Safe to use from several threads, and by several running programs at once.

    Parameters
    ----------
    sections
        What a file holds: tables of records by the names of things.
    what
        What a person calls that.
    """

    def __init__(self, folder: Path, sections: Sequence[str] = SECTIONS, what: Sentence = _MEASUREMENTS) -> None:
        self._folder = folder
        self._section_names = sections
        self._what = what

    def read(self, identity: str) -> KeptMarks:
        """Return what is kept of a study (`medview.library.identity`); a damaged file is set aside, and told.

        Raises
        ------
        MedViewError
            The file may not be read, or a newer version of the program wrote it.
        """
        try:
            return KeptMarks(self.sections(identity))
        except ValueError:
            with self._alone():
                return self._read_alone(self._path(identity))

    def sections(self, identity: str) -> dict[str, Records]:
        """Return what is kept of a study, and leave a damaged file where it is.

        Raises
        ------
        ValueError
            The file is damaged.
        MedViewError
            As `read` raises it.
        """
        path = self._path(identity)
        return self._sections(path) if path.exists() else {}

    def change(self, identity: str, changes: Mapping[str, Change]) -> tuple[Sentence, ...]:
        """Take changes up into the file of a study, which is there whole or as it was; return what must be told.

        What other programs have written meanwhile stays, but for the very things that are changed here.

        Raises
        ------
        MedViewError
            The disk is full or may not be written, or a newer version of the program wrote the file.
        """
        try:
            private_folder(self._folder)
        except OSError as error:
            raise write_error(error, self._folder) from error
        path = self._path(identity)
        with self._alone():
            kept = self._read_alone(path)
            sections = {name: _changed(kept.sections.get(name, {}), changes.get(name)) for name in self._section_names}
            with written_whole(path) as beside:
                beside.write_text(json.dumps({"format": _FORMAT, **sections}), encoding="utf-8")
                if self._sections(beside) != sections:
                    raise MedViewError("What was read back from {name} differs.", name=path.name)
        return kept.said

    def _read_alone(self, path: Path) -> KeptMarks:
        """Return what a file holds while no other program writes; a damaged one is set aside."""
        if not path.exists():
            return KeptMarks()
        try:
            return KeptMarks(self._sections(path))
        except ValueError:
            aside = path.with_name(f"{path.stem}-damaged-{secrets.token_hex(4)}.json")
            os.replace(path, aside)
            told = Sentence(
                "The file of {what} of this study was damaged and has been set aside as {name}.",
                {"what": self._what, "name": aside.name},
            )
            return KeptMarks(said=(told,))

    def _sections(self, path: Path) -> dict[str, Records]:
        """Return the sections of a file; ValueError where they are none."""
        content, found = _content(path, self._what), {}
        for name in self._section_names:
            section = content.get(name, {})
            if not isinstance(section, dict) or not all(isinstance(record, dict) for record in section.values()):
                raise ValueError("no section of marks")
            found[name] = section
        return found

    def _path(self, identity: str) -> Path:
        return self._folder / f"{identity}.json"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other programs from writing."""
        lock = FileLock(self._folder / "marks.lock")
        try:
            lock.acquire(timeout=_BUSY_S)
        except Timeout as error:
            raise MedViewError(
                "Another program is writing {what} and does not let go.", "Close other windows of MedView.",
                what=self._what,
            ) from error  # fmt: skip
        except OSError as error:
            raise write_error(error, self._folder) from error
        try:
            yield
        finally:
            lock.release()


def _content(path: Path, what: Sentence) -> dict[str, Any]:
    """Return what a file says; ValueError where it is damaged."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise MedViewError(
            "The {what} in {path} cannot be read: {reason}", "Ask for the right to read this file.",
            what=what, path=str(path), reason=error.strerror or str(error),
        ) from error  # fmt: skip
    if not isinstance(content, dict) or not isinstance(content.get("format"), int):
        raise ValueError("no file of marks")
    if content["format"] > _FORMAT:
        raise MedViewError(
            "The {what} of this study were written by a newer version of MedView.",
            "Use that version to see them. They stay as they are.",
            what=what,
        )
    return content


def _changed(records: Records, change: Change | None) -> Records:
    """Return records with a change taken up, in its order."""
    if change is None:
        return records
    now = {**records, **change.put}
    names = dict.fromkeys([*(name for name in change.order if name in now), *now])
    return {name: record for name in names if (record := now[name]) is not None}
