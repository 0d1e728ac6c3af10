"""What the person has chosen, kept between runs. Holds no patient data."""

from __future__ import annotations

import json
import logging
import math
import os
from pathlib import Path
from typing import Any

from psygnal import Signal

from medview.errors import MedViewError
from medview.files.set_aside_damaged import set_aside_damaged
from medview.paths import data_folder

logger = logging.getLogger(__name__)
_NOT_KEPT = ("last_folder",)  # a folder may be named after a patient
DEFAULTS: dict[str, Any] = {
    "language": "",  # "" follows the system's locale; "en" or "zh_CN" otherwise
    "theme": "dark",
    "keymap": "",  # a set of keys known from another viewer (resources/keymaps), "" for MedView's own
    "shortcuts": {},  # a person's own keys by command id
    "device": "auto",
    "disabled_plugins": [],  # ids of plugins that are not offered
    "window_drag_inverted": False,
    "mouse_middle": "pan",  # the tools of the buttons (medview.tools.toolbox.TOOLS); the left one has the tool chosen
    "mouse_right": "zoom",
    "mouse_wheel": "scroll",  # or "zoom"
    "scroll_loops": False,  # whether after the last image the first one follows
    "interpolation": "linear",  # how an image is magnified on the screen, or "nearest"
    "magnifier_zoom": 2.0,
    "cine_fps": 0.0,  # pictures a second, 0 as recorded
    "cine_order": "loop",  # "loop", "swing" or "once"
    "corner_mode": "full",  # "full", "minimal" or "none"
    "corner_text": {},  # names of fields by corner; a corner that is not named is as shipped
    "display_px_per_mm": {},  # by screen: device pixels in a millimetre, as a person has measured them
    "mask_opacity": 0.4,
    "brush_radius_mm": 6.0,
    "measure_tool": "measure_length",  # the one that the toolbar's button offers
    "measure_tool_stays": True,  # whether a measuring tool stays active after a measurement
    "patient_text_visible": True,
    "reader_name": "",  # as reports say who has judged and corrected; "" is the login name
    "last_folder": "",
    "window_geometry": "",  # place and size of the window, and of its panels, as Qt packs them
    "window_state": "",
    "sync_scroll": True,  # panes in one frame of reference follow each other
    "sync_zoom": False,
    "sync_window": False,
    "reference_lines": "slice",  # "off", "slice" of the active pane, "ends" (also first and last) or "all"
    "hanging": True,  # a study that is opened is laid out by the hanging protocols
    "hanging_priors": True,
    "window_places": {},  # by window: place and size of further windows, as Qt packs them
    "library_add": "link",  # what is opened joins the library's list by "link" or "copy", or with "no" does not
    "import_copies": False,  # whether an import copies files into the library, or links them where they lie
    "import_opens": True,
    "library_columns": "",  # names of the columns shown, parted by spaces; "" shows the usual ones
    "library_order": "study_date desc",
}
_RANGES = {
    "magnifier_zoom": (1.0, 32.0),
    "cine_fps": (0.0, 60.0),
    "mask_opacity": (0.0, 1.0),
    "brush_radius_mm": (0.1, 100.0),
}
_CHOICES = {
    "theme": ("dark", "light"),
    "mouse_wheel": ("scroll", "zoom"),
    "interpolation": ("linear", "nearest"),
    "cine_order": ("loop", "swing", "once"),
    "corner_mode": ("full", "minimal", "none"),
    "reference_lines": ("off", "slice", "ends", "all"),
    "library_add": ("link", "copy", "no"),
}
_TEXTS_BY_NAME = ("shortcuts", "corner_text")  # lists of texts by name


class Settings:
    """Settings by name, written to `settings.json` of the person's data folder at each change.

    Each is checked when it is read, since people edit the file by hand: what cannot be used is as shipped. A file that
    cannot be read at all is set aside when another one is written.

    Attributes
    ----------
    error
        Why the file could not be read, None where it could.
    """

    changed = Signal(str)

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or data_folder() / "settings.json"
        self.error: MedViewError | None = None
        self._values = {**DEFAULTS, **self._read()}

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __setitem__(self, name: str, value: Any) -> None:
        if name not in DEFAULTS:
            raise KeyError(name)
        if self._values[name] != value:
            self._values[name] = value
            self._write()
            self.changed.emit(name)

    def _read(self) -> dict[str, Any]:
        try:
            values = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError):
            values = None
        if not isinstance(values, dict):
            logger.info("settings could not be read; the defaults are used")
            self.error = MedViewError(
                "Your settings cannot be read: those shipped are used.",
                "Correct the file {name} before you change a setting: it is set aside then.",
                name=self._path.name,
            )
            return {}
        found = {name: _usable(name, values[name]) for name in DEFAULTS if name in values and name not in _NOT_KEPT}
        return {name: value for name, value in found.items() if value is not None}

    def _write(self) -> None:
        temporary = self._path.with_suffix(".tmp")
        try:
            kept = {name: value for name, value in self._values.items() if name not in _NOT_KEPT}
            temporary.write_text(json.dumps(kept, indent=2), encoding="utf-8")
            if self.error is not None:
                set_aside_damaged(self._path)
            self.error = None
            os.replace(temporary, self._path)
        except (OSError, MedViewError):
            logger.info("settings could not be written")


def _usable(name: str, value: Any) -> Any:
    """Return a value as it may be used, of a table only the rows that may; None for what is of no use."""
    default = DEFAULTS[name]
    if isinstance(default, float):
        low, high = _RANGES[name]
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return float(value) if is_number and low <= value <= high else None  # NaN lies in no range
    if isinstance(default, dict):
        rows = value.items() if isinstance(value, dict) else ()
        return {key: row for key, row in rows if _is_row(name, row)}
    is_known = isinstance(value, type(default)) and (name not in _CHOICES or value in _CHOICES[name])
    return value if is_known else None


def _is_row(name: str, row: Any) -> bool:
    """Whether a row of a table of settings may be used."""
    if name in _TEXTS_BY_NAME:
        return isinstance(row, list) and all(isinstance(text, str) for text in row)
    if name == "display_px_per_mm":
        return isinstance(row, int | float) and not isinstance(row, bool) and math.isfinite(row)
    return isinstance(row, str)
