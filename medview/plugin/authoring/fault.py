"""Something wrong with a plugin's folder."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """What is wrong, where, and what to do.

    Attributes
    ----------
    where
        File of the plugin's folder, with the line where there is one: "plugin.toml:12".
    key
        Of the manifest, such as "inputs.0.modality", or "".
    """

    where: str
    key: str
    said: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}{f' ({self.key})' if self.key else ''}: {self.said}. {self.remedy}"
