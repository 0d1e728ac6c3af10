"""docs/plugins.md is true: its commands are run, and say what it says they say."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from medview import cli
from medview.paths import data_folder

ROOT = Path(__file__).resolve().parents[2]
TUTORIAL = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
Shown = pytest.CaptureFixture[str]


def said(command: str) -> list[str]:
    """Return what the tutorial shows below a command, without the line that goes to standard error."""
    block = TUTORIAL.split(f"$ {command}\n")[1].split("```")[0]
    return [line for line in block.splitlines() if not line.startswith("medview: ")]


def run(shown: Shown, command: str, status: int = 0) -> list[str]:
    assert cli.run(cli.parse(command.split()[1:])) == status
    home = str(data_folder())
    return shown.readouterr().out.replace(home, "~/.local/share/MedView").splitlines()


def names(rows: list[str]) -> list[tuple[str, str]]:
    """Return the names and states of a table of tests."""
    return [(cells[0], cells[1]) for row in rows if len(cells := re.split(r"  +", row)) == 3]


@pytest.fixture
def begun(capsys: Shown) -> Path:
    command = "medview plugin new dense_tissue --task segment"
    assert run(capsys, command) == said(command)
    return data_folder() / "plugins" / "dense_tissue"


def test_it_is_made_and_passes(begun: Path, capsys: Shown) -> None:
    command = "medview plugin test dense_tissue --quiet"
    rows = run(capsys, command)
    assert names(rows) == names(said(command))
    assert rows[-1] == said(command)[-1]


def test_the_code_that_is_shown_is_the_code_that_is_made(begun: Path) -> None:
    code = TUTORIAL.split("```python\ndef run")[1].split("```")[0]
    assert f"def run{code}" in (begun / "dense_tissue.py").read_text()


def test_check_tells_the_mistakes_that_are_shown(begun: Path, capsys: Shown) -> None:
    manifest, code = begun / "plugin.toml", begun / "dense_tissue.py"
    text = manifest.read_text().replace("spacing_mm", "spacings_mm").replace("0.1.0", "1")
    manifest.write_text(text)
    lines = code.read_text().splitlines()
    code.write_text("\n".join([*lines[:2], "import pickle", *lines[2:]]))
    (begun / "README.md").unlink()
    command = "medview plugin check dense_tissue"
    assert run(capsys, command, status=1) == said(command)


def test_the_mistake_that_everyone_makes_fails_as_shown(begun: Path, capsys: Shown) -> None:
    code = begun / "dense_tissue.py"
    code.write_text(code.read_text().replace('["level"]] = 1', '["level"]] = number < len(images) // 2'))
    command = "medview plugin test dense_tissue --only orientation --only self_tests --quiet"
    assert run(capsys, command, status=1) == said(command)


def test_a_network_of_ones_own_is_checked_as_shown(
    tmp_path: Path, capsys: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    command = "medview plugin new my_network --task segment --no-code -o ."
    assert run(capsys, command) == said(command)
    folder = tmp_path / "my_network"
    (folder / "network.onnx").rename(folder / "network.pt")
    (folder / "network.pt").write_bytes(b"yours")
    text = (folder / "plugin.toml").read_text()
    text = text.replace("network.onnx", "network.pt").replace('format = "onnx"', 'format = "torchscript"')
    (folder / "plugin.toml").write_text(text)
    shown, wanted = run(capsys, "medview plugin check my_network", status=1), said("medview plugin check my_network")
    hidden = re.compile(r"has \d+ bytes|[0-9a-f]{64}")
    assert [hidden.sub("", line) for line in shown] == [hidden.sub("", line) for line in wanted]


def test_it_is_packed_and_installed_elsewhere(
    begun: Path, tmp_path: Path, capsys: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pack, install = (line[2:] for line in TUTORIAL.splitlines() if line.startswith("$ medview models"))
    assert run(capsys, pack) == said(pack)
    monkeypatch.setenv("MEDVIEW_HOME", str(tmp_path / "other"))
    assert run(capsys, install) == said(install)


def test_every_test_of_the_suite_is_named() -> None:
    from medview.plugin.conformance.conformance_suite import TESTS

    table = TUTORIAL.split("| test (`--only`)")[1].split("\n\n")[0]
    assert set(re.findall(r"`(\w+)`", "\n".join(row.split("|")[1] for row in table.splitlines()[2:]))) == set(TESTS)


def test_the_answers_are_json_as_documented(begun: Path, capsys: Shown) -> None:
    for command, status in (("check dense_tissue", 0), ("test dense_tissue --only plain", 0), ("schema", 0)):
        (line,) = (
            row for row in (ROOT / "docs" / "command_line.md").read_text(encoding="utf-8").splitlines()
            if row.startswith(f"| `plugin {command.split()[0]}`")
        )  # fmt: skip
        assert cli.run(cli.parse(["plugin", *command.split(), "--json", "--quiet"])) == status
        data = json.loads(capsys.readouterr().out)
        fields = {name for name in data if name not in ("schema_version", "verb")}
        assert fields <= set(re.findall(r"`(\w+)(?:\[\])?`", line)), command
        rows = data.get("rows", [])
        assert all({"name", "state", "message"} == set(row) for row in rows)
