"""What the person has chosen, kept between runs. Holds no patient data."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any

from psygnal import Signal

from medview.paths import data_folder

logger = logging.getLogger(__name__)
_NOT_KEPT = ("last_folder",)  # a folder may be named after a patient
DEFAULTS: dict[str, Any] = {
    "language": "",  # "" follows the system's locale; "en" or "zh_CN" otherwise
    "theme": "dark",
    "keymap": "",  # a set of keys known from another viewer (resources/keymaps), "" for MedView's own
    "shortcuts": {},  # a person's own keys by command id
    "device": "auto",
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


class Settings:
    """Settings by name, written to `settings.json` of the person's data folder at each change."""

    changed = Signal(str)

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or data_folder() / "settings.json"
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
            logger.info("settings could not be read; the defaults are used")
            return {}
        if not isinstance(values, dict):
            return {}
        kept = {name: value for name, value in DEFAULTS.items() if name not in _NOT_KEPT}
        return {name: values[name] for name in kept if isinstance(values.get(name), type(kept[name]))}

    def _write(self) -> None:
        temporary = self._path.with_suffix(".tmp")
        try:
            kept = {name: value for name, value in self._values.items() if name not in _NOT_KEPT}
            temporary.write_text(json.dumps(kept, indent=2), encoding="utf-8")
            os.replace(temporary, self._path)
        except OSError:
            logger.info("settings could not be written")
