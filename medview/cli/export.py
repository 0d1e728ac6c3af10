"""`medview export`: a DICOM Segmentation in another format."""

from __future__ import annotations

import argparse

from medview.cli.answer import Answer
from medview.cli.opened import opened
from medview.errors import MedViewError
from medview.progress import Progress, part
from medview.study.spare_original import spare_original


def export(arguments: argparse.Namespace, progress: Progress) -> Answer:
    """Write a segmentation as NIfTI, STL or DICOM, on the grid of the images it was drawn on."""
    from medview.files.objects.dicom_seg import load_segmentation
    from medview.session.export_segmentation import kind_of, write

    kind = kind_of(arguments.out)
    if kind is None:
        raise MedViewError(
            "{name} does not say which format is wanted.",
            "Name it .dcm, .nii, .nii.gz or .stl.",
            name=arguments.out.name,
        )
    with opened(arguments.images, part(progress, 0.0, 0.5)) as found:
        segmentation, series = load_segmentation(arguments.segmentation, found.series)
        spare_original(arguments.out, found.series)
        remarks = write(segmentation, series, arguments.out, kind, arguments.segment, part(progress, 0.5, 1.0))
    said = [str(remark) for remark in remarks]
    lines = [f"Saved and read back without a difference: {arguments.out}", *said]
    return Answer({"path": str(arguments.out), "remarks": said}, "\n".join(lines))
