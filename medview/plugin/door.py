"""The walls around a plugin: it imports no inside of the program, and its folder stays as it was."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

from medview.errors import MedViewError
from medview.plugin.plugin_fault_error import PluginFaultError

_DOOR = "medview.plugin"
Fingerprint = Mapping[str, tuple[int, int]]


def check_imports(folder: Path, name: str) -> None:
    """Refuse a plugin whose modules import anything of MedView but its door, `medview.plugin`; nothing is run for this.

    The inside of the program changes with every version, and is no business of a model. What lies in the folder
    `recipe` is run by hand, to train the model anew, and may use all of MedView.

    Raises
    ------
    MedViewError
        Naming the import and its file.
    """
    for path, line, module in imports_of(folder):
        if is_inside(module):
            raise MedViewError(
                "The plugin {plugin} imports {module}, the inside of the program, and was not run.",
                "Its authors must import from medview.plugin only ({file}, line {line}).",
                plugin=name,
                module=module,
                file=path.name,
                line=line,
            )


def imports_of(folder: Path) -> Iterator[tuple[Path, int, str]]:
    """Yield file, line and module of every import in a plugin's folder, but for its recipe."""
    for path in sorted(folder.rglob("*.py")):
        if path.relative_to(folder).parts[0] != "recipe":
            yield from ((path, line, module) for line, module in _imports(path))


def is_inside(module: str) -> bool:
    """Whether a module belongs to the program and is not its door."""
    return module.split(".", maxsplit=1)[0] == "medview" and module != _DOOR


def fingerprint(folder: Path) -> Fingerprint:
    """Return size and time of every file of a plugin's folder; what Python compiles does not count."""
    facts = {}
    for path in folder.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            stat = path.stat()
            facts[str(path.relative_to(folder))] = (stat.st_size, stat.st_mtime_ns)
    return facts


def check_unchanged(folder: Path, before: Fingerprint, name: str) -> None:
    """Refuse the answer of a plugin that has written into its own folder: the next run would be of another plugin.

    Raises
    ------
    PluginFaultError
        Naming a file that was written, changed or deleted.
    """
    after = fingerprint(folder)
    changed = sorted(set(before.items()) ^ set(after.items()))
    if changed:
        raise PluginFaultError(
            "{plugin} changed {file} in its own folder while it ran; its answer was not kept.",
            "Install it anew, and report it to its authors.",
            plugin=name,
            file=changed[0][0],
        )


def _imports(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and module of every import; of a file that is no Python, none: its import will say so."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield node.lineno, node.module if node.module != "medview" else inner
        elif isinstance(node, ast.Call) and (module := _called(node)):
            yield node.lineno, module


def _called(node: ast.Call) -> str:
    """Return the module that a call imports by a name written out, such as `import_module("medview.session")`."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    first = node.args[0] if node.args else None
    if not isinstance(first, ast.Constant) or name not in ("import_module", "__import__"):
        return ""
    return first.value if isinstance(first.value, str) else ""
