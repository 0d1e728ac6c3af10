"""What the header of a file that is not DICOM says, the same for all such formats."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from medview.errors import MedViewError, Sentence
from medview.files.formats.raw_voxels import RawVoxels
from medview.study.geometry import Geometry


@dataclass(frozen=True)
class OtherAxis:
    """The fourth axis of a file: its name, unit, and a value for each place (None where only the order is known)."""

    name: str
    unit: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, eq=False)
class OtherHeader:
    """One file's header.

    Attributes
    ----------
    file_format
        "NIfTI", "NRRD", "MetaImage".
    geometry
        Of one place of the fourth axis.
    scaling
        Slope and intercept from stored to true values.
    place
        Where the place in the patient was taken from, or that it is not known: a sentence for the reader.
    axis
        None in a plain volume.
    """

    file_format: str
    geometry: Geometry
    voxels: RawVoxels
    scaling: tuple[float, float] = (1.0, 0.0)
    warnings: tuple[Sentence, ...] = ()
    axis: OtherAxis | None = None


def damaged(file_format: str, reason: str) -> MedViewError:
    """Return the sentence for a header that contradicts itself."""
    return MedViewError(
        "The {format} header is damaged: {reason}.", "Copy it again from its source.", format=file_format, reason=reason
    )


def beside(header: Path, name: str) -> Path:
    """Return the file that a header names: one beside it, or below; MedViewError where it leads anywhere else."""
    named = Path(name.strip().replace("\\", "/"))
    found = (header.parent / named).resolve()
    if named.is_absolute() or ":" in name or not found.is_relative_to(header.parent.resolve()):
        raise MedViewError(
            "{name} names voxels outside its own folder, which are not read.",
            "Put both files into one folder.",
            name=header.name,
        )
    if not found.is_file():
        raise MedViewError(
            "The file that holds the voxels of {name} is missing.", "Copy both files into one folder.", name=header.name
        )
    return found
