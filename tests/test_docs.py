"""What the documents say of the program is so: links, rooms, modules, and commands that can be typed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from medview import cli

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "plugins/*/*.md", "plugins/*/recipe/*.md")
    for path in ROOT.glob(pattern)
)
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
ROOMS = ("gui", "view", "tools", "session", "library", "files", "plugin", "jobs", "imaging", "study", "cli")


def folders(path: Path) -> set[str]:
    return {one.name for one in path.iterdir() if (one / "__init__.py").is_file()}


def row_of(room: str) -> str:
    """Return what the table of rooms says of one."""
    (row,) = (line for line in ARCHITECTURE.splitlines() if re.match(rf"\| [^|]*`{room}`[^|]* \|", line))
    return row


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_and_picture_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (path.parent / link).exists()] == []


def test_every_picture_and_document_is_linked() -> None:
    linked = {
        (path.parent / link).resolve()
        for path in DOCUMENTS
        for link in re.findall(r"\]\(([^)#]+)", path.read_text(encoding="utf-8"))
    }
    shown = {path.resolve() for path in (ROOT / "docs").rglob("*") if path.suffix in (".png", ".md", ".json")}
    assert shown - linked == set()


def test_the_rooms_are_the_folders() -> None:
    assert folders(ROOT / "medview") == set(ROOMS)
    for room in ROOMS:
        assert row_of(room)
    single = {path.stem for path in (ROOT / "medview").glob("*.py")} - {"__init__", "__main__", "app"}
    assert set(re.findall(r"`(\w+)`", row_of("errors").split("|")[1])) == single


@pytest.mark.parametrize("room", ["files", "gui", "plugin"])
def test_the_rooms_within_a_room_are_its_folders(room: str) -> None:
    told = set(re.findall(r"`(\w+)`", row_of(room).split("|")[2]))
    assert folders(ROOT / "medview" / room) <= told


def test_every_module_that_the_architecture_names_is_there() -> None:
    named = re.findall(rf"`((?:{'|'.join(ROOMS)})/[a-z_/]+)`", ARCHITECTURE)
    assert len(named) > 50
    paths = [ROOT / "medview" / name for name in named]
    assert [str(path) for path in paths if not path.is_dir() and not path.with_suffix(".py").is_file()] == []


def commands() -> list[str]:
    """Return every line of the documents' blocks that begins with medview, without what is printed and remarked."""
    found = []
    for path in DOCUMENTS:
        for block in re.findall(r"```\w*\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL):
            lines = re.findall(r"^(?:\$ )?medview (.*?)(?: {2,}#.*)?$", block, re.MULTILINE)
            found += [line.strip() for line in lines if "|" not in line and "[" not in line and "..." not in line]
    return found


def test_every_command_that_is_shown_can_be_typed() -> None:
    assert len(commands()) > 12
    for command in commands():
        cli.parse(shlex.split(command))  # ends the program where an option or verb is not known


VERBS = (
    "scan", "convert", "check", "run", "export", "models install", "models pack", "plugin new", "plugin check",
    "plugin test", "plugin schema", "plugin import", "library import", "library rebuild", "demo", "screenshots",
)  # fmt: skip


@pytest.mark.parametrize("verb", VERBS)
def test_every_option_is_told(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.parse([*verb.split(), "--help"])
    told = set(re.findall(r"(?<![\w-])--[a-z-]+", capsys.readouterr().out))
    block = re.findall(r"```\n(.*?)```", (ROOT / "docs" / "command_line.md").read_text(encoding="utf-8"), re.DOTALL)[0]
    lines = [line for line in block.splitlines() if line.startswith(f"medview {verb.partition(' ')[0]} ")]
    assert told - {"--help", "--quiet", "--json", "--out"} <= set(re.findall(r"--[a-z-]+", " ".join(lines)))
