"""How much memory this computer has, and how much of it is free; in a container, how much that has."""

from __future__ import annotations

from pathlib import Path

_MB = 1 << 20
_GROUPS = Path("/sys/fs/cgroup")
# the limit, what is taken, and in memory.stat what of that is only a copy of files: control groups of version 2 and 1
_FILES = (
    ("memory.max", "memory.current", "memory.stat", "inactive_file"),
    ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat", "total_inactive_file"),
)


def free_memory_mb() -> int:
    """Return how much memory could be taken without swapping, or beyond what a container is given."""
    import psutil

    free = int(psutil.virtual_memory().available) // _MB
    group = _group_mb()
    return free if group is None else min(free, max(group[0] - group[1], 0))


def total_memory_mb() -> int:
    """Return the memory of this computer, or what a container is given of it."""
    import psutil

    total = int(psutil.virtual_memory().total) // _MB
    group = _group_mb()
    return total if group is None else min(total, group[0])


def _group_mb() -> tuple[int, int] | None:
    """Return limit and use of the control group that everything here belongs to; None where there is no limit."""
    for limit_name, used_name, stat_name, kept_name in _FILES:
        try:
            limit, used = (int((_GROUPS / name).read_text(encoding="ascii")) for name in (limit_name, used_name))
            rows = dict(line.split() for line in (_GROUPS / stat_name).read_text(encoding="ascii").splitlines())
            return limit // _MB, max(used - int(rows.get(kept_name, 0)), 0) // _MB
        except (OSError, ValueError):  # no such version, or "max": no limit
            continue
    return None
