"""UIDs of what MedView writes, under 2.25 (PS3.5 B.2)."""

from __future__ import annotations

import uuid


def made_uid(*parts: str) -> str:
    """Return a UID that is always the same for the same parts."""
    return f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, '/'.join(('medview', *parts))).int}"


def new_uid() -> str:
    """Return a UID that has never been before."""
    return f"2.25.{uuid.uuid4().int}"
