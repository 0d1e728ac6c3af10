"""Which images have been laid on which, how, and how well they agree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from medview.study.series import Series
from medview.study.spatial_transform import SpatialTransform

RegistrationKind = Literal["rigid", "affine", "deformable", "manual", "file", "model"]


@dataclass(frozen=True)
class RegisteredSide:
    """The identity of images that were registered.

    Attributes
    ----------
    series_key, sop_hash
        Of the very images; both "" where a file names the frame of reference alone.
    frame_of_reference_uid
        "" where the images have none.
    image_uids
        SOP Instance UIDs that a file names: it holds for a series all of whose images are among them.
    """

    series_key: str
    sop_hash: str
    frame_of_reference_uid: str
    image_uids: frozenset[str] = frozenset()

    @classmethod
    def of(cls, series: Series) -> RegisteredSide:
        """Return the side of a series."""
        uid = series.geometry.frame_of_reference_uid if series.geometry is not None else ""
        return cls(series.key, series.sop_hash, uid)

    def is_of(self, series: Series) -> bool:
        """Whether these are the images of a series."""
        if not self.series_key:
            uids = self.image_uids
            return bool(uids and series.instances) and all(one.sop_instance_uid in uids for one in series.instances)
        return self.series_key == series.key and self.sop_hash == series.sop_hash

    def shares_frame(self, series: Series) -> bool:
        """Whether a series lies in the same frame of reference."""
        uid = series.geometry.frame_of_reference_uid if series.geometry is not None else ""
        return bool(uid) and uid == self.frame_of_reference_uid


@dataclass(frozen=True, eq=False)
class Registration:
    """Moving images laid on fixed ones. The images themselves stay as they are.

    Attributes
    ----------
    kind
        "manual" where a person has moved them, "file" where a DICOM object says so, "model" where a plugin does.
    transform
        From points of the fixed images to points of the moving ones.
    made_at
        ISO 8601, local time, to the second.
    metric_before, metric_after
        Mattes mutual information in nats, larger is better; None where it was not computed. The same points of both
        images are compared.
    label
        Of a registration from a file its Content Label; of a plugin's, and of what a person made of that, its name.
    object_uid
        Of a registration from a file: SOP Instance UID.
    provenance
        Of a plugin's, as of all its results; empty otherwise.
    """

    kind: RegistrationKind
    fixed: RegisteredSide
    moving: RegisteredSide
    transform: SpatialTransform
    made_at: str = ""
    metric_before: float | None = None
    metric_after: float | None = None
    label: str = ""
    object_uid: str = ""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_worse(self) -> bool:
        """Whether the images agree less than they did before."""
        before, after = self.metric_before, self.metric_after
        return before is not None and (after is None or after < before) and self.kind == "model"

    def between(self, shown: Series, second: Series) -> SpatialTransform | None:
        """Return the way from a series in view to a second one, None where this registration does not join them.

        It joins the very series it was made of, and every two series of their frames of reference where these differ:
        what was in the scanner with them. Two series of one frame of reference lie as the scanner says, unless just
        these two were registered. An affine registration also leads back.
        """
        if self._joins(self.fixed, shown, self.moving, second):
            return self.transform
        if self.transform.is_affine and self._joins(self.moving, shown, self.fixed, second):
            return self.transform.inverse()
        return None

    def _joins(self, side: RegisteredSide, shown: Series, other: RegisteredSide, second: Series) -> bool:
        if side.is_of(shown) and other.is_of(second):
            return True
        are_apart = side.frame_of_reference_uid != other.frame_of_reference_uid
        return are_apart and side.shares_frame(shown) and other.shares_frame(second)
