"""Say which files of a person's own cannot be read: each once, when MedView starts, and nothing is written over it."""

from __future__ import annotations

from medview.session import own_presets, volume_looks
from medview.session.hanging_rule import own_hanging_folder, read_own_hanging
from medview.session.session import Session


def tell_broken_files(session: Session) -> None:
    """Add a notice for settings, window presets, 3D looks, layouts and hanging protocols that people edit by hand."""
    found = [session.settings.error, own_presets.why_unread(), volume_looks.why_unread()]
    found.append(session.saved_layouts.why_unread())
    if own_hanging_folder().is_dir():
        found += read_own_hanging()[1]
    for error in found:
        if error is not None:
            session.notices.add_error(error)
