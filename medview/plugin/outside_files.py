"""Whether an ONNX file takes numbers from other files: no checksum covers those, and they may lie anywhere."""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Mapping
from pathlib import Path

# onnx.proto: which fields of a message are messages in which a tensor can lie
_WITHIN: Mapping[str, Mapping[int, str]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {13: "outside"},
}
_KEY, _VALUE = 1, 2  # of an entry of TensorProto.external_data
_FIXED_BYTES = {1: 8, 5: 4}  # by wire type
_LONGEST_VARINT = 10


def outside_files(path: Path) -> tuple[str, ...]:
    """Return the names of the files that an ONNX file takes numbers from, as it gives them; () where it is whole.

    Raises
    ------
    ValueError
        It is no such file, or damaged.
    """
    found = list[str]()
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        left = [("model", 0, len(data))]
        while left:
            kind, low, high = left.pop()
            for number, start, end in _parts(data, low, high):
                inner = _WITHIN[kind].get(number)
                if inner == "outside":
                    found += _location(data, start, end)
                elif inner is not None:
                    left.append((inner, start, end))
    return tuple(dict.fromkeys(found))


def _location(data: mmap.mmap, low: int, high: int) -> list[str]:
    """Return the file that an entry names; none where it tells of something else, such as the offset in it."""
    parts = {number: data[start:end].decode("utf-8", "replace") for number, start, end in _parts(data, low, high)}
    return [parts.get(_VALUE, "")] if parts.get(_KEY) == "location" else []


def _parts(data: mmap.mmap, low: int, high: int) -> Iterator[tuple[int, int, int]]:
    """Yield number, begin and end of every field of a message that has a length (protobuf's encoding)."""
    at = low
    while at < high:
        key, at = _varint(data, at, high)
        number, wire = key >> 3, key & 7
        if wire == 0:
            _, at = _varint(data, at, high)
        elif wire == 2:
            length, start = _varint(data, at, high)
            at = start + length
            if at <= high:
                yield number, start, at
        elif wire in _FIXED_BYTES:
            at += _FIXED_BYTES[wire]
        else:
            raise ValueError(f"a field of kind {wire}")
        if at > high:
            raise ValueError("it ends too early")


def _varint(data: mmap.mmap, at: int, high: int) -> tuple[int, int]:
    """Return a number and where the next thing begins."""
    value = 0
    for place in range(_LONGEST_VARINT):
        if at + place >= high:
            break
        byte = data[at + place]
        value |= (byte & 127) << (7 * place)
        if byte < 128:
            return value, at + place + 1
    raise ValueError("it ends too early")
