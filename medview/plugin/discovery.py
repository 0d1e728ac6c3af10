"""Find plugins by their manifests; import one only when it is run."""

from __future__ import annotations

import hashlib
import importlib
import sys
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from medview.errors import MedViewError, Sentence
from medview.paths import data_folder, shipped_plugins_folder
from medview.plugin.contract import Answer, Context, Request
from medview.plugin.door import check_imports

if TYPE_CHECKING:
    from pydantic import ValidationError

    from medview.plugin.manifest.manifest import Manifest

Entry = Callable[[Request, Context], Answer | tuple[Answer, ...]]
_MANIFEST, _ENTRY_POINTS = "plugin.toml", "medview.plugins"


@dataclass(frozen=True)
class BrokenPlugin:
    """A folder that looks like a plugin but is not one: shown to the person with the reason, never raised."""

    folder: Path
    reason: Sentence


@dataclass(frozen=True)
class Plugin:
    """A manifest and the folder it was read from. None of its code has been imported.

    Attributes
    ----------
    manifest_sha256
        Of the very bytes that `manifest` was read from, for the provenance of results.
    """

    manifest: Manifest
    folder: Path
    manifest_sha256: str

    @property
    def is_foreign(self) -> bool:
        """Whether it brings code that did not ship with the program."""
        return self.manifest.entry is not None and self.folder.parent != shipped_plugins_folder()

    def check_as_listed(self) -> None:
        """Raise MedViewError where `plugin.toml` is another one now: a record would name what was not run."""
        try:
            is_same = hashlib.sha256((self.folder / _MANIFEST).read_bytes()).hexdigest() == self.manifest_sha256
        except OSError:
            is_same = False
        if not is_same:
            raise MedViewError(
                "{plugin} has been changed on this computer since it was listed.",
                "Reload the list of plugins, and run it again.",
                plugin=self.manifest.name,
            )

    def load(self) -> Entry:
        """Import the entry module and return its function; of a plugin without code, what runs its network.

        Raises
        ------
        MedViewError
            The module cannot be imported, or has no such function.
        """
        if self.manifest.entry is None:
            from medview.plugin.engine.run_network import NetworkRun

            return NetworkRun(self.manifest)
        check_imports(self.folder, self.manifest.name)
        module_name, function = self.manifest.entry.split(":")
        try:
            entry = getattr(_imported(self.folder, module_name), function)
        except Exception as error:  # a plugin's import runs foreign code: anything may come out of it
            raise MedViewError(
                "The plugin {plugin} cannot be loaded: {reason}",
                "Install what it needs or remove its folder {folder}.",
                plugin=self.manifest.name,
                reason=f"{type(error).__name__}: {error}",
                folder=str(self.folder),
            ) from error
        found: Entry = entry
        return found


def discover(folders: Sequence[Path] | None = None) -> tuple[Plugin | BrokenPlugin, ...]:
    """Return the plugins of `folders`: by default those that ship, the person's own, and those of installed packages.

    Each plugin is a folder with a `plugin.toml`. A package names its folder by an entry point of the group
    ``medview.plugins``, ``name = "package.folder"``; it is found by its path, and nothing is imported. Where two have
    the same id, the later is broken: a folder of the person's cannot quietly stand in for what was shipped.
    """
    if folders is None:
        paths = [*_manifests((shipped_plugins_folder(), data_folder() / "plugins")), *_of_packages()]
    else:
        paths = _manifests(folders)
    found: list[Plugin | BrokenPlugin] = []
    seen: set[str] = set()
    for path in paths:
        plugin = _read(path)
        if isinstance(plugin, Plugin):
            plugin = _once(plugin, seen)
        found.append(plugin)
    return tuple(found)


def find(plugin_id: str, plugins: Iterable[Plugin | BrokenPlugin]) -> Plugin:
    """Return the plugin of an id; MedViewError naming those that exist where there is none."""
    whole = [plugin for plugin in plugins if isinstance(plugin, Plugin)]
    for plugin in whole:
        if plugin.manifest.id == plugin_id:
            return plugin
    raise MedViewError(
        "There is no plugin {plugin}.",
        "Plugins found: {known}.",
        plugin=plugin_id,
        known=", ".join(sorted(plugin.manifest.id for plugin in whole)) or "none",
    )


def _manifests(folders: Sequence[Path]) -> list[Path]:
    return [path for folder in folders if folder.is_dir() for path in sorted(folder.glob(f"*/{_MANIFEST}"))]


def _of_packages() -> list[Path]:
    """Return the manifests that installed distributions name."""
    found = []
    for entry in metadata.entry_points(group=_ENTRY_POINTS):
        if entry.dist is None:
            continue
        path = Path(str(entry.dist.locate_file(entry.module.replace(".", "/")))) / _MANIFEST
        if path.is_file():
            found.append(path)
    return sorted(found)


def _once(plugin: Plugin, seen: set[str]) -> Plugin | BrokenPlugin:
    if plugin.manifest.id in seen:
        reason = Sentence("Another plugin has the id {plugin} already.", {"plugin": plugin.manifest.id})
        return BrokenPlugin(plugin.folder, reason)
    seen.add(plugin.manifest.id)
    return plugin


def _read(path: Path) -> Plugin | BrokenPlugin:
    from pydantic import ValidationError

    from medview.plugin.manifest.manifest import Manifest

    try:
        content = path.read_bytes()
        manifest = Manifest.model_validate(tomllib.loads(content.decode("utf-8")))
        module = manifest.entry.split(":")[0] if manifest.entry is not None else None
        if module is not None and not (path.parent / f"{module}.py").is_file():
            return _broken(path, f"entry names {module}.py, which is not there")
    except ValidationError as error:
        return _broken(path, _first_fault(error))
    except (OSError, ValueError, MedViewError) as error:  # ValueError: not TOML, not UTF-8
        return _broken(path, str(error))
    except RecursionError:
        return _broken(path, "it is nested too deeply")
    return Plugin(manifest, path.parent, hashlib.sha256(content).hexdigest())


def _broken(path: Path, reason: str) -> BrokenPlugin:
    return BrokenPlugin(path.parent, Sentence("The manifest is not valid: {reason}.", {"reason": reason.rstrip(".")}))


def _first_fault(error: ValidationError) -> str:
    fault = error.errors(include_url=False)[0]
    return f"{'.'.join(str(part) for part in fault['loc']) or 'plugin.toml'}: {fault['msg']}"


def _imported(folder: Path, module: str) -> ModuleType:
    """Import `module` of a folder under a name of its own, so that two plugins' modules cannot be mixed up."""
    package = f"medview_plugin_{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]}"
    if package not in sys.modules:
        home = ModuleType(package)
        home.__path__ = [str(folder)]
        sys.modules[package] = home
    return importlib.import_module(f"{package}.{module}")
