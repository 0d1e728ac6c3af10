"""What a run will take, told before it begins: device, tiles, memory against what is free, time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from medview.errors import MedViewError
from medview.memory import free_memory_mb
from medview.plugin.contract import Parameter
from medview.plugin.discovery import Plugin
from medview.plugin.network_memory import NetworkMemory
from medview.plugin.run_times import seconds_per_unit
from medview.progress import Progress
from medview.study.geometry import Geometry

if TYPE_CHECKING:
    from medview.plugin.manifest.manifest import Manifest

_MB = 1 << 20
_USUAL_VOXELS = 256**3  # what `Cost.cpu_seconds` of a manifest is told for
Basis = Literal["measured here", "told by its author"]


@dataclass(frozen=True)
class Plan:
    """What a run will take.

    Attributes
    ----------
    units
        Tiles of a network, or millions of voxels of a plugin with code of its own.
    tiles
        0 where the plugin cuts none.
    memory_mb, free_mb
        Needed beside the images, and free: of the graphics card on "cuda", else of the computer.
    seconds
        Without the start of the worker.
    """

    device: str
    units: float
    tiles: int
    memory_mb: int
    free_mb: int
    seconds: float
    basis: Basis

    @property
    def fits(self) -> bool:
        """Whether there is memory enough."""
        return self.memory_mb <= self.free_mb


@dataclass(frozen=True, eq=False)
class PlanRun:
    """The work of planning a run: it needs what knows devices, so it is done where the run will be."""

    plugin: Plugin
    geometry: Geometry
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    device: str = "auto"

    def __call__(self, progress: Progress) -> Plan:
        """Return the plan; nothing of the plugin is imported and no weights are read."""
        manifest = self.plugin.manifest
        device = chosen_device(manifest, self.device)
        tiles, grid_mb = _tiles_and_memory(manifest, self.geometry)
        units = float(tiles) if tiles else float(np.prod(self.geometry.shape)) / 1e6
        each = seconds_per_unit(manifest.id, manifest.version, device)
        told = manifest.cost.cpu_seconds * float(np.prod(self.geometry.shape)) / _USUAL_VOXELS
        return Plan(
            device,
            units,
            tiles,
            max(manifest.cost.memory_mb, grid_mb, manifest.runtime.memory_mb),
            _free_mb(device),
            told if each is None else each * units,
            "told by its author" if each is None else "measured here",
        )


def chosen_device(manifest: Manifest, preference: str) -> str:
    """Return where a plugin runs: a plugin with code only where its manifest says that it can.

    Raises
    ------
    MedViewError
        The device asked for is not here, or none of those that the plugin can run on.
    """
    if manifest.classical:
        return "cpu"
    from medview.plugin.engine.torch_models import choose_device

    chosen, known = choose_device(preference), manifest.runtime.devices
    if manifest.network is not None or chosen in known:
        return chosen
    if "cpu" in known:
        return "cpu"
    raise MedViewError(
        "{plugin} runs on {devices} only, which is not here or was not chosen.",
        "Choose the device in the settings, or run it on another computer.",
        plugin=manifest.name,
        devices=", ".join(known),
    )


def check_memory(plan: Plan, manifest: Manifest) -> None:
    """Refuse a run that cannot fit, with what would help.

    Raises
    ------
    MedViewError
        It needs more memory than is free, also on the processor where the ladder would end there.
    """
    steps_down = plan.device != "cpu" and manifest.network is not None and "cpu" in manifest.runtime.devices
    if not plan.fits and not (steps_down and plan.memory_mb <= free_memory_mb()):
        raise MedViewError(
            "{plugin} needs about {needed} GB of memory for these images, and {free} GB are free.",
            "Close other studies or programs, take a series with fewer slices, or run it on a larger computer.",
            plugin=manifest.name,
            needed=f"{plan.memory_mb / 1024:.1f}",
            free=f"{plan.free_mb / 1024:.1f}",
        )


def _tiles_and_memory(manifest: Manifest, geometry: Geometry) -> tuple[int, int]:
    """Return how many tiles a network takes, and what it holds at its peak; 0 and 0 without a network."""
    if manifest.network is None or not geometry.has_spacing:
        return 0, 0
    from medview.plugin.engine.model_grid import ModelGrid
    from medview.plugin.engine.tiles import Tiling

    grid = ModelGrid.over(geometry, manifest.input.grid.spacing_mm, manifest.input.grid.orientation)
    if manifest.tiling is None:
        is_flat = manifest.network.axes == "2d"
        one = (1, *grid.size[1:]) if is_flat else grid.size
        return (geometry.shape[0] if is_flat else 1), NetworkMemory.of(manifest, grid.size, one).megabytes
    tiling = Tiling(grid.in_source_order(manifest.tiling.patch), manifest.tiling.overlap)
    return tiling.count(grid.size), NetworkMemory.of(manifest, grid.size, tiling.patch).megabytes


def _free_mb(device: str) -> int:
    if device != "cuda":
        return free_memory_mb()
    from medview.plugin.engine.torch_models import free_graphics_memory_mb

    return free_graphics_memory_mb()
