"""A JSON file of a person's own beside the settings, which may be edited by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar

from medview.errors import MedViewError, Sentence
from medview.files.atomic import written_whole
from medview.files.set_aside_damaged import set_aside_damaged
from medview.paths import data_folder

T = TypeVar("T")


class OwnFile(Generic[T]):
    """What a file holds, read again where it has changed.

    Parameters
    ----------
    name
        Of the file in the person's folder.
    parse
        Makes the value of what the JSON says; it leaves out what it cannot use, and makes the empty value of ``{}``.
    unread
        What a person is told where the file cannot be read.
    """

    def __init__(self, name: str, parse: Callable[[Any], T], unread: Sentence) -> None:
        self._name = name
        self._parse = parse
        self._unread = unread
        self._read: tuple[Path, int, T] | None = None  # which file, when it was written, what it held

    @property
    def held(self) -> T:
        """What the file holds; the empty value where it cannot be read, which is told when MedView starts."""
        try:
            return self._held()
        except MedViewError:
            return self._parse({})

    def why_unread(self) -> MedViewError | None:
        """Return why the file cannot be read, None where it can or there is none."""
        try:
            self._held()
        except MedViewError as error:
            return error
        return None

    def write(self, data: Any) -> None:
        """Write what JSON can hold; a file that could not be read is kept under another name.

        Raises
        ------
        MedViewError
            The file cannot be written.
        """
        text = json.dumps(data, indent=2)
        set_aside_damaged(self._path)
        with written_whole(self._path) as path:
            path.write_text(text, encoding="utf-8")
        self._read = None

    @property
    def _path(self) -> Path:
        return data_folder() / self._name

    def _held(self) -> T:
        path = self._path
        try:
            written_ns = path.stat().st_mtime_ns
            if self._read is None or self._read[:2] != (path, written_ns):
                self._read = path, written_ns, self._parse(json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return self._parse({})
        except (OSError, ValueError) as error:
            raise MedViewError(
                self._unread.template,
                "Correct or remove the file {name} in the folder of your settings.",
                name=path.name,
            ) from error
        return self._read[2]
