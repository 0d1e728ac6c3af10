"""What a plugin is: its manifest, what passes between it and the program, where it is found, and its weights on disk.

A plugin imports from here and from its own libraries only. Does not belong here: what a particular plugin computes
(`plugins/`), threads and processes (`jobs`), DICOM files (`files`). Importing this room loads no model library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from medview.errors import MedViewError
from medview.imaging.reorientation import Reorientation
from medview.imaging.resample import grid_around, resample
from medview.plugin.contract import Context, Labels, Partial, Request
from medview.progress import Cancelled
from medview.study.finding import (
    Boxes,
    ClassScores,
    Concept,
    Curve,
    DerivedImage,
    HeatMap,
    MeasuredValue,
    ScoredBox,
)
from medview.study.geometry import Geometry
from medview.study.segmentation import Code, Segment
from medview.study.spatial_transform import DisplacementField, SpatialTransform
from medview.study.volume import Volume

if TYPE_CHECKING:
    from medview.plugin.engine.intensity import measured
    from medview.plugin.engine.model_grid import ModelGrid
    from medview.plugin.engine.segment_volume import TiledRun, segment_volume
    from medview.plugin.engine.slab_values import ChosenProbability
    from medview.plugin.engine.sliding_window import SlidingWindow
    from medview.plugin.engine.tiles import Tiling
    from medview.plugin.engine.torch_models import converted, load_safetensors, load_torchscript, watched

__all__ = [
    "Boxes",
    "Cancelled",
    "ChosenProbability",
    "ClassScores",
    "Code",
    "Concept",
    "Context",
    "Curve",
    "DerivedImage",
    "DisplacementField",
    "Geometry",
    "HeatMap",
    "Labels",
    "MeasuredValue",
    "MedViewError",
    "ModelGrid",
    "Partial",
    "Reorientation",
    "Request",
    "ScoredBox",
    "Segment",
    "SlidingWindow",
    "SpatialTransform",
    "TiledRun",
    "Tiling",
    "Volume",
    "converted",
    "grid_around",
    "load_safetensors",
    "load_torchscript",
    "measured",
    "resample",
    "segment_volume",
    "watched",
]

_OF_TORCH = {
    "ChosenProbability",
    "ModelGrid",
    "SlidingWindow",
    "TiledRun",
    "Tiling",
    "converted",
    "load_safetensors",
    "load_torchscript",
    "measured",
    "segment_volume",
    "watched",
}


def __getattr__(name: str) -> Any:
    """Import torch only when a plugin asks for what needs it."""
    if name not in _OF_TORCH:
        raise AttributeError(name)
    from medview.plugin.engine import (
        intensity,
        model_grid,
        segment_volume,
        slab_values,
        sliding_window,
        tiles,
        torch_models,
    )

    modules = (intensity, model_grid, segment_volume, slab_values, sliding_window, tiles, torch_models)
    return next(getattr(module, name) for module in modules if hasattr(module, name))
