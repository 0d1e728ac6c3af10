"""A second volume over the one in view: where it lies, and how it is drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from medview.study.registration import Registration
from medview.study.volume import Volume

FusionMode = Literal["blend", "checkerboard", "flicker", "split", "difference"]
FusionBasis = Literal["frame", "registration", "unregistered"]
SplitDirection = Literal["beside", "below"]
MODES: tuple[FusionMode, ...] = ("blend", "checkerboard", "flicker", "split", "difference")


@dataclass(frozen=True, eq=False)
class Fusion:
    """A second volume and how it is drawn over the first; a value, changed by making another.

    Attributes
    ----------
    volume
        The second volume as it was acquired.
    placed
        The same values on a grid in the patient space of the images in view: `volume` itself within one frame of
        reference, its array on a moved grid after a rigid or affine registration, and float32 values resampled onto the
        grid of the images in view after a deformable one, NaN where there are none.
    basis
        Why it is drawn there: one frame of reference, a registration, or nothing but the person's word.
    registration
        The one that is applied, or None.
    mode
        "blend" lays the second over the first. "checkerboard", "split" and "flicker" show one or the other at a place
        or a moment. "difference" shows second minus first.
    window
        (Window Center, Window Width) of the second, in its own unit.
    colour_map, is_inverted
        Of `medview.imaging.colour_maps`.
    opacity
        0 to 1, of "blend".
    threshold
        In the second's unit: "blend" leaves away what is not above. None leaves nothing away.
    tile_mm
        Edge of the tiles of "checkerboard"; mm of the patient, so that they grow with the picture.
    flicker_hz, is_flickering, shows_second
        Changes a second of "flicker", whether it goes on, and which of both is seen now.
    split_at, split_direction
        Where the line of "split" is, as part of the pane's width or height, and whether the second lies "beside" the
        first (right of the line) or "below" it.
    difference_width
        In the unit of both: black to white is from minus half of it to half of it. Without a meaning where the units
        differ: then what both windows make of the values, 0 to 1, is compared.
    model
        Name of the plugin whose model has made the second volume; "" of images that were acquired.
    is_synthetic
        It shows what was never measured, and is marked so wherever it is seen.
    """

    volume: Volume
    placed: Volume
    basis: FusionBasis
    window: tuple[float, float]
    colour_map: str
    registration: Registration | None = None
    mode: FusionMode = "blend"
    is_inverted: bool = False
    opacity: float = 0.5
    threshold: float | None = None
    tile_mm: float = 30.0
    flicker_hz: float = 2.0
    is_flickering: bool = True
    shows_second: bool = True
    split_at: float = 0.5
    split_direction: SplitDirection = "beside"
    difference_width: float = 400.0
    model: str = ""
    is_synthetic: bool = False

    def changed(self, **values: Any) -> Fusion:
        """Return the fusion with other values; TypeError for a name it does not have."""
        return replace(self, **values)

    @property
    def suv_factor(self) -> float | None:
        """What the second's values are multiplied with to be SUVbw in g/ml; None where that is not known."""
        return dict(self.volume.series.suv_factors).get("bw")
