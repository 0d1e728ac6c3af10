"""Offline packs are taken whole or not at all; weights with a licence to accept are not used before."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medview.cli.arguments import parse
from medview.cli.verbs import run as run_verb
from medview.errors import MedViewError
from medview.paths import data_folder
from medview.plugin.discovery import Plugin, discover, find
from medview.plugin.licence_gate import accept, is_accepted, licence_text
from medview.plugin.pack import install_pack, make_pack
from medview.plugin.run import PluginRun
from medview.plugin.weights import is_whole, locate, remove, weights_folder
from medview.progress import unheard
from tests.plugin.folders import MANIFEST, threshold_plugin, volume_of, write_plugin

NUMBERS = bytes(range(256)) * 40
WEIGHTS = f"""
[[weights]]
id = "net"
file = "net/numbers.bin"
source = "https://models.example.org/numbers.bin"
sha256 = "{hashlib.sha256(NUMBERS).hexdigest()}"
bytes = {len(NUMBERS)}
licence = "CC-BY-NC-4.0"
"""
GATE = 'gate = "noncommercial"\nlicence_file = "LICENCE.txt"\n'
CODE = """
import numpy as np
from medview.plugin import Labels

def run(request, context):
    numbers = np.fromfile(request.weights["net"], np.uint8)
    return Labels(np.full(request.volume.array.shape, numbers[1], np.uint8), request.segments)
"""


@pytest.fixture(autouse=True)
def own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDVIEW_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("MEDVIEW_MODEL_MIRROR", raising=False)


def made(folder: Path, extra: str = WEIGHTS) -> Plugin:
    write_plugin(folder, MANIFEST + extra, CODE)
    (plugin,) = discover([folder])
    assert isinstance(plugin, Plugin), plugin
    return plugin


def packed(tmp_path: Path, extra: str = WEIGHTS) -> Path:
    plugin = made(tmp_path / "author", extra)
    (plugin.folder / "LICENCE.txt").write_text("Not for money.", encoding="utf-8")
    home = weights_folder() / "net"
    home.mkdir(parents=True)
    (home / "numbers.bin").write_bytes(NUMBERS)
    path = make_pack(plugin, tmp_path / "threshold.medviewpack", unheard)
    remove(plugin.manifest.weights[0])
    return path


def test_a_pack_brings_a_plugin_and_its_weights_to_a_computer_without_a_network(tmp_path: Path) -> None:
    installed = install_pack(packed(tmp_path), unheard)
    assert installed.folder == data_folder() / "plugins" / "threshold"
    plugin = find("threshold", discover())
    assert is_whole(plugin.manifest.weights[0])
    result = PluginRun(plugin, volume_of(np.ones((2, 3, 4), dtype=np.float32)))(unheard)
    assert result.labels is not None
    assert (result.labels.array == 1).all()
    assert result.provenance["weights_sha256"] == {"net": hashlib.sha256(NUMBERS).hexdigest()}
    install_pack(tmp_path / "threshold.medviewpack", unheard)  # again: the new one takes the place of the old
    assert [p.name for p in data_folder().glob(".pack-*")] == []


def rewritten(path: Path, change: Callable[[dict[str, bytes], dict[str, Any]], None]) -> Path:
    """Write a pack anew with some of its entries changed, its own list kept true to them unless the change says not."""
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist() if name != "pack.json"}
    listed = {n: {"bytes": len(b), "sha256": hashlib.sha256(b).hexdigest()} for n, b in entries.items()}
    change(entries, listed)
    other = path.with_name("other.medviewpack")
    with zipfile.ZipFile(other, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
        archive.writestr("pack.json", json.dumps({"files": listed}))
    return other


def _add(name: str, content: bytes = b"x") -> Callable[[dict[str, bytes], dict[str, Any]], None]:
    def change(entries: dict[str, bytes], listed: dict[str, Any]) -> None:
        entries[name] = content
        listed[name] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}

    return change


def _unlisted(entries: dict[str, bytes], listed: dict[str, Any]) -> None:
    entries["plugin/more.py"] = b"x"


def _damaged(entries: dict[str, bytes], listed: dict[str, Any]) -> None:
    entries["plugin/threshold.py"] += b" "
    listed["plugin/threshold.py"]["bytes"] += 1


def _longer(entries: dict[str, bytes], listed: dict[str, Any]) -> None:
    entries["plugin/threshold.py"] += b" " * 100


HOSTILE = {
    "zip slip": (_add("../../evil.py"), r"the entry \.\./\.\./evil\.py leads outside"),
    "zip slip below": (_add("plugin/../../evil.py"), "leads outside"),
    "absolute": (_add("/etc/evil"), "leads outside"),
    "another drive": (_add("plugin/C:evil"), "leads outside"),
    "backslash": (_add("plugin/..\\evil"), "leads outside"),
    "another folder": (_add("evil/x"), "leads outside"),
    "not in its list": (_unlisted, "its list does not name what it holds"),
    "damaged": (_damaged, r"plugin/threshold\.py is damaged: its checksum differs"),
    "longer than told": (_longer, r"plugin/threshold\.py is larger than the list says"),
    "other weights": (_add("weights/net/numbers.bin", NUMBERS[::-1]), r"weights numbers\.bin are not those"),
    "weights nobody asked for": (_add("weights/other.pkl"), r"weights other\.pkl are not those"),
    "a second plugin": (_add("weights/plugin.toml"), "it holds no plugin"),
    "a broken manifest": (_add("plugin/plugin.toml", b"id = 3"), "The manifest is not valid"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_or_damaged_pack_is_refused_and_nothing_of_it_stays(what: str, tmp_path: Path) -> None:
    change, said = HOSTILE[what]
    path = rewritten(packed(tmp_path), change)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(MedViewError, match=said):
        install_pack(path, unheard)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 torn", b"no zip at all" * 100])
def test_what_is_no_pack_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "torn.medviewpack"
    path.write_bytes(content)
    with pytest.raises(MedViewError, match=r"torn\.medviewpack is not a pack that can be installed"):
        install_pack(path, unheard)


def test_a_pack_whose_stream_is_damaged_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "deflated.medviewpack"
    with zipfile.ZipFile(packed(tmp_path)) as archive, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as other:
        for name in archive.namelist():
            other.writestr(name, archive.read(name))
    with zipfile.ZipFile(path) as there:
        entry = there.getinfo("plugin/plugin.toml")
    content = bytearray(path.read_bytes())
    start = entry.header_offset + 30 + len(entry.filename)
    content[start : start + 40] = b"\xff" * 40
    path.write_bytes(content)
    with pytest.raises(MedViewError, match="is not a pack that can be installed"):
        install_pack(path, unheard)


def test_a_torn_pack_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(MedViewError, match="is not a pack"):
        install_pack(path, unheard)


def test_a_pack_cannot_stand_in_for_a_plugin_that_ships_with_the_program(tmp_path: Path) -> None:
    def change(entries: dict[str, bytes], listed: dict[str, Any]) -> None:
        text = entries["plugin/plugin.toml"].replace(b'id = "threshold"', b'id = "body_and_lungs"')
        _add("plugin/plugin.toml", text)(entries, listed)

    kept = install_pack(rewritten(packed(tmp_path), change), unheard)
    assert "data" not in kept.folder.parts[-3:]
    assert not (data_folder() / "plugins").exists()


def test_weights_with_a_gate_are_not_used_before_their_licence_was_accepted(tmp_path: Path) -> None:
    plugin = install_pack(packed(tmp_path, WEIGHTS + GATE), unheard)
    record = plugin.manifest.weights[0]
    run = PluginRun(plugin, volume_of(np.ones((2, 3, 4), dtype=np.float32)))
    assert locate(record) is not None
    with pytest.raises(MedViewError, match=r"given under CC-BY-NC-4\.0, which has not been accepted"):
        run(unheard)
    assert licence_text(plugin, record) == "Not for money."
    accept(plugin, record)
    assert run(unheard).labels is not None
    told = json.loads((data_folder() / "accepted_licences.json").read_text(encoding="utf-8"))
    assert [(row["plugin"], row["licence"]) for row in told.values()] == [("threshold", "CC-BY-NC-4.0")]
    (plugin.folder / "LICENCE.txt").write_text("Not for anybody.", encoding="utf-8")
    assert not is_accepted(plugin, record)


def test_the_command_line_shows_the_licence_that_it_asks_for_and_that_it_accepts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plugin = install_pack(packed(tmp_path, WEIGHTS + GATE), unheard)
    assert run_verb(parse(["models", "info", "threshold"])) == 0
    assert "Not for money." in capsys.readouterr().out
    assert not is_accepted(plugin, plugin.manifest.weights[0])
    assert run_verb(parse(["models", "install", "threshold", "--accept-licence"])) == 0
    told = capsys.readouterr().out
    assert "Accepted for net/numbers.bin: CC-BY-NC-4.0" in told
    assert "Not for money." in told
    assert is_accepted(plugin, plugin.manifest.weights[0])


def test_a_gate_without_a_text_cannot_be_accepted(tmp_path: Path) -> None:
    plugin = made(tmp_path / "author", WEIGHTS + 'gate = "accept"\n')
    with pytest.raises(MedViewError, match="does not bring its text"):
        accept(plugin, plugin.manifest.weights[0])
    assert not is_accepted(plugin, plugin.manifest.weights[0])


def test_a_plugin_without_weights_is_packed_too(tmp_path: Path) -> None:
    path = make_pack(threshold_plugin(tmp_path / "author"), tmp_path / "small.medviewpack", unheard)
    assert install_pack(path, unheard).manifest.version == "1.2.3"


def test_a_list_of_contents_without_end_is_not_read(tmp_path: Path) -> None:
    """64 MB of blanks are 64 kB in a zip file."""
    path = tmp_path / "bomb.medviewpack"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("pack.json", b" " * (64 << 20))
    assert path.stat().st_size < 1 << 20
    tracemalloc.start()
    try:
        with pytest.raises(MedViewError, match=r"bomb\.medviewpack is not a pack"):
            install_pack(path, unheard)
        assert tracemalloc.get_traced_memory()[1] < 32 << 20
    finally:
        tracemalloc.stop()


def test_a_size_below_nothing_is_no_way_to_have_all_read_at_once(tmp_path: Path) -> None:
    """64 MB of blanks are 64 kB in a zip file."""
    path = rewritten(packed(tmp_path), _add("plugin/blanks", b" " * (64 << 20)))

    def negative(entries: dict[str, bytes], listed: dict[str, Any]) -> None:
        listed["plugin/blanks"]["bytes"] = -9

    path = rewritten(path, negative)
    tracemalloc.start()
    with pytest.raises(MedViewError, match="is not a pack that can be installed"):
        install_pack(path, unheard)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 << 20


def test_what_a_killed_installation_has_left_is_deleted_a_day_later(tmp_path: Path) -> None:
    """A pack may be as large as the disk."""
    old, new, own = (data_folder() / name for name in (".pack-old", ".pack-new", "pack-own"))
    for folder in (old, new, own):
        (folder / "weights").mkdir(parents=True)
        (folder / "weights" / "net.bin").write_bytes(NUMBERS)
    for folder in (old, own):
        os.utime(folder, (0, 0))
    install_pack(packed(tmp_path), unheard)
    assert [folder.exists() for folder in (old, new, own)] == [False, True, True]


def test_a_pack_that_needs_more_room_than_there_is_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same disk holds what a person is painting."""
    path = packed(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: (1 << 40, 1 << 40, 256 << 20))
    with pytest.raises(MedViewError, match="not enough room"):
        install_pack(path, unheard)


def test_nothing_from_outside_a_plugins_folder_gets_into_a_pack(tmp_path: Path) -> None:
    plugin = made(tmp_path / "author", "")
    (tmp_path / "letter.txt").write_text("Dear Sir", encoding="utf-8")
    (plugin.folder / "notes.txt").symlink_to(tmp_path / "letter.txt")
    with pytest.raises(MedViewError, match=r"notes\.txt .* leads outside"):
        make_pack(plugin, tmp_path / "x.medviewpack", unheard)
    assert not (tmp_path / "x.medviewpack").exists()


def test_weights_of_another_plugin_are_not_replaced(tmp_path: Path) -> None:
    first = install_pack(packed(tmp_path), unheard)

    def change(entries: dict[str, bytes], listed: dict[str, Any]) -> None:
        other = NUMBERS[::-1]
        text = entries["plugin/plugin.toml"].replace(b'id = "threshold"', b'id = "other"')
        sums = [hashlib.sha256(content).hexdigest().encode() for content in (NUMBERS, other)]
        _add("plugin/plugin.toml", text.replace(*sums))(entries, listed)
        _add("weights/net/numbers.bin", other)(entries, listed)

    with pytest.raises(MedViewError, match=r"would replace the weights numbers\.bin of Threshold"):
        install_pack(rewritten(tmp_path / "threshold.medviewpack", change), unheard)
    assert is_whole(first.manifest.weights[0])
