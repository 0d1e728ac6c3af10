"""The result folder of an nnU-Net (version 2) as a plugin: plans, labels and checkpoints, all read as data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medview.errors import MedViewError
from medview.plugin.convert.model_card import card_text
from medview.plugin.convert.model_files import ModelFiles
from medview.plugin.convert.nnunet_labels import NnunetLabels
from medview.plugin.convert.nnunet_plans import NnunetPlans
from medview.plugin.convert.plugin_draft import PluginDraft, generic_segments, identifier
from medview.plugin.convert.told import Told
from medview.progress import Progress

_CHECKPOINTS = ("checkpoint_final.pth", "checkpoint_best.pth")
_READERS_OF_RAS = ("NibabelIOWithReorient",)


def is_nnunet(files: ModelFiles) -> bool:
    """Whether the files are those of an nnU-Net's training."""
    return bool(_roots(files))


def read_nnunet(files: ModelFiles, told: Told, room: Path, progress: Progress) -> PluginDraft:
    """Return the plugin that a result folder makes; its weights are written below `room`.

    All folds that are there are taken and averaged, as nnU-Net does it, unless the person names some.

    Raises
    ------
    MedViewError
        The folder is not whole, a checkpoint holds more than data, or the plans say what a manifest cannot.
    """
    root = _chosen_root(files, told)
    labels = NnunetLabels(files.json(f"{root}dataset.json"))
    return _ResultFolder(files, root, told, labels, files.json(f"{root}plans.json")).draft(room, progress)


@dataclass(frozen=True)
class _ResultFolder:
    files: ModelFiles
    root: str
    told: Told
    labels: NnunetLabels
    plans_table: dict[str, Any]

    def draft(self, room: Path, progress: Progress) -> PluginDraft:
        found = self._checkpoints()
        self.files.has_room_in(room, tuple(found.values()))
        weights, facts = dict[str, tuple[Path, str]](), dict[str, Any]()
        for number, (fold, name) in enumerate(found.items()):
            progress(number / len(found), "Reading")
            path, facts = self._converted(name, fold, room)
            weights[f"fold_{fold}"] = (path, "safetensors")
        plans = NnunetPlans(self.plans_table, str(facts["configuration"]))
        manifest = self._manifest(plans, list(weights), facts)
        notes = self._notes(plans, list(found), facts)
        described = {
            "dataset": str(self.plans_table.get("dataset_name", "")),
            "configuration": plans.configuration,
            "trainer": str(facts["trainer"]),
            "reference": str(self.labels.table.get("reference", "")),
            "licence of the data": self._data(),
            "training cases": str(self.labels.table.get("numTraining", "")),
        }
        told = {word: text for word, text in described.items() if text}
        card = card_text(str(manifest["name"]), "an nnU-Net result folder", told, notes)
        return PluginDraft(manifest, weights, "not stated: see the model's source", card, "", notes)

    def _manifest(self, plans: NnunetPlans, weights: list[str], facts: dict[str, Any]) -> dict[str, Any]:
        dataset = str(self.plans_table.get("dataset_name") or self.labels.table.get("name") or "nnunet")
        modality = self.labels.modality(self.told.modality)
        mirrors = [axis + (1 if plans.is_flat else 0) for axis in facts["mirror_axes"]]
        network = self._network(plans) | {
            "weights": weights[0],
            "ensemble": weights[1:],
            "mirror_axes": mirrors,
            "axes": "2d" if plans.is_flat else "3d",
        }
        return {
            "id": identifier(self.told.plugin_id or f"{dataset}_{plans.configuration}"),
            "version": "0.0.0",
            "name": f"{re.sub(r'^Dataset[0-9]+_', '', dataset).replace('_', ' ')} (nnU-Net {plans.configuration})",
            "summary": str(self.labels.table.get("description") or f"An nnU-Net of {dataset}.")[:200],
            "schema": 2,
            "task": "segment",
            "intended_use": str(self.labels.table.get("description") or f"Images like those of {dataset}.")[:300],
            "research_only": True,
            "licences": {"code": "none: the plugin has no code", "weights": "not stated", "data": self._data()},
            "inputs": [
                {
                    "modality": [modality],
                    "units": ["HU"] if modality == "CT" else [],
                    "grid": plans.grid(self._orientation(plans)),
                    "intensity": plans.intensity(),
                    "intensity_on": "images",
                }
            ],
            "outputs": [
                {
                    "type": "labels",
                    "activation": "sigmoid" if self.labels.is_by_regions else "softmax",
                    "maps": ["probability", "uncertainty"],
                    "segments": generic_segments(self.labels.names()),
                }
            ],
            "parameters": _parameters(bool(mirrors), len(weights)),
            "network": network,
            "tiling": {
                "patch": [1] * (3 - len(plans.patch)) + plans.patch,
                "overlap": 0.5,
                "blend": "gaussian_nnunet",
                "placing": "even",
                "batch": 8 if plans.is_flat else 1,
            },
            "cost": {"cpu_seconds": 300, "memory_mb": 4000},
        }

    def _network(self, plans: NnunetPlans) -> dict[str, Any]:
        architecture, arguments = plans.network()
        arguments |= {"input_channels": 1, "num_classes": self.labels.channels}
        return {"architecture": architecture, "arguments": arguments}

    def _orientation(self, plans: NnunetPlans) -> str:
        """Return towards what the network's axes grow."""
        letters = "RAS" if plans.reader in _READERS_OF_RAS else (self.told.orientation or "").upper()
        if not re.fullmatch(r"[LRAPSI]{3}", letters):
            raise MedViewError(
                "The nnU-Net does not say how its images lie in the patient: {reader} reads them as they are stored.",
                "Look at how one of its training images lies, and say it: --orientation LAS, say, where the indices of "
                "its three axes, as NIfTI counts them, grow towards the patient's left, front and head.",
                reader=plans.reader or "its reader",
            )
        return "".join(letters[2 - axis] for axis in plans.transpose)

    def _checkpoints(self) -> dict[str, str]:
        """Return the checkpoint of each fold that is taken, by the fold's name."""
        wanted = set(self.told.folds)
        found = dict[str, str]()
        for checkpoint in _CHECKPOINTS:
            for name in self.files.names:
                match = re.fullmatch(rf"{re.escape(self.root)}fold_(all|\d+)/{re.escape(checkpoint)}", name)
                if match and (not wanted or match[1] in wanted):
                    found.setdefault(match[1], name)
        if "all" in found and len(found) > 1 and "all" not in wanted:
            del found["all"]  # trained on everything: no part of the ensemble of the others
        if not found:
            raise MedViewError(
                "The nnU-Net's folder holds no checkpoint of the wanted folds (fold_0/checkpoint_final.pth, say).",
                "Ask for the whole result folder.",
            )
        return dict(sorted(found.items()))

    def _converted(self, name: str, fold: str, room: Path) -> tuple[Path, dict[str, Any]]:
        """Return the weights of a fold as safetensors, and what its checkpoint says of the training."""
        from medview.plugin.engine.state_dicts import read_checkpoint, save_weights, state_dict_of

        copied = self.files.copy(name, room / Path(name).name, lambda share: None)
        checkpoint = read_checkpoint(copied)
        tensors = state_dict_of(checkpoint, f"fold_{fold}/{Path(name).name}")
        path = save_weights(tensors, room / f"fold_{fold}.safetensors")
        copied.unlink()
        given = checkpoint.get("init_args")
        axes = checkpoint.get("inference_allowed_mirroring_axes") or ()
        return path, {
            "configuration": (given or {}).get("configuration") or self._only_configuration(),
            "trainer": checkpoint.get("trainer_name") or "not stated",
            "mirror_axes": [axis for axis in axes if isinstance(axis, int) and 0 <= axis <= 2],
        }

    def _only_configuration(self) -> str:
        """Return the configuration of a checkpoint that does not name its own, from the folder's name."""
        if self.told.configuration:
            return self.told.configuration
        folder = Path(self.root).name or self.files.path.name
        return folder.rpartition("__")[2]

    def _notes(self, plans: NnunetPlans, folds: list[str], facts: dict[str, Any]) -> tuple[str, ...]:
        notes = [
            f"Folds taken: {', '.join(folds)}." + (" Their answers are averaged." if len(folds) > 1 else ""),
            "Structures carry the generic code 'Anatomical Structure': nnU-Net gives names and no codes.",
            "Time and memory in the manifest are guesses: nobody has measured them.",
            "Where thick slices must be resampled, nnU-Net brings back the nearest; MedView interpolates between them.",
        ]
        if self.labels.is_by_regions:
            notes.append("Regions overlap, and a voxel has one label: each is what later regions leave of it.")
        if plans.is_counted_in_mask:
            notes.append("nnU-Net normalises zeros that lie enclosed in the body, too; MedView leaves them at 0.")
        if plans.reader not in _READERS_OF_RAS:
            notes.append(
                f"How the training images lay was said by the person who imported it: {self.told.orientation}."
            )
        if facts["trainer"] != "nnUNetTrainer":
            notes.append(
                f"Trained by {facts['trainer']}: if that changes what the network computes, this plugin does not."
            )
        if facts["mirror_axes"]:
            notes.append(
                "nnU-Net averages mirrored images by default; here that is the option 'mirrored', off at first."
            )
        return tuple(notes)

    def _data(self) -> str:
        return str(self.labels.table.get("licence") or self.labels.table.get("license") or "not stated")[:300]


def _parameters(is_mirrored: bool, folds: int) -> list[dict[str, Any]]:
    options = []
    if is_mirrored:
        options.append(
            {"id": "mirrored", "type": "bool", "label": "Average mirrored images", "default": False}
            | {"help": "A little more exact, and up to eight times as slow."}
        )
    if folds > 1:
        options.append(
            {"id": "ensemble", "type": "bool", "label": "Average all folds", "default": True}
            | {"help": f"All {folds} networks that were trained, and not the first alone."}
        )
    return options


def _roots(files: ModelFiles) -> list[str]:
    """Return what stands before "plans.json" wherever a dataset.json lies beside it."""
    found = [name.removesuffix("plans.json") for name in files.names if Path(name).name == "plans.json"]
    return [root for root in found if f"{root}dataset.json" in files.names]


def _chosen_root(files: ModelFiles, told: Told) -> str:
    roots = _roots(files)
    if told.configuration and len(roots) > 1:
        roots = [root for root in roots if root.rstrip("/").endswith(f"__{told.configuration}")]
    if len(roots) != 1:
        raise MedViewError(
            "There are {count} nnU-Net results in {path}.",
            "Say which: --configuration 3d_fullres, say.",
            count=len(roots),
            path=files.path.name,
        )
    return roots[0]
