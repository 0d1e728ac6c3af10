"""Every fault of a plugin's folder is told at once, with its line and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from medview.errors import MedViewError
from medview.paths import shipped_plugins_folder
from medview.plugin.authoring.check_plugin import check_plugin
from medview.plugin.authoring.new_plugin import NewTask, new_plugin


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return new_plugin("mine", "segment", tmp_path, with_code=False)


def told(folder: Path) -> list[str]:
    return [str(fault) for fault in check_plugin(folder)]


def change(folder: Path, old: str, new: str, file: str = "plugin.toml") -> int:
    """Put `new` for `old` and return the line it stands on."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, text.count(old)
    path.write_text(text.replace(old, new), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


@pytest.mark.parametrize("task", ["segment", "classify", "detect", "enhance"])
@pytest.mark.parametrize("with_code", [True, False])
def test_what_new_has_made_has_no_fault(task: NewTask, with_code: bool, tmp_path: Path) -> None:
    assert told(new_plugin("mine", task, tmp_path, with_code=with_code)) == []


def test_what_registers_has_no_fault_and_needs_code(tmp_path: Path) -> None:
    assert told(new_plugin("mine", "register", tmp_path)) == []
    with pytest.raises(MedViewError, match="needs code"):
        new_plugin("other", "register", tmp_path, with_code=False)


@pytest.mark.parametrize("name", sorted(p.parent.name for p in shipped_plugins_folder().glob("*/plugin.toml")))
def test_no_shipped_plugin_has_a_fault(name: str) -> None:
    assert told(shipped_plugins_folder() / name) == []


def test_all_faults_of_a_manifest_are_told_each_with_its_line(folder: Path) -> None:
    version = change(folder, 'version = "0.1.0"', 'version = "one"')
    modality = change(folder, 'modality = ["CT"]', "modality = []")
    spacing = change(folder, "spacing_mm = [0.2, 15.0]", "spacings_mm = [0.2, 15.0]")
    colour = change(folder, "colour = [230, 220, 160]", "colour = [230, 220, 1600]")
    change(folder, "cpu_seconds = 1\n", "")
    faults = {fault.key: fault for fault in check_plugin(folder)}
    assert set(faults) == {
        "version", "inputs.0.modality", "inputs.0.spacings_mm", "outputs.0.segments.0.colour.2", "cost.cpu_seconds",
    }  # fmt: skip
    assert faults["version"].where == f"plugin.toml:{version}"
    assert faults["inputs.0.modality"].where == f"plugin.toml:{modality}"
    assert faults["inputs.0.spacings_mm"].where == f"plugin.toml:{spacing}"
    assert 'Did you mean "spacing_mm"?' in faults["inputs.0.spacings_mm"].remedy
    assert faults["outputs.0.segments.0.colour.2"].where == f"plugin.toml:{colour}"
    assert faults["cost.cpu_seconds"].remedy == 'Add the key "cpu_seconds".'


def test_no_manifest_and_no_toml(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert told(tmp_path / "empty") == ["plugin.toml: it is not there. Make one with: medview plugin new empty"]
    change(folder, "research_only = true", "research_only = yes")
    assert "it is no TOML" in told(folder)[0]
    assert "line 8" in told(folder)[0]


def test_weights_that_are_not_what_their_record_says(folder: Path) -> None:
    (folder / "network.onnx").write_bytes(b"other")
    assert [fault.key for fault in check_plugin(folder)] == ["weights.0.bytes", "weights.0.sha256"]
    (folder / "network.onnx").unlink()
    assert told(folder)[0].startswith("plugin.toml:")
    assert "network.onnx is not in the folder" in told(folder)[0]


def test_a_gate_needs_the_text_of_its_licence(folder: Path) -> None:
    change(folder, 'format = "onnx"', 'format = "onnx"\ngate = "accept"')
    assert "a licence that is nowhere" in told(folder)[0]
    change(folder, 'gate = "accept"', 'gate = "accept"\nlicence_file = "TERMS"')
    assert "TERMS is not there or empty" in told(folder)[0]
    (folder / "TERMS").write_text("Be kind.")
    assert told(folder) == []


def test_a_card_must_be_there_and_honest(folder: Path) -> None:
    metric = '\n[[card.metrics]]\ndataset = "Chest 2020"\ncases = 9\nname = "Dice"\nvalue = 0.9\nsource = "us"\n'
    card = 'trained_on = "Nothing: its numbers were written by hand."'
    change(folder, card, 'trained_on = "Chest 2020, whole."')
    change(folder, "# medview plugin test", f"{metric}held_out = true\n\n# medview plugin test")
    assert "it calls Chest 2020 held out, and trained_on names it" in told(folder)[0]
    change(folder, "held_out = true", "held_out = false")
    assert told(folder) == []
    (folder / "README.md").write_text("# Mine")
    assert told(folder)[0].startswith("README.md: it says next to nothing.")
    (folder / "README.md").unlink()
    assert told(folder)[0].startswith("README.md: there is none.")


def test_a_learned_plugin_without_a_card_has_a_fault(folder: Path) -> None:
    text = (folder / "plugin.toml").read_text()
    start, end = text.index("[card]"), text.index("# medview plugin test")
    (folder / "plugin.toml").write_text(text[:start] + text[end:])
    assert "there is no card, and it is learned" in told(folder)[0]


def test_code_that_reaches_inside_unpickles_or_is_no_python(tmp_path: Path) -> None:
    folder = new_plugin("mine", "segment", tmp_path)
    (folder / "more.py").write_text(
        "import pickle\nfrom medview.session.session import Session\nimport torch\n"
        "a = torch.load('x')\nb = torch.load('x', weights_only=True)\nc = eval('1')\n"
    )
    (folder / "bad.py").write_text("def f(:\n")
    (folder / "net.bin").write_bytes(b"1234")
    (folder / "model.pkl").write_bytes(b"\x80\x04]q\x00.")
    places = {fault.where for fault in check_plugin(folder)}
    assert places == {"more.py:1", "more.py:2", "more.py:4", "more.py:6", "bad.py:1", "model.pkl", "net.bin"}


def test_an_entry_and_a_test_that_are_not_there(tmp_path: Path) -> None:
    folder = new_plugin("mine", "segment", tmp_path)
    change(folder, 'entry = "mine:run"', 'entry = "mine:runs"')
    change(folder, 'input = "phantom:chest"', 'input = "case.nii.gz"')
    assert [fault.key for fault in check_plugin(folder)] == ["entry", "tests.0.input"]


def test_nothing_of_a_plugin_is_run(tmp_path: Path) -> None:
    folder = new_plugin("mine", "segment", tmp_path)
    (folder / "mine.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\ndef run(request, context): pass\n")
    check_plugin(folder)
    assert not (tmp_path / "ran").exists()
