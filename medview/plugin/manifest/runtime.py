"""Where and how a plugin runs, what it can, and what that costs."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue, model_validator

from medview.plugin.manifest.record import BelowFolder, Identifier, Record, Sha256, Text

Isolation = Literal["worker", "process", "venv"]
Device = Literal["cuda", "mps", "cpu"]
Precision = Literal["fp32", "fp16", "bf16"]


class Lock(Record):
    """The exact packages of an environment of the plugin's own: a requirements file with hashes."""

    file: BelowFolder
    sha256: Sha256


class Runtime(Record):
    """Where it runs.

    Attributes
    ----------
    isolation
        "worker": in the program's own long-lived process; "process": in one of its own; "venv": in one of its own with
        packages of its own, made from `lock`.
    devices
        On which it can run, best first.
    precision
        In which its network may multiply. "fp16" and "bf16" are used where a device has instructions for them and a
        probe finds them faster, and where memory is short.
    memory_mb, vram_mb
        At least; the plan before a run holds them against what is free.
    """

    isolation: Isolation = "worker"
    devices: Annotated[tuple[Device, ...], Field(min_length=1)] = ("cpu",)
    precision: Annotated[tuple[Precision, ...], Field(min_length=1)] = ("fp32",)
    memory_mb: Annotated[int, Field(ge=0)] = 0
    vram_mb: Annotated[int, Field(ge=0)] = 0
    lock: Lock | None = None

    @model_validator(mode="after")
    def _venv_has_lock(self) -> Self:
        if (self.isolation == "venv") != (self.lock is not None):
            raise ValueError("a lock belongs to the isolation venv, and to no other")
        return self


class Tiling(Record):
    """How the program cuts the images for the network; without it the whole is one tile.

    Attributes
    ----------
    patch
        Voxels along the network's three axes.
    overlap
        Share of a patch that neighbours have in common.
    blend
        "gaussian": sigma an eighth of the patch, as in MONAI; "gaussian_nnunet": as in nnU-Net; "constant": plain mean.
    placing
        "fixed": a whole step from tile to tile and the last one moved back, as in MONAI; "even": evenly far apart, as
        in nnU-Net.
    """

    patch: tuple[int, int, int]
    overlap: Annotated[float, Field(ge=0, lt=1)] = 0.5
    blend: Literal["gaussian", "gaussian_nnunet", "constant"] = "gaussian"
    placing: Literal["fixed", "even"] = "fixed"
    batch: Annotated[int, Field(ge=1)] = 1

    @model_validator(mode="after")
    def _patch_is_one(self) -> Self:
        if any(side < 1 for side in self.patch):
            raise ValueError("a patch has at least one voxel a side")
        return self


class Network(Record):
    """A network that needs no code: with it a manifest has no entry.

    The channels it gives belong to the segments or concepts of the output, in their order; with softmax labels the
    first channel is the background.

    Attributes
    ----------
    weights
        The id of the weights record that holds it.
    architecture
        Of safetensors and state dicts: the name of one of the networks that the program knows
        (`plugin.engine.networks`), made with `arguments`. ONNX and TorchScript bring their own.
    axes
        "3d": batch, channel and the three axes; "2d": slice by slice along the first axis.
    alternatives
        Ids of weights records of the same network in other formats, such as ONNX: the fastest that gives the same
        is used.
    ensemble
        Ids of further weights of the same architecture: what they give is averaged. Where a parameter is called
        `ensemble`, it switches that on and off.
    mirror_axes
        Axes along which the network's answers to mirrored images may be averaged, where the parameter `mirrored` is on.
    """

    weights: Identifier
    architecture: Text | None = None
    arguments: dict[str, JsonValue] = Field(default_factory=dict)
    axes: Literal["3d", "2d"] = "3d"
    channels: Annotated[int, Field(ge=1)] = 1
    alternatives: tuple[Identifier, ...] = ()
    ensemble: tuple[Identifier, ...] = ()
    mirror_axes: tuple[Annotated[int, Field(ge=0, le=2)], ...] = ()


class Abilities(Record):
    """What a run can do beside giving its answer."""

    progress: bool = True
    cancel: bool = True
    partial: bool = False
    explain: bool = False
    uncertainty: bool = False
    finetune: bool = False


class MeasuredCost(Record):
    """One run that the author has timed."""

    device: Text
    shape: tuple[int, int, int]
    seconds: Annotated[float, Field(gt=0)]
    memory_mb: Annotated[int, Field(gt=0)]


class Cost(Record):
    """What a run takes on an ordinary 256-cubed head or 512-square chest, as measured by the plugin's author."""

    cpu_seconds: Annotated[float, Field(gt=0)]
    memory_mb: Annotated[int, Field(gt=0)]
    measured: tuple[MeasuredCost, ...] = ()
