"""The transforms of a MONAI bundle as what a manifest says: grid, intensity, and what the network's values become."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from medview.errors import MedViewError
from medview.plugin.convert.bundle_config import BundleConfig

_NOTHING = {
    "LoadImaged",
    "EnsureChannelFirstd",
    "EnsureTyped",
    "ToTensord",
    "ToDeviced",
    "CastToTyped",
    "SaveImaged",
    "Identityd",
    "AddChanneld",
}
_AXES = [["L", "R"], ["P", "A"], ["I", "S"]]  # MONAI's own names of their ends
_ONE_EACH = ("mode", "padding_mode", "align_corners", "argmax", "threshold", "softmax", "sigmoid", "to_onehot")
_REMEDY = "A manifest cannot say this step. Ask the model's author for one without it, or write a plugin with code."

Step = dict[str, Any]


@dataclass
class Preprocessing:
    """What the steps before the network come to.

    Attributes
    ----------
    orientation
        "" where no step sets it.
    spacing_mm
        Of the three axes after that; 0 keeps.
    is_after_grid
        Whether the intensity steps follow the interpolation.
    """

    orientation: str = ""
    spacing_mm: tuple[float, ...] = (0.0, 0.0, 0.0)
    interpolation: str = "linear"
    intensity: list[dict[str, Any]] = field(default_factory=list)
    is_after_grid: bool = False
    has_spacing: bool = False


@dataclass
class Postprocessing:
    """What the steps after the network come to.

    Attributes
    ----------
    activation
        "softmax", "sigmoid" or "" where none is applied.
    discrete
        "argmax", "threshold" or "" where values stay as they are.
    is_probability_brought_back
        Whether the activation comes before the grid of the images is restored.
    notes
        What MedView does in another way.
    """

    activation: str = ""
    discrete: str = ""
    threshold: float = 0.5
    is_probability_brought_back: bool = False
    notes: list[str] = field(default_factory=list)


def preprocessing_of(config: BundleConfig, key: str) -> Preprocessing:
    """Read the steps before the network; those of other images than `key` are passed over.

    Raises
    ------
    MedViewError
        A step cannot be said in a manifest.
    """
    found = Preprocessing()
    for place, raw in config.steps("preprocessing"):
        name, step = _read(config, place, raw, key)
        if name in _NOTHING or step is None:
            continue
        if name == "Orientationd":
            _orient(found, step, place)
        elif name == "Spacingd":
            _space(found, step, place)
        elif name in _INTENSITY:
            if found.intensity and found.is_after_grid != found.has_spacing:
                raise _refused(place, name)  # some before, some after the interpolation
            found.intensity += _INTENSITY[name](step, place)
            found.is_after_grid = found.has_spacing
        else:
            raise _refused(place, name)
    return found


def postprocessing_of(config: BundleConfig, key: str) -> Postprocessing:
    """Read the steps after the network; MedViewError where one cannot be said in a manifest."""
    found, is_inverted = Postprocessing(), False
    for place, raw in config.steps("postprocessing"):
        name = config.target(raw, place)
        if name in _NOTHING or not _concerns(raw, key):
            continue
        if name == "Invertd":
            is_inverted = True
            _invert(found, raw)
            continue
        name, step = _read(config, place, raw, key)
        if name == "Activationsd" and step is not None:
            found.activation = "softmax" if step.get("softmax") else "sigmoid" if step.get("sigmoid") else ""
            found.is_probability_brought_back = not is_inverted
            if step.get("other"):
                raise _refused(place, name)
        elif name == "AsDiscreted" and step is not None:
            _discrete(found, step, place)
        else:
            raise _refused(place, name)
    return found


def _read(config: BundleConfig, place: str, raw: Any, key: str) -> tuple[str, Step | None]:
    """Return a step's name and its plain arguments; None where it is disabled or for another image."""
    name = config.target(raw, place)
    if name in _NOTHING:  # what they do not decide may be an expression: where files lie, on what device
        return name, None
    step = config.plain(raw, f"{place} ({name})")
    if step.get("_disabled_") is True or not _concerns(step, key):
        return name, None
    return name, _of_key(step, key)


def _concerns(step: Mapping[str, Any], key: str) -> bool:
    keys = step.get("keys", key)
    names = [keys] if isinstance(keys, str) else list(keys)
    return key in names or any(isinstance(name, str) and name.startswith("@") for name in names)


def _of_key(step: Step, key: str) -> Step:
    """Return a step for several images as it is for one: what is given as a list has a word for each of them."""
    keys = step.get("keys")
    place = keys.index(key) if isinstance(keys, list) and key in keys else 0
    listed = {name: value for name, value in step.items() if name in _ONE_EACH and isinstance(value, list)}
    return step | {name: value[min(place, len(value) - 1)] for name, value in listed.items() if value}


def _orient(found: Preprocessing, step: Step, place: str) -> None:
    axcodes = step.get("axcodes")
    is_plain = isinstance(axcodes, str) and len(axcodes) == 3 and step.get("labels", _AXES) in (None, _AXES)
    if not is_plain or found.has_spacing or step.get("as_closest_canonical"):
        raise _refused(place, "Orientationd")
    found.orientation = str(axcodes).upper()


def _space(found: Preprocessing, step: Step, place: str) -> None:
    wanted = step.get("pixdim")
    values = [wanted] * 3 if isinstance(wanted, (int, float)) else list(wanted or ())
    mode = step.get("mode", "bilinear")
    unusual = ("diagonal", "align_corners", "scale_extent", "min_pixdim", "max_pixdim")
    is_plain = mode in ("bilinear", 1) and not any(step.get(name) for name in unusual)
    if len(values) != 3 or not is_plain or step.get("padding_mode", "border") != "border" or found.has_spacing:
        raise _refused(place, "Spacingd")
    found.spacing_mm = tuple(max(float(value), 0.0) for value in values)
    found.has_spacing = True


def _invert(found: Postprocessing, raw: Mapping[str, Any]) -> None:
    """Note where the library would bring back labels by the nearest voxel."""
    if raw.get("nearest_interp", True) is True or found.discrete:
        found.notes.append(
            "The bundle brings its answer back to the images by the nearest voxel. MedView interpolates what the "
            "network says and decides then: borders are smoother than the bundle's own."
        )


def _discrete(found: Postprocessing, step: Step, place: str) -> None:
    argmax, threshold = step.get("argmax"), step.get("threshold")
    is_one_by_one = found.activation == "sigmoid" and found.is_probability_brought_back
    if argmax is True and threshold is None and not is_one_by_one:
        found.discrete = "argmax"
    elif isinstance(threshold, (int, float)) and not isinstance(threshold, bool) and not argmax:
        found.discrete, found.threshold = "threshold", float(threshold)
    else:
        raise _refused(place, "AsDiscreted")


def _range(step: Step, place: str) -> list[dict[str, Any]]:
    low, high = step.get("b_min"), step.get("b_max")
    source = [float(step["a_min"]), float(step["a_max"])]
    if source[0] >= source[1] or (low is None) != (high is None) or (low is None and step.get("clip")):
        raise _refused(place, "ScaleIntensityRanged")
    to = (0.0, 1.0) if low is None or high is None else (float(low), float(high))
    steps: list[dict[str, Any]] = [{"op": "minmax", "low": to[0], "high": to[1], "source_range": source}]
    return steps + ([{"op": "clip", "low": to[0], "high": to[1]}] if step.get("clip") else [])


def _percentiles(step: Step, place: str) -> list[dict[str, Any]]:
    if not step.get("clip") or step.get("relative") or step.get("b_min") is None or step.get("b_max") is None:
        raise _refused(place, "ScaleIntensityRangePercentilesd")
    return [
        {"op": "clip_percentile", "low": float(step["lower"]), "high": float(step["upper"])},
        {"op": "minmax", "low": float(step["b_min"]), "high": float(step["b_max"])},
    ]


def _clip_percentiles(step: Step, place: str) -> list[dict[str, Any]]:
    if step.get("sharpness_factor") is not None or step.get("lower") is None or step.get("upper") is None:
        raise _refused(place, "ClipIntensityPercentilesd")
    return [{"op": "clip_percentile", "low": float(step["lower"]), "high": float(step["upper"])}]


def _normalised(step: Step, place: str) -> list[dict[str, Any]]:
    mean, deviation = step.get("subtrahend"), step.get("divisor")
    found: dict[str, Any] = {"op": "zscore", "nonzero": bool(step.get("nonzero", False))}
    if mean is None and deviation is None:
        return [found]
    if not isinstance(mean, (int, float)) or not isinstance(deviation, (int, float)):
        raise _refused(place, "NormalizeIntensityd")
    return [found | {"mean": float(mean), "std": float(deviation)}]


def _scaled(step: Step, place: str) -> list[dict[str, Any]]:
    low, high, factor = step.get("minv", 0.0), step.get("maxv", 1.0), step.get("factor")
    if low is not None and high is not None:
        return [{"op": "minmax", "low": float(low), "high": float(high)}]
    if factor is None:
        raise _refused(place, "ScaleIntensityd")
    return [{"op": "scale", "factor": 1.0 + float(factor)}]


_INTENSITY: dict[str, Callable[[Step, str], list[dict[str, Any]]]] = {
    "ScaleIntensityRanged": _range,
    "ScaleIntensityRangePercentilesd": _percentiles,
    "ClipIntensityPercentilesd": _clip_percentiles,
    "NormalizeIntensityd": _normalised,
    "ScaleIntensityd": _scaled,
}


def _refused(place: str, name: str) -> MedViewError:
    return MedViewError("The bundle's {place} is {name}, with what it is given.", _REMEDY, place=place, name=name)
