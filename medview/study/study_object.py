"""What a study holds beside images: segmentations, structure sets, reports, presentation states and so on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from medview.errors import MedViewError, Sentence

ObjectKind = Literal[
    "segmentation", "structure set", "RT dose", "RT plan", "report", "presentation state", "key objects",
    "parametric map", "real world value map", "registration", "document", "waveform", "other",
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class StudyObject:
    """One object that is no image: a file, listed by what its header says; what it refers to is read when it is opened.

    Attributes
    ----------
    kind
        What it is, by its SOP Class.
    label
        What a person reads in the list: Content Label, Structure Set Label, Document Title, else Series Description.
    sop_class_name
        The standard's name of the SOP Class (PS3.6 A), "" where it is not known.
    content_date, content_time
        As stored; "" where absent.
    warnings
        What a reader must know, each a sentence.
    refusal
        Why it cannot be opened, with a remedy; None where it can, or has not been tried.
    """

    path: Path
    kind: ObjectKind
    sop_instance_uid: str
    sop_class_uid: str
    sop_class_name: str = ""
    study_instance_uid: str = ""
    series_instance_uid: str = ""
    series_number: int | None = None
    series_description: str = ""
    modality: str = ""
    label: str = ""
    content_date: str = ""
    content_time: str = ""
    manufacturer: str = ""
    transfer_syntax_uid: str = ""
    warnings: tuple[Sentence, ...] = ()
    refusal: MedViewError | None = None
