"""What a plugin's files must not be and must not do: Python that does not parse, the inside of the program, pickles."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from medview.plugin.authoring.fault import Fault
from medview.plugin.door import imports_of, is_inside

_PICKLERS = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}
_PICKLED = {".pkl", ".pickle", ".joblib", ".dill"}
_BEGINNINGS = tuple(bytes((0x80, protocol)) for protocol in (2, 3, 4, 5))  # opcode PROTO
_SAFE = "A pickle runs whatever its author wanted: keep numbers as safetensors, ONNX or TorchScript."


def check_code(folder: Path) -> Iterator[Fault]:
    """Yield the faults of a plugin's Python and of the formats of its files."""
    for path, line, module in imports_of(folder):
        where = f"{path.relative_to(folder)}:{line}"
        if is_inside(module):
            said = f"it imports {module}, the inside of the program"
            yield Fault(where, "", said, "Import from medview.plugin only: the inside changes with every version.")
        if module.split(".")[0] in _PICKLERS:
            yield Fault(where, "", f"it imports {module}", _SAFE)
    for path in sorted(folder.rglob("*")):
        inner = path.relative_to(folder)
        if path.is_file() and inner.parts[0] not in ("recipe", "__pycache__"):
            yield from _file_faults(path, inner)


def _file_faults(path: Path, inner: Path) -> Iterator[Fault]:
    if path.suffix == ".py":
        yield from _python_faults(path, inner)
    elif path.suffix.lower() in _PICKLED or _begins_as_pickle(path):
        yield Fault(str(inner), "", "it is a pickle", _SAFE)


def _begins_as_pickle(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) in _BEGINNINGS and path.suffix.lower() not in (".nii", ".gz", ".raw")


def _python_faults(path: Path, inner: Path) -> Iterator[Fault]:
    try:
        tree = ast.parse(path.read_bytes())
    except SyntaxError as error:
        yield Fault(f"{inner}:{error.lineno}", "", f"it is no Python: {error.msg}", "Correct that line.")
        return
    except ValueError as error:
        yield Fault(str(inner), "", f"it is no Python: {error}", "Write it as UTF-8 text.")
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _call_faults(node, inner)


def _call_faults(call: ast.Call, inner: Path) -> Iterator[Fault]:
    """Yield calls that unpickle or run text: torch.load, numpy.load with pickles, eval and exec."""
    name = ast.unparse(call.func)
    given = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
    where = f"{inner}:{call.lineno}"
    if name == "torch.load" and given.get("weights_only") != "True":
        yield Fault(where, "", "torch.load unpickles", "Say weights_only=True, or keep the weights as safetensors.")
    if name in ("np.load", "numpy.load") and given.get("allow_pickle", "False") != "False":
        yield Fault(where, "", "numpy.load unpickles", "Leave allow_pickle away.")
    if name in ("eval", "exec"):
        yield Fault(where, "", f"it calls {name}", "Nothing in a plugin is made of text at run time.")
