"""How a plugin takes what goes wrong: odd images, a person who stops it, memory that gives out, odd options."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from medview.plugin.conformance.agreement import Agreement
from medview.plugin.conformance.bench import Bench
from medview.plugin.conformance.row import Row
from medview.plugin.conformance.trial import Observation
from medview.plugin.manifest.parameter_record import ParameterRecord

_STOPS_AT, _STARVES_AT = 0.1, 0.1
_MOST_VALUES = 4  # of a choice: the rest is of their kind


def one_slice(bench: Bench) -> Iterator[Row]:
    """Ask whether a single slice is answered or refused, in a sentence."""
    base = bench.specimen.base
    affine = base.affine.copy()
    affine[:3, 3] = base.to_mm((base.shape[0] // 2, 0, 0))
    grid = replace(base, shape=(1, *base.shape[1:]), affine=affine)
    yield _answered_or_refused("one slice", bench.run(bench.specimen.on(grid)))


def even_images(bench: Bench) -> Iterator[Row]:
    """Give images without anything on them: a proper answer, or a sentence."""
    values = bench.specimen.phantom.values
    for name, value in (("empty images", values["air"]), ("constant images", values["muscle"])):
        yield _answered_or_refused(name, bench.run(bench.specimen.constant(value)))


def cancel(bench: Bench) -> Iterator[Row]:
    """Ask whether a person who stops it is heard within a second."""
    seen = bench.run(bench.specimen.plain(), stops_at=_STOPS_AT)
    if seen.asked_s is None and (seen.crash or seen.refusal is not None):
        yield Row("cancel", "does not apply", "there is no plain run that could be stopped")
    elif seen.asked_s is None:
        is_over = seen.seconds <= bench.limits.stop_s
        yield Row.judged(
            "cancel", is_over, f"no progress beyond {_STOPS_AT:.0%} is told, and it took {seen.seconds:.2f} s"
        )
    elif seen.heard and (seen.result is not None or seen.crash or seen.refusal is not None):
        yield Row("cancel", "failed", "it was told to stop (Cancelled was raised) and went on all the same")
    else:
        said = f"the run was over {seen.asked_s:.2f} s after it was stopped"
        yield Row.judged("cancel", seen.asked_s <= bench.limits.stop_s, said)


def memory(bench: Bench) -> Iterator[Row]:
    """Ask whether memory that gives out midway ends in a sentence, or in the whole answer by another way."""
    if bench.plain.result is None:
        yield Row("out of memory", "does not apply", "there is no plain run")
        return
    seen = bench.run(bench.specimen.plain(), starves_at=_STARVES_AT)
    if seen.result is None:
        is_said = seen.refusal is not None or seen.crash.startswith("MemoryError")
        said = "it says so" if is_said else f"it came out as {seen.crash}"
        yield Row.judged("out of memory", is_said, f"an allocation that fails: {said}")
        return
    agreement = Agreement.of(bench.plain.result, seen.result)
    yield Row.judged("out of memory", agreement.share >= 0.99, f"an allocation that fails: an answer, {agreement.said}")


def parameters(bench: Bench) -> Iterator[Row]:
    """Ask whether every option at its bounds, one at a time, gives an answer or a sentence."""
    if not bench.plugin.manifest.parameters:
        yield Row("parameters", "does not apply", "it has none")
    for record in bench.plugin.manifest.parameters:
        usual = record.parse(str(bench.options.get(record.id, record.default)))
        for value in (value for value in _bounds(record) if record.parse(value) != usual):
            seen = bench.run(bench.specimen.plain(), options={record.id: value})
            yield _answered_or_refused(f"parameter {record.id} = {value}", seen)


def _bounds(record: ParameterRecord) -> list[str]:
    """Return the values of an option that are looked at."""
    if record.type == "bool":
        return ["true", "false"]
    if record.type == "choice":
        return [choice.value for choice in record.choices[:_MOST_VALUES]]
    return [f"{bound:g}" for bound in (record.minimum, record.maximum) if bound is not None]


def _answered_or_refused(name: str, seen: Observation) -> Row:
    """Return whether a run gave an answer or a sentence of its own; a fault of the plugin is neither."""
    if seen.crash:
        return Row(name, "failed", seen.crash)
    if seen.refusal is not None:
        return Row.judged(name, not seen.is_fault, str(seen.refusal.message))
    return Row(name, "passed", f"answered in {seen.seconds:.2f} s")
