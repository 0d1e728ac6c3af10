"""Images sorted into stacks: which belong together, and in which order they lie.

No image is dropped: each is in exactly one stack of exactly one study. Slices are ordered along the normal of
their orientation (row cosines x column cosines), so that index axes (column, row, slice) are right-handed whatever
the scanner's own order was; the geometry says where each slice lies.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from medview.errors import Sentence
from medview.files.headers.dicom_header import Image
from medview.files.stacks.dicom_divide import divided
from medview.files.stacks.dicom_stack import acquired, series_of
from medview.imaging.stack import slice_normal
from medview.study.series import Series, StudyFacts
from medview.study.study_object import StudyObject

K = TypeVar("K", bound=Hashable)

_SAME_PLANE = 1e-4  # of a cosine, or of a spacing: at 250 mm from the first voxel, 0.025 mm

# what parts stacks even where their slices would fit together, with the name it gives a stack; the most telling first
_PARTING: tuple[tuple[str, Callable[[Image], Hashable]], ...] = (
    ("{0}", lambda i: "/".join(i.series.image_type[2:])),
    ("{0}", lambda i: "/".join(i.series.image_type[:2])),
    ("{0}", lambda i: i.kernel),
    ("{0}", lambda i: i.sequence),
    ("contrast {0}", lambda i: i.series.contrast_bolus_agent),
    ("{0}", lambda i: ", ".join(value for _, value in i.frame.traits)),
    ("stack {0}", lambda i: i.frame.stack_id),
    ("{0[0]} x {0[1]}", lambda i: (i.series.columns, i.series.rows)),
    ("kind {n}", lambda i: i.series.sop_class_uid),
    ("frame of reference {n}", lambda i: i.frame_of_reference_uid),
    ("{0}", lambda i: i.series.modality),
    ("{0}", lambda i: i.series.photometric_interpretation),
    ("", lambda i: None if i.refusal is None else i.refusal.message.template),
)


@dataclass(frozen=True, eq=False)
class FoundStudy:
    """A study as it was found on disk: its facts, its stacks and other objects, in the order of Series Number."""

    facts: StudyFacts
    series: tuple[Series, ...]
    objects: tuple[StudyObject, ...] = ()


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
    seen: set[str] = set()
    apart = []
    for series in found:
        one, count = series, 1
        while one.key in seen:
            count += 1
            one = replace(series, stack=f"{series.stack or 'part'} ({count})")
        seen.add(one.key)
        apart.append(one)
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
    parted = [stack for group, names in _parted(images) for stack in divided(group, names)]
    parted.sort(key=lambda stack: acquired(stack.images[0]))
    names = _names([stack.names for stack in parted])
    return [series_of(stack, name, said) for stack, name in zip(parted, names, strict=True)]


def _identity_warnings(images: Sequence[Image], shared_uids: set[str]) -> tuple[Sentence, ...]:
    said = []
    if images[0].series.series_instance_uid in shared_uids:
        said.append(Sentence("Another patient or study has images with the same series identifier; they are apart."))
    names = [(i.instance.sop_instance_uid, i.instance.frame_index, i.instance.tile) for i in images]
    if len(set(names)) < len(names) and all(name[0] for name in names):
        said.append(Sentence("Different images carry the same identifier (SOP Instance UID); all are kept."))
    if not all(name[0] for name in names):
        said.append(Sentence("Some images have no identifier (SOP Instance UID): nothing can refer to them."))
    if not images[0].series.series_instance_uid:
        said.append(Sentence("The series has no identifier; images of one folder were taken together."))
    return tuple(said)


def _parted(images: Iterable[Image]) -> list[tuple[list[Image], tuple[str, ...]]]:
    """Return groups that differ in what always parts stacks, orientation last."""
    groups = _grouped(images, lambda i: tuple(key(i) for _, key in _PARTING))
    numbers = [{value: n for n, value in enumerate(dict.fromkeys(column), 1)} for column in zip(*groups, strict=True)]
    found = []
    for key, members in groups.items():
        names = tuple(
            text.format(value, n=known[value]) if value not in (None, "") else ""
            for (text, _), value, known in zip(_PARTING, key, numbers, strict=True)
        )
        found += [(group, (*names, _plane_name(group[0]))) for group in _by_plane(members)]
    return found


def _by_plane(images: Sequence[Image]) -> list[list[Image]]:
    """Return images parted by orientation and pixel spacing; what rounding does to these parts nothing."""
    groups: list[list[Image]] = []
    known: dict[Hashable, int] = {}
    leaders = np.full((len(images), 9), np.inf)
    for image in images:
        plane = image.frame.orientation, image.frame.pixel_spacing, image.frame.pixel_aspect
        number = known.get(plane)
        if number is None:
            told = _plane_numbers(*plane)
            away = np.abs(leaders[: len(groups)] - told).max(axis=1) if groups else np.empty(0)
            number = int(away.argmin()) if away.size and away.min() < _SAME_PLANE else len(groups)
            known[plane] = number
        if number == len(groups):
            leaders[number] = told
            groups.append([])
        groups[number].append(image)
    return groups


def _plane_numbers(
    orientation: Sequence[float] | None, spacing: Sequence[float] | None, aspect: float
) -> np.ndarray[Any, Any]:
    """Return cosines, logarithms of the spacings, and a number that tells what is missing."""
    missing = 2.0 * (orientation is None) + (spacing is None)
    return np.array([*(orientation or (0.0,) * 6), *np.log(spacing or (aspect, 1.0)), missing])


def _plane_name(image: Image) -> str:
    if image.frame.orientation is None:
        return ""
    return ("sagittal", "coronal", "axial")[int(np.argmax(np.abs(slice_normal(image.frame.orientation))))]


def _names(candidates: list[tuple[str, ...]]) -> list[str]:
    """Return a name for each stack, of the parts that differ, else of its last; "" where there is only one stack."""
    if len(candidates) < 2:
        return [""] * len(candidates)
    width = max(map(len, candidates))
    padded = [c + ("",) * (width - len(c)) for c in candidates]
    parts: list[list[str]] = [[] for _ in padded]
    for k in range(width):
        wider = [[*part, c[k]] for part, c in zip(parts, padded, strict=True)]
        if len(set(map(tuple, wider))) > len(set(map(tuple, parts))):
            parts = wider
    last = [next(filter(None, reversed(c)), "part") for c in candidates]
    names = [", ".join(filter(None, part)) or word for part, word in zip(parts, last, strict=True)]
    seen: dict[str, int] = defaultdict(int)
    for n, name in enumerate(names):
        seen[name] += 1
        names[n] = name if seen[name] == 1 else f"{name} ({seen[name]})"
    return names
