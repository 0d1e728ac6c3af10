"""Who sits before the program, for what says later who has judged or corrected something."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from medview.session.settings import Settings


def reader_name(settings: Settings | Mapping[str, Any]) -> str:
    """Return the name that a person has given for reports, else the login name; "" where the system knows none.

    No title and no role is added: nobody is taken for a physician.
    """
    return str(settings["reader_name"]).strip() or _login_name()


def _login_name() -> str:
    from getpass import getuser

    try:
        return getuser()
    except (OSError, KeyError, ImportError):  # which one, for an account without a name, depends on system and version
        return ""
