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
DEFAULTS: dict[str, Any] = {
    "language": "",  # "" follows the system's locale; "en" or "zh_CN" otherwise
    "theme": "dark",
    "device": "auto",
    "window_drag_inverted": False,
    "mask_opacity": 0.4,
    "brush_radius_mm": 6.0,
    "patient_text_visible": True,
    "last_folder": "",
    "window_geometry": "",  # place and size of the window, and of its panels, as Qt packs them
    "window_state": "",
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
        return {k: v for k, v in values.items() if k in DEFAULTS and isinstance(v, type(DEFAULTS[k]))}

    def _write(self) -> None:
        temporary = self._path.with_suffix(".tmp")
        try:
            temporary.write_text(json.dumps(self._values, indent=2), encoding="utf-8")
            os.replace(temporary, self._path)
        except OSError:
            logger.info("settings could not be written")
