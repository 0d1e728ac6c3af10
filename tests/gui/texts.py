"""Every text that a person may read, collected from the source: what the translations must cover."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# the arguments of a call that are texts: by the name that is called, positions and keywords
_TEXTS: dict[str, tuple[tuple[int, ...], tuple[str, ...]]] = {
    "NoSuv": ((0,), ("template",)),
    "tr": ((0,), ("template",)),
    "Sentence": ((0,), ("template",)),
    "MedViewError": ((0, 1), ("message", "remedy")),
    "PluginFaultError": ((0, 1), ("message", "remedy")),
    "NothingFoundError": ((0, 1), ("message", "remedy")),
    "SumsOverflowError": ((0, 1), ("message", "remedy")),
    "add": ((1, 2), ("message", "remedy")),
    "submit": ((0,), ("title",)),
    "progress": ((1,), ("text",)),
    "post_progress": ((2,), ()),
    "Command": ((1, 2), ("title", "short_title", "menu", "submenu")),
    "_tool": ((1, 2), ("menu",)),
    "_fit": ((1,), ()),
    "_turn": ((1,), ()),
    "_playing": ((1,), ()),
    "_kind_command": ((1,), ()),
    "_lines_command": ((1,), ()),
    "_sync_command": ((1,), ()),
    "_slab_command": ((1,), ()),
    "_mode_command": ((1,), ()),
    "_register_command": ((1,), ()),
    "_shift_command": ((1,), ()),
    "_turn_command": ((1,), ()),
    "_exchange": ((2,), ()),
    "_fit_linear": ((1,), ()),
    "_execute": ((3,), ()),
    "_mode_of_curve": ((1,), ()),
    "_step_of_curve": ((1,), ()),
    "turn_planes": ((2,), ("title",)),
    "remember_turn": ((2,), ("title",)),
    "_view_command": ((2,), ()),
    "_smoothing_command": ((1,), ()),
    "_change_look": ((0, 1), ()),
    "_settle": ((0,), ()),
    "_remember": ((2,), ()),
    "change_look": ((2,), ()),
    "remember_look": ((2,), ()),
    "Edit": ((4,), ("title",)),
    "do_change": ((0,), ("title",)),
    "_step": ((1,), ()),
    "replace_measurement": ((2,), ("title",)),
    "Segment": ((1,), ("label",)),
    "Segmentation": ((4,), ("name",)),
    "_top": ((0,), ()),
    "_Told": ((2,), ()),
}
_NAMES = {"message", "remedy", "title"}
_LEVELS = {"info", "warning", "error"}
_PLUGIN_KEYS = {"name", "summary", "label", "help", "intended_use"}


def texts() -> dict[str, str]:
    """Return every text with the place it comes from."""
    found: dict[str, str] = {}
    for path in _sources():
        module: ast.Module = _Named().visit(ast.parse(path.read_text(encoding="utf-8")))
        for node in ast.walk(module):
            if isinstance(node, ast.Call | ast.Assign):
                for text in _of_node(node):
                    found.setdefault(text, f"{path.relative_to(ROOT)}:{node.lineno}")
    for path in sorted((ROOT / "plugins").glob("*/plugin.toml")):
        for text in _of_table(tomllib.loads(path.read_text(encoding="utf-8"))):
            found.setdefault(text, str(path.relative_to(ROOT)))
    own = (path for path in (ROOT / "resources").rglob("*.toml") if "new_plugin" not in path.parts)
    for path in sorted(own):  # what a plugin begins with is no text of the program
        for text in _of_table(tomllib.loads(path.read_text(encoding="utf-8")), keys={"title"}):
            found.setdefault(text, str(path.relative_to(ROOT)))
    return {text: place for text, place in found.items() if any(letter.isalpha() for letter in text)}


class _Named(ast.NodeTransformer):
    """Puts a module's own text constants where their names stand: a text that is said in several places has a name."""

    def visit_Module(self, node: ast.Module) -> ast.AST:
        self._known = {
            target.id: statement.value
            for statement in node.body
            if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant)
            for target in statement.targets
            if isinstance(target, ast.Name) and isinstance(statement.value.value, str)
        }
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return self._known.get(node.id, node) if isinstance(node.ctx, ast.Load) else node


def _of_node(node: ast.Call | ast.Assign) -> Iterator[str]:
    """Yield the texts of a call, or of a name that is given a text to be said later."""
    if isinstance(node, ast.Call):
        yield from _of_call(node)
    elif any(getattr(t, "id", "") in _NAMES for t in node.targets):
        yield from _literals(node.value)


def _sources() -> list[Path]:
    """Return the modules whose texts the window may show; the command line speaks English."""
    paths = [*(ROOT / "medview").rglob("*.py"), *(ROOT / "plugins").rglob("*.py")]
    cli = ROOT / "medview" / "cli"
    return sorted(p for p in paths if p.parent != cli and p != ROOT / "medview" / "__init__.py")


def _of_call(call: ast.Call) -> Iterator[str]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name not in _TEXTS or (name == "add" and not _is_notice(call)):
        return
    positions, keywords = _TEXTS[name]
    nodes = [call.args[i] for i in positions if i < len(call.args)]
    nodes += [k.value for k in call.keywords if k.arg in keywords]
    for node in nodes:
        yield from _literals(node)


def _is_notice(call: ast.Call) -> bool:
    first = call.args[0] if call.args else None
    return isinstance(first, ast.Constant) and first.value in _LEVELS


def _literals(node: ast.AST) -> Iterator[str]:
    """Yield the text of a literal, or of both branches where a condition chooses one."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _literals(node.body)
        yield from _literals(node.orelse)


def _of_table(table: object, keys: set[str] = _PLUGIN_KEYS) -> Iterator[str]:
    if isinstance(table, dict):
        for key, value in table.items():
            if key in keys and isinstance(value, str) and value:
                yield value
            else:
                yield from _of_table(value, keys)
    elif isinstance(table, list):
        for value in table:
            yield from _of_table(value, keys)
