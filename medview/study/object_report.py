"""What is to be read in an object that is no image: its facts, its text, its tree of findings."""

from __future__ import annotations

from dataclasses import dataclass

from medview.errors import Sentence
from medview.study.annotation import Annotation, ImageName
from medview.study.study_object import StudyObject


@dataclass(frozen=True)
class ReportLine:
    """One line of a tree.

    `name` and `value` are words of the file (str, shown as they are) or of the program (Sentence, translated first).
    `image` is where a click leads, `annotation` what a click shows.
    """

    name: Sentence | str
    value: Sentence | str = ""
    image: ImageName | None = None
    annotation: Annotation | None = None
    children: tuple[ReportLine, ...] = ()


@dataclass(frozen=True, eq=False)
class ObjectReport:
    """What a person reads of one object.

    Attributes
    ----------
    title
        Words of the file.
    lines
        The tree, the most telling first.
    text
        A document's plain text; "" where it has none, or none that can be shown.
    enclosed
        File name suffix of an enclosed document, such as ".pdf", of which a copy can be saved; "" with none.
    warnings
        What a reader must know.
    annotations
        What it draws on the images that are here.
    is_key_images
        Whether it selects key images.
    """

    object: StudyObject
    title: str
    lines: tuple[ReportLine, ...] = ()
    text: str = ""
    enclosed: str = ""
    warnings: tuple[Sentence, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    is_key_images: bool = False
