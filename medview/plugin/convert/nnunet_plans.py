"""The plans of an nnU-Net read as data: what one of its configurations does to an image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from medview.errors import MedViewError

_REMEDY = "Ask the model's author for a model with nnU-Net's own preprocessing."
_ARCHITECTURES = ("PlainConvUNet", "ResidualEncoderUNet")
_DEEPEST = 8
_RESAMPLING = "resample_data_or_seg_to_shape"


@dataclass(frozen=True)
class NnunetPlans:
    """`plans.json`, and which of its configurations was trained.

    Attributes
    ----------
    table
        As it was read.
    configuration
        Such as "3d_fullres".
    """

    table: Mapping[str, Any]
    configuration: str

    @property
    def told(self) -> dict[str, Any]:
        """The configuration, with what it inherits; MedViewError where there is none, or it is a later stage."""
        found = self._inherited(self.configuration)
        if found.get("previous_stage"):
            raise MedViewError(
                "The nnU-Net {configuration} is the later stage of a cascade: it needs the answer of another network.",
                "Import 3d_fullres or 3d_lowres of the same model.",
                configuration=self.configuration,
            )
        return found

    @property
    def transpose(self) -> tuple[int, int, int]:
        """For each axis of the network, the axis of an image as SimpleITK gives it (z, y, x)."""
        given = self.table.get("transpose_forward")
        if not isinstance(given, list) or sorted(given) != [0, 1, 2]:
            raise _missing("transpose_forward")
        return given[0], given[1], given[2]

    @property
    def reader(self) -> str:
        """The class that has read the training images."""
        return str(self.table.get("image_reader_writer", ""))

    @property
    def is_flat(self) -> bool:
        """Whether the network sees one slice at a time."""
        return len(self.patch) == 2

    @property
    def patch(self) -> list[int]:
        """Sides of a patch along the network's axes, as the plans give them."""
        found = self.told.get("patch_size")
        if not isinstance(found, list) or len(found) not in (2, 3) or not all(_is_count(side) for side in found):
            raise _missing("patch_size")
        return found

    def grid(self, orientation: str) -> dict[str, Any]:
        """Return the manifest's grid; `orientation` is that of the network's axes."""
        spacing = [float(one) for one in self.told.get("spacing") or ()]
        if len(spacing) != len(self.patch):
            raise _missing("spacing")
        kinds = {3: "cubic", 1: "linear"}
        order = self._order("data", 3, tuple(kinds))
        self._order("probabilities", 1, (1,))
        return {
            "spacing_mm": [0.0] * (3 - len(spacing)) + spacing,
            "orientation": orientation,
            "alignment": "faces",
            "interpolation": kinds[order],
            "crop": "nonzero",
        }

    def _order(self, what: str, usual: int, known: tuple[int, ...]) -> int:
        """Return the order of the splines by which images ("data") or answers ("probabilities") are resampled."""
        name = str(self.told.get(f"resampling_fn_{what}", _RESAMPLING))
        given = self.told.get(f"resampling_fn_{what}_kwargs") or {}
        order = given.get("order", usual)
        is_usual = name == _RESAMPLING and given.get("force_separate_z") is None and not given.get("order_z")
        if not is_usual or order not in known:
            raise MedViewError(
                "The nnU-Net resamples its {what} by {name} of order {order}, which a manifest cannot say.",
                _REMEDY,
                what=what,
                name=name,
                order=order,
            )
        return int(order)

    @property
    def is_counted_in_mask(self) -> bool:
        """Whether mean and deviation are those of what is not 0, and of zeros that lie enclosed in it."""
        is_zscore = list(self.told.get("normalization_schemes") or ())[:1] == ["ZScoreNormalization"]
        return is_zscore and next(iter(self.told.get("use_mask_for_norm") or (False,))) is True

    def intensity(self) -> list[dict[str, Any]]:
        """Return the manifest's intensity steps of the one channel."""
        schemes = list(self.told.get("normalization_schemes") or ())
        masks = list(self.told.get("use_mask_for_norm") or (False,))
        if len(schemes) != 1:
            raise _missing("normalization_schemes")
        scheme = str(schemes[0])
        if scheme == "CTNormalization":
            return self._of_ct()
        if scheme == "ZScoreNormalization":
            return [{"op": "zscore", "nonzero": bool(masks[0])}]
        if scheme == "RescaleTo01Normalization":
            return [{"op": "minmax", "low": 0.0, "high": 1.0}]
        if scheme == "RGBTo01Normalization":
            return [{"op": "scale", "factor": 1.0 / 255.0}]
        if scheme == "NoNormalization":
            return []
        raise MedViewError("The nnU-Net normalises by {scheme}, which MedView does not know.", _REMEDY, scheme=scheme)

    def network(self) -> tuple[str, dict[str, Any]]:
        """Return the architecture and its arguments, without the numbers of channels."""
        told = self.told
        given = told.get("architecture")
        if not isinstance(given, Mapping):
            return self._old_network()
        name = str(given.get("network_class_name", "")).rpartition(".")[2]
        arguments = given.get("arch_kwargs")
        if name not in _ARCHITECTURES or not isinstance(arguments, Mapping):
            raise MedViewError(
                "The nnU-Net's network is {name}, which MedView cannot make.",
                "It makes {known}. Ask the model's author for ONNX or TorchScript.",
                name=name or "-",
                known=", ".join(_ARCHITECTURES),
            )
        layers = ("conv_op", "norm_op", "dropout_op", "nonlin")
        made = {key: str(v).rpartition(".")[2] if key in layers else v for key, v in arguments.items() if v is not None}
        return name, made

    def _old_network(self) -> tuple[str, dict[str, Any]]:
        """Return what plans from before nnU-Net 2.5 say, which give numbers and no architecture."""
        told, dimension = self.told, len(self.patch)
        name = str(told.get("UNet_class_name", ""))
        needed = ("n_conv_per_stage_encoder", "n_conv_per_stage_decoder", "conv_kernel_sizes", "pool_op_kernel_sizes")
        if name not in _ARCHITECTURES or any(key not in told for key in (*needed, "UNet_base_num_features")):
            raise _missing("architecture")
        stages, most = len(told[needed[0]]), int(told["unet_max_num_features"])
        return name, {
            "n_stages": stages,
            "features_per_stage": [min(int(told["UNet_base_num_features"]) * 2**i, most) for i in range(stages)],
            "conv_op": f"Conv{dimension}d",
            "kernel_sizes": told["conv_kernel_sizes"],
            "strides": told["pool_op_kernel_sizes"],
            "n_conv_per_stage" if name == "PlainConvUNet" else "n_blocks_per_stage": told[needed[0]],
            "n_conv_per_stage_decoder": told[needed[1]],
            "conv_bias": True,
            "norm_op": f"InstanceNorm{dimension}d",
            "norm_op_kwargs": {"eps": 1e-05, "affine": True},
            "nonlin": "LeakyReLU",
            "nonlin_kwargs": {"inplace": True},
        }

    def _of_ct(self) -> list[dict[str, Any]]:
        known = (self.table.get("foreground_intensity_properties_per_channel") or {}).get("0") or {}
        try:
            low, high = float(known["percentile_00_5"]), float(known["percentile_99_5"])
            mean, deviation = float(known["mean"]), float(known["std"])
        except (KeyError, TypeError, ValueError) as error:
            raise _missing("foreground_intensity_properties_per_channel") from error
        return [
            {"op": "clip", "low": low, "high": high},
            {"op": "zscore", "mean": mean, "std": max(deviation, 1e-8)},
        ]

    def _inherited(self, name: str, depth: int = 0) -> dict[str, Any]:
        known = self.table.get("configurations")
        own = known.get(name) if isinstance(known, Mapping) else None
        if not isinstance(own, Mapping) or depth > _DEEPEST:
            raise _missing(name)
        parent = own.get("inherits_from")
        return {**(self._inherited(str(parent), depth + 1) if parent else {}), **own}


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and 0 < value < 10_000


def _missing(what: str) -> MedViewError:
    return MedViewError(
        "The nnU-Net's plans.json says nothing usable of {what}.", "Ask for the whole result folder.", what=what
    )
