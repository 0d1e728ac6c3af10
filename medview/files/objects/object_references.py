"""Which images an object refers to, wherever in it they are named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydicom.dataset import Dataset

from medview.files.objects.dicom_object import read_object

_DEEPEST = 30
_NAMED = 0x00081155  # Referenced SOP Instance UID


def referenced_uids(path: Path) -> frozenset[str]:
    """Return the SOP Instance UIDs that an object names; MedViewError where it cannot be read."""
    return frozenset(_walk(read_object(path).dataset, 0))


def _walk(dataset: Dataset, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        return
    if _NAMED in dataset:
        yield str(dataset[_NAMED].value)
    for tag in dataset.keys():  # noqa: SIM118  a dataset itself yields elements, read one by one
        if dataset.get_item(tag).VR in ("SQ", None, "UN"):
            value = dataset[tag].value
            for item in value if dataset[tag].VR == "SQ" else ():
                yield from _walk(item, depth + 1)
