"""The suite on plugins that lay a second patient on the first: what is right passes, four planted faults fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from medview.plugin.authoring.new_plugin import new_plugin
from tests.plugin.test_conformance import failed, plugin_of, suite

# what is changed in the code of the plugin to begin with, the tests that are run, and the row that must fail
PLANTED: dict[str, tuple[str, str, tuple[str, ...], str]] = {
    "leads the other way": ("second - first", "first - second", ("shift",), "known shift"),
    "finds nothing": ("second - first", "0.0", ("shift",), "known shift"),
    "takes indices for millimetres": (
        "volume.geometry.to_mm(total / count)", "(total / count)[::-1]", ("orientation",), "orientation: flipped",
    ),
    "rolls dice": ("second - first", "np.random.default_rng().normal(size=3) * 9", ("determinism",), "determinism"),
}  # fmt: skip


def test_the_plugin_to_begin_with_passes_the_whole_suite(tmp_path: Path) -> None:
    rows = suite(plugin_of(new_plugin("mine", "register", tmp_path)))
    assert failed(rows) == {}
    assert [name for name, row in rows.items() if row.state == "does not apply"] == ["self tests"]
    assert rows["known shift"].state == "passed"


@pytest.mark.parametrize("what", PLANTED)
def test_a_planted_fault_fails_in_its_own_row(what: str, tmp_path: Path) -> None:
    right, wrong, only, row = PLANTED[what]
    folder = new_plugin("mine", "register", tmp_path)
    code = (folder / "mine.py").read_text(encoding="utf-8")
    assert code.count(right) == 1
    (folder / "mine.py").write_text(code.replace(right, wrong), encoding="utf-8")
    rows = suite(plugin_of(folder), *only)
    assert rows[row].state == "failed", rows
