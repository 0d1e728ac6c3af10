"""A segmentation as the DICOM object that holds it (PS3.3 A.51, C.8.20)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray
from pydicom.dataset import Dataset

from medview.files.headers.dicom_header import MAKER
from medview.files.made_uid import new_uid
from medview.files.objects.coded import coded, long_string, person_name
from medview.files.objects.dicom_sources import name_frames
from medview.files.objects.told_provenance import told_provenance
from medview.study.segmentation import Segment, Segmentation
from medview.study.series import Series

_CORRECTED = ", corrected"


def segmentation_object(
    segmentation: Segmentation,
    segments: Sequence[Segment],
    labels: NDArray[Any],
    series: Series,
    headers: Sequence[Dataset],
) -> Dataset:
    """Return a BINARY Segmentation of `labels` (slices, rows, columns) that refers to its source images.

    Parameters
    ----------
    segments
        Numbered 1, 2, 3 ... as in `labels`; none may be empty.
    headers
        Complete source headers in slice order, or the one of a multi-frame source.
    """
    import highdicom

    from medview.version import __version__

    made = highdicom.seg.Segmentation(
        source_images=list(headers),
        pixel_array=labels,
        segmentation_type="BINARY",
        segment_descriptions=[_description(segment, segmentation) for segment in segments],
        series_instance_uid=new_uid(),
        series_number=min((series.series_number or 0) * 100 + 1, 2**31 - 1) if (series.series_number or 0) >= 0 else 1,
        sop_instance_uid=new_uid(),
        instance_number=1,
        manufacturer=MAKER,
        manufacturer_model_name=MAKER,
        software_versions=__version__,
        device_serial_number="0",
        content_label="SEGMENTATION",
        content_description=long_string(f"{segmentation.name}{_CORRECTED if segmentation.edits else ''}, for research"),
        omit_empty_frames=True,
    )
    made.SeriesDescription = long_string(f"{segmentation.name} (research)")
    if segmentation.edits and segmentation.edited_by:
        made.ContentCreatorName = person_name(segmentation.edited_by)
    made.ContentQualification = "RESEARCH"
    made.SpecificCharacterSet = "ISO_IR 192"
    if len(headers) < len(series.instances):
        name_frames(made, series)
    dataset: Dataset = made
    return dataset


def _description(segment: Segment, segmentation: Segmentation) -> Any:
    import highdicom

    algorithm = _algorithm(segment, segmentation)
    made = highdicom.seg.SegmentDescription(
        segment_number=segment.number,
        segment_label=long_string(segment.label),
        segmented_property_category=coded(segment.category),
        segmented_property_type=coded(segment.type),
        algorithm_type=algorithm,
        algorithm_identification=None if algorithm == "MANUAL" else _identification(segmentation.provenance),
        tracking_uid=segment.tracking_uid or new_uid(),
        tracking_id=long_string(segment.label),
        display_color=highdicom.color.CIELabColor.from_rgb(*segment.colour),
    )
    if segmentation.edits:
        made.SegmentDescription = _told_of(algorithm, segmentation)
    return made


def _told_of(algorithm: str, segmentation: Segmentation) -> str:
    """Return in a sentence who drew or corrected the mask, and when (Segment Description, a Short Text)."""
    verb = "Drawn" if algorithm == "MANUAL" else "Corrected"
    who = long_string(segmentation.edited_by) if segmentation.edited_by else "a person"
    return f"{verb} by {who}" + (f", {segmentation.edited_at}" if segmentation.edited_at else "")


def _algorithm(segment: Segment, segmentation: Segmentation) -> str:
    """Return Segment Algorithm Type: what a person has corrected is no longer automatic."""
    if segment.algorithm == "AUTOMATIC" and segmentation.edits:
        return "SEMIAUTOMATIC"
    return segment.algorithm


def _identification(provenance: Mapping[str, Any]) -> Any:
    """Return which algorithm it was, in which version, with which parameters and weights."""
    import highdicom
    from pydicom.sr.codedict import codes

    family = codes.cid7162.ArtificialIntelligence
    if provenance.get("classical"):
        family = codes.cid7162.MorphologicalOperations
    return highdicom.AlgorithmIdentificationSequence(
        name=long_string(str(provenance.get("plugin") or provenance.get("algorithm") or "unknown")),
        family=family,
        version=long_string(str(provenance.get("plugin_version") or "unknown")),
        source=MAKER,
        parameters=told_provenance(provenance),
    )
