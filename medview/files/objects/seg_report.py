"""What is to be read of a segmentation that has been opened."""

from __future__ import annotations

import numpy as np

from medview.errors import Sentence
from medview.files.objects.dicom_seg_load import LoadedMasks
from medview.study.annotation import ImageName
from medview.study.date_text import moment_text
from medview.study.object_report import ObjectReport, ReportLine
from medview.study.segmentation import Segment, Segmentation
from medview.study.study_object import StudyObject


def seg_report(found: StudyObject, loaded: LoadedMasks) -> ObjectReport:
    """Return the segments with what they mean and their volumes, and who made them how."""
    lines = [_line(mask, segment, loaded) for mask in loaded.masks for segment in mask.segments]
    facts = loaded.masks[0].provenance
    made = (
        ReportLine(Sentence("Algorithm"), str(facts.get("algorithm", ""))),
        ReportLine(Sentence("Creator"), str(facts.get("creator", ""))),
        ReportLine(
            Sentence("Manufacturer"), " ".join(str(facts.get(k, "")) for k in ("manufacturer", "model")).strip()
        ),
        ReportLine(Sentence("Written"), moment_text(*str(facts.get("created", "")).partition(" ")[::2])),
    )
    lines += [line for line in made if line.value]
    return ObjectReport(found, found.label or loaded.masks[0].name, tuple(lines), warnings=loaded.warnings)


def _line(mask: Segmentation, segment: Segment, loaded: LoadedMasks) -> ReportLine:
    per_slice = np.count_nonzero(mask.labels == segment.number, axis=(1, 2))
    voxels, image = int(per_slice.sum()), None
    if voxels:
        instance = loaded.series.instances[int(per_slice.argmax())]
        image = ImageName(instance.sop_instance_uid, instance.frame_index)
    ml = mask.geometry.voxel_ml
    size: dict[str, object] = {"voxels": voxels, "ml": f"{voxels * ml:.2f}" if ml is not None else ""}
    value = Sentence("{voxels} {voxels:voxel|voxels}", size)
    if ml is not None:
        value = Sentence("{voxels} {voxels:voxel|voxels}, {ml} ml", size)
    kind = ReportLine(Sentence("Type"), f"{segment.type.meaning} ({segment.algorithm.lower()})")
    return ReportLine(segment.label or str(segment.number), value, image=image, children=(kind,))
