"""Whatever stands in a record of a finding or a run, or in its arrays, nothing raises but that it is damaged."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medview.library.finding_record import arrays_of, finding_record, kept_finding, kept_run, needs_arrays, run_record
from medview.library.kept_arrays import KeptArrays
from medview.study.finding import ClassScores, Curve, Finding
from medview.study.geometry import Geometry
from medview.study.segmentation import Source
from tests.session.test_keep_findings import MADE, NODULE, boxes, everything, facts

NONSENSE: tuple[Any, ...] = (None, "", "x", -1, 10**400, float("nan"), [], [[]], [[1e400, 2.0]], {}, {"sop": []}, True)
SHAPE = (5, 4, 3)
GRID = Geometry.from_axes(SHAPE, origin=(0, 0, 0), slice_step=(0, 0, 3), row_step=(0, 2, 0), column_step=(1, 0, 0))
SOURCE = Source("key", "1", "2", "hash")
PAYLOADS = (boxes(0.9).boxes[0], *everything(SHAPE))


def finding(payload: Any) -> Finding:
    return Finding(
        "1.1", "1.9", "P", payload, GRID, SOURCE, dict(MADE), "accepted", 0.5, "jroe", "2026-11-23T08:00:00+00:00"
    )


def damaged(record: Any, steps: tuple[Any, ...] = ()) -> Any:
    """Yield a record once for each place in it and each nonsense there, and without each of its names."""
    inner = record
    for step in steps:
        inner = inner[step]
    names = list(inner) if isinstance(inner, dict) else list(range(len(inner))) if isinstance(inner, list) else []
    for name in names:
        for value in NONSENSE:
            other = at = copy.deepcopy(record)
            for step in steps:
                at = at[step]
            at[name] = value
            yield other
        if isinstance(inner, dict):
            other = at = copy.deepcopy(record)
            for step in steps:
                at = at[step]
            del at[name]
            yield other
        yield from damaged(record, (*steps, name))


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: type(payload).__name__)
def test_every_field_of_a_finding_may_be_nonsense_or_missing(payload: Any) -> None:
    made = finding(payload)
    record, run, arrays = finding_record(made), kept_run(run_record(made, 0.25)), arrays_of(made)
    assert facts(kept_finding("1.1", record, run, arrays)) == facts(made)
    assert needs_arrays(record) == bool(arrays)
    count = 0
    for other in damaged(record):
        count += 1
        try:
            needs_arrays(other)
            found = kept_finding("1.1", other, run, arrays)
        except ValueError:
            continue
        assert isinstance(found, Finding)
        assert found.status in ("proposed", "accepted", "rejected", "edited")
    assert count > 100


def test_every_field_of_a_run_may_be_nonsense_or_missing() -> None:
    record = run_record(finding(PAYLOADS[0]), 0.25)
    run = kept_run(record)
    assert (run.title, run.source, run.threshold) == ("P", SOURCE, 0.25)
    assert run.geometry.same_grid(GRID)
    for other in damaged(record):
        try:
            found = kept_run(other)
        except ValueError:
            continue
        assert isinstance(found.source.sop_hash, str)
        assert found.threshold is None or np.isfinite(found.threshold)


@pytest.mark.parametrize("payload", PAYLOADS[1:6], ids=lambda payload: type(payload).__name__)
def test_arrays_that_do_not_fit_are_damage(payload: Any) -> None:
    made = finding(payload)
    record, run, arrays = finding_record(made), kept_run(run_record(made, None)), arrays_of(made)
    for name, array in arrays.items():
        wrong = [array[..., :-1], array.astype(np.complex64), array[None], np.full(array.shape, "x"), np.empty(0)]
        for other in (*wrong, None):
            given = {key: value for key, value in arrays.items() if key != name} | (
                {} if other is None else {name: other}
            )
            if name == "frame_indices" and other is not None and not other.size:
                continue  # a curve that leads nowhere
            with pytest.raises(ValueError, match=r"."):
                kept_finding("1.1", record, run, given)


@pytest.mark.parametrize("kind", [np.float16, np.float64, np.int32])
def test_numbers_of_other_types_than_the_contract_names_are_kept_as_they_are(kind: type) -> None:
    scores = ClassScores(
        (NODULE,), np.array([1], kind), "logit", np.array([0, 2], np.uint8), np.array([[1], [2]], kind)
    )  # fmt: skip
    curve = Curve("Area", np.arange(3, dtype=kind), np.arange(3, dtype=kind), "ms", "1", (), np.array([]))
    for payload in (scores, curve):
        made = finding(payload)
        found = kept_finding("1.1", finding_record(made), kept_run(run_record(made, None)), arrays_of(made))
        for name, array in arrays_of(made).items():
            np.testing.assert_array_equal(getattr(found.payload, name), array)


def test_a_pickle_is_never_loaded_and_no_name_leads_out_of_the_folder(tmp_path: Path) -> None:
    kept = KeptArrays(tmp_path / "kept", lambda identity: [])
    uid = "../../outside"
    kept.write("a" * 32, uid, {"array": np.arange(3)})
    (path,) = tmp_path.rglob("*.npz")
    assert path.parent == tmp_path / "kept" / ("a" * 32)
    np.savez(path, array=np.array([print], dtype=object))
    with pytest.raises(ValueError, match="pickle"):
        kept.read("a" * 32, uid)
    path.write_bytes(b"")
    with pytest.raises(ValueError, match=r"."):
        kept.read("a" * 32, uid)
