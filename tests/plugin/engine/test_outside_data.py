"""ONNX files whose numbers lie in other files, which no checksum covers."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from medview.errors import MedViewError
from tests.plugin.engine.onnx_file import constant, external, graph, node, node_with, write_onnx
from tests.plugin.engine.test_run_network import LABELS, network_plugin, run

LEVEL = 5.0


def outside_as_constant(path: Path, location: str) -> Path:
    nodes = [
        node("Sub", ["x", "level"], "above"),
        node("Mul", ["x", "nothing"], "background"),
        node("Concat", ["background", "above"], "y", axis=1),
    ]
    return write_onnx(path, nodes, [external("level", location), constant("nothing", 0.0)])


def outside_in_a_node(path: Path, location: str) -> Path:
    nodes = [
        node_with("Constant", [], "level", value=external("", location)),
        node("Sub", ["x", "level"], "above"),
        node("Mul", ["x", "nothing"], "background"),
        node("Concat", ["background", "above"], "y", axis=1),
    ]
    return write_onnx(path, nodes, [constant("nothing", 0.0)])


def outside_in_a_branch(path: Path, location: str) -> Path:
    inner = graph([node("Identity", ["level"], "chosen")], [external("level", location)], "chosen")
    nodes = [
        node_with("If", ["yes"], "branched", then_branch=inner, else_branch=inner),
        node("Sub", ["x", "branched"], "above"),
        node("Mul", ["x", "nothing"], "background"),
        node("Concat", ["background", "above"], "y", axis=1),
    ]
    return write_onnx(path, nodes, [constant("nothing", 0.0)])


@pytest.mark.parametrize("make", [outside_as_constant, outside_in_a_node, outside_in_a_branch])
@pytest.mark.parametrize("location", ["level.bin", "../level.bin"])
def test_numbers_outside_the_checked_file_are_refused(
    make: Callable[[Path, str], Path], location: str, tmp_path: Path
) -> None:
    """Whoever changes the other file changes the network, and the record would name the checksum of before."""
    plugin = network_plugin(tmp_path, make(tmp_path / "net.onnx", location), LABELS)
    (plugin.folder / location).write_bytes(struct.pack("<f", LEVEL))
    with pytest.raises(MedViewError, match=r"net\.onnx takes numbers from another file: (\.\./)?level\.bin"):
        run(plugin, np.ones((6, 6, 6), dtype=np.int16))
