"""Everything that can be seen of a plugin without running it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from medview.plugin.authoring.check_code import check_code
from medview.plugin.authoring.check_weights import check_weights
from medview.plugin.authoring.fault import Fault
from medview.plugin.authoring.manifest_lines import ManifestLines
from medview.plugin.manifest.card import Card
from medview.plugin.manifest.manifest import Manifest

_MANIFEST, _CARD = "plugin.toml", "README.md"
_LEAST_CARD = 300  # characters; a card that says less says nothing


def check_plugin(folder: Path) -> tuple[Fault, ...]:
    """Return all that is wrong with a plugin's folder, the manifest first; nothing of it is run.

    What only a run can show is the conformance suite's (`plugin.conformance`).
    """
    path = folder / _MANIFEST
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except OSError:
        return (Fault(_MANIFEST, "", "it is not there", f"Make one with: medview plugin new {folder.name}"),)
    except (ValueError, RecursionError) as error:  # no TOML, no UTF-8, or nested without end
        return (Fault(_MANIFEST, "", f"it is no TOML: {error}", "Correct the line that is named."),)
    lines = ManifestLines(text)
    faults = [*_manifest_faults(data, lines), *check_code(folder), *_card_file(folder)]
    manifest = None if any(fault.where.startswith(_MANIFEST) for fault in faults) else Manifest.model_validate(data)
    if manifest is not None:
        faults += [*_entry_faults(folder, manifest, lines), *check_weights(folder, manifest, lines)]
        faults += [*_card_faults(manifest, lines), *_test_faults(folder, manifest, lines)]
    return tuple(faults)


def at(lines: ManifestLines, place: Sequence[str | int], said: str, advice: str) -> Fault:
    """Return a fault of a key of the manifest."""
    return Fault(f"{_MANIFEST}:{lines.line_of(place)}", ".".join(map(str, place)), said, advice)


def _manifest_faults(data: dict[str, Any], lines: ManifestLines) -> Iterator[Fault]:
    """Yield every fault that pydantic finds."""
    from pydantic import ValidationError

    try:
        Manifest.model_validate(data)
    except ValidationError as error:
        found = error.errors(include_url=False)
        for fault in found:
            if fault["type"] == "too_short" and any(_is_within(other["loc"], fault["loc"]) for other in found):
                continue  # a list whose entries have faults counts them as missing
            said = fault["msg"].removeprefix("Value error, ").rstrip(".")
            yield at(lines, fault["loc"], said[:1].lower() + said[1:], _remedy(fault["type"], fault["loc"]))


def _is_within(place: Sequence[str | int], around: Sequence[str | int]) -> bool:
    """Whether a place lies below another."""
    return len(place) > len(around) and tuple(place[: len(around)]) == tuple(around)


def _remedy(kind: str, place: Sequence[str | int]) -> str:
    if kind == "missing":
        return f'Add the key "{place[-1]}".'
    if kind == "extra_forbidden":
        return f"{_nearest(str(place[-1]))}medview plugin schema lists every key."
    return "medview plugin schema says what it may be."


def _nearest(key: str) -> str:
    """Return a guess at what a misspelt key should have been."""
    import difflib

    from medview.plugin.authoring.json_schema import json_schema

    schema = json_schema()
    known = {name for table in (schema, *schema["$defs"].values()) for name in table.get("properties", {})}
    near = difflib.get_close_matches(key, sorted(known), n=1)
    return f'Did you mean "{near[0]}"? ' if near else ""


def _entry_faults(folder: Path, manifest: Manifest, lines: ManifestLines) -> Iterator[Fault]:
    import ast

    if manifest.entry is None:
        return
    module, function = manifest.entry.split(":")
    path = folder / f"{module}.py"
    if not path.is_file():
        yield at(lines, ("entry",), f"{module}.py is not there", "Write it, or name the module that there is.")
        return
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return  # told as a fault of the code
    if not any(getattr(node, "name", "") == function for node in tree.body):
        yield at(
            lines, ("entry",), f"{module}.py has no function {function}", f"Write def {function}(request, context)."
        )


def _card_file(folder: Path) -> Iterator[Fault]:
    path = folder / _CARD
    if not path.is_file():
        yield Fault(
            _CARD, "", "there is none", "Say what it is, where it comes from, how it was measured, where it fails."
        )
    elif len(path.read_text(encoding="utf-8", errors="replace").strip()) < _LEAST_CARD:
        yield Fault(
            _CARD, "", "it says next to nothing", "Say where it comes from, how it was measured, where it fails."
        )


def _card_faults(manifest: Manifest, lines: ManifestLines) -> Iterator[Fault]:
    """Yield what is not honest in the card of something learned."""
    card = manifest.card
    if manifest.classical:
        return
    if card is None:
        advice = "Say what it was trained on, its metrics (held out or not), and where it fails."
        yield at(lines, ("card",), "there is no card, and it is learned", advice)
        return
    if not card.fails_where:
        yield at(lines, ("card",), "it does not say where it fails", "Every model does: name it in fails_where.")
    yield from _metric_faults(manifest, card, lines)


def _metric_faults(manifest: Manifest, card: Card, lines: ManifestLines) -> Iterator[Fault]:
    for number, metric in enumerate(card.metrics):
        if metric.held_out and metric.dataset.strip().lower() in card.trained_on.lower():
            said = f"it calls {metric.dataset} held out, and trained_on names it"
            yield at(lines, ("card", "metrics", number), said, "Measure on what it never saw, or say held_out = false.")
    for number, output in enumerate(manifest.outputs):
        if output.scores == "calibrated" and not card.metrics:
            said = "its scores are called calibrated, and the card has no metric that shows it"
            yield at(lines, ("outputs", number, "scores"), said, "Add the metric, or call them what they are.")


def _test_faults(folder: Path, manifest: Manifest, lines: ManifestLines) -> Iterator[Fault]:
    """Yield tests that cannot be run: without their file, or of an output that there is not."""
    from medview.plugin.conformance.shapes import BODIES

    phantoms = {f"phantom:{name}" for name in BODIES}
    for number, test in enumerate(manifest.tests):
        place = ("tests", number)
        if test.input not in phantoms and not (folder / test.input).is_file():
            advice = f"Bring the file, or take one of: {', '.join(sorted(phantoms))}."
            yield at(lines, (*place, "input"), f"{test.input} is not there", advice)
        if test.output not in {output.id for output in manifest.outputs}:
            yield at(lines, (*place, "output"), f"there is no output {test.output}", "Name the id of an output.")
