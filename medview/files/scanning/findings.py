"""What a scan has found so far: every file in exactly one of images, other files and rejected ones."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from medview.errors import MedViewError, Sentence
from medview.files.formats.other_formats import OtherStudy, is_picture, read_other_format, read_pictures
from medview.files.formats.picture import read_picture_facts
from medview.files.headers.dicom_header import Image, Other, read_header
from medview.files.same_bytes import same_bytes
from medview.files.scanning.file_listing import reason
from medview.files.stacks.dicom_sort import FoundStudy, sort
from medview.study.series import StudyFacts
from medview.study.study_object import StudyObject

NOT_DICOM = "not DICOM"
COPY = Sentence("copy of another file")
SPECIAL = Sentence("special file")
Found = tuple[Image, ...] | Other | OtherStudy | MedViewError


def look_at(path: Path) -> Found:
    """Return what one regular file is; a MedViewError where it is an image that cannot be used."""
    try:
        found = read_header(path)
        if isinstance(found, Other) and found.what.template == NOT_DICOM:
            return read_other_format(path) or found
    except MedViewError as error:
        return error
    except OSError as error:
        return MedViewError("The file cannot be read: {reason}", reason=reason(error))
    return found


def look_at_all(paths: Sequence[Path]) -> list[Found]:
    """Return `look_at` of each path: a task for a process."""
    return [look_at(path) for path in paths]


class Findings:
    """What has been found so far.

    Attributes
    ----------
    files
        Number of files that hold images.
    other, rejected
        (path, what it is or why not) of the files that hold none.
    directories
        Paths of the DICOMDIRs among the other files.
    """

    def __init__(self) -> None:
        self.files = 0
        self.other: list[tuple[Path, Sentence]] = []
        self.rejected: list[tuple[Path, Sentence]] = []
        self.directories: list[Path] = []
        self._images: list[Image] = []
        self._objects: list[tuple[StudyFacts, StudyObject]] = []
        self._other_studies: list[OtherStudy] = []
        self._paths: dict[tuple[str, str], list[Path]] = {}

    def __len__(self) -> int:
        return len(self._images) + len(self._objects) + len(self._other_studies)

    @property
    def count(self) -> int:
        """Number of files looked at."""
        return self.files + len(self.other) + len(self.rejected)

    @property
    def sop_instance_uids(self) -> frozenset[str]:
        """What images and objects call themselves, where they have a name."""
        return frozenset(sop for _, sop in self._paths if sop)

    def add(self, path: Path, found: Found) -> None:
        """Remember what a file is."""
        if isinstance(found, MedViewError):
            self.rejected.append((path, found.message))
        elif isinstance(found, Other):
            self._add_other(path, found)
        elif isinstance(found[0], StudyFacts):
            self.files += 1
            self._other_studies.append(found)
        else:
            self._add_images(path, found)

    def take_pictures(self, named: Collection[Path]) -> None:
        """Count pictures among the other files as images: those that are named, and all where there is nothing else."""
        pictures, others = [], []
        for path, what in self.other:
            if what.template != NOT_DICOM or not (path in named or not len(self)) or not is_picture(path):
                others.append((path, what))
                continue
            try:
                read_picture_facts(path)
                pictures.append(path)
            except MedViewError as error:
                self.rejected.append((path, error.message))
        self.other = others
        self.files += len(pictures)
        self._other_studies += read_pictures(pictures)

    def studies(self) -> tuple[FoundStudy, ...]:
        """Return all that was found, sorted into studies."""
        studies = _with_objects(sort(self._images), self._objects)
        return (*studies, *(FoundStudy(facts, series) for facts, series in self._other_studies))

    def _add_other(self, path: Path, found: Other) -> None:
        if found.object is not None and found.study is not None:
            if self._is_copy(path, (found.object.series_instance_uid, found.object.sop_instance_uid)):
                self.other.append((path, COPY))
                return
            self._objects.append((found.study, found.object))
        elif found.is_directory:
            self.directories.append(path)
        self.other.append((path, found.what))

    def _add_images(self, path: Path, images: tuple[Image, ...]) -> None:
        first = images[0]
        if self._is_copy(path, (first.series.series_instance_uid, first.instance.sop_instance_uid)):
            self.other.append((path, COPY))
            return
        self.files += 1
        self._images += images

    def _is_copy(self, path: Path, key: tuple[str, str]) -> bool:
        """Whether a file with the same identity and the same bytes is there already."""
        known = self._paths.setdefault(key, [])
        if any(same_bytes(path, other) for other in known):
            return True
        known.append(path)
        return False


def _with_objects(
    studies: Sequence[FoundStudy], objects: Iterable[tuple[StudyFacts, StudyObject]]
) -> tuple[FoundStudy, ...]:
    """Return studies with the objects that belong to them, and studies of objects only."""
    waiting: dict[tuple[str, str, str], list[tuple[StudyFacts, StudyObject]]] = defaultdict(list)
    for facts, thing in objects:
        waiting[owner_of(facts)].append((facts, thing))
    found = []
    for study in studies:
        mine = waiting.pop(owner_of(study.facts), [])
        found.append(replace(study, objects=_ordered(mine)) if mine else study)
    alone = sorted(waiting.items())
    return (*found, *(FoundStudy(members[0][0], (), _ordered(members)) for _, members in alone))


def _ordered(members: Iterable[tuple[StudyFacts, StudyObject]]) -> tuple[StudyObject, ...]:
    """Return objects in the order of Series Number, then of their dates."""
    things = (thing for _, thing in members)
    return tuple(sorted(things, key=lambda o: (o.series_number or 0, o.content_date, o.content_time, o.path)))


def owner_of(facts: StudyFacts) -> tuple[str, str, str]:
    """Return what tells a study from every other; a name is the same with and without its empty parts."""
    patient = facts.patient
    name = re.sub(r"[\^=\s]+", " ", patient.patient_name).strip().casefold()
    return facts.study_instance_uid, patient.patient_id.strip(), name
