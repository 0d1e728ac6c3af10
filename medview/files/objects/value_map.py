"""Real world value mappings kept in an object of their own (PS3.3 A.58)."""

from __future__ import annotations

from dataclasses import dataclass

from medview.errors import MedViewError, Sentence
from medview.files.headers.dicom_codes import meaning_of, unit_of
from medview.files.headers.dicom_values import Values
from medview.files.objects.dicom_object import read_object
from medview.files.objects.presentation_state import image_names
from medview.study.annotation import ImageName
from medview.study.image_index import ImageIndex
from medview.study.object_report import ObjectReport, ReportLine
from medview.study.study_object import StudyObject
from medview.study.value_map import ValueMap, ValueMapping

_LISTED = 500  # mappings of a series whose every image has another


@dataclass(frozen=True, eq=False)
class ReadValueMap:
    """The mappings, and what is to be read of them."""

    value_map: ValueMap
    report: ObjectReport


def read_value_map(found: StudyObject, index: ImageIndex) -> ReadValueMap:
    """Read a real world value mapping.

    Raises
    ------
    MedViewError
        The file is missing, damaged, or maps nothing.
    """
    values = read_object(found.path).values
    mappings: dict[ImageName, tuple[ValueMapping, ...]] = {}
    for item in values.items("ReferencedImageRealWorldValueMappingSequence"):
        made = tuple(_mapping(one) for one in item.items("RealWorldValueMappingSequence"))
        usable = tuple(one for one in made if one is not None)
        for name in image_names(item.items("ReferencedImageSequence")):
            mappings[name] = (*mappings.get(name, ()), *usable)
    if not any(mappings.values()):
        raise MedViewError("{name} maps no values.", "Copy it again from its source.", name=found.path.name)
    here = sum(index.find(name) is not None for name in mappings)
    facts: dict[str, object] = {"missing": len(mappings) - here, "count": len(mappings)}
    said = (Sentence("Images that it is for and that are not here: {missing} of {count}.", facts),)
    label = values.text("ContentLabel") or found.label
    different = {one: name for name, found_ones in reversed(mappings.items()) for one in found_ones}
    lines = tuple(_line(one, name) for one, name in list(reversed(different.items()))[:_LISTED])
    report = ObjectReport(found, label, lines, warnings=said if here < len(mappings) else ())
    return ReadValueMap(ValueMap(values.text("SOPInstanceUID"), label, mappings), report)


def _mapping(item: Values) -> ValueMapping | None:
    first = item.number("RealWorldValueFirstValueMapped")
    last = item.number("RealWorldValueLastValueMapped")
    if first is None:
        first, last = (
            item.number("DoubleFloatRealWorldValueFirstValueMapped"),
            item.number("DoubleFloatRealWorldValueLastValueMapped"),
        )
    slope, intercept = item.number("RealWorldValueSlope"), item.number("RealWorldValueIntercept")
    table = item.numbers("RealWorldValueLUTData")
    if first is None or last is None or not (table or (slope is not None and intercept is not None)):
        return None
    label = item.text("LUTLabel") or item.text("LUTExplanation")
    for one in item.items("QuantityDefinitionSequence"):
        label = label or meaning_of(one.item("ConceptCodeSequence"))
    unit = unit_of(item.item("MeasurementUnitsCodeSequence"))
    return ValueMapping(label, unit, first, last, slope or 0.0, intercept or 0.0, table)


def _line(mapping: ValueMapping, image: ImageName) -> ReportLine:
    if mapping.table:
        value: Sentence | str = Sentence("A table of {count} values", {"count": len(mapping.table)})
    else:
        value = f"{mapping.slope:g} x + {mapping.intercept:g} {mapping.unit}".strip()
    return ReportLine(mapping.label or mapping.unit or "-", value, image=image)
