"""What one run on an ordinary patient tells of a plugin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from medview.plugin.conformance.agreement import Agreement
from medview.plugin.conformance.bench import Bench
from medview.plugin.conformance.row import Row
from medview.plugin.contract import Result

_PROVENANCE = (
    "plugin", "plugin_version", "manifest_sha256", "weights_sha256", "device", "precision", "rung", "backend", "seed",
    "parameters", "seconds", "started", "medview_version", "input",
)  # fmt: skip
_SAME = 0.9999


def plain(bench: Bench) -> Iterator[Row]:
    """Look for an answer, whole and of the kind that the manifest declares."""
    seen = bench.plain
    if seen.result is None:
        yield Row("plain", "failed", seen.crash or str(seen.refusal))
        return
    kinds = ", ".join(type(answer).__name__ for answer in seen.result.answers)
    shape = " x ".join(map(str, bench.specimen.base.shape))
    yield Row(
        "plain", "passed", f"{kinds} of a {bench.specimen.phantom.body} of {shape} voxels in {seen.seconds:.2f} s"
    )


def provenance(bench: Bench) -> Iterator[Row]:
    """Look whether all that is needed to make the answer again stands with it."""
    result = bench.plain.result
    if result is None:
        yield Row("provenance", "does not apply", "there is no answer")
        return
    missing = _missing(result.provenance) + _unbound(bench, result)
    said = (
        f"missing: {', '.join(missing)}" if missing else f"{len(_PROVENANCE)} facts, bound to the images by their UIDs"
    )
    yield Row.judged("provenance", not missing, said)


def _missing(told: Mapping[str, Any]) -> list[str]:
    missing = [name for name in _PROVENANCE if told.get(name) is None]
    return missing + ([] if "total" in told.get("seconds", {}) else ["seconds of the whole"])


def _unbound(bench: Bench, result: Result) -> list[str]:
    is_bound = result.geometry.same_grid(bench.specimen.base) and result.source.series_instance_uid
    return [] if is_bound else ["the series that it was made from"]


def progress(bench: Bench) -> Iterator[Row]:
    """Look whether progress is told at least once a second; in the second run, when all is loaded."""
    seen, most_s = bench.again, bench.limits.silence_s
    if not bench.plugin.manifest.can.progress:
        yield Row("progress", "does not apply", "its manifest says that it tells none")
    elif seen.calls == 0:
        yield Row("progress", "failed", "it never calls context.progress, so that nobody can see or stop it")
    else:
        said = f"told {seen.calls} times, at most {seen.silence_s:.2f} s apart"
        yield Row.judged("progress", seen.silence_s <= most_s, said)


def input_unchanged(bench: Bench) -> Iterator[Row]:
    """Look whether the images are what they were."""
    is_changed = bench.plain.changed_input or bench.again.changed_input
    said = "it has written into the images it was given" if is_changed else "every voxel is what it was"
    yield Row.judged("input unchanged", not is_changed, said)


def folder_unchanged(bench: Bench) -> Iterator[Row]:
    """Look whether its own folder is what it was."""
    changed = bench.plain.changed_file or bench.again.changed_file
    said = f"{changed} was written while it ran" if changed else "no file was written, changed or deleted"
    yield Row.judged("folder unchanged", not changed, said)


def determinism(bench: Bench) -> Iterator[Row]:
    """Ask whether the same run twice gives the same."""
    first, second = bench.plain.result, bench.again.result
    if first is None:
        yield Row("determinism", "does not apply", "there is no answer")
        return
    if second is None:
        said = bench.again.crash or str(bench.again.refusal)
        yield Row("determinism", "failed", f"the second run gave none: {said}")
        return
    agreement = Agreement.of(first, second)
    yield Row.judged("determinism", agreement.share >= _SAME, f"two runs: {agreement.said}")
