"""A MONAI bundle as a plugin: its metadata, its configuration of inference and its weights, all read as data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medview.errors import MedViewError
from medview.plugin.convert.bundle_config import BundleConfig
from medview.plugin.convert.bundle_steps import Postprocessing, Preprocessing, postprocessing_of, preprocessing_of
from medview.plugin.convert.model_card import card_text
from medview.plugin.convert.model_files import ModelFiles
from medview.plugin.convert.plugin_draft import PluginDraft, generic_segments, identifier
from medview.plugin.convert.told import Told
from medview.progress import Progress

_METADATA = "configs/metadata.json"
_MODALITIES = {"ct": "CT", "mr": "MR", "mri": "MR", "pt": "PT", "pet": "PT", "us": "US", "ultrasound": "US"}
_ORIENTATION = (
    "Look at how one of the training images lies, and say it: --orientation RAS, say, where the indices of its three "
    "axes grow towards the patient's right, front and head."
)


def is_bundle(files: ModelFiles) -> bool:
    """Whether the files are those of a MONAI bundle."""
    return _root(files) is not None


def read_bundle(files: ModelFiles, told: Told, room: Path, progress: Progress) -> PluginDraft:
    """Return the plugin that a bundle makes; its weights are written below `room`.

    Raises
    ------
    MedViewError
        The bundle is not whole, or says something that a manifest cannot.
    """
    root = _root(files) or ""
    return _Bundle(files, root, told, files.json(f"{root}{_METADATA}")).draft(room, progress)


@dataclass(frozen=True)
class _Bundle:
    """The files of a bundle, below `root` in them."""

    files: ModelFiles
    root: str
    told: Told
    metadata: Mapping[str, Any]

    def draft(self, room: Path, progress: Progress) -> PluginDraft:
        config = self._config()
        key = config.get("image_key") or "image"
        before, after = preprocessing_of(config, key), postprocessing_of(config, "pred")
        orientation = before.orientation or (self.told.orientation or "").upper()
        if not orientation:
            raise MedViewError(
                "The bundle does not say how its images lie in the patient: it has no step Orientationd.", _ORIENTATION
            )
        path, kind, network = self._weights(config, room, progress)
        manifest = self._manifest(before, after, orientation)
        manifest |= {"network": network, "tiling": _tiling(config)}
        notes = (*after.notes, *self._notes())
        card = card_text(
            str(manifest["name"]), "a MONAI bundle", self._described(), notes, self._text("docs/README.md")
        )
        licence = self._text("LICENSE") or self._text("docs/LICENSE")
        return PluginDraft(manifest, {"network": (path, kind)}, self._terms(), card, licence, notes)

    def _manifest(self, before: Preprocessing, after: Postprocessing, orientation: str) -> dict[str, Any]:
        name = str(self.metadata.get("name") or self.files.path.stem.replace("_", " "))
        version = str(self.metadata.get("version", ""))
        image = {
            "modality": [self._modality()],
            "units": ["HU"] if self._modality() == "CT" else [],
            "grid": {
                "spacing_mm": list(before.spacing_mm),
                "orientation": orientation,
                "alignment": "centres",
                "interpolation": before.interpolation,
            },
            "intensity": before.intensity,
            "intensity_on": "grid" if before.is_after_grid else "images",
        }
        return {
            "id": identifier(self.told.plugin_id or name),
            "version": version if re.fullmatch(r"\d+\.\d+\.\d+", version) else "0.0.0",
            "name": name,
            "summary": str(self.metadata.get("task") or self.metadata.get("description") or name)[:200],
            "schema": 2,
            "task": "segment",
            "intended_use": str(self.metadata.get("intended_use") or self.metadata.get("description") or name),
            "research_only": True,
            "licences": {"code": "none: the plugin has no code", "weights": self._terms(), "data": self._data()},
            "inputs": [image],
            "outputs": [self._output(after)],
            "cost": {"cpu_seconds": 60, "memory_mb": 3000},
        }

    def _output(self, after: Postprocessing) -> dict[str, Any]:
        """Return the labels that the bundle ends in; its values as they are have no meaning that it states."""
        channels = self._channels()
        if after.discrete == "argmax":
            names = {number: name for number, name in channels.items() if number > 0}
            is_softmax = True
        elif after.discrete == "threshold" and after.activation == "sigmoid":
            _check_one(channels)
            names, is_softmax = {number + 1: name for number, name in channels.items()}, False
        else:
            raise MedViewError(
                "The bundle's postprocessing does not end in labels: it needs AsDiscreted with argmax, or Activationsd "
                "with sigmoid and AsDiscreted with a threshold.",
                "Describe the model in a manifest by hand: scores and images can be said there.",
            )
        return {
            "type": "labels",
            "activation": "softmax" if is_softmax else "sigmoid",
            "interpolated": "probabilities" if after.is_probability_brought_back and after.activation else "logits",
            "threshold": after.threshold,
            "maps": ["probability", "uncertainty"],
            "segments": generic_segments(names),
        }

    def _channels(self) -> dict[int, str]:
        """Return what the channels of the answer are called, by number; those without a name are counted."""
        outputs = self._format("outputs")
        answer = next(iter(outputs.values()), {}) if outputs else {}
        given = answer.get("channel_def") or {}
        named = {int(number): str(name) for number, name in given.items() if str(number).isdigit()}
        count = answer.get("num_channels")
        count = count if isinstance(count, int) and 0 < count <= 65535 else len(named)
        if not count:
            raise MedViewError(
                "The bundle does not say how many channels its network gives (metadata.json, network_data_format).",
                "Ask for its whole metadata.",
            )
        return {
            number: named.get(number, f"Channel {number}") for number in range(max(count, max(named, default=0) + 1))
        }

    def _modality(self) -> str:
        image = next(iter(self._format("inputs").values()), {})
        if isinstance(image.get("num_channels"), int) and image["num_channels"] != 1:
            raise MedViewError(
                "The bundle's network needs several images at once, and MedView gives a network without code one.",
                "Write a plugin with code for it.",
            )
        word = self.told.modality or str(image.get("modality", ""))
        found = _MODALITIES.get(word.lower(), word.upper() if self.told.modality else "")
        if not found and str(image.get("format", "")).lower() == "hounsfield":
            found = "CT"
        if not found:
            raise MedViewError(
                "The bundle does not say of what kind its images are: its metadata say {word}.",
                "Say it: --modality CT, say, or MR.",
                word=word or "-",
            )
        return found

    def _format(self, side: str) -> dict[str, Mapping[str, Any]]:
        told = self.metadata.get("network_data_format")
        found = told.get(side) if isinstance(told, Mapping) else None
        rows = found if isinstance(found, Mapping) else {}
        return {str(name): row for name, row in rows.items() if isinstance(row, Mapping)}

    def _config(self) -> BundleConfig:
        names = {name.removeprefix(self.root): name for name in self.files.names if name.startswith(self.root)}
        for wanted in ("configs/inference.json", "configs/evaluate.json"):
            if wanted in names:
                return BundleConfig(self.files.json(names[wanted]))
        if any(re.fullmatch(r"configs/inference\.ya?ml", name) for name in names):
            raise MedViewError(
                "The bundle's configuration is YAML, which MedView does not read.",
                'Write it as JSON: python -c "from monai.bundle import ConfigParser as C; '
                "C.export_config_file(C.load_config_file('inference.yaml'), 'inference.json')\".",
            )
        raise MedViewError(
            "The bundle has no configs/inference.json.", "Ask for the whole bundle, with what it does to an image."
        )

    def _weights(self, config: BundleConfig, room: Path, progress: Progress) -> tuple[Path, str, dict[str, Any]]:
        """Return the weights as they are kept, their format, and the manifest's network."""
        from medview.plugin.engine.state_dicts import is_torchscript, read_checkpoint, save_weights, state_dict_of

        names = [name for name in self.files.names if name.startswith(f"{self.root}models/")]
        plain, script = (next((n for n in names if n.endswith(f"/{file}")), "") for file in ("model.pt", "model.ts"))
        if not plain and not script:
            raise MedViewError(
                "The bundle has no models/model.pt and no models/model.ts.",
                "Large weights are often fetched apart from a bundle: put them there, and import it again.",
            )
        given = plain or script
        self.files.has_room_in(room, (given,))
        copied = self.files.copy(given, room / Path(given).name, lambda share: progress(0.5 * share, "Reading"))
        if is_torchscript(copied):
            return copied.rename(room / "network.ts"), "torchscript", {"weights": "network"}
        tensors = state_dict_of(read_checkpoint(copied), "model.pt")
        progress(0.7, "Reading")
        path = save_weights(tensors, room / "network.safetensors")
        copied.unlink()
        return path, "safetensors", {"weights": "network", **_network(config)}

    def _notes(self) -> tuple[str, ...]:
        return (
            "Structures carry the generic code 'Anatomical Structure': the bundle gives names and no codes.",
            "Time and memory in the manifest are guesses: nobody has measured them.",
        )

    def _described(self) -> dict[str, str]:
        wanted = (
            "description",
            "authors",
            "copyright",
            "version",
            "data_source",
            "data_type",
            "eval_metrics",
            "references",
        )
        return {word: str(self.metadata[word]) for word in wanted if self.metadata.get(word)}

    def _terms(self) -> str:
        first = next((line.strip() for line in self._text("LICENSE").splitlines() if line.strip()), "")
        return first[:120] or "not stated: see the bundle's source"

    def _data(self) -> str:
        return str(self.metadata.get("data_source") or "not stated")[:300]

    def _text(self, name: str) -> str:
        return self.files.text(f"{self.root}{name}") if f"{self.root}{name}" in self.files.names else ""


def _check_one(channels: Mapping[int, str]) -> None:
    """Refuse several structures of which each is decided by itself: a voxel has one label, and one would hide another.

    Raises
    ------
    MedViewError
        There are several.
    """
    if len(channels) > 1:
        raise MedViewError(
            "The bundle gives {count} structures, each by itself: they may overlap, and a voxel has one label here.",
            "Ask the model's author for one that gives each structure apart, or write a plugin with code.",
            count=len(channels),
        )


def _root(files: ModelFiles) -> str | None:
    """Return what stands before "configs/metadata.json" in the nearest such name; None where there is none."""
    found = [
        name.removesuffix(_METADATA) for name in files.names if name == _METADATA or name.endswith(f"/{_METADATA}")
    ]
    return min(found, key=len) if found else None


def _network(config: BundleConfig) -> dict[str, Any]:
    """Return the architecture and its arguments."""
    name = "network_def" if "network_def" in config.table else "network"
    raw = config.table.get(name)
    if raw is None:
        raise MedViewError(
            "The bundle's configuration has no network_def.",
            "Ask for the bundle with its network as TorchScript (models/model.ts).",
        )
    architecture = config.target(raw, name)
    arguments = {
        key: value
        for key, value in config.plain(raw, name).items()
        if not (key.startswith("_") and key.endswith("_")) and value is not None
    }
    is_flat = arguments.get("spatial_dims") == 2
    return {"architecture": architecture, "arguments": arguments, "axes": "2d" if is_flat else "3d"}


def _tiling(config: BundleConfig) -> dict[str, Any] | None:
    """Return how the images are cut; None where the network sees the whole at once."""
    raw = config.table.get("inferer")
    if raw is None:
        return None
    name = config.target(raw, "inferer")
    if name == "SimpleInferer":
        return None
    given = {key: value for key, value in raw.items() if key not in ("device", "sw_device", "progress", "cpu_thresh")}
    told = config.plain(given, "inferer")
    size, overlap = told.get("roi_size"), told.get("overlap", 0.25)
    sides = [size] * 3 if isinstance(size, int) else list(size or ())
    is_plain = told.get("padding_mode", "constant") == "constant" and not told.get("cval")
    is_plain &= told.get("sigma_scale", 0.125) == 0.125 and isinstance(overlap, (int, float))
    is_plain &= len(sides) == 3 and all(isinstance(side, int) and side > 0 for side in sides)
    if name != "SlidingWindowInferer" or not is_plain:
        raise MedViewError(
            "The bundle's inferer is {name}, with arguments that a manifest cannot say.",
            "A manifest says SlidingWindowInferer with three sides, one overlap, and padding with 0.",
            name=name,
        )
    return {
        "patch": sides,
        "overlap": float(overlap),
        "blend": told.get("mode", "constant"),
        "placing": "fixed",
        "batch": 1,
    }
