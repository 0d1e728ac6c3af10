"""What a structured report draws on images and in space, with what was measured there (PS3.3 C.18.6, C.18.9).

Facts of a measurement group (PS3.16 TID 1410, 1411, 1501) belong to every mark in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.files.headers.dicom_codes import code_of, meaning_of, unit_of
from medview.files.headers.dicom_values import Values
from medview.study.annotation import Annotation, AnnotationKind, ImageName, Measured
from medview.study.image_index import ImageIndex, ImagePlace

_GROUP = "125007"  # Measurement Group, DCM
_TRACKING_NAME, _TRACKING_UID = "112039", "112040"  # DCM
_DERIVATION = "121401"  # DCM
_FINDING = {"121071"}  # DCM
_SITE = {"363698007", "G-C0E3"}  # SCT, and SRT of old
_KINDS: dict[str, AnnotationKind] = {
    "POINT": "point",
    "MULTIPOINT": "point",
    "POLYLINE": "polyline",
    "POLYGON": "polygon",
    "CIRCLE": "ellipse",
    "ELLIPSE": "ellipse",
    "ELLIPSOID": "point",  # the six ends of its axes
}
_WHOLE_SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"
_MOST_POINTS = 1_000_000


@dataclass(frozen=True)
class GroupFacts:
    """What is known of the marks below an item."""

    label: str = ""
    tracking_uid: str = ""
    finding: str = ""
    site: str = ""
    measured: tuple[Measured, ...] = ()


def group_facts(item: Values, above: GroupFacts) -> GroupFacts:
    """Return the facts for the marks below an item: its own where it is a group or a measurement, else those above."""
    code = _concept(item)
    if item.text("ValueType") == "NUM":
        measured = _measured(item)
        own = replace(above, measured=(measured,), label=above.label or measured.name)
        return _with_site(item, own)
    if item.text("ValueType") != "CONTAINER" or code != _GROUP:
        return above
    facts = GroupFacts(measured=tuple(_measured(c) for c in _children(item) if c.text("ValueType") == "NUM"))
    for child in _children(item):
        name = _concept(child)
        if name == _TRACKING_NAME:
            facts = replace(facts, label=child.text("TextValue"))
        elif name == _TRACKING_UID:
            facts = replace(facts, tracking_uid=child.text("UID"))
        elif name in _FINDING:
            facts = replace(facts, finding=meaning_of(child.item("ConceptCodeSequence")))
    return _with_site(item, facts)


def marks(item: Values, group: GroupFacts, index: ImageIndex, object_uid: str) -> Iterator[Annotation]:
    """Yield the marks of an SCOORD or SCOORD3D item; none where its images are not here or its points are damaged."""
    kind = _KINDS.get(item.text("GraphicType"))
    numbers = item.numbers("GraphicData")
    if kind is None or not numbers or len(numbers) > _MOST_POINTS:
        return
    facts: dict[str, Any] = {
        "label": group.label,
        "tracking_uid": group.tracking_uid,
        "finding": group.finding,
        "site": group.site,
        "measured": group.measured,
        "object_uid": object_uid,
    }
    if item.text("ValueType") == "SCOORD3D":
        if len(numbers) % 3 == 0:
            points = np.array(numbers).reshape(-1, 3)
            yield from _made(kind, points, frame_of_reference_uid=item.text("ReferencedFrameOfReferenceUID"), **facts)
        return
    if len(numbers) % 2:
        return
    flat = _flat(item.text("GraphicType"), np.array(numbers).reshape(-1, 2))
    for name in _selected_from(item):
        for place in index.find_all(name):
            if _is_of_whole_slide(item, place):
                continue
            geometry = place.series.geometry
            uid = geometry.frame_of_reference_uid if geometry is not None else ""
            where = {"image": place.name, "series_key": place.series.key, "frame_of_reference_uid": uid}
            yield from _made(kind, place.to_mm(flat), **where, **facts)


def _is_of_whole_slide(item: Values, place: ImagePlace) -> bool:
    """Whether points are those of a slide that is tiled into frames, and so of no single frame."""
    instance = place.series.instances[place.slice_index]
    return item.text("PixelOriginInterpretation") == "VOLUME" and instance.sop_class_uid == _WHOLE_SLIDE


def image_names(item: Values) -> tuple[ImageName, ...]:
    """Return the images that an item refers to, one for each frame it names."""
    names = []
    for sop in item.items("ReferencedSOPSequence"):
        uid = sop.text("ReferencedSOPInstanceUID")
        frames = sop.numbers("ReferencedFrameNumber") or (None,)
        names += [ImageName(uid, None if frame is None else int(frame) - 1) for frame in frames]
    return tuple(names)


def _made(kind: AnnotationKind, points: NDArray[np.float64], **facts: Any) -> Iterator[Annotation]:
    if kind == "polyline" and len(points) > 3 and np.array_equal(points[0], points[-1]):
        kind, points = "polygon", points[:-1]
    if kind != "ellipse" or len(points) == 4:
        yield Annotation(kind, points, **facts)


def _flat(graphic_type: str, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the points of a mark on an image; of a circle (centre, a point on it) the ends of two axes."""
    if graphic_type != "CIRCLE" or len(points) != 2:
        return points
    radius = float(np.linalg.norm(points[1] - points[0]))
    ends: NDArray[np.float64] = points[0] + radius * np.array([[-1.0, 0.0], [1.0, 0.0], [0.0, -1.0], [0.0, 1.0]])
    return ends


def _selected_from(item: Values) -> tuple[ImageName, ...]:
    return tuple(n for child in _children(item) if child.text("ValueType") == "IMAGE" for n in image_names(child))


def _with_site(item: Values, facts: GroupFacts) -> GroupFacts:
    sites = [meaning_of(c.item("ConceptCodeSequence")) for c in _children(item) if _concept(c) in _SITE]
    return replace(facts, site=", ".join(filter(None, sites))) if any(sites) else facts


def _measured(item: Values) -> Measured:
    stored = item.item("MeasuredValueSequence")
    unit = unit_of(stored.item("MeasurementUnitsCodeSequence"))
    name = meaning_of(item.item("ConceptNameCodeSequence"))
    how = [meaning_of(c.item("ConceptCodeSequence")) for c in _children(item) if _concept(c) == _DERIVATION]
    return Measured(f"{name} ({how[0]})" if how and how[0] else name, stored.text("NumericValue"), unit)


def _children(item: Values) -> tuple[Values, ...]:
    return item.items("ContentSequence")


def _concept(item: Values) -> str:
    code = code_of(item.item("ConceptNameCodeSequence"))
    return "" if code is None else code.value
