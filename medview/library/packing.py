"""Frozen values packed into bytes and back, without a difference: how a scanned study lies in the index.

The values of many alike objects are kept as columns, one an attribute, and a column of one value as that value: small,
and quick to read. What the attributes are is taken from the classes themselves, so that a class that changes makes
another `Packing.format`, and what was packed before is told from what can be read.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import types
import zlib
from collections.abc import Callable, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

from medview.errors import MedViewError, Sentence
from medview.library.split_path import split_path

_VERSION = 1
_ATOMS = (str, int, float, bool, types.NoneType)
_IN_STORE = "\0"  # begins a path below the store, which may be moved as a whole


@dataclasses.dataclass(frozen=True)
class _Column:
    """How a column of one type becomes JSON and back: `write(values)`, and `read(json, count)`."""

    write: Callable[[Sequence[Any]], Any]
    read: Callable[[Any, int], Sequence[Any]]
    says: str


class Packing:
    """Packs values of one class.

    Parameters
    ----------
    kind
        A frozen dataclass of text, numbers, paths, tuples, arrays, sentences and other such dataclasses.
    base
        Paths below this folder are kept relative to it.
    """

    def __init__(self, kind: type[Any], base: Path) -> None:
        self._base = base
        self._made: dict[Any, _Column] = {}
        self._column = self._of(kind)
        self.format = f"{_VERSION}-{hashlib.sha256(self._column.says.encode()).hexdigest()[:16]}"

    def pack(self, value: Any) -> bytes:
        """Return a value as bytes; TypeError where it holds something that cannot be kept exactly."""
        text = json.dumps(self._column.write([value]), separators=(",", ":"), default=_plain)
        return zlib.compress(text.encode(), 1)

    def unpack(self, content: bytes) -> Any:
        """Return the value of `pack`'s bytes; ValueError, KeyError, TypeError or zlib.error where they are torn."""
        return self._column.read(json.loads(zlib.decompress(content)), 1)[0]

    def _of(self, kind: Any) -> _Column:
        if kind not in self._made:
            # a class may hold others of its own kind: it is known by its name while it is being looked at
            self._made[kind] = self._later(kind)
            self._made[kind] = self._make(kind)
        return self._made[kind]

    def _later(self, kind: Any) -> _Column:
        """Return a column that does what the column of the kind will do once it is made."""

        def write(values: Sequence[Any]) -> Any:
            return self._made[kind].write(values) if values else []

        def read(data: Any, count: int) -> Sequence[Any]:
            return self._made[kind].read(data, count) if count else []

        return _Column(write, read, str(kind))

    def _make(self, kind: Any) -> _Column:
        origin, inner = get_origin(kind), get_args(kind)
        if kind in _ATOMS or origin is Literal:
            return _atoms(str(kind))
        if origin in (Union, types.UnionType):
            return self._union(inner)
        if origin is tuple:
            return self._run(inner[0]) if inner[1:] == (...,) else self._row(inner)
        if kind is Path:
            return self._path()
        if origin is np.ndarray:
            return _arrays()
        if kind in (object, MedViewError) or origin is dict:
            return _Column(
                lambda values: [_tagged(v) for v in values], lambda data, _: [_untagged(v) for v in data], str(kind)
            )
        if isinstance(kind, type) and dataclasses.is_dataclass(kind):
            return self._record(kind)
        raise TypeError(f"a {kind} cannot be packed")

    def _union(self, inner: tuple[Any, ...]) -> _Column:
        rest = [part for part in inner if part is not types.NoneType]
        if all(part in _ATOMS or get_origin(part) is Literal for part in rest):
            return _atoms(" | ".join(map(str, inner)))
        if len(rest) != 1 or len(rest) == len(inner):
            raise TypeError(f"a union of {inner} cannot be packed")
        column = self._of(rest[0])

        def write(values: Sequence[Any]) -> Any:
            there = [v is not None for v in values]
            return [_shorter(there), column.write([v for v in values if v is not None])]

        def read(data: Any, count: int) -> Sequence[Any]:
            there = _longer(data[0], count)
            values = iter(column.read(data[1], sum(there)))
            return [next(values) if one else None for one in there]

        return _Column(write, read, f"{column.says} | None")

    def _run(self, inner: Any) -> _Column:
        """Return the column of tuples of any length: the lengths, and all members one after the other."""
        column = self._of(inner)

        def write(values: Sequence[Any]) -> Any:
            return [_shorter([len(v) for v in values]), column.write([member for v in values for member in v])]

        def read(data: Any, count: int) -> Sequence[Any]:
            lengths = _longer(data[0], count)
            members, found, start = column.read(data[1], sum(lengths)), [], 0
            for length in lengths:
                found.append(tuple(members[start : start + length]))
                start += length
            return found

        return _Column(write, read, f"({column.says}, ...)")

    def _row(self, inner: tuple[Any, ...]) -> _Column:
        """Return the column of tuples of one length: a column for each member."""
        columns = [self._of(part) for part in inner]

        def write(values: Sequence[Any]) -> Any:
            return [c.write([v[n] for v in values]) for n, c in enumerate(columns)]

        def read(data: Any, count: int) -> Sequence[Any]:
            return list(zip(*[c.read(d, count) for c, d in zip(columns, data, strict=True)], strict=True))

        return _Column(write, read, f"({', '.join(c.says for c in columns)})")

    def _record(self, kind: type[Any]) -> _Column:
        hints = get_type_hints(kind)
        names = [f.name for f in dataclasses.fields(kind)]
        columns = [self._of(hints[name]) for name in names]
        getters = [attrgetter(name) for name in names]

        def write(values: Sequence[Any]) -> Any:
            if not values:
                return []
            return [c.write(list(map(get, values))) for get, c in zip(getters, columns, strict=True)]

        def read(data: Any, count: int) -> Sequence[Any]:
            if not count:
                return []
            parts = [c.read(d, count) for c, d in zip(columns, data, strict=True)]
            return [kind(*row) for row in zip(*parts, strict=True)]

        inside = ", ".join(f"{name}: {c.says}" for name, c in zip(names, columns, strict=True))
        return _Column(write, read, f"{kind.__name__}({inside})")

    def _path(self) -> _Column:
        """Return the column of paths: each folder once, and the names."""
        base = os.path.join(self._base, "")

        def write(values: Sequence[Path]) -> Any:
            folders: dict[str, int] = {}
            splits = [split_path(str(path)) for path in values]
            places = [folders.setdefault(folder, len(folders)) for folder, _ in splits]
            texts = [
                _IN_STORE + folder[len(base) :].replace(os.sep, "/") if folder.startswith(base) else folder
                for folder in folders
            ]
            return [texts, _shorter(places), _shorter([name for _, name in splits])]

        def read(data: Any, count: int) -> Sequence[Path]:
            folders = [base + text[1:] if text[:1] == _IN_STORE else text for text in data[0]]
            starts = [os.path.join(folder, "") for folder in folders]
            places, names = _longer(data[1], count), _longer(data[2], count)
            return [Path(starts[place] + name) for place, name in zip(places, names, strict=True)]

        return _Column(write, read, "path")


def _atoms(says: str) -> _Column:
    return _Column(_shorter, _longer, says)


def _arrays() -> _Column:
    def write(values: Sequence[Any]) -> Any:
        return [[list(v.shape), v.dtype.str, v.ravel().tolist()] for v in values]

    def read(data: Any, count: int) -> Sequence[Any]:
        return [np.array(flat, dtype=kind).reshape(shape) for shape, kind, flat in data]

    return _Column(write, read, "array")


def _shorter(values: Sequence[Any]) -> Any:
    """Return a column as it is, or its one value where all are the same."""
    column = values if isinstance(values, list) else list(values)
    if column:
        first = column[0]
        if column.count(first) == len(column) and _is_one_value(column, first):
            return {"all": first}
    return column


def _is_one_value(column: list[Any], first: Any) -> bool:
    """Whether equal values are the same: 1, 1.0 and True are equal, and so are 0.0 and -0.0."""
    if isinstance(first, str) or first is None:
        return True
    return len(set(map(type, column))) == 1 and (first != 0 or len(set(map(repr, column))) == 1)


def _longer(data: Any, count: int) -> Any:
    if isinstance(data, dict):
        return [data["all"]] * count
    if len(data) != count:
        raise ValueError("a packed column is torn")
    return data


def _tagged(value: Any) -> Any:
    """Return a value of no known type as JSON that tells its type."""
    if isinstance(value, bool | int | float | str) or value is None:
        return value
    if isinstance(value, Path):
        return {"path": str(value)}
    if isinstance(value, Sentence):
        return {"sentence": [value.template, _tagged(value.values)]}
    if isinstance(value, MedViewError):
        return {"error": [value.message.template, value.remedy.template, _tagged(value.message.values)]}
    if isinstance(value, tuple | list):
        return {type(value).__name__: [_tagged(v) for v in value]}
    if isinstance(value, dict):
        return {"dict": {name: _tagged(v) for name, v in value.items()}}
    return _plain(value)


def _untagged(data: Any) -> Any:
    if not isinstance(data, dict):
        return data
    ((tag, value),) = data.items()
    readers: dict[str, Callable[[Any], Any]] = {
        "path": Path,
        "sentence": lambda v: Sentence(v[0], _untagged(v[1])),
        "error": lambda v: MedViewError(v[0], v[1], **_untagged(v[2])),
        "tuple": lambda v: tuple(_untagged(part) for part in v),
        "list": lambda v: [_untagged(part) for part in v],
        "dict": lambda v: {name: _untagged(part) for name, part in v.items()},
    }
    return readers[tag](value)


def _plain(value: Any) -> Any:
    """Return a number of numpy's as Python's own."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"a {type(value).__name__} cannot be packed")
