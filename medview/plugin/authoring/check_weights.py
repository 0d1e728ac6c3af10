"""Whether a manifest's records of weights are whole and true, as far as their files are here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from medview.plugin.authoring.fault import Fault
from medview.plugin.authoring.manifest_lines import ManifestLines
from medview.plugin.file_sha256 import file_sha256
from medview.plugin.manifest.manifest import Manifest
from medview.plugin.manifest.weights_record import WeightsRecord

_CODE_INSIDE = (".pt", ".pth", ".ckpt", ".bin")  # may hold pickles: only a record says how they are read


def check_weights(folder: Path, manifest: Manifest, lines: ManifestLines) -> Iterator[Fault]:
    """Yield what is wrong with the weights of a plugin."""
    for number, record in enumerate(manifest.weights):
        for key, said, remedy in (*_of_file(folder, record), *_of_terms(folder, record)):
            place = ("weights", number, key)
            yield Fault(f"plugin.toml:{lines.line_of(place)}", ".".join(map(str, place)), said, remedy)
    known = {record.source.removeprefix("folder:") for record in manifest.weights if record.is_shipped}
    for path in sorted(folder.rglob("*")):
        inner = path.relative_to(folder)
        if path.suffix.lower() in _CODE_INSIDE and inner.parts[0] != "recipe" and inner.as_posix() not in known:
            said = "no record of the manifest names it, and such files may hold pickles"
            yield Fault(str(inner), "", said, "Add a [[weights]] record with its format and SHA-256, or remove it.")


def _of_file(folder: Path, record: WeightsRecord) -> Iterator[tuple[str, str, str]]:
    """Yield key, fault and remedy of a file that the plugin brings, or of a record that cannot be true."""
    if len(set(record.sha256)) == 1:
        yield "sha256", "it is made up", "Take that of the file: sha256sum FILE."
        return
    if not record.is_shipped:
        return
    name = record.source.removeprefix("folder:")
    path = folder / name
    if not path.is_file():
        yield "source", f"{name} is not in the folder", "Bring the file, or name the address it is fetched from."
        return
    if path.stat().st_size != record.bytes:
        yield "bytes", f"{name} has {path.stat().st_size} bytes, not {record.bytes}", "Correct the number."
    sha256 = file_sha256(path)
    if sha256 != record.sha256:
        yield "sha256", f"{name} is another file", f"Its SHA-256 is {sha256}."


def _of_terms(folder: Path, record: WeightsRecord) -> Iterator[tuple[str, str, str]]:
    if record.gate == "none":
        return
    if record.licence_file is None:
        yield "gate", "a person must accept a licence that is nowhere", "Bring its text and name it in licence_file."
        return
    path = folder / record.licence_file
    if not path.is_file() or not path.read_text(encoding="utf-8", errors="replace").strip():
        yield "licence_file", f"{record.licence_file} is not there or empty", "Bring the text of the licence."
