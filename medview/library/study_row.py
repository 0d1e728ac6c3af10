"""A line of the study list, and a line of its series list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from medview.errors import Sentence
from medview.study.series import StudyFacts

Status = Literal["unread", "in progress", "read", "to discuss"]
STATUSES: tuple[Status, ...] = get_args(Status)
Where = Literal["copied", "linked", "both"]


@dataclass(frozen=True)
class StudyRow:
    """What the list tells of one study.

    Attributes
    ----------
    id
        The library's own number of the study; another one after a rebuild from nothing.
    identity
        What tells the study from every other, the same after a rebuild: a hash of study UID and patient.
    size_bytes
        What its files take on disk, copied and linked together; `copied_bytes` of it lie in the store.
    where
        Whether its files lie in the store, where they were found, or some here and some there.
    files_missing
        Number of files that were not where they should be when last looked for; `files_changed` have other content.
    is_kept
        The person wants the copies kept whatever the disk quota says.
    unsent_results
        Number of masks and other results made from it that have been neither exported nor sent.
    added_s, opened_s
        Seconds since 1970 in UTC; `opened_s` is None where it has never been opened.
    albums
        Ids of the albums it has been put into (not the smart ones).
    """

    id: int
    identity: str
    facts: StudyFacts
    modalities: tuple[str, ...] = ()
    series_count: int = 0
    image_count: int = 0
    object_count: int = 0
    size_bytes: int = 0
    copied_bytes: int = 0
    where: Where = "linked"
    files_missing: int = 0
    files_changed: int = 0
    status: Status = "unread"
    comment: str = ""
    is_kept: bool = False
    unsent_results: int = 0
    added_s: float = 0.0
    opened_s: float | None = None
    albums: tuple[int, ...] = ()


@dataclass(frozen=True)
class SeriesRow:
    """What the list tells of one stack, without opening the study.

    Attributes
    ----------
    key
        `Series.key`: what the thumbnail is stored under.
    badge
        The gravest line of the geometry guard ("slice 5 missing"), None where there is none; `badge_kind` its kind.
    axis
        Name of the 4-D axis it is a place of, "" in a plain one; `axis_group` joins the stacks of one 4-D series.
    refusal
        Why it cannot be opened; None where it can.
    is_object
        True for what is no image (a segmentation, a report): `description` is then its label.
    """

    key: str
    series_instance_uid: str = ""
    stack: str = ""
    series_number: int | None = None
    series_description: str = ""
    modality: str = ""
    image_count: int = 0
    rows: int = 0
    columns: int = 0
    body_part_examined: str = ""
    badge: Sentence | None = None
    badge_kind: str = ""
    axis: str = ""
    axis_group: str = ""
    refusal: Sentence | None = None
    is_object: bool = False
    has_thumbnail: bool = False
