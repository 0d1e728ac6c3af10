"""The layouts that a person has saved under a name."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from pathlib import Path

from medview.errors import MedViewError
from medview.files.atomic import written_whole
from medview.paths import data_folder
from medview.session.layout import Cell, Layout, layout_from

_PREFIX = "own: "
_HEAD = "# Layouts saved under a name, written by MedView; as resources/layouts.toml they may be edited by hand.\n"


class SavedLayouts:
    """Layouts in a file of the person's folder, with all their windows. They hold no patient's data.

    Parameters
    ----------
    path
        Read at first use. A file that cannot be read is left as it is: nothing is saved over it.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._layouts: tuple[Layout, ...] | None = None

    @property
    def path(self) -> Path:
        """Where they lie."""
        return self._path or data_folder() / "layouts.toml"

    @property
    def layouts(self) -> tuple[Layout, ...]:
        """The saved layouts in the order they were saved; none where the file cannot be read."""
        if self._layouts is None:
            try:
                self._layouts = self._read()
            except MedViewError:
                return ()
        return self._layouts

    def why_unread(self) -> MedViewError | None:
        """Return why they cannot be read, None where they can or there are none."""
        try:
            self._read()
        except MedViewError as error:
            return error
        return None

    def save(self, layout: Layout, title: str) -> Layout:
        """Save a layout under a name, in place of one that has the name already, and return it as it is saved.

        Raises
        ------
        MedViewError
            The file cannot be written, or holds what cannot be read.
        """
        saved = replace(layout, id=_PREFIX + title, title=title)
        self._write((*(one for one in self._read() if one.id != saved.id), saved))
        return saved

    def delete(self, layout_id: str) -> None:
        """Delete a saved layout; errors as `save`."""
        self._write(tuple(one for one in self._read() if one.id != layout_id))

    def _read(self) -> tuple[Layout, ...]:
        try:
            rows = tomllib.loads(self.path.read_text(encoding="utf-8")).get("layout", [])
            return tuple(layout_from({**row, "id": _PREFIX + str(row["title"])}) for row in rows)
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise MedViewError(
                "The saved layouts cannot be read: {reason}",
                "Correct or remove the file {name} in the folder of your settings.",
                reason=str(error),
                name=self.path.name,
            ) from error

    def _write(self, layouts: tuple[Layout, ...]) -> None:
        with written_whole(self.path) as beside:
            beside.write_text(_HEAD + "".join(map(_row, layouts)), encoding="utf-8")
        self._layouts = layouts


def _row(layout: Layout) -> str:
    cells = "".join(f"    {_cell(cell)},\n" for cell in layout.cells)
    return f"\n[[layout]]\ntitle = {_text(layout.title)}\ncells = [\n{cells}]\n"


def _cell(cell: Cell) -> str:
    told = (
        f"name = {_text(cell.name)}, kind = {_text(cell.kind)}, slot = {cell.slot}, "
        f"at = [{cell.row}, {cell.column}], span = [{cell.row_span}, {cell.column_span}], window = {cell.window}"
    )
    return "{ " + told + " }"


def _text(text: str) -> str:
    """Return a basic string of TOML, whose escapes are those of JSON."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
