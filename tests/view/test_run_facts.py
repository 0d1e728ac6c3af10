"""How a run went, in words."""

from __future__ import annotations

from medview.view.run_facts import run_facts


def test_device_and_seconds_are_told_and_what_memory_was_too_short_for() -> None:
    assert str(run_facts({"device": "cpu", "seconds": {"total": 12.34}})) == "Computed on the processor in 12.3 s"
    assert str(run_facts({"device": "cuda"})) == "Computed on the graphics card"
    told = run_facts({"device": "cpu", "rung": "processor, sums in half precision", "seconds": {"total": 70}})
    expected = "Computed on the processor in 70.0 s; memory was short: the processor, sums in half precision"
    assert str(told) == expected
    assert str(run_facts({"device": "npu", "rung": "one tile at a time"})) == (
        "Computed on npu; memory was short: one tile at a time"
    )
