"""A person's name as it is read."""

from __future__ import annotations


def patient_name(name: str) -> str:
    """Return a Person Name (PS3.5 6.2) as it is read: "Family, Given Middle", other scripts after it."""
    groups = [_joined(group) for group in name.split("=")]
    return " / ".join(group for group in groups if group)


def _joined(group: str) -> str:
    family, *others = (part.strip() for part in group.split("^"))
    given = " ".join(part for part in others if part)
    return ", ".join(part for part in (family, given) if part)
