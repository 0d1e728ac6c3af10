"""Which models stay loaded: as many as fit, the one used last always."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from medview.plugin.engine.kept_models import KeptModels, kept_models, module_bytes
from medview.plugin.engine.torch_models import load_torchscript


def asked(kept: KeptModels, *names: str, device: str = "cpu", size: int = 40) -> list[str]:
    """Return which of the models asked for one after the other had to be made."""
    made: list[str] = []

    def make(name: str) -> str:
        made.append(name)
        return name

    for name in names:
        assert kept.get(name, device, lambda name=name: make(name), lambda model: size) == name
    return made


def test_what_was_used_longest_ago_goes_when_memory_is_short() -> None:
    kept = KeptModels(lambda device: 100)
    assert asked(kept, "a", "b", "a", "b") == ["a", "b"]
    assert asked(kept, "a", "c") == ["c"]  # 120 bytes: b goes, a was used since
    assert asked(kept, "a", "b") == ["b"]
    assert len(kept) == 2


def test_a_model_larger_than_all_that_may_stay_stays_until_another_is_asked_for() -> None:
    kept = KeptModels(lambda device: 100)
    assert asked(kept, "huge", "huge", size=500) == ["huge"]
    assert asked(kept, "small", "small") == ["small"]
    assert asked(kept, "huge", size=500) == ["huge"]


def test_a_card_and_the_computer_have_memory_of_their_own() -> None:
    kept = KeptModels({"cpu": 100, "cuda": 50}.__getitem__)
    assert asked(kept, "a", "b") == ["a", "b"]
    assert asked(kept, "c", "d", device="cuda") == ["c", "d"]
    assert asked(kept, "a", "b") == []
    assert asked(kept, "c", device="cuda") == ["c"]


def test_scripts_stay_loaded_by_their_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept_models.forget()
    paths = [tmp_path / f"{number}.pt" for number in range(3)]
    for path in paths:
        torch.jit.script(nn.Linear(100, 100)).save(str(path))
    models = [load_torchscript(path, "cpu") for path in paths]
    assert module_bytes(models[0]) == 4 * (100 * 100 + 100)
    assert load_torchscript(paths[0], "cpu") is models[0]
    monkeypatch.setattr(kept_models, "_budget", lambda device: 2 * module_bytes(models[0]))
    assert load_torchscript(paths[0], "cpu") is models[0]
    assert load_torchscript(paths[1], "cpu") is not models[1]
    assert len(kept_models) == 2
    kept_models.forget()
