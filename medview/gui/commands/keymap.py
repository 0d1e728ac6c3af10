"""Which keys each command has: those of the table, of a set of keys known from other viewers, or a person's own."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtGui import QKeySequence

from medview.gui.command import Command
from medview.paths import resources_folder
from medview.session.settings import Settings

Keys = tuple[str, ...]


@dataclass(frozen=True)
class KeySet:
    """A shipped set of keys: what it is called, and the commands whose keys differ from the table's."""

    id: str
    title: str
    keys: Mapping[str, Keys]


@lru_cache(maxsize=1)
def key_sets() -> tuple[KeySet, ...]:
    """Return the shipped sets (`resources/keymaps`), MedView's own first."""
    found = [KeySet("", "MedView", {})]
    for path in sorted((resources_folder() / "keymaps").glob("*.toml")):
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        keys = {name: tuple(value) for name, value in table["keys"].items()}
        found.append(KeySet(path.stem, table["title"], keys))
    return tuple(found)


class Keymap:
    """The keys of every command, no key twice: what a person has set takes a key from the set, that from the table.

    Parameters
    ----------
    commands
        The command table.
    settings
        "keymap" names the set, "shortcuts" holds a person's own keys by command id.
    """

    def __init__(self, commands: Sequence[Command], settings: Settings) -> None:
        self._commands = commands
        self._settings = settings
        self._made: tuple[object, dict[str, Keys]] | None = None

    def keys(self, command: Command) -> Keys:
        """Return a command's keys in Qt's portable form, the one that is shown first."""
        return self._map()[command.id]

    def own(self, command: Command) -> Keys | None:
        """Return the keys that a person has given a command, None where none were set."""
        kept = self._settings["shortcuts"].get(command.id)
        return None if kept is None else tuple(kept)

    def owner(self, key: str) -> Command | None:
        """Return the command that has a key."""
        wanted = plain(key)
        return next((c for c in self._commands if wanted in self.keys(c)), None)

    def give(self, command: Command, keys: Sequence[str]) -> None:
        """Give a command keys of a person's own; none takes its keys away. Other commands lose them."""
        wanted = tuple(dict.fromkeys(filter(None, map(plain, keys))))
        own = {**self._settings["shortcuts"], command.id: list(wanted)}
        for name, kept in own.items():
            if name != command.id:
                own[name] = [key for key in kept if key not in wanted]
        self._settings["shortcuts"] = own

    def forget(self, command: Command | None = None) -> None:
        """Take back a person's own keys of one command, or of all."""
        own = self._settings["shortcuts"]
        self._settings["shortcuts"] = {} if command is None else {n: k for n, k in own.items() if n != command.id}

    def _map(self) -> dict[str, Keys]:
        chosen, own = self._settings["keymap"], self._settings["shortcuts"]
        key = (chosen, repr(sorted(own.items())))
        if self._made is None or self._made[0] != key:
            self._made = key, self._worked_out(chosen, own)
        return self._made[1]

    def _worked_out(self, chosen: str, own: Mapping[str, Sequence[str]]) -> dict[str, Keys]:
        found = {c.id: tuple(map(plain, c.shortcuts)) for c in self._commands}
        shipped = next((s.keys for s in key_sets() if s.id == chosen), {})
        for layer in (shipped, own):
            known = {name: tuple(map(plain, keys)) for name, keys in layer.items() if name in found}
            taken = {key for keys in known.values() for key in keys}
            found = {name: tuple(key for key in keys if key not in taken) for name, keys in found.items()} | known
        return found


def plain(key: str) -> str:
    """Return a key in Qt's portable form, so that equal keys are equal texts; "" for what is no key."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.PortableText)


def native(keys: Sequence[str]) -> str:
    """Return keys as the platform writes them."""
    named = [QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in keys]
    return ", ".join(dict.fromkeys(named))  # Chinese has one name for Return and Enter
