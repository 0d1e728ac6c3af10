"""Offline packs: a plugin with its weights, licences and card in one file, for computers without a network.

A pack is a zip file of `pack.json` (size and SHA-256 of every other entry), the plugin's folder under `plugin/` and its
weights under `weights/`. Nothing in it is run or unpickled when it is read; its manifest says what its weights must be.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from medview.errors import MedViewError
from medview.paths import data_folder
from medview.plugin import weights
from medview.plugin.discovery import Plugin, discover
from medview.plugin.file_sha256 import file_sha256
from medview.plugin.sweep_left import sweep_left
from medview.progress import Progress

SUFFIX = ".medviewpack"
_LIST, _FOLDER, _WEIGHTS = "pack.json", "plugin", "weights"
_CHUNK = 1 << 20
_ROOM = ".pack-"
_MOST_ENTRIES, _MOST_BYTES, _LONGEST_LIST = 5_000, 64 << 30, 4 << 20
_LEFT_FREE = 256 << 20  # for what a person is drawing meanwhile
_NOT_PACKED = {"__pycache__", ".git"}


def make_pack(plugin: Plugin, path: Path, progress: Progress) -> Path:
    """Write a pack of a plugin and all its weights, which must be here; the file appears whole or not at all.

    Raises
    ------
    MedViewError
        Weights are missing, a link in the folder leads outside, or the file cannot be written.
    """
    files = dict(_own_files(plugin.folder))
    for record in plugin.manifest.weights:
        if record.is_shipped:
            continue
        found = weights.locate(record, plugin.folder)
        if found is None:
            raise weights.absence(record, plugin.manifest.id)
        files[f"{_WEIGHTS}/{record.file}"] = found
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
            listed = {}
            for number, (name, file) in enumerate(files.items()):
                progress(number / len(files), file.name)
                archive.write(file, name)
                listed[name] = {"bytes": file.stat().st_size, "sha256": file_sha256(file)}
            archive.writestr(_LIST, json.dumps({"plugin": plugin.manifest.id, "files": listed}, indent=1))
        os.replace(temporary, path)
    except OSError as error:
        raise MedViewError(
            "The pack {file} cannot be written: {reason}",
            "Choose another folder with enough room.",
            file=path.name,
            reason=error.strerror or str(error),
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
    return path


def install_pack(path: Path, progress: Progress) -> Plugin:
    """Install what a pack holds into the person's data folder, and return the plugin.

    Every entry is checked before anything is put in place: its name may not lead outside, its size and SHA-256 are
    those of the pack's own list, those of weights also what the manifest demands. A plugin that ships with the program
    keeps its own folder: only its weights are taken.

    Raises
    ------
    MedViewError
        It is no pack, is damaged, holds what it must not, or its manifest is broken.
    """
    sweep_left(data_folder(), _ROOM)
    with tempfile.TemporaryDirectory(dir=data_folder(), prefix=_ROOM) as temporary:
        room = Path(temporary)
        try:
            with zipfile.ZipFile(path) as archive:
                _unpack(archive, room, progress)
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile, zipfile.LargeZipFile) as error:
            raise _refused(path, str(error)) from error
        except (RuntimeError, ValueError) as error:  # encrypted, packed in an unknown way, or with a list that is none
            raise _refused(path, str(error)) from error
        plugin = _plugin_in(room, path)
        _check_weights(plugin, room, path)
        _check_others(plugin, room, path)
        return _put_in_place(plugin, room)


def _own_files(folder: Path) -> Iterator[tuple[str, Path]]:
    for file in sorted(folder.rglob("*")):
        inner = file.relative_to(folder)
        if file.is_file() and not _NOT_PACKED & set(inner.parts):
            if not file.resolve().is_relative_to(folder.resolve()):
                raise MedViewError(
                    "{file} is a link that leads outside the plugin's folder, and was not packed.",
                    "Put a copy in its place.",
                    file=str(inner),
                )
            yield f"{_FOLDER}/{inner.as_posix()}", file


def _unpack(archive: zipfile.ZipFile, room: Path, progress: Progress) -> None:
    """Write the listed entries below `room`; ValueError says what is wrong with an entry."""
    entries = archive.infolist()
    if len(entries) > _MOST_ENTRIES or sum(entry.file_size for entry in entries) > _MOST_BYTES:
        raise ValueError("it holds too much")
    if sum(entry.file_size for entry in entries) + _LEFT_FREE > shutil.disk_usage(room)[2]:
        raise ValueError("there is not enough room for it on this disk")
    try:
        listed = json.loads(_list_in(archive))["files"]
        facts = {str(name): (max(int(row["bytes"]), 0), str(row["sha256"])) for name, row in listed.items()}
    except (KeyError, TypeError, AttributeError, UnicodeDecodeError) as error:
        raise ValueError(f"it has no list of its contents ({_LIST})") from error
    names = [entry.filename for entry in entries if entry.filename != _LIST]
    if len(set(names)) != len(names) or set(names) != set(facts):
        raise ValueError("its list does not name what it holds")
    for number, name in enumerate(names):
        progress(number / len(names), PurePosixPath(name).name)
        _write_entry(archive, name, room, facts[name], progress)


def _list_in(archive: zipfile.ZipFile) -> bytes:
    """Return the list of what a pack holds; a short entry may unpack to anything."""
    with archive.open(_LIST) as file:
        text = file.read(_LONGEST_LIST + 1)
    if len(text) > _LONGEST_LIST:
        raise ValueError("its list is too long")
    return text


def _write_entry(archive: zipfile.ZipFile, name: str, room: Path, facts: tuple[int, str], progress: Progress) -> None:
    target, digest, left = _safe_target(name, room), hashlib.sha256(), facts[0]
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(name) as source, target.open("xb") as file:
        while chunk := source.read(min(_CHUNK, left + 1)):
            left -= len(chunk)
            if left < 0:
                raise ValueError(f"{name} is larger than the list says")
            digest.update(chunk)
            file.write(chunk)
    if left or digest.hexdigest() != facts[1]:
        raise ValueError(f"{name} is damaged: its checksum differs")


def _safe_target(name: str, room: Path) -> Path:
    """Return where an entry goes; ValueError where its name leads anywhere but below the two folders of a pack."""
    pure = PurePosixPath(name)
    is_plain = bool(pure.parts) and not any(
        part in ("", ".", "..") or ":" in part or "\\" in part for part in pure.parts
    )
    if not is_plain or pure.is_absolute() or pure.parts[0] not in (_FOLDER, _WEIGHTS) or len(pure.parts) < 2:
        raise ValueError(f"the entry {name} leads outside")
    return room.joinpath(*pure.parts)


def _plugin_in(room: Path, path: Path) -> Plugin:
    found = discover([room])
    if len(found) != 1:
        raise _refused(path, "it holds no plugin")
    if not isinstance(found[0], Plugin):
        raise _refused(path, str(found[0].reason))
    return found[0]


def _check_weights(plugin: Plugin, room: Path, path: Path) -> None:
    """Hold the weights against the manifest: those demanded and no others, each with its size and SHA-256."""
    demanded = {record.file: record for record in plugin.manifest.weights if not record.is_shipped}
    home = room / _WEIGHTS
    for file in home.rglob("*"):
        if not file.is_file():
            continue
        record = demanded.get(file.relative_to(home).as_posix())
        if record is None or file.stat().st_size != record.bytes or file_sha256(file) != record.sha256:
            raise _refused(path, f"the weights {file.name} are not those that its manifest names")


def _check_others(plugin: Plugin, room: Path, path: Path) -> None:
    """Refuse weights that would take the place of others which an installed plugin runs with."""
    brought = {r.file: r for r in plugin.manifest.weights if (room / _WEIGHTS / r.file).is_file()}
    for other in discover():
        if not isinstance(other, Plugin) or other.manifest.id == plugin.manifest.id:
            continue
        for record in other.manifest.weights:
            ours = brought.get(record.file)
            is_used = weights.locate(record, other.folder) == weights.weights_folder() / record.file
            if ours is not None and ours.sha256 != record.sha256 and is_used:
                name = Path(record.file).name
                raise _refused(path, f"it would replace the weights {name} of {other.manifest.name}")


def _put_in_place(plugin: Plugin, room: Path) -> Plugin:
    for file in sorted((room / _WEIGHTS).rglob("*")):
        if file.is_file():
            target = weights.weights_folder() / file.relative_to(room / _WEIGHTS)
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(file, target)
    known = {p.manifest.id: p for p in discover() if isinstance(p, Plugin)}
    before = known.get(plugin.manifest.id)
    own = data_folder() / "plugins"
    if before is not None and before.folder.parent != own:
        return before
    target = own / plugin.manifest.id
    aside = room / "before"
    own.mkdir(parents=True, exist_ok=True)
    if target.exists():
        shutil.move(target, aside)  # goes with the temporary folder, once the new one is in its place
    try:
        os.replace(room / _FOLDER, target)
    except OSError:
        if aside.exists():
            shutil.move(aside, target)
        raise
    return replace(plugin, folder=target)


def _refused(path: Path, reason: Any) -> MedViewError:
    return MedViewError(
        "{file} is not a pack that can be installed: {reason}.",
        "Get it anew from where it came. Nothing of it was installed.",
        file=path.name,
        reason=str(reason).rstrip("."),
    )
