"""Files of trained weights, and the terms under which everything of a plugin is given."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator

from medview.plugin.manifest.record import BelowFolder, Condition, Identifier, Record, Sha256, Text

_SOURCE = re.compile(r"^(package:[A-Za-z0-9._-]+:[^:\\]+|folder:[^:\\]+|https?://\S+)$")

_TAKEN = ("converted", "checked.json")

WeightsFormat = Literal["safetensors", "onnx", "torchscript", "torch_state_dict", "raw"]
Gate = Literal["none", "accept", "noncommercial"]


class WeightsRecord(Record):
    """A file of trained weights: what it must be, and where it comes from.

    Attributes
    ----------
    file
        Path below a folder of weights, such as "meshnet_brainchop/model18cls/model.bin".
    source
        "package:DISTRIBUTION:PATH" for a file of an installed package, "folder:PATH" for one that lies in the
        plugin's own folder, else the address at its authors'.
    mirrors
        Further addresses of the same file, tried in order.
    format
        "torch_state_dict" is read by torch.load(weights_only=True) and nothing else; "raw" is numbers that the plugin
        reads itself. None of them runs Python; TorchScript is a program of its own, and refused where it reaches for
        files (`plugin.engine.check_script`).
    gate
        Whether a person must accept the licence before the file is fetched or used: the text is shown, the acceptance
        recorded.
    licence_file
        The text of the licence, below the plugin's folder; needed where there is a gate.
    when
        Parameters that need it; empty where every run does.
    """

    id: Identifier
    file: BelowFolder
    source: Text
    mirrors: tuple[Text, ...] = ()
    sha256: Sha256
    bytes: Annotated[int, Field(gt=0)]
    format: WeightsFormat = "raw"
    licence: Text
    gate: Gate = "none"
    licence_file: BelowFolder | None = None
    when: Condition = Field(default_factory=dict)

    @field_validator("file")
    @classmethod
    def _file_is_free(cls, file: str) -> str:
        if file.lower().split("/")[0] in _TAKEN:
            raise ValueError("the program keeps files of its own under this name in the folder of weights")
        return file

    @field_validator("source")
    @classmethod
    def _source_known(cls, source: str) -> str:
        if not _SOURCE.match(source) or ".." in source.split("/") or source.startswith("folder:/"):
            raise ValueError("the source must be package:DISTRIBUTION:PATH, folder:PATH or an http address")
        return source

    @field_validator("mirrors")
    @classmethod
    def _mirrors_are_addresses(cls, mirrors: tuple[str, ...]) -> tuple[str, ...]:
        if not all(re.match(r"^https?://\S+$", mirror) for mirror in mirrors):
            raise ValueError("mirrors must be http addresses")
        return mirrors

    @property
    def is_packaged(self) -> bool:
        """Whether an installed package brings the file."""
        return self.source.startswith("package:")

    @property
    def is_shipped(self) -> bool:
        """Whether the file lies in the plugin's own folder."""
        return self.source.startswith("folder:")


class Licences(Record):
    """Under what terms the code, the weights and the data they were trained on are given."""

    code: Text
    weights: Text
    data: Text
