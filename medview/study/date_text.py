"""Dates and times as they are read."""

from __future__ import annotations


def date_text(date: str) -> str:
    """Return a DICOM date (DA, also as ACR-NEMA wrote it) in ISO form; "" for what is no date."""
    digits = date.replace(".", "") if len(date) == 10 else date
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}" if len(digits) == 8 and digits.isdigit() else ""


def time_text(time: str) -> str:
    """Return a DICOM time (TM) as hours, minutes and seconds; anything else as it is."""
    digits = time.partition(".")[0]
    return ":".join(digits[i : i + 2] for i in (0, 2, 4) if digits[i : i + 2]) if digits.isdigit() else time


def moment_text(date: str, time: str = "") -> str:
    """Return a date and a time, or a DICOM date and time in one (DT), which may have a fraction and a time zone."""
    if not time:
        date, time = date[:8], date[8:].partition("+")[0].partition("-")[0]
    return f"{date_text(date)} {time_text(time)}".strip() if date_text(date) else ""
