"""Images sorted into stacks: which belong together, and in which order they lie.

No image is dropped: each is in exactly one stack of exactly one study. Slices are ordered along the normal of
their orientation (row cosines x column cosines), so that index axes (column, row, slice) are right-handed whatever
the scanner's own order was; the geometry says where each slice lies.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from medview.errors import MedViewError, Sentence
from medview.files.dicom_header import Image
from medview.files.dicom_stack import series_of
from medview.imaging.stack import places, slice_normal
from medview.study.series import Series, StudyFacts
from medview.study.study_object import StudyObject

K = TypeVar("K", bound=Hashable)

_SAME_COSINE = 1e-4  # at 250 mm from the first voxel, 0.025 mm
_FEW = 3  # up to so many images at one single place are each a stack; more are a recording
_SLICED = {"CT", "MR", "PT"}

# what parts stacks even where their slices would fit together, with the name it gives a stack; the most telling first
_PARTING: tuple[tuple[str, Callable[[Image], Hashable]], ...] = (
    ("{0}", lambda i: "/".join(i.series.image_type[2:])),
    ("{0}", lambda i: "/".join(i.series.image_type[:2])),
    ("{0}", lambda i: i.kernel),
    ("{0}", lambda i: i.sequence),
    ("contrast {0}", lambda i: i.series.contrast_bolus_agent),
    ("echo {0}", lambda i: i.echo_number),
    ("b {0:g}", lambda i: i.frame.b_value),
    ("stack {0}", lambda i: i.frame.stack_id),
    ("{0[0]} x {0[1]}", lambda i: (i.series.columns, i.series.rows)),
    ("", lambda i: i.series.sop_class_uid),
    ("", lambda i: i.frame.pixel_spacing and tuple(round(s, 4) for s in i.frame.pixel_spacing)),
    ("", lambda i: i.frame_of_reference_uid),
    ("", lambda i: i.series.modality),
    ("", lambda i: i.series.photometric_interpretation),
    ("", lambda i: None if i.refusal is None else i.refusal.message.template),
)


@dataclass(frozen=True, eq=False)
class FoundStudy:
    """A study as it was found on disk: its facts, its stacks and other objects, in the order of Series Number."""

    facts: StudyFacts
    series: tuple[Series, ...]
    objects: tuple[StudyObject, ...] = ()


@dataclass(frozen=True, eq=False)
class _Stack:
    images: list[Image]
    names: tuple[str, ...]
    warnings: tuple[Sentence, ...] = ()


def sort(images: Iterable[Image]) -> tuple[FoundStudy, ...]:
    """Sort images into studies and stacks. Images of two patients never meet, whatever their UIDs say."""
    studies: dict[tuple[str, str, str], list[Image]] = defaultdict(list)
    owners: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
    for image in images:
        patient = image.study.patient
        owner = image.study.study_instance_uid, patient.patient_id, patient.patient_name
        studies[owner].append(image)
        owners[image.series.series_instance_uid].add(owner)
    shared = {uid for uid, found in owners.items() if uid and len(found) > 1}
    return tuple(
        FoundStudy(members[0].study, _told_apart(s for g in _series_groups(members) for s in _stacks(g, shared)))
        for _, members in sorted(studies.items())
    )


def _told_apart(found: Iterable[Series]) -> tuple[Series, ...]:
    """Return series whose keys differ, also where several have no UID at all."""
    seen: dict[str, int] = defaultdict(int)
    apart = []
    for series in found:
        seen[series.key] += 1
        count = seen[series.key]
        apart.append(series if count == 1 else replace(series, stack=f"{series.stack or 'part'} ({count})"))
    return tuple(apart)


def _grouped(images: Iterable[Image], key: Callable[[Image], K]) -> dict[K, list[Image]]:
    groups: dict[K, list[Image]] = defaultdict(list)
    for image in images:
        groups[key(image)].append(image)
    return groups


def _series_groups(images: Iterable[Image]) -> list[list[Image]]:
    """Return the images by series, by folder where the series has no UID, in the order of Series Number."""
    groups = _grouped(images, lambda i: i.series.series_instance_uid or str(i.instance.path.parent))
    return sorted(groups.values(), key=lambda g: (g[0].series.series_number or 0, g[0].series.series_instance_uid))


def _stacks(images: list[Image], shared_uids: set[str]) -> list[Series]:
    """Return the stacks of one DICOM series, named by what tells them apart."""
    said = _identity_warnings(images, shared_uids)
    parted = [part for group in _parted(images) for part in _by_place(group)]
    parted.sort(key=lambda stack: _acquired(stack.images[0]))
    names = _names([stack.names for stack in parted])
    return [series_of(s.images, name, said + s.warnings) for s, name in zip(parted, names, strict=True)]


def _identity_warnings(images: Sequence[Image], shared_uids: set[str]) -> tuple[Sentence, ...]:
    said = []
    if images[0].series.series_instance_uid in shared_uids:
        said.append(Sentence("Another patient or study has images with the same series identifier; they are apart."))
    names = [(i.instance.sop_instance_uid, i.instance.frame_index) for i in images]
    if len(set(names)) < len(names) and all(uid for uid, _ in names):
        said.append(Sentence("Different images carry the same identifier (SOP Instance UID); all are kept."))
    if not all(uid for uid, _ in names):
        said.append(Sentence("Some images have no identifier (SOP Instance UID): nothing can refer to them."))
    if not images[0].series.series_instance_uid:
        said.append(Sentence("The series has no identifier; images of one folder were taken together."))
    return tuple(said)


def _parted(images: Iterable[Image]) -> list[_Stack]:
    """Return groups that differ in what always parts stacks, orientation last."""
    groups = _grouped(images, lambda i: tuple(key(i) for _, key in _PARTING))
    found = []
    for key, members in groups.items():
        names = tuple(text.format(v) if v not in (None, "") else "" for (text, _), v in zip(_PARTING, key, strict=True))
        found += [_Stack(group, (*names, _plane_name(group[0]))) for group in _by_orientation(members)]
    return found


def _by_orientation(images: Iterable[Image]) -> list[list[Image]]:
    groups: list[list[Image]] = []
    for image in images:
        for group in groups:
            if _parallel(group[0].frame.orientation, image.frame.orientation):
                group.append(image)
                break
        else:
            groups.append([image])
    return groups


def _parallel(one: Sequence[float] | None, other: Sequence[float] | None) -> bool:
    if one is None or other is None:
        return one is other
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) < _SAME_COSINE


def _plane_name(image: Image) -> str:
    if image.frame.orientation is None:
        return ""
    return ("sagittal", "coronal", "axial")[int(np.argmax(np.abs(slice_normal(image.frame.orientation))))]


def _by_place(stack: _Stack) -> list[_Stack]:
    """Return the stacks among parallel images: images at one place are of different times, echoes or energies."""
    images = sorted(stack.images, key=_acquired)
    if images[0].refusal is not None:
        return [_Stack(images, stack.names)]
    if any(i.frame.position is None or i.frame.orientation is None for i in images):
        return _unplaced(images, stack.names)
    by_place = places([i.frame.position or () for i in images], slice_normal(images[0].frame.orientation or ()))
    most = max(map(len, by_place))
    if most == 1:
        return [_Stack([images[place[0]] for place in by_place], stack.names)]
    if len(by_place) == 1 and most > _FEW:
        return [_recording(images, stack.names)]
    return _by_facts(images, by_place, most, stack.names) or _by_rank(images, by_place, most, stack.names)


def _acquired(image: Image) -> tuple[float, int, int, str, str]:
    """Return the key of acquisition order: time point, instance number, frame."""
    instance, times = image.instance, dict(image.frame.order)
    number = instance.instance_number if instance.instance_number is not None else 2**31
    return times.get("time", 0.0), number, instance.frame_index, instance.sop_instance_uid, str(instance.path)


def _unplaced(images: list[Image], names: tuple[str, ...]) -> list[_Stack]:
    """Return images without a place: each alone where they are pictures, together where they should be slices."""
    if images[0].series.modality in _SLICED:
        return [_Stack(images, names)]
    return [_Stack([image], (*names, _number_name(image))) for image in images]


def _number_name(image: Image) -> str:
    number = image.instance.instance_number
    return f"image {number}" if number is not None else "image"


def _recording(images: list[Image], names: tuple[str, ...]) -> _Stack:
    """Return many images at one single place as what they are: a film, which is not shown yet."""
    refusal = MedViewError(
        "These are {count} images of one place over time, which are not shown as a film yet.",
        "Open another series of this study.",
        count=len(images),
    )
    return _Stack([_refused(image, refusal) for image in images], names)


def _refused(image: Image, refusal: MedViewError) -> Image:
    return replace(image, refusal=refusal)


def _by_facts(images: list[Image], by_place: list[list[int]], most: int, names: tuple[str, ...]) -> list[_Stack]:
    """Return stacks told apart by one attribute that has one image of each value at each place; else []."""
    for fact in dict.fromkeys(name for name, _ in images[0].frame.order):
        columns = [[dict(images[i].frame.order).get(fact) for i in place] for place in by_place]
        values = set(columns[0])
        if len(values) == most and None not in values and all(len(c) == most and set(c) == values for c in columns):
            ordered = sorted(v for v in values if v is not None)
            return [
                _Stack(
                    [images[place[column.index(value)]] for place, column in zip(by_place, columns, strict=True)],
                    (*names, f"{fact} {value:g}" if fact in ("echo time", "kVp") else f"{fact} {n}"),
                )
                for n, value in enumerate(ordered, 1)
            ]
    return []


def _by_rank(images: list[Image], by_place: list[list[int]], most: int, names: tuple[str, ...]) -> list[_Stack]:
    """Return stacks by the order of acquisition at each place; where places hold unequal numbers, say so."""
    said: tuple[Sentence, ...] = ()
    if len({len(place) for place in by_place}) > 1:
        said = (Sentence("Some slice positions hold more images than others; what is over is a stack of its own."),)
    return [
        _Stack([images[place[n]] for place in by_place if len(place) > n], (*names, f"time {n + 1}"), said)
        for n in range(most)
    ]


def _names(candidates: list[tuple[str, ...]]) -> list[str]:
    """Return a name for each stack, of the parts that differ; "" where there is only one stack."""
    if len(candidates) < 2:
        return [""] * len(candidates)
    width = max(map(len, candidates))
    padded = [c + ("",) * (width - len(c)) for c in candidates]
    parts: list[list[str]] = [[] for _ in padded]
    for k in range(width):
        wider = [[*part, c[k]] for part, c in zip(parts, padded, strict=True)]
        if len(set(map(tuple, wider))) > len(set(map(tuple, parts))):
            parts = wider
    names = [", ".join(filter(None, part)) or "part" for part in parts]
    seen: dict[str, int] = defaultdict(int)
    for n, name in enumerate(names):
        seen[name] += 1
        names[n] = name if seen[name] == 1 else f"{name} ({seen[name]})"
    return names
