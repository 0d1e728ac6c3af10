"""Waveforms, such as an ECG: what was recorded on which channels (PS3.3 A.34, C.10.9)."""

from __future__ import annotations

from collections.abc import Iterator

from medview.errors import MedViewError, Sentence
from medview.files.headers.dicom_codes import meaning_of, unit_of
from medview.files.headers.dicom_values import Values
from medview.files.objects.dicom_object import read_object
from medview.study.object_report import ObjectReport, ReportLine
from medview.study.study_object import StudyObject


def read_waveform(found: StudyObject) -> ObjectReport:
    """Read what a waveform object holds: channels, sampling and duration.

    Raises
    ------
    MedViewError
        The file is missing, damaged, or holds no waveform.
    """
    values = read_object(found.path).values
    groups = values.items("WaveformSequence")
    if not groups:
        raise MedViewError("{name} holds no waveform.", "Copy it again from its source.", name=found.path.name)
    lines = tuple(_group(number, group) for number, group in enumerate(groups, 1))
    notes = tuple(
        ReportLine(Sentence("Annotation"), item.text("UnformattedTextValue"))
        for item in values.items("WaveformAnnotationSequence")
        if item.text("UnformattedTextValue")
    )
    said = (Sentence("Waveforms are listed, and not drawn."),)
    return ObjectReport(found, found.label or values.text("Modality"), (*lines, *notes), warnings=said)


def _group(number: int, group: Values) -> ReportLine:
    samples, hertz = group.integer("NumberOfWaveformSamples") or 0, group.number("SamplingFrequency") or 0.0
    channels = group.items("ChannelDefinitionSequence")
    facts: dict[str, object] = {
        "channels": len(channels),
        "hertz": f"{hertz:g}",
        "seconds": f"{samples / hertz:.4g}" if hertz > 0 else "-",
    }
    return ReportLine(
        group.text("MultiplexGroupLabel") or Sentence("Group {number}", {"number": number}),
        Sentence("Channels: {channels}, {hertz} Hz, {seconds} s", facts),
        children=tuple(_channels(channels)),
    )


def _channels(channels: tuple[Values, ...]) -> Iterator[ReportLine]:
    for number, channel in enumerate(channels, 1):
        name = channel.text("ChannelLabel") or meaning_of(channel.item("ChannelSourceSequence")) or str(number)
        sensitivity = channel.text("ChannelSensitivity")
        unit = unit_of(channel.item("ChannelSensitivityUnitsSequence"))
        yield ReportLine(name, f"{sensitivity} {unit}".strip())
