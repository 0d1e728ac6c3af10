from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from medview.errors import MedViewError
from medview.plugin.engine.torch_models import choose_device, converted, load_safetensors, load_torchscript, watched
from medview.plugin.weights import weights_folder
from medview.progress import Cancelled


@pytest.fixture
def script(tmp_path: Path) -> Path:
    layers = [layer for _ in range(20) for layer in (torch.nn.Conv1d(1, 1, 3, padding=1), torch.nn.ReLU())]
    path = tmp_path / "net.pt"
    torch.jit.trace(torch.nn.Sequential(*layers), torch.zeros(1, 1, 8)).save(str(path))
    return path


def test_progress_is_told_within_a_torchscript_model(script: Path) -> None:
    model, told = load_torchscript(script, "cpu"), list[float]()
    with torch.inference_mode(), watched(told.append, 40):
        model(torch.ones(1, 1, 8))
    assert len(told) >= 40
    assert told == sorted(told)
    assert told[0] == 0.0
    assert told[-1] == 1.0


def test_a_cancel_ends_a_torchscript_model_within(script: Path) -> None:
    model, steps = load_torchscript(script, "cpu"), list[float]()

    def step(fraction: float) -> None:
        steps.append(fraction)
        if fraction >= 0.5:
            raise Cancelled

    with pytest.raises(Cancelled), torch.inference_mode(), watched(step, 40):
        model(torch.ones(1, 1, 8))
    assert len(steps) == 21


def test_watching_does_not_load_torchs_compiler_which_takes_a_second() -> None:
    code = """
import sys, torch
from medview.plugin.engine.torch_models import watched
with watched(lambda fraction: None, 1):
    torch.zeros(3) + 1
print(sorted(sys.modules.keys() & {"torch._dynamo", "sympy"}))
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_models_own_error_stays_what_it_is(script: Path) -> None:
    model = load_torchscript(script, "cpu")
    with pytest.raises(RuntimeError, match="failed in the TorchScript interpreter"), watched(lambda fraction: None, 40):
        model(torch.ones(1, 2, 8))


def test_a_model_stays_loaded_until_its_file_changes(script: Path) -> None:
    first = load_torchscript(script, "cpu")
    assert load_torchscript(script, "cpu") is first
    script.write_bytes(script.read_bytes()[:-100])
    with pytest.raises(MedViewError, match=r"net\.pt cannot be read"):
        load_torchscript(script, "cpu")


def test_a_device_that_is_not_here_is_refused() -> None:
    assert choose_device("cpu") == "cpu"
    assert choose_device("auto") in ("cuda", "mps", "cpu")
    with pytest.raises(MedViewError, match=r"The device tpu is not available.*auto, .*cpu"):
        choose_device("tpu")
    if not torch.cuda.is_available():
        with pytest.raises(MedViewError, match="cuda is not available"):
            choose_device("cuda")


def test_weights_are_converted_once_and_kept_under_their_checksum(tmp_path: Path) -> None:
    source, calls = tmp_path / "w.bin", list[Path]()
    np.arange(6, dtype="<f4").tofile(source)

    def convert(path: Path) -> dict[str, np.ndarray]:
        calls.append(path)
        return {"a": np.fromfile(path, dtype="<f4").reshape(2, 3).T}

    path = converted(source, convert)
    assert converted(source, convert) == path
    assert calls == [source]
    assert path.parent == weights_folder() / "converted"
    assert load_safetensors(path)["a"].tolist() == [[0, 3], [1, 4], [2, 5]]
    (tmp_path / "torn.safetensors").write_bytes(path.read_bytes()[:-4])
    with pytest.raises(MedViewError, match=r"torn\.safetensors cannot be read"):
        load_safetensors(tmp_path / "torn.safetensors")


def test_converted_weights_that_are_not_those_that_were_made_are_made_anew(tmp_path: Path) -> None:
    """They bear the checksum of their source: whoever put others in their place would compute in its name."""
    source = tmp_path / "numbers.bin"
    source.write_bytes(np.arange(6, dtype="<f4").tobytes())

    def convert(path: Path) -> dict[str, np.ndarray]:
        return {"a": np.fromfile(path, dtype="<f4")}

    target = converted(source, convert)
    whole = target.read_bytes()
    target.write_bytes(whole[:-4] + b"\0\0\0\0")
    # of the head before the numbers the order is not kept
    assert converted(source, convert).read_bytes()[-24:] == whole[-24:]
    other = weights_folder() / "converted" / f"other-{target.name.split('-', 1)[1]}"
    source.rename(tmp_path / "other.bin")
    other.write_bytes(whole[:-4] + b"\0\0\0\0")  # before anybody has asked for it
    assert converted(tmp_path / "other.bin", convert) == other
    assert load_safetensors(other)["a"].tolist() == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
