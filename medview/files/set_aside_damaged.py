"""Files of a person's own that have been damaged: they are not written over."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

from medview.files.atomic import write_error


def set_aside_damaged(path: Path) -> None:
    """Give a JSON file that cannot be read another name, so that what can be saved of it is not lost.

    Raises
    ------
    MedViewError
        The folder may not be written to.
    """
    try:
        json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    except (OSError, ValueError):
        try:
            os.replace(path, path.with_name(f"{path.stem}-damaged-{secrets.token_hex(4)}{path.suffix}"))
        except OSError as error:
            raise write_error(error, path) from error
