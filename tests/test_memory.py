"""Memory is what may be taken here: in a container the computer has more than the program is given."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from medview import memory

MB = 1 << 20
VERSIONS = {
    "2": ("memory.max", "memory.current", "memory.stat", "inactive_file"),
    "1": ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat", "total_inactive_file"),
}


def groups(folder: Path, version: str, limit: str, used_mb: int, kept_mb: int) -> Path:
    names = VERSIONS[version]
    (folder / "memory").mkdir(parents=True, exist_ok=True)
    for name, text in zip(names, (limit, str(used_mb * MB), f"anon 5\n{names[3]} {kept_mb * MB}"), strict=False):
        (folder / name).write_text(f"{text}\n", encoding="ascii")
    return folder


@pytest.mark.parametrize("version", VERSIONS)
def test_a_container_is_told_what_it_may_take(version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_GROUPS", groups(tmp_path, version, str(300 * MB), 250, 100))
    assert (memory.total_memory_mb(), memory.free_memory_mb()) == (300, 150)  # copies of files are given back


@pytest.mark.parametrize(("version", "limit"), [("2", "max"), ("1", str(2**63 - 4096)), ("2", "")])
def test_without_a_limit_it_is_the_computers(
    version: str, limit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "_GROUPS", groups(tmp_path, version, limit, 250, 100))
    assert memory.total_memory_mb() == psutil.virtual_memory().total // MB
    assert memory.free_memory_mb() == pytest.approx(psutil.virtual_memory().available / MB, abs=2000)
