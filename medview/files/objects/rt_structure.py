"""A structure set as masks on the series it was drawn on, and as marks where it encloses nothing (PS3.3 A.19)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from medview.errors import MedViewError, Sentence
from medview.files.headers.dicom_values import Values
from medview.files.objects.dicom_object import read_object
from medview.files.objects.mask_layers import Layer, MaskLayers
from medview.files.objects.rt_contours import Contour, Roi, rois
from medview.files.objects.rt_raster import ContourRaster, RasterisedRoi
from medview.progress import Progress, unheard
from medview.study.annotation import Annotation, AnnotationKind, ImageName
from medview.study.date_text import moment_text
from medview.study.geometry import Geometry
from medview.study.object_report import ObjectReport, ReportLine
from medview.study.segmentation import Segment, Segmentation, Source
from medview.study.series import Series
from medview.study.study_object import StudyObject

_MARKS: dict[str, AnnotationKind] = {"POINT": "point", "OPEN_PLANAR": "polyline", "OPEN_NONPLANAR": "polyline"}
_ALGORITHMS = {"AUTOMATIC", "SEMIAUTOMATIC", "MANUAL"}


@dataclass(frozen=True, eq=False)
class ReadStructures:
    """The masks of a structure set (several where regions overlap), the series they lie on, and what is to be read."""

    masks: tuple[Segmentation, ...]
    series: Series | None
    report: ObjectReport


def read_structures(found: StudyObject, candidates: Sequence[Series], progress: Progress = unheard) -> ReadStructures:
    """Read a structure set onto that series among the candidates that it refers to.

    Without its images it is read all the same: the report then lists the regions and says what is missing.

    Raises
    ------
    MedViewError
        The file is missing, damaged, or no structure set.
    """
    file = read_object(found.path)
    values = file.values
    regions = tuple(rois(values))
    if not regions:
        raise MedViewError("{name} describes no regions.", "Copy it again from its source.", name=found.path.name)
    series, said = _series(values, regions, candidates)
    layers: list[Layer] = []
    marks = list(_marks(regions, values.text("SOPInstanceUID")))
    filled: list[RasterisedRoi | None] = [None] * len(regions)
    if series is not None and series.geometry is not None:
        raster, made = ContourRaster(series, series.geometry), MaskLayers(series.geometry.shape, _label_type(regions))
        for number, roi in enumerate(regions):
            progress(number / len(regions), "Reading structures")
            if _is_elsewhere(roi, series.geometry) and not raster.is_drawn_here(roi):
                said += (Sentence("{roi} lies in another frame of reference than the images: it is not filled.",
                                  {"roi": roi.name}),)  # fmt: skip
                continue
            filled[number] = one = raster.rasterise(roi)
            if one.patches:
                made.lay(_segment(number + 1, roi), one.patches)
            marks += _slanted(one.left_out, roi, values.text("SOPInstanceUID"))
        layers = made.layers
        said += tuple(s for one in filled if one is not None for s in one.said)
    if len(layers) > 1:
        said += (
            Sentence("Regions overlap: they are shown as {count} masks, nothing is lost.", {"count": len(layers)}),
        )
    said += tuple(s for roi in regions for s in roi.refused)
    label = values.text("StructureSetLabel") or found.label
    report = ObjectReport(
        found,
        title=label,
        lines=(*_head(values), *(_line(r, f, series, marks) for r, f in zip(regions, filled, strict=True))),
        warnings=said,
        annotations=tuple(marks),
    )
    geometry = series.geometry if series is not None else None
    masks = _masks(layers, series, geometry, label, values) if series is not None and geometry is not None else ()
    return ReadStructures(masks, series if masks else None, report)


def _is_elsewhere(roi: Roi, geometry: Geometry) -> bool:
    """Whether a region's coordinates are said to be others than those of the images."""
    own = geometry.frame_of_reference_uid
    return bool(own and roi.frame_of_reference_uid and roi.frame_of_reference_uid != own)


def _masks(
    layers: list[Layer], series: Series, geometry: Geometry, label: str, values: Values
) -> tuple[Segmentation, ...]:
    facts = {
        "file": label,
        "manufacturer": values.text("Manufacturer"),
        "model": values.text("ManufacturerModelName"),
        "creator": values.text("OperatorsName"),
        "created": f"{values.text('StructureSetDate')} {values.text('StructureSetTime')}".strip(),
        "approval": values.text("ApprovalStatus"),
        "sop_instance_uid": values.text("SOPInstanceUID"),
    }
    kept = {key: value for key, value in facts.items() if value}
    names = [label if len(layers) == 1 else f"{label} ({n})" for n in range(1, len(layers) + 1)]
    return tuple(
        Segmentation(layer.labels, geometry, Source.of(series), tuple(layer.segments), name, dict(kept))
        for name, layer in zip(names, layers, strict=True)
    )


def _series(
    values: Values, regions: Sequence[Roi], candidates: Sequence[Series]
) -> tuple[Series | None, tuple[Sentence, ...]]:
    """Return the series that the structure set refers to, and what a reader must know of that."""
    series_uids, image_uids, frames = _references(values, regions)
    usable = [s for s in candidates if s.geometry is not None and s.refusal is None and _has_place(s.geometry)]
    shared = [(len(image_uids & {i.sop_instance_uid for i in s.instances}), s) for s in usable]
    count, best = max(shared, key=lambda pair: pair[0], default=(0, None))
    if not count or best is None:
        named = [s for s in usable if s.series_instance_uid in series_uids and not image_uids]
        best = named[0] if len(named) == 1 else None
    if best is None and not series_uids and not image_uids:
        return None, (Sentence("It does not say which images it was drawn on."),)
    if best is None and any(image_uids & {i.sop_instance_uid for i in s.instances} for s in candidates):
        return None, (Sentence("The images it was drawn on do not say where in the patient they lie."),)
    if best is None:
        facts: dict[str, object] = {"series": ", ".join(sorted(series_uids or image_uids))}
        return None, (Sentence("It belongs to another series, which is not open: {series}.", facts),)
    own = best.geometry.frame_of_reference_uid if best.geometry is not None else ""
    if own and frames and own not in frames:
        return best, (
            Sentence("It names these images, but another frame of reference: compare its outlines with the images."),
        )
    return best, ()


def _has_place(geometry: Geometry) -> bool:
    """Whether contours in millimetres of the patient can lie on the images; uneven slices have places of their own."""
    return geometry.has_spacing and geometry.has_orientation


def _references(values: Values, regions: Sequence[Roi]) -> tuple[set[str], set[str], set[str]]:
    """Return the UIDs of the series, images and frames of reference that a structure set names."""
    series, images, frames = set(), set(), set()
    for frame in values.items("ReferencedFrameOfReferenceSequence"):
        frames.add(frame.text("FrameOfReferenceUID"))
        for study in frame.items("RTReferencedStudySequence"):
            for one in study.items("RTReferencedSeriesSequence"):
                series.add(one.text("SeriesInstanceUID"))
                images |= {i.text("ReferencedSOPInstanceUID") for i in one.items("ContourImageSequence")}
    for roi in regions:
        frames.add(roi.frame_of_reference_uid)
        for contour in roi.contours:
            images |= contour.image_uids
    return series - {""}, images - {""}, frames - {""}


def _label_type(regions: Sequence[Roi]) -> type[np.uint8 | np.uint16]:
    return np.uint8 if len(regions) < 256 else np.uint16


def _segment(number: int, roi: Roi) -> Segment:
    algorithm = roi.algorithm if roi.algorithm in _ALGORITHMS else "MANUAL"
    return Segment(number, roi.name, roi.colour, algorithm=algorithm)


def _marks(regions: Sequence[Roi], object_uid: str) -> Iterator[Annotation]:
    for roi in regions:
        for contour in roi.contours:
            if contour.kind in _MARKS:
                yield _mark(_MARKS[contour.kind], contour, roi, object_uid)


def _slanted(contours: Sequence[Contour], roi: Roi, object_uid: str) -> list[Annotation]:
    return [_mark("polygon", contour, roi, object_uid) for contour in contours]


def _mark(kind: AnnotationKind, contour: Contour, roi: Roi, object_uid: str) -> Annotation:
    return Annotation(
        kind,
        contour.points_mm,
        roi.name,
        frame_of_reference_uid=roi.frame_of_reference_uid,
        object_uid=object_uid,
        colour=roi.colour,
    )


def _head(values: Values) -> Iterator[ReportLine]:
    approval = values.text("ApprovalStatus")
    written = moment_text(values.text("StructureSetDate"), values.text("StructureSetTime"))
    if approval:
        yield ReportLine(Sentence("Approval"), approval)
    if written:
        yield ReportLine(Sentence("Written"), written)


def _line(roi: Roi, filled: RasterisedRoi | None, series: Series | None, marks: Sequence[Annotation]) -> ReportLine:
    kind = f" ({roi.interpreted_type})" if roi.interpreted_type else ""
    mark = next((m for m in marks if m.label == roi.name and m.colour == roi.colour), None)
    image = None
    if filled is not None and filled.patches and series is not None:
        widest = max(filled.patches, key=lambda patch: int(patch.mask.sum()))
        instance = series.instances[widest.slice_index]
        image = ImageName(instance.sop_instance_uid, instance.frame_index)
    value = Sentence("Contours: {count}", {"count": len(roi.contours)})
    return ReportLine(roi.name + kind, value, image=image, annotation=None if image is not None else mark)
