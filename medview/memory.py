"""How much memory this computer has, and how much of it is free."""

from __future__ import annotations

_MB = 1 << 20


def free_memory_mb() -> int:
    """Return how much memory could be taken without swapping."""
    import psutil

    return int(psutil.virtual_memory().available) // _MB


def total_memory_mb() -> int:
    """Return the memory of this computer."""
    import psutil

    return int(psutil.virtual_memory().total) // _MB
