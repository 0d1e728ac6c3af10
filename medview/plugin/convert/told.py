"""What a person says of a model beside what its files say."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Told:
    """What files may leave open; None where the person says nothing of it.

    Attributes
    ----------
    plugin_id
        How the plugin is to be called.
    orientation
        How the images lay that the network was trained on: towards what the indices of their three axes grow, first
        to third as NIfTI counts them, such as "LAS" or "RAS".
    modality
        DICOM's, such as "CT".
    folds
        Of an nnU-Net: which to take, by their numbers; "all" is the one that was trained on everything. Empty: those
        that are there.
    configuration
        Of an nnU-Net with several: which.
    """

    plugin_id: str | None = None
    orientation: str | None = None
    modality: str | None = None
    folds: tuple[str, ...] = ()
    configuration: str | None = None
