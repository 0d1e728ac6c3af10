"""What has been read of an object, before it is put on the screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from medview.progress import Progress
from medview.study.image_index import ImageIndex
from medview.study.object_report import ObjectReport
from medview.study.presentation import Presentation
from medview.study.segmentation import Segmentation
from medview.study.series import Series
from medview.study.study_object import ObjectKind, StudyObject
from medview.study.value_map import ValueMap
from medview.study.volume import Volume


@dataclass(frozen=True, eq=False)
class OpenedObject:
    """A report, and what goes on the screen with it: masks on a series, a dose, a volume, a way to look."""

    report: ObjectReport
    masks: tuple[Segmentation, ...] = ()
    series: Series | None = None
    presentation: Presentation | None = None
    dose: Volume | None = None
    volume: Volume | None = None
    value_map: ValueMap | None = None


def read_opened(found: StudyObject, series: tuple[Series, ...], progress: Progress) -> OpenedObject:
    """Read an object for a study of these series.

    Raises
    ------
    MedViewError
        It is missing, damaged, or belongs to other images.
    """
    progress(0.0, "Reading")
    return _READERS[found.kind](found, series, progress)


_Reader = Callable[[StudyObject, tuple[Series, ...], Progress], OpenedObject]


def _segmentation(found: StudyObject, series: tuple[Series, ...], progress: Progress) -> OpenedObject:
    from medview.files.dicom_seg_load import load_masks
    from medview.files.seg_report import seg_report

    loaded = load_masks(found.path, series, progress)
    return OpenedObject(seg_report(found, loaded), loaded.masks, loaded.series)


def _structures(found: StudyObject, series: tuple[Series, ...], progress: Progress) -> OpenedObject:
    from medview.files.rt_structure import read_structures

    read = read_structures(found, series, progress)
    return OpenedObject(read.report, read.masks, read.series)


def _dose(found: StudyObject, series: tuple[Series, ...], progress: Progress) -> OpenedObject:
    from medview.files.rt_dose import read_dose

    read = read_dose(found)
    return OpenedObject(read.report, dose=read.volume)


def _plan(found: StudyObject, series: tuple[Series, ...], progress: Progress) -> OpenedObject:
    from medview.files.rt_plan import read_plan

    return OpenedObject(read_plan(found))


def _report(found: StudyObject, series: tuple[Series, ...], progress: Progress) -> OpenedObject:
    from medview.files.structured_report import read_report

    return OpenedObject(read_report(found, ImageIndex(series)))


def _presentation(found: StudyObject, series: tuple[Series, ...], progress: Progress) -> OpenedObject:
    from medview.files.presentation_state import read_presentation

    read = read_presentation(found, ImageIndex(series))
    return OpenedObject(read.report, presentation=read.state)


def _map(found: StudyObject, series: tuple[Series, ...], progress: Progress) -> OpenedObject:
    from medview.files.parametric_map import read_parametric_map

    read = read_parametric_map(found)
    return OpenedObject(read.report, volume=read.volume)


def _value_map(found: StudyObject, series: tuple[Series, ...], progress: Progress) -> OpenedObject:
    from medview.files.value_map import read_value_map

    read = read_value_map(found, ImageIndex(series))
    return OpenedObject(read.report, value_map=read.value_map)


def _registration(found: StudyObject, series: tuple[Series, ...], progress: Progress) -> OpenedObject:
    from medview.files.registration import read_registration

    return OpenedObject(read_registration(found))


def _document(found: StudyObject, series: tuple[Series, ...], progress: Progress) -> OpenedObject:
    from medview.files.encapsulated_document import read_document

    return OpenedObject(read_document(found))


def _waveform(found: StudyObject, series: tuple[Series, ...], progress: Progress) -> OpenedObject:
    from medview.files.waveform import read_waveform

    return OpenedObject(read_waveform(found))


def _other(found: StudyObject, series: tuple[Series, ...], progress: Progress) -> OpenedObject:
    from medview.files.other_object import read_other

    return OpenedObject(read_other(found))


_READERS: Mapping[ObjectKind, _Reader] = {
    "segmentation": _segmentation,
    "structure set": _structures,
    "RT dose": _dose,
    "RT plan": _plan,
    "report": _report,
    "key objects": _report,
    "presentation state": _presentation,
    "parametric map": _map,
    "real world value map": _value_map,
    "registration": _registration,
    "document": _document,
    "waveform": _waveform,
    "other": _other,
}
