"""How a presentation state turns values into grey: PS3.3 C.11.8 (Softcopy VOI LUT), C.11.6 (Presentation LUT)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from pydicom.dataset import Dataset

from medview.files.headers.dicom_values import Values
from medview.files.pixels.voi_luts import voi_luts
from medview.imaging.window import VoiFunction, function_named
from medview.study.annotation import ImageName
from medview.study.image_index import ImagePlace
from medview.study.voi_lut import VoiLut

Places = Callable[[Values], Iterable[ImagePlace]]


@dataclass(frozen=True, eq=False)
class PresentationLook:
    """By image a window with its function, or a table in its place."""

    windows: dict[ImageName, tuple[float, float]] = field(default_factory=dict)
    functions: dict[ImageName, VoiFunction] = field(default_factory=dict)
    luts: dict[ImageName, VoiLut] = field(default_factory=dict)


def read_look(dataset: Dataset, meant: Places) -> PresentationLook:
    """Return what the state says of the grey of each image.

    Parameters
    ----------
    meant
        Returns the images that an item of Softcopy VOI LUT Sequence is for, those that are here alone.
    """
    look = PresentationLook()
    for values, item in zip(Values(dataset).items("SoftcopyVOILUTSequence"), _items(dataset), strict=False):
        centre, width = values.number("WindowCenter"), values.number("WindowWidth")
        for place in meant(values):
            lut = next(voi_luts(item, is_signed=_is_signed(place)), None)
            if lut is not None:
                look.luts[place.name] = lut
            elif centre is not None and width is not None and width > 0:
                look.windows[place.name] = centre, width
                look.functions[place.name] = function_named(values.text("VOILUTFunction"))
    return look


def read_presentation_lut(dataset: Dataset) -> VoiLut | None:
    """Return the table of Presentation LUT Sequence, whose input is the whole output of the window; None with none."""
    return next(voi_luts(dataset, is_signed=False, sequence="PresentationLUTSequence"), None)


def _items(dataset: Dataset) -> Iterator[Dataset]:
    yield from dataset.get("SoftcopyVOILUTSequence") or []


def _is_signed(place: ImagePlace) -> bool:
    """Whether the values that a table is asked for may be below zero."""
    instance = place.series.instances[place.slice_index]
    signed = instance.pixels is not None and instance.pixels.pixel_representation == 1
    return signed or instance.rescale_intercept < 0
