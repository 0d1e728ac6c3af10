"""A heat map as a DICOM Parametric Map on the very frames it was computed on (PS3.3 A.75)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset

from medview.errors import MedViewError, Sentence
from medview.files.atomic import written_whole
from medview.files.headers.dicom_header import MAKER, is_own
from medview.files.made_uid import new_uid
from medview.files.objects.coded import long_string
from medview.files.objects.dicom_sources import name_frames, source_headers
from medview.files.objects.told_provenance import contribution
from medview.progress import Progress, unheard
from medview.study.finding import HeatMap, MapKind
from medview.study.geometry import Geometry
from medview.study.series import Series

_QUANTITIES: Mapping[MapKind, tuple[str, str, str]] = {
    "saliency": ("MV0020", "99MEDVIEW", "Where a model looked, relative"),
    "uncertainty": ("MV0021", "99MEDVIEW", "Uncertainty of a model"),
    "probability": ("MV0022", "99MEDVIEW", "Output of a model, not calibrated"),
}
_TOP = 255  # stored for 1.0


def write_heat_map(
    heat: HeatMap,
    series: Series,
    geometry: Geometry,
    path: Path,
    provenance: Mapping[str, Any],
    name: str,
    *,
    progress: Progress = unheard,
) -> tuple[Sentence, ...]:
    """Write a heat map, its values 0 to 1 as real world values; read it back and compare.

    Parameters
    ----------
    heat
        (slices, rows, columns) on `geometry`, the geometry of `series`.
    name
        Of the plugin, for the description.

    Returns
    -------
    tuple of Sentence
        What had to be made up because the images lack it.

    Raises
    ------
    MedViewError
        The source is no DICOM series whose slices lie in the patient, or the file cannot be written or differs when
        read back. The target is then as it was.
    """
    _check(series, geometry)
    headers, said = source_headers(series, geometry)
    progress(0.2, "Writing")
    dataset = _object(heat, series, headers, provenance, name)
    with written_whole(path, may_replace=lambda there: is_own(there, "parametric map")) as beside:
        dataset.save_as(beside, enforce_file_format=True)
        progress(0.7, "Reading back")
        _compare(beside, heat, series, path.name)
    return said


def _check(series: Series, geometry: Geometry) -> None:
    if series.file_format != "DICOM":
        raise MedViewError(
            "A DICOM parametric map refers to DICOM images, and these are {format}.",
            "Save it as NIfTI.",
            format=series.file_format,
        )
    is_cine = any(line.kind == "cine" for line in series.guard)
    if is_cine or not (geometry.has_spacing and geometry.has_orientation):
        raise MedViewError(
            "The images do not say where in the patient they lie, so a DICOM parametric map cannot.",
            "Save it as NIfTI.",
        )


def _object(
    heat: HeatMap, series: Series, headers: Sequence[Dataset], provenance: Mapping[str, Any], name: str
) -> Dataset:
    import highdicom
    from pydicom.sr.codedict import codes

    from medview.version import __version__

    what = heat.title if heat.concept is None else f"{heat.title}, {heat.concept.label}"
    mapping = highdicom.pm.RealWorldValueMapping(
        lut_label=heat.kind.upper(),
        lut_explanation=long_string(what),
        unit=codes.UCUM.NoUnits,
        value_range=(0, _TOP),
        slope=1.0 / _TOP,
        intercept=0.0,
        quantity_definition=highdicom.sr.CodedConcept(*_QUANTITIES[heat.kind]),
    )
    made = highdicom.pm.ParametricMap(
        source_images=list(headers),
        pixel_array=heat.array.astype(np.uint16),  # whole numbers of a map have 16 bits (PS3.3 C.8.32.2)
        series_instance_uid=new_uid(),
        series_number=min(max(series.series_number or 0, 0) * 100 + 4, 2**31 - 1),
        sop_instance_uid=new_uid(),
        instance_number=1,
        manufacturer=MAKER,
        manufacturer_model_name=MAKER,
        software_versions=__version__,
        device_serial_number="0",
        contains_recognizable_visual_features=False,
        real_world_value_mappings=[mapping],
        voi_lut_transformations=[highdicom.VOILUTTransformation(window_center=128.0, window_width=256.0)],
        content_label="HEAT_MAP",
        content_description=long_string(f"AI {what}, for research"),
        contributing_equipment=[contribution(provenance)],
    )
    made.Laterality = headers[0].get("Laterality", "")
    made.SeriesDescription = long_string(f"AI {what} ({name}, research)")
    made.SpecificCharacterSet = "ISO_IR 192"
    if len(headers) < len(series.instances):
        name_frames(made, series)
    dataset: Dataset = made
    return dataset


def _compare(path: Path, heat: HeatMap, series: Series, name: str) -> None:
    """Raise where a frame of the file is not that of the slice whose image it names."""
    from pydicom import dcmread

    found = dcmread(path)
    frames = found.pixel_array.reshape(-1, *heat.array.shape[1:])
    slices = {(i.sop_instance_uid, i.frame_index): k for k, i in enumerate(series.instances)}
    seen = set()
    for group, frame in zip(found.PerFrameFunctionalGroupsSequence, frames, strict=True):
        source = group.DerivationImageSequence[0].SourceImageSequence[0]
        number = int(source.get("ReferencedFrameNumber", 1)) - 1
        place = slices.get((str(source.ReferencedSOPInstanceUID), number))
        if place is not None and np.array_equal(frame, heat.array[place]):
            seen.add(place)
    if len(seen) != len(heat.array):
        raise MedViewError("What was read back from {name} differs.", "Save to another disk.", name=name)
