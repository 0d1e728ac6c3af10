"""What has been read of an object, before it is put on the screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from medview.progress import Progress
from medview.study.image_index import ImageIndex
from medview.study.object_report import ObjectReport
from medview.study.presentation import Presentation
from medview.study.registration import Registration
from medview.study.segmentation import Segmentation
from medview.study.series import Series
from medview.study.study_object import ObjectKind, StudyObject
from medview.study.value_map import ValueMap
from medview.study.volume import Volume

if TYPE_CHECKING:
    from medview.files.workers import Workers


@dataclass(frozen=True, eq=False)
class OpenedObject:
    """A report, and what goes on the screen with it: masks on a series, a dose, a volume, a way to look, transforms."""

    report: ObjectReport
    masks: tuple[Segmentation, ...] = ()
    series: Series | None = None
    presentation: Presentation | None = None
    dose: Volume | None = None
    volume: Volume | None = None
    value_map: ValueMap | None = None
    registrations: tuple[Registration, ...] = ()


@dataclass(frozen=True, eq=False)
class Reading:
    """What a reader is given: the object, the series of its study, and who decodes compressed pixels."""

    found: StudyObject
    series: tuple[Series, ...]
    workers: Workers
    progress: Progress


def read_opened(reading: Reading) -> OpenedObject:
    """Read an object for its study.

    Raises
    ------
    MedViewError
        It is missing, damaged, or belongs to other images.
    """
    reading.progress(0.0, "Reading")
    return _READERS[reading.found.kind](reading)


_Reader = Callable[[Reading], OpenedObject]


def _segmentation(of: Reading) -> OpenedObject:
    from medview.files.objects.dicom_seg_load import load_masks
    from medview.files.objects.seg_report import seg_report

    loaded = load_masks(of.found.path, of.series, of.progress, of.workers)
    return OpenedObject(seg_report(of.found, loaded), loaded.masks, loaded.series)


def _structures(of: Reading) -> OpenedObject:
    from medview.files.objects.rt_structure import read_structures

    read = read_structures(of.found, of.series, of.progress)
    return OpenedObject(read.report, read.masks, read.series)


def _dose(of: Reading) -> OpenedObject:
    from medview.files.objects.rt_dose import read_dose

    read = read_dose(of.found, of.workers)
    return OpenedObject(read.report, dose=read.volume)


def _plan(of: Reading) -> OpenedObject:
    from medview.files.objects.rt_plan import read_plan

    return OpenedObject(read_plan(of.found))


def _report(of: Reading) -> OpenedObject:
    from medview.files.objects.structured_report import read_report

    return OpenedObject(read_report(of.found, ImageIndex(of.series)))


def _presentation(of: Reading) -> OpenedObject:
    from medview.files.objects.presentation_state import read_presentation

    read = read_presentation(of.found, ImageIndex(of.series))
    return OpenedObject(read.report, presentation=read.state)


def _map(of: Reading) -> OpenedObject:
    from medview.files.objects.parametric_map import read_parametric_map

    read = read_parametric_map(of.found, of.workers)
    return OpenedObject(read.report, volume=read.volume)


def _value_map(of: Reading) -> OpenedObject:
    from medview.files.objects.value_map import read_value_map

    read = read_value_map(of.found, ImageIndex(of.series))
    return OpenedObject(read.report, value_map=read.value_map)


def _registration(of: Reading) -> OpenedObject:
    from medview.files.objects.registration import read_registration
    from medview.files.objects.registration_transforms import read_transforms

    return OpenedObject(read_registration(of.found), registrations=read_transforms(of.found))


def _document(of: Reading) -> OpenedObject:
    from medview.files.objects.encapsulated_document import read_document

    return OpenedObject(read_document(of.found))


def _waveform(of: Reading) -> OpenedObject:
    from medview.files.objects.waveform import read_waveform

    return OpenedObject(read_waveform(of.found))


def _other(of: Reading) -> OpenedObject:
    from medview.files.objects.other_object import read_other

    return OpenedObject(read_other(of.found))


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
