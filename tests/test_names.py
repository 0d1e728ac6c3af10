"""The house's ceilings on size, and its words."""

from __future__ import annotations

import ast
import io
import statistics
import tokenize
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = tuple(
    path for folder in ("medview", "plugins", "installer") for path in sorted((ROOT / folder).rglob("*.py"))
)
ROOMS = tuple(sorted(path for path in (ROOT / "medview").iterdir() if path.is_dir() and any(path.glob("*.py"))))
FORBIDDEN_WORDS = {"manager", "helper", "helpers", "handler", "handlers", "util", "utils", "misc", "common"}
_NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def code_lines(source: str) -> set[int]:
    """Return the numbers of the lines that hold code: no comment, blank line or docstring."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in _NO_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            lines.difference_update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return lines


@cache
def function_lengths() -> dict[str, int]:
    """Return the code lines of every function, by where it stands."""
    lengths = {}
    for path in SOURCES:
        source = path.read_text(encoding="utf-8")
        lines = code_lines(source)
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, _Function):
                body = lines & set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
                lengths[f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"] = len(body)
    return lengths


def file_lengths() -> dict[str, int]:
    return {str(p.relative_to(ROOT)): len(p.read_text(encoding="utf-8").splitlines()) for p in SOURCES}


def percentile_90(values: list[int]) -> float:
    return statistics.quantiles(values, n=10)[-1]


def test_code_lines_leave_out_docstrings_comments_and_blanks() -> None:
    source = 'def f():\n    """Say\n    it."""\n\n    # why\n    return (1,\n            2)\n'
    assert code_lines(source) == {1, 6, 7}


def test_no_function_is_longer_than_fifty_code_lines() -> None:
    assert {name: length for name, length in function_lengths().items() if length > 50} == {}


def test_functions_are_mostly_short() -> None:
    lengths = list(function_lengths().values())
    assert statistics.median(lengths) <= 7
    assert percentile_90(lengths) <= 22


def test_no_file_is_longer_than_five_hundred_lines() -> None:
    assert {name: length for name, length in file_lengths().items() if length > 500} == {}


def test_files_are_mostly_short() -> None:
    assert percentile_90(list(file_lengths().values())) <= 300


def test_no_module_or_class_is_called_by_an_empty_word() -> None:
    names = {path.stem for path in SOURCES} | {folder.name for folder in ROOMS}
    assert {name for name in names if FORBIDDEN_WORDS & set(name.lower().split("_"))} == set()
    classes = {
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
        if any(node.name.lower().endswith(word) for word in FORBIDDEN_WORDS)
    }
    assert classes == set()


@pytest.mark.parametrize("room", ROOMS, ids=lambda path: path.name)
def test_each_room_says_what_belongs_in_it(room: Path) -> None:
    source = (room / "__init__.py").read_text(encoding="utf-8")
    paragraph = ast.get_docstring(ast.parse(source)) or ""
    assert len(paragraph.split()) >= 15, f"medview/{room.name}/__init__.py needs a paragraph"
