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
from medview.study.spatial_transform import SpatialTransform
from medview.study.volume import Volume

if TYPE_CHECKING:
    from medview.plugin.engine.torch_models import converted, load_safetensors, load_torchscript, watched

__all__ = [
    "Boxes",
    "Cancelled",
    "ClassScores",
    "Code",
    "Concept",
    "Context",
    "Curve",
    "DerivedImage",
    "Geometry",
    "HeatMap",
    "Labels",
    "MeasuredValue",
    "MedViewError",
    "Partial",
    "Reorientation",
    "Request",
    "ScoredBox",
    "Segment",
    "SpatialTransform",
    "Volume",
    "converted",
    "grid_around",
    "load_safetensors",
    "load_torchscript",
    "resample",
    "watched",
]

_OF_TORCH = {"converted", "load_safetensors", "load_torchscript", "watched"}


def __getattr__(name: str) -> Any:
    """Import torch only when a plugin asks for what needs it."""
    if name not in _OF_TORCH:
        raise AttributeError(name)
    from medview.plugin.engine import torch_models

    return getattr(torch_models, name)
