"""What the channels of an nnU-Net mean, as its `dataset.json` says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from medview.errors import MedViewError

_LONGEST = 64  # of a Segment Label (0062,0005)
_MODALITIES = {
    "ct": "CT",
    "mr": "MR",
    "mri": "MR",
    "t1": "MR",
    "t1w": "MR",
    "t2": "MR",
    "t2w": "MR",
    "flair": "MR",
    "adc": "MR",
    "pet": "PT",
    "suv": "PT",
    "us": "US",
}


@dataclass(frozen=True)
class NnunetLabels:
    """The table `dataset.json`."""

    table: Mapping[str, Any]

    @property
    def is_by_regions(self) -> bool:
        """Whether each channel is a region by itself, which may overlap with others."""
        return any(isinstance(value, list) and len(value) > 1 for value in self._labels.values())

    @property
    def channels(self) -> int:
        """How many the network gives; an ignored label has none."""
        return len(self.names()) + (0 if self.is_by_regions else 1)

    def names(self) -> dict[int, str]:
        """Return the name of each label number, in the order of the network's channels (without the background).

        Of regions that overlap it says what later ones leave of each: a voxel has one label.

        Raises
        ------
        MedViewError
            The labels do not count from 0, or regions have no order.
        """
        rows = {name: value for name, value in self._labels.items() if name != "ignore" and not _is_background(value)}
        if not self.is_by_regions:
            found = {_number(value): name for name, value in rows.items()}
            if sorted(found) != list(range(1, len(found) + 1)):
                raise _unusable("labels")
            return dict(sorted(found.items()))
        order = self.table.get("regions_class_order")
        if not isinstance(order, list) or len(order) != len(rows) or len(set(order)) != len(order):
            raise _unusable("regions_class_order")
        return {int(number): name for number, name in zip(order, _left(rows), strict=True)}

    def modality(self, told: str | None) -> str:
        """Return DICOM's word for what the images are: what a person says, or what the channel's name tells."""
        names = self.table.get("channel_names") or self.table.get("modality") or {}
        if not isinstance(names, Mapping) or not names:
            raise _unusable("channel_names")
        if len(names) > 1:
            raise MedViewError(
                "The nnU-Net needs several images at once ({names}), and MedView gives a network without code one.",
                "Write a plugin with code for it.",
                names=", ".join(str(name) for name in names.values()),
            )
        word = str(next(iter(names.values())))
        found = told.upper() if told else _MODALITIES.get(word.lower())
        if found is None:
            raise MedViewError(
                "The nnU-Net does not say of what kind its images are: it calls them {word}.",
                "Say it: --modality CT, say, or MR.",
                word=word,
            )
        return found

    @property
    def _labels(self) -> Mapping[str, Any]:
        found = self.table.get("labels")
        if not isinstance(found, Mapping) or not found:
            raise _unusable("labels")
        return found


def _left(regions: Mapping[str, Any]) -> list[str]:
    """Return the names of regions, each with those of later ones that are painted over it."""
    parts = [(name, set(value) if isinstance(value, list) else {value}) for name, value in regions.items()]
    found = []
    for place, (name, labels) in enumerate(parts):
        over = [other for other, others in parts[place + 1 :] if labels & others]
        whole = f"{name} less {', '.join(over)}" if over else name
        found.append(whole if len(whole) <= _LONGEST else f"{name[: _LONGEST - 7]} (rest)")
    return found


def _number(value: Any) -> int:
    one = value[0] if isinstance(value, list) and len(value) == 1 else value
    if not isinstance(one, int) or isinstance(one, bool):
        raise _unusable("labels")
    return one


def _is_background(value: Any) -> bool:
    return value in (0, [0])


def _unusable(what: str) -> MedViewError:
    return MedViewError(
        "The nnU-Net's dataset.json says nothing usable of {what}.", "Ask for the whole result folder.", what=what
    )
