"""ONNX files of a few operations, written field by field (onnx.proto), so that no exporter is needed."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FLOAT, INT64 = 1, 7


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _part(field: int, value: bytes | str) -> bytes:
    content = value.encode() if isinstance(value, str) else value
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def node(operation: str, inputs: Sequence[str], output: str, **given: float | Sequence[int]) -> bytes:
    """Return a NodeProto."""
    attributes = (_part(1, name) + _attribute(value) for name, value in given.items())
    content = b"".join(_part(1, name) for name in inputs) + _part(2, output) + _part(4, operation)
    return content + b"".join(_part(5, attribute) for attribute in attributes)


def _attribute(value: float | Sequence[int]) -> bytes:
    """Return the fields of an AttributeProto that hold its value."""
    if isinstance(value, int):
        return _number(3, value) + _number(20, 2)
    if isinstance(value, float):
        return _varint(2 << 3 | 5) + struct.pack("<f", value) + _number(20, 1)
    return b"".join(_number(8, one) for one in value) + _number(20, 7)


def tensor(name: str, values: NDArray[np.float32]) -> bytes:
    """Return a TensorProto."""
    sizes = b"".join(_number(1, size) for size in values.shape)
    return sizes + _number(2, FLOAT) + _part(8, name) + _part(9, np.ascontiguousarray(values).tobytes())


def constant(name: str, value: float) -> bytes:
    """Return a TensorProto of one float."""
    return _number(1, 1) + _number(2, FLOAT) + _part(8, name) + _part(9, struct.pack("<f", value))


def external(name: str, location: str) -> bytes:
    """Return a TensorProto of one float that lies in another file."""
    entry = _part(1, "location") + _part(2, location)
    return _number(1, 1) + _number(2, FLOAT) + _part(8, name) + _part(13, entry) + _number(14, 1)


def graph(nodes: Sequence[bytes], constants: Sequence[bytes], output: str) -> bytes:
    """Return a GraphProto without inputs, as the branch of another."""
    content = b"".join(_part(1, one) for one in nodes) + _part(2, "branch")
    return content + b"".join(_part(5, one) for one in constants) + _part(12, _part(1, output))


def node_with(operation: str, inputs: Sequence[str], output: str, **parts: bytes) -> bytes:
    """Return a NodeProto whose attributes are tensors ("value") or graphs."""
    content = node(operation, inputs, output)
    for name, value in parts.items():
        field, kind = (5, 4) if name == "value" else (6, 5)
        content += _part(5, _part(1, name) + _part(field, value) + _number(20, kind))
    return content


def write_onnx(path: Path, nodes: Sequence[bytes], constants: Sequence[bytes], dimensions: int = 5) -> Path:
    """Write a model from "x" to "y", each of any size."""
    axes = b"".join(_part(1, _part(2, f"d{number}")) for number in range(dimensions))
    anything = _part(2, _part(1, _number(1, FLOAT) + _part(2, axes)))
    graph = b"".join(_part(1, one) for one in nodes) + _part(2, "graph")
    graph += b"".join(_part(5, one) for one in constants)
    graph += _part(11, _part(1, "x") + anything) + _part(12, _part(1, "y") + anything)
    path.write_bytes(_number(1, 8) + _part(7, graph) + _part(8, _part(1, "") + _number(2, 17)))
    return path


def write_threshold(path: Path, level: float) -> Path:
    """Write a network of two channels: (0, x - level)."""
    nodes = [
        node("Sub", ["x", "level"], "above"),
        node("Mul", ["x", "nothing"], "background"),
        node("Concat", ["background", "above"], "y", axis=1),
    ]
    return write_onnx(path, nodes, [constant("level", level), constant("nothing", 0.0)])
