"""One examination of one patient: its series, and what has been made from them."""

from __future__ import annotations

from psygnal import Signal

from medview.study.annotation_list import AnnotationList
from medview.study.finding_list import FindingList
from medview.study.geometry import Geometry
from medview.study.history import History
from medview.study.key_images import KeyImages
from medview.study.measurement_list import MeasurementList
from medview.study.registration_list import RegistrationList
from medview.study.segmentation import Segmentation, Source
from medview.study.series import Series, StudyFacts
from medview.study.study_object import StudyObject


class Study:
    """A study with its series, the segmentations on them and the history of edits.

    Attributes
    ----------
    facts
        Identity of study and patient.
    series
        In the order of Series Number. Frozen values; only the list may grow while a folder is scanned.
    objects
        What was found beside images: segmentations, reports and so on, in the order of Series Number.
    segmentations
        In the order they were made.
    annotations
        What reports and other objects that are open have drawn on the images.
    measurements
        What a person has measured or marked; changed through the history.
    registrations
        How other images have been laid on those of this study; changed through the history.
    key_images
        The images that a person has marked as telling; changed through the history.
    findings
        What models have said of the images, other than masks; changed through the history.
    """

    series_changed = Signal()
    segmentation_added = Signal(Segmentation)
    segmentation_removed = Signal(Segmentation)

    def __init__(
        self, facts: StudyFacts, series: tuple[Series, ...] = (), objects: tuple[StudyObject, ...] = ()
    ) -> None:
        self.facts = facts
        self.series = series
        self.objects = objects
        self.segmentations: tuple[Segmentation, ...] = ()
        self.history = History()
        self.annotations = AnnotationList()
        self.measurements = MeasurementList()
        self.key_images = KeyImages()
        self.registrations = RegistrationList()
        self.findings = FindingList()

    def replace_series(self, series: tuple[Series, ...], objects: tuple[StudyObject, ...] | None = None) -> None:
        """Set the series found so far, and the objects where they are given."""
        self.series = series
        self.objects = self.objects if objects is None else objects
        self.series_changed.emit()

    def stacks_along(self, series: Series) -> tuple[Series, ...]:
        """Return all stacks of the 4-D series that one belongs to, in the order of its axis; itself in a plain one."""
        if series.axis is None:
            return (series,)
        group = series.axis.group
        along = [(s.axis.number, n, s) for n, s in enumerate(self.series) if s.axis and s.axis.group == group]
        return tuple(s for _, _, s in sorted(along, key=lambda row: row[:2]))

    def find(self, series_key: str) -> Series | None:
        """Return the series of a key, or None."""
        return next((s for s in self.series if s.key == series_key), None)

    def bears(self, source: Source, geometry: Geometry) -> bool:
        """Whether the very voxels that something was made from are still those of a series of this study."""
        series = self.find(source.series_key)
        if series is None or series.sop_hash != source.sop_hash:
            return False
        return series.geometry is None or series.geometry.same_grid(geometry)

    def add(self, segmentation: Segmentation, place: int | None = None) -> None:
        """Add a segmentation behind the others, or at its place among them.

        ValueError where its source series is not here, or is of other images or another grid.
        """
        if not self.bears(segmentation.source, segmentation.geometry):
            raise ValueError("the segmentation was made from other images")
        at = len(self.segmentations) if place is None else place
        self.segmentations = (*self.segmentations[:at], segmentation, *self.segmentations[at:])
        self.segmentation_added.emit(segmentation)

    def remove(self, segmentation: Segmentation) -> None:
        """Remove a segmentation; the edits made to it stay in the history below the step that brings it back."""
        self.segmentations = tuple(s for s in self.segmentations if s is not segmentation)
        self.segmentation_removed.emit(segmentation)
