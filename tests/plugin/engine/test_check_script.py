"""TorchScript is a program: one that reaches for files is not even loaded."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from medview.errors import MedViewError
from medview.plugin.convert.import_model import import_model
from medview.plugin.convert.told import Told
from medview.plugin.engine.torch_models import load_torchscript
from medview.progress import unheard
from tests.plugin.convert.bundles import write_bundle
from tests.plugin.engine.test_run_network import LABELS, network_plugin, run


class WritesWhenRun(nn.Module):
    """Writes its images to where it was told."""

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def forward(self, x: Tensor) -> Tensor:
        torch.save(x, self.place)
        return torch.cat([x * 0.0, x], dim=1)


class WritesWhenLoaded(nn.Module):
    """Writes before anybody has asked it anything."""

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x * 0.0, x], dim=1)

    @torch.jit.export
    def __getstate__(self) -> tuple[str, bool]:
        return self.place, self.training

    @torch.jit.export
    def __setstate__(self, state: tuple[str, bool]) -> None:
        self.place = state[0]
        self.training = state[1]
        torch.save(torch.ones(1), self.place)


class Reads(nn.Module):
    """Takes a file of this computer for its answer."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.from_file("/etc/hostname", False, 4, dtype=torch.uint8) + x


def saved(module: nn.Module, path: Path) -> Path:
    torch.jit.script(module).save(str(path))  # type: ignore[no-untyped-call]
    return path


@pytest.mark.parametrize("kind", [WritesWhenRun, WritesWhenLoaded, Reads])
def test_a_script_that_reaches_for_files_is_not_loaded(kind: type[nn.Module], tmp_path: Path) -> None:
    written = tmp_path / "written"
    path = saved(kind() if kind is Reads else kind(str(written)), tmp_path / "net.pt")
    with pytest.raises(MedViewError, match=r"net\.pt is a program that would reach beyond its images"):
        run(network_plugin(tmp_path, path, LABELS), np.ones((6, 6, 6), dtype=np.int16))
    assert not written.exists()


def test_nothing_of_a_script_is_run_when_it_is_imported(tmp_path: Path) -> None:
    folder, written = write_bundle(tmp_path), tmp_path / "written"
    (folder / "models" / "model.pt").unlink()
    saved(WritesWhenLoaded(str(written)), folder / "models" / "model.ts")
    with pytest.raises(MedViewError, match="is a program that would reach beyond its images"):
        import_model(folder, Told(), unheard)
    assert not written.exists()


def test_a_script_whose_stream_is_damaged_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "net.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("net/code/__torch__.py", "x = 1\n" * 100)
    content = bytearray(path.read_bytes())
    content[51:57] = b"\xff" * 6
    path.write_bytes(content)
    with pytest.raises(MedViewError, match=r"net\.pt cannot be read"):
        load_torchscript(path, "cpu")


def test_a_script_of_an_older_kind_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "net.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("net/model.json", "{}")
    with pytest.raises(MedViewError, match=r"net\.pt cannot be read: it is of an older kind"):
        load_torchscript(path, "cpu")
