"""Grayscale softcopy presentation states: how to show images, and what is drawn on them (PS3.3 A.33, C.10, C.11)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pydicom.dataset import Dataset

from medview.errors import MedViewError, Sentence
from medview.files.headers.dicom_colour import srgb_of
from medview.files.headers.dicom_display import shutter_of
from medview.files.headers.dicom_values import Values
from medview.files.objects.dicom_object import read_object
from medview.files.objects.presentation_graphics import Area, drawn
from medview.files.objects.presentation_look import read_look, read_presentation_lut
from medview.study.annotation import Annotation, AnnotationKind, ImageName
from medview.study.image_index import ImageIndex, ImagePlace
from medview.study.object_report import ObjectReport, ReportLine
from medview.study.presentation import Presentation
from medview.study.study_object import StudyObject

_SHAPES: dict[AnnotationKind, Sentence] = {
    "point": Sentence("Point"),
    "polyline": Sentence("Line"),
    "polygon": Sentence("Outline"),
    "ellipse": Sentence("Ellipse"),
    "text": Sentence("Text"),
}
_NO_LUT = Sentence("It holds a look-up table for the grey scale, which is not applied: set the window yourself.")
_MOST_MARKS = 20_000  # one for each image where a graphic names none
_LEAST_COLOUR = 40  # between the strongest and the weakest of red, green and blue


@dataclass(frozen=True, eq=False)
class ReadPresentation:
    """A presentation state on the images that are here (None where none is), and what is to be read of it."""

    state: Presentation | None
    report: ObjectReport


def read_presentation(found: StudyObject, index: ImageIndex) -> ReadPresentation:
    """Read a presentation state.

    Parameters
    ----------
    index
        The images of the study.

    Raises
    ------
    MedViewError
        The file is missing, damaged, or no presentation state.
    """
    dataset = read_object(found.path).dataset
    values = Values(dataset)
    wanted = tuple(dict.fromkeys(_referenced(values)))
    if not wanted:
        raise MedViewError("{name} is for no image.", "Copy it again from its source.", name=found.path.name)
    places = {name: place for name in wanted for place in index.find_all(name)}
    label = values.text("ContentLabel") or found.label
    state = _state(dataset, label, index) if places else None
    said = list(_remarks(values, wanted, places, index))
    if (state is None or not state.luts) and any(
        item.has("VOILUTSequence") for item in values.items("SoftcopyVOILUTSequence")
    ):
        said.append(_NO_LUT)
    lines = tuple(_lines(values, state, wanted))
    annotations = state.annotations if state is not None else ()
    return ReadPresentation(state, ObjectReport(found, label, lines, warnings=tuple(said), annotations=annotations))


def _state(dataset: Dataset, label: str, index: ImageIndex) -> Presentation:
    """Return the state on the images that are here."""
    values = Values(dataset)
    wanted = tuple(dict.fromkeys(_referenced(values)))
    places = [place for name in wanted for place in index.find_all(name)]
    object_uid = values.text("SOPInstanceUID")
    look = read_look(dataset, lambda item: [p for name in _meant(item, wanted) for p in index.find_all(name)])
    return Presentation(
        object_uid=object_uid,
        label=label,
        series_key=places[0].series.key,
        images=tuple(place.name for place in places),
        windows=look.windows,
        functions=look.functions,
        luts=look.luts,
        is_inverted=values.text("PresentationLUTShape") == "INVERSE",
        presentation_lut=read_presentation_lut(dataset),
        shutter=shutter_of(values),
        rotation_deg=(values.integer("ImageRotation") or 0) % 360,
        is_flipped=values.text("ImageHorizontalFlip") == "Y",
        annotations=tuple(islice(_annotations(values, wanted, index, object_uid), _MOST_MARKS)),
    )


def _referenced(values: Values) -> Iterator[ImageName]:
    for series in values.items("ReferencedSeriesSequence"):
        yield from image_names(series.items("ReferencedImageSequence"))


def image_names(items: Iterable[Values]) -> Iterator[ImageName]:
    """Yield the images of a Referenced Image Sequence, one for each frame that is named."""
    for item in items:
        frames = item.numbers("ReferencedFrameNumber") or (None,)
        uid = item.text("ReferencedSOPInstanceUID")
        yield from (ImageName(uid, None if frame is None else int(frame) - 1) for frame in frames)


def _meant(item: Values, wanted: tuple[ImageName, ...]) -> tuple[ImageName, ...]:
    """Return the images that an item of the state is for: all where it names none."""
    return tuple(image_names(item.items("ReferencedImageSequence"))) or wanted


def _annotations(
    values: Values, wanted: tuple[ImageName, ...], index: ImageIndex, object_uid: str
) -> Iterator[Annotation]:
    colours = {i.text("GraphicLayer"): _colour(i) for i in values.items("GraphicLayerSequence")}
    for item in values.items("GraphicAnnotationSequence"):
        colour = colours.get(item.text("GraphicLayer"))
        facts: dict[str, Any] = {"object_uid": object_uid} | ({"colour": colour} if colour else {})
        for name in _meant(item, wanted):
            for place in index.find_all(name):
                yield from drawn(item, place, _area(values, place.name, wanted), facts)


def _area(values: Values, image: ImageName, wanted: tuple[ImageName, ...]) -> Area | None:
    """Return the displayed area of an image, None where none is given."""
    for item in values.items("DisplayedAreaSelectionSequence"):
        meant = _meant(item, wanted)
        first = item.numbers("DisplayedAreaTopLeftHandCorner")
        last = item.numbers("DisplayedAreaBottomRightHandCorner")
        is_meant = image in meant or ImageName(image.sop_instance_uid) in meant
        if is_meant and len(first) == 2 and len(last) == 2:
            return Area(first[0] - 1, first[1] - 1, last[0], last[1])
    return None


def _colour(layer: Values) -> tuple[int, int, int] | None:
    """Return the colour of a graphic layer; a grey value alone is not used: it could not be told from the image."""
    found = srgb_of(layer.numbers("GraphicLayerRecommendedDisplayCIELabValue"))
    # grey lines are lost on grey images
    return None if found is None or max(found) - min(found) < _LEAST_COLOUR else found


def _remarks(
    values: Values, wanted: tuple[ImageName, ...], places: dict[ImageName, ImagePlace], index: ImageIndex
) -> Iterator[Sentence]:
    missing = len(wanted) - len(places)
    if missing:
        facts: dict[str, object] = {"missing": missing, "count": len(wanted)}
        yield Sentence("Images that it is for and that are not here: {missing} of {count}.", facts)
    shutter = shutter_of(values)
    if values.has("ShutterShape") and (shutter is None or "BITMAP" in values.texts("ShutterShape")):
        shape = ", ".join(values.texts("ShutterShape")).lower()
        yield Sentence("It hides what lies outside a shutter ({shape}): nothing is hidden here.", {"shape": shape})
    if values.has("ModalityLUTSequence"):
        yield Sentence("It holds a look-up table for the values, which is not applied.")
    if values.has("CompoundGraphicSequence") or any(
        item.has("CompoundGraphicSequence") for item in values.items("GraphicAnnotationSequence")
    ):
        yield Sentence("It holds compound graphics, which are not drawn.")
    if _is_cut(values, wanted, places.values()):
        yield Sentence("It shows a part of the images only; they are shown whole here.")


def _is_cut(values: Values, wanted: tuple[ImageName, ...], places: Iterable[ImagePlace]) -> bool:
    for place in places:
        area = _area(values, place.name, wanted)
        if area is not None and not area.is_whole(place.series.columns, place.series.rows):
            return True
    return False


def _lines(values: Values, state: Presentation | None, wanted: tuple[ImageName, ...]) -> Iterator[ReportLine]:
    if values.text("ContentDescription"):
        yield ReportLine(Sentence("Description"), values.text("ContentDescription"))
    for item in values.items("SoftcopyVOILUTSequence"):
        centre, width = item.number("WindowCenter"), item.number("WindowWidth")
        name = item.text("WindowCenterWidthExplanation").replace("\\", "")
        if centre is not None and width is not None:
            facts: dict[str, object] = {"width": f"{width:g}", "centre": f"{centre:g}"}
            yield ReportLine(Sentence("Window"), Sentence("W {width}  L {centre}", facts), children=_named(name))
    if state is not None and (state.rotation_deg or state.is_flipped):
        turned: dict[str, object] = {"degrees": state.rotation_deg}
        flipped = Sentence("{degrees}°, mirrored", turned) if state.is_flipped else Sentence("{degrees}°", turned)
        yield ReportLine(Sentence("Turned"), flipped)
    images = tuple(
        ReportLine(Sentence("Image {number}", {"number": n}), image=name) for n, name in enumerate(wanted, 1)
    )
    yield ReportLine(Sentence("Images it is for: {count}", {"count": len(wanted)}), children=images)
    for mark in state.annotations if state is not None else ():
        yield ReportLine(mark.label or _SHAPES[mark.kind], image=mark.image, annotation=mark)


def _named(name: str) -> tuple[ReportLine, ...]:
    return (ReportLine(name),) if name else ()
