"""Licences of weights that a person must have read and accepted before the weights are fetched or used."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from medview.errors import MedViewError
from medview.paths import data_folder
from medview.plugin.kept_book import read_book, write_book

if TYPE_CHECKING:
    from medview.plugin.discovery import Plugin
    from medview.plugin.manifest.weights_record import WeightsRecord

_LONGEST_TEXT = 1 << 20


def licence_text(plugin: Plugin, record: WeightsRecord) -> str:
    """Return the text that must be shown before weights with a gate are accepted.

    Raises
    ------
    MedViewError
        The manifest names no licence file, or it cannot be read: such weights cannot be accepted.
    """
    if record.licence_file is None:
        raise _no_text(plugin, record)
    try:
        with (plugin.folder / record.licence_file).open("rb") as file:
            return file.read(_LONGEST_TEXT).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _no_text(plugin, record) from error


def is_accepted(plugin: Plugin, record: WeightsRecord) -> bool:
    """Whether weights have no gate, or a person has accepted this very text for these very weights."""
    if record.gate == "none":
        return True
    try:
        return _key(record, licence_text(plugin, record)) in read_book(_path())
    except MedViewError:
        return False


def accept(plugin: Plugin, record: WeightsRecord) -> None:
    """Record that a person has read and accepted the licence of weights; it is kept with the time in the data folder.

    Raises
    ------
    MedViewError
        There is no text to accept.
    """
    text = licence_text(plugin, record)
    book = read_book(_path())
    book[_key(record, text)] = {
        "plugin": plugin.manifest.id,
        "file": record.file,
        "licence": record.licence,
        "accepted": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    write_book(_path(), book)


def check_accepted(plugin: Plugin, record: WeightsRecord) -> None:
    """Raise MedViewError where the licence of weights was not accepted yet."""
    if not is_accepted(plugin, record):
        licence_text(plugin, record)  # raises where there is nothing to be read
        raise MedViewError(
            "The weights {file} are given under {licence}, which has not been accepted on this computer.",
            "Read and accept it in the list of models, or write: medview models install {plugin} --accept-licence",
            file=record.file,
            licence=record.licence,
            plugin=plugin.manifest.id,
        )


def _no_text(plugin: Plugin, record: WeightsRecord) -> MedViewError:
    return MedViewError(
        "The weights {file} must be accepted under {licence}, but the plugin {plugin} does not bring its text.",
        "Ask the plugin's authors for the licence; without it the weights are not used.",
        file=record.file,
        licence=record.licence,
        plugin=plugin.manifest.name,
    )


def _key(record: WeightsRecord, text: str) -> str:
    """Return what was accepted: another text or other weights must be accepted anew."""
    return hashlib.sha256(f"{record.sha256}\n{text}".encode()).hexdigest()


def _path() -> Path:
    return data_folder() / "accepted_licences.json"
