"""How one pane shows a volume in 3D, apart from where it is seen from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from medview.imaging.clipping import Clipping
from medview.imaging.transfer_function import TransferFunction
from medview.imaging.volume_cut import VolumeCut

Smoothing = Literal["none", "low", "medium", "high"]


@dataclass(frozen=True)
class VolumeLook:
    """What a person has chosen for the volume and the surfaces in it.

    Attributes
    ----------
    preset
        Id of the named look, "" for the modality's default.
    function
        What a person has made of it, or None: the preset's own.
    clipping
        None shows the whole volume.
    clip_handles
        Whether the box and the plane are drawn with handles to pull.
    cuts
        Tissue that was cut away with loops; the surfaces of segments stay.
    smoothing
        Of the surfaces of segments.
    surface_opacity
        (segment number, opacity) where a person has set one.
    tissue_visible
        Whether the volume itself is drawn, or only the surfaces.
    """

    preset: str = ""
    function: TransferFunction | None = None
    clipping: Clipping | None = None
    clip_handles: bool = False
    cuts: tuple[VolumeCut, ...] = ()
    smoothing: Smoothing = "medium"
    surface_opacity: tuple[tuple[int, float], ...] = ()
    tissue_visible: bool = True

    def opacity_of(self, number: int) -> float | None:
        """Return the opacity a person has given a segment, or None."""
        return dict(self.surface_opacity).get(number)

    def with_opacity_of(self, number: int, opacity: float | None) -> VolumeLook:
        """Return it with another opacity of a segment; None lets the program choose again."""
        kept = {key: value for key, value in self.surface_opacity if key != number}
        if opacity is not None:
            kept[number] = opacity
        return replace(self, surface_opacity=tuple(sorted(kept.items())))
