"""All that a plugin must hold, in the order in which it is told."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

from medview.plugin import weights
from medview.plugin.conformance import hardship_rows, place_rows, plain_rows, self_test_rows
from medview.plugin.conformance.bench import Bench
from medview.plugin.conformance.row import Row
from medview.plugin.manifest.manifest import Manifest
from medview.progress import Progress

Test = Callable[[Bench], Iterator[Row]]
TESTS: Mapping[str, Test] = {
    "plain": plain_rows.plain,
    "provenance": plain_rows.provenance,
    "determinism": plain_rows.determinism,
    "progress": plain_rows.progress,
    "input": plain_rows.input_unchanged,
    "folder": plain_rows.folder_unchanged,
    "orientation": place_rows.orientation,
    "anisotropic": place_rows.anisotropic,
    "oblique": place_rows.oblique,
    "shift": place_rows.shift,
    "one_slice": hardship_rows.one_slice,
    "even_images": hardship_rows.even_images,
    "cancel": hardship_rows.cancel,
    "memory": hardship_rows.memory,
    "parameters": hardship_rows.parameters,
    "self_tests": self_test_rows.self_tests,
}
_KINDS = ("volume", "image")


def conformance(bench: Bench, progress: Progress, only: Collection[str] = ()) -> Iterator[Row]:
    """Yield the rows of all tests, or of those whose names are given.

    Raises
    ------
    Cancelled
        The person stopped it.
    """
    reason = _why_not(bench.plugin.manifest) or _missing_weights(bench)
    chosen = [name for name in TESTS if not only or name in only]
    for number, name in enumerate(chosen):
        progress(number / len(chosen), name.replace("_", " "))
        if reason:
            yield Row(name.replace("_", " "), "does not apply", reason)
        else:
            yield from TESTS[name](bench)


def _why_not(manifest: Manifest) -> str:
    """Return why the suite has no patient for a plugin, or ""."""
    needed = next((record.type for record in manifest.inputs if record.required and record.type not in _KINDS), None)
    return f"the suite has phantoms for volumes and images, and it needs a {needed}" if needed else ""


def _missing_weights(bench: Bench) -> str:
    manifest = bench.plugin.manifest
    needed = manifest.needed_weights(manifest.defaults())
    missing = [record.id for record in needed if weights.locate(record, bench.plugin.folder) is None]
    said = (
        f"weights are not on this computer: {', '.join(missing)}; fetch them with medview models install {manifest.id}"
    )
    return said if missing else ""
