"""The tests that a manifest declares: a run, and what it must give."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import numpy as np

from medview.errors import MedViewError
from medview.plugin.conformance.bench import Bench
from medview.plugin.conformance.row import Row
from medview.plugin.conformance.shapes import BodyName
from medview.plugin.conformance.specimen import Specimen
from medview.plugin.contract import ANSWER_TYPES, Result
from medview.plugin.manifest.card import SelfTest
from medview.study.finding import Boxes, ClassScores
from medview.study.volume import Volume

_PHANTOM = "phantom:"


def self_tests(bench: Bench) -> Iterator[Row]:
    """Hold each test of the manifest against a run, within its tolerance."""
    tests = bench.plugin.manifest.tests
    if not tests:
        yield Row("self tests", "does not apply", "its manifest declares none")
    for number, test in enumerate(tests, start=1):
        name = f"self test {number}: {test.metric} of {test.of or test.output}"
        try:
            yield _row(bench, name, test)
        except MedViewError as error:  # a file that cannot be read, or a test that asks for what there is not
            yield Row(name, "failed", str(error))


def _row(bench: Bench, name: str, test: SelfTest) -> Row:
    is_plain = bench.size == 1.0 and test.input == f"{_PHANTOM}{bench.specimen.phantom.body}"
    seen = bench.plain if is_plain else bench.run(_volume(bench, test))
    if seen.result is None:
        return Row(name, "failed", seen.crash or str(seen.refusal))
    value = _METRICS[test.metric](bench, test, seen.result)
    is_near = abs(value - test.value) <= test.tolerance
    return Row.judged(name, is_near, f"{value:g}; its manifest says {test.value:g} within {test.tolerance:g}")


def _volume(bench: Bench, test: SelfTest) -> Volume:
    """Return the phantom, or the plugin's own file as a series that its input takes."""
    if test.input.startswith(_PHANTOM):
        body = test.input.removeprefix(_PHANTOM)
        for known in get_args(BodyName):
            if body == known:
                return Specimen.of(bench.plugin.manifest, known).plain()  # as large as in life, as its author had it
        raise MedViewError(
            "There is no phantom {name}.", "There are: {known}.", name=body, known=", ".join(get_args(BodyName))
        )
    path = _own_file(bench, test.input)
    if test.input_sha256 is not None and hashlib.sha256(path.read_bytes()).hexdigest() != test.input_sha256:
        raise MedViewError("{file} is not the file that the test names.", "Its SHA-256 is another.", file=test.input)
    volume = bench.read(path)
    return bench.specimen.of_array(np.asarray(volume.array), volume.geometry)


def _own_file(bench: Bench, name: str) -> Path:
    """Return a file below the plugin's folder; MedViewError where it is not there or lies elsewhere."""
    path = (bench.plugin.folder / name).resolve()
    if not path.is_file() or bench.plugin.folder.resolve() not in path.parents:
        raise MedViewError("{file} is not in the plugin's folder.", "A test brings its file.", file=name)
    return path


def _answer(bench: Bench, test: SelfTest, result: Result) -> Any:
    """Return the answer that a test is of; MedViewError where the run gave none of its kind."""
    kinds = {output.id: output.type for output in bench.plugin.manifest.outputs}
    wanted = ANSWER_TYPES.get(kinds.get(test.output, ""))
    for answer in result.answers:
        if wanted is not None and isinstance(answer, wanted):
            return answer
    raise MedViewError("The run gave no output {output}.", "The manifest's test names it.", output=test.output)


def _volume_ml(bench: Bench, test: SelfTest, result: Result) -> float:
    array = _answer(bench, test, result).array
    return float((array == int(test.of or 1)).sum()) * (result.geometry.voxel_ml or 0.0)


def _score(bench: Bench, test: SelfTest, result: Result) -> float:
    answer = _answer(bench, test, result)
    if isinstance(answer, ClassScores):
        return float(dict(zip([c.id for c in answer.concepts], answer.scores, strict=True)).get(test.of, np.nan))
    return max((box.score for box in answer.boxes if not test.of or box.concept.id == test.of), default=0.0)


def _count(bench: Bench, test: SelfTest, result: Result) -> float:
    answer: Boxes = _answer(bench, test, result)
    return float(sum(b.score >= answer.threshold and (not test.of or b.concept.id == test.of) for b in answer.boxes))


def _mean(bench: Bench, test: SelfTest, result: Result) -> float:
    return float(_answer(bench, test, result).array.mean(dtype=np.float64))


def _dice(bench: Bench, test: SelfTest, result: Result) -> float:
    from medview.imaging.statistics import dice

    if test.truth is None:
        raise MedViewError("A test of Dice needs a truth.", "Name a NIfTI file of the plugin's folder as truth.")
    number = int(test.of or 1)
    truth = bench.read(_own_file(bench, test.truth)).array
    return float(dice(_answer(bench, test, result).array == number, truth == number))


_METRICS: Mapping[str, Callable[[Bench, SelfTest, Result], float]] = {
    "volume_ml": _volume_ml,
    "score": _score,
    "count": _count,
    "mean": _mean,
    "dice": _dice,
}
