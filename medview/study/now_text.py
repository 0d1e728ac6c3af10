"""The time of day at which something was changed, as it is kept with it."""

from __future__ import annotations

from datetime import UTC, datetime


def now_text() -> str:
    """Return the time of now to the second, in UTC, as ISO 8601 writes it: ``2026-11-23T15:49:07+00:00``."""
    return datetime.now(UTC).isoformat(timespec="seconds")
