"""What has headers to look into: the images of a series one by one, or an object beside images."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from medview.gui.language import tr
from medview.gui.one_line import one_line
from medview.session.session import Session
from medview.study.series import Series
from medview.study.study_object import StudyObject


@dataclass(frozen=True)
class HeaderSource:
    """Files with one title, in the order of their slices. A multi-frame file is one."""

    title: str
    paths: tuple[Path, ...]

    @classmethod
    def of(cls, of: Series | StudyObject) -> HeaderSource:
        """Return the files of a series or an object."""
        if isinstance(of, StudyObject):
            return cls(one_line(of.label or of.series_description or of.sop_class_name or of.modality), (of.path,))
        number = f"{of.series_number}" if of.series_number is not None else ""
        name = of.series_description or of.modality or tr("Without a description")
        title = one_line(" · ".join(part for part in (number, name, of.stack) if part))
        return cls(title, tuple(dict.fromkeys(i.path for i in of.instances)))


def header_sources(session: Session) -> Iterator[HeaderSource]:
    """Yield everything open that has a header."""
    for study in session.studies:
        for series in study.series:
            if series.instances:
                yield HeaderSource.of(series)
        for found in study.objects:
            yield HeaderSource.of(found)
