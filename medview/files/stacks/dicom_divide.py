"""Parallel images of one kind divided into the stacks they form.

What differs in number only (echo time, repetition time, flip angle ...) parts a stack where each part is a whole stack
of its own; a scanner's jitter, which would leave holes, parts nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from medview.errors import Sentence
from medview.files.headers.dicom_header import Image
from medview.files.stacks.dicom_axis import Placed, by_contrast, by_time, groups_by_contrast
from medview.files.stacks.dicom_stack import Stack, acquired
from medview.imaging.image_kind import image_kind
from medview.imaging.stack import places, regularity, slice_normal

_FEW = 3  # up to so many images at one single place are each a stack; more, or frames of one file, are a recording
_SLICED = {"CT", "MR", "PT"}
_STATION_MM = 5.0  # images further apart within their plane are of different stations, not of different times
# facts that part stacks whose parts are whole: (fact, least difference, name of a stack)
_PARTING = (
    ("b-value", 4.0, "b {0:.0f}"),
    ("echo", 0.5, "echo {0:g}"),
    ("echo time", 0.5, "echo time {0:g}"),
    ("energy", 0.5, "{0:g} kVp"),
    ("inversion time", 5.0, "inversion time {0:g}"),
    ("flip angle", 1.0, "flip angle {0:g}"),
    ("repetition time", 20.0, "repetition time {0:g}"),
)
_MEANT_ALIKE = {"b-value", "echo", "energy"}  # others jitter, or are set slice by slice


def divided(images: Sequence[Image], names: tuple[str, ...]) -> list[Stack]:
    """Return the stacks among parallel images that differ in nothing that always parts them; none is left out."""
    ordered = sorted(images, key=acquired)
    if ordered[0].refusal is not None:
        return [Stack(ordered, names)]
    lost = [i for i in ordered if i.frame.position is None or i.frame.orientation is None]
    if len(lost) == len(ordered):
        return _unplaced(ordered, names)
    if lost:
        rest = [i for i in ordered if i.frame.position is not None and i.frame.orientation is not None]
        return divided(rest, names) + _unplaced(lost, (*names, "without a place"))
    copies = _copies(ordered)
    if len(copies) > 1:
        return [s for n, part in enumerate(copies, 1) for s in divided(part, (*names, f"copy {n}"))]
    by_place = _by_place(ordered)
    if max(map(len, by_place)) == 1:
        return _parts([place[0] for place in by_place], names)
    stations = _stations(ordered)
    if len(stations) > 1:
        return [s for n, part in enumerate(stations, 1) for s in divided(part, (*names, f"station {n}"))]
    return _told_beside(_at_same_places(Placed(by_place), ordered, names))


def _at_same_places(placed: Placed, images: Sequence[Image], names: tuple[str, ...]) -> list[Stack]:
    found = by_contrast(placed, names)
    if found:
        return found
    groups = groups_by_contrast(placed, names)
    if groups:
        return [stack for group, wider in groups for stack in divided(group, wider)]
    if len(placed.sizes) > 1:
        return by_time(placed, names)
    if len(images) > _FEW or len({i.instance.path for i in images}) == 1:
        return [Stack(images, names, is_recording=True)]
    return [Stack([image], (*names, *_number_name(image))) for image in images]


def _told_beside(stacks: list[Stack]) -> list[Stack]:
    """Return stacks where each that shares places with others, without an axis, knows how many images those have."""
    loose = {id(s) for s in stacks if s.axis is None and s.warnings}
    count = sum(len(s.images) for s in stacks)
    return [replace(s, beside=count - len(s.images)) if id(s) in loose else s for s in stacks]


def _copies(images: Sequence[Image]) -> list[list[Image]]:
    """Return images parted where several at one place carry one identity: they are no moments of time."""
    seen: dict[Hashable, int] = defaultdict(int)
    copies: dict[int, list[Image]] = defaultdict(list)
    for image in images:
        instance = image.instance
        identity = instance.sop_instance_uid, instance.frame_index, instance.tile, image.frame.position
        seen[identity] += 1
        copies[seen[identity] if instance.sop_instance_uid else 1].append(image)
    return [copies[number] for number in sorted(copies)]


def _by_place(images: Sequence[Image]) -> list[list[Image]]:
    normal = slice_normal(images[0].frame.orientation or ())
    return [[images[n] for n in place] for place in places([i.frame.position or () for i in images], normal)]


def _unplaced(images: Sequence[Image], names: tuple[str, ...]) -> list[Stack]:
    """Return images without a place: a file's frames as a recording, slices together, other pictures each alone."""
    files: dict[Hashable, list[Image]] = defaultdict(list)
    for image in images:
        files[image.instance.path].append(image)
    recordings = [frames for frames in files.values() if len(frames) > 1]
    alone = [frames[0] for frames in files.values() if len(frames) == 1]
    stacks = [
        Stack(frames, (*names, *_number_name(frames[0])), is_recording=_is_film(frames[0])) for frames in recordings
    ]
    is_stack = len(alone) == 1 or not any(map(_is_captured, alone))
    if alone and alone[0].series.modality in _SLICED and is_stack:
        return [*stacks, Stack(alone, names)]
    return [*stacks, *(Stack([image], (*names, *_number_name(image))) for image in alone)]


def _is_captured(image: Image) -> bool:
    """Whether an image is a picture of a screen, as of a dose report, though a scanner has sent it."""
    return image_kind(image.series.modality, image.series.sop_class_uid, is_placed=False) == "capture"


def _is_film(image: Image) -> bool:
    """Whether the frames of a file without places follow in time; those of CT, MR and PET may be slices."""
    return image.series.frame_time_ms is not None or image.series.modality not in _SLICED


def _number_name(image: Image) -> tuple[str]:
    number = image.instance.instance_number
    return (f"image {number}" if number is not None else "image",)


def _stations(images: Sequence[Image]) -> list[list[Image]]:
    """Return images parted where they lie far beside each other within their plane, as of a moved table."""
    cosines = np.reshape(images[0].frame.orientation or (), (2, 3))
    beside = np.array([i.frame.position for i in images]) @ cosines.T
    parts = [list(range(len(images)))]
    for axis in (0, 1):
        parts = [part for whole in parts for part in _apart(whole, beside[:, axis])]
    return [[images[n] for n in part] for part in parts]


def _apart(whole: list[int], coordinate: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Iterator[list[int]]:
    """Yield the indices, in their order, parted where the coordinate has a gap."""
    ordered = np.array(sorted(whole, key=lambda n: float(coordinate[n])))
    cuts = np.flatnonzero(np.diff(coordinate[ordered]) > _STATION_MM) + 1
    for part in np.split(ordered, cuts):
        yield sorted(part.tolist())


def _parts(images: Sequence[Image], names: tuple[str, ...]) -> list[Stack]:
    """Return images of unique places as one stack, or parted by a fact where each part is a whole stack."""
    placed = Placed([images])
    for name, least, text in _PARTING:
        groups: dict[float | None, list[Image]] = defaultdict(list)
        for image, value in zip(images, placed.contrast(name, least), strict=False):
            groups[value].append(image)
        if groups and all(map(_is_whole, groups.values())):
            told = [(text.format(value) if value is not None else "", group) for value, group in groups.items()]
            return [stack for label, group in told for stack in _parts(group, (*names, label))]
    return [Stack(images, names, tuple(_unlike(placed)))]


def _unlike(placed: Placed) -> Iterator[Sentence]:
    """Say what differs from slice to slice though it makes the values of one volume mean different things."""
    for name, least, _ in _PARTING:
        if name in _MEANT_ALIKE and placed.contrast(name, least):
            yield Sentence("The slices were not acquired alike: they differ in {fact}. Values of different slices "
                           "cannot be compared.", {"fact": name})  # fmt: skip


def _is_whole(images: Sequence[Image]) -> bool:
    """Whether several images are evenly spaced."""
    if len(images) < 2:
        return False
    normal = slice_normal(images[0].frame.orientation or ())
    return regularity([i.frame.position or () for i in images], normal).is_regular
