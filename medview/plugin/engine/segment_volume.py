"""From the values of a volume to labels on its own grid, through a network that sees a patch at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.plugin.engine.intensity import Intensity
from medview.plugin.engine.model_grid import ModelGrid
from medview.plugin.engine.resample_in import resample_in
from medview.plugin.engine.slab_labels import SlabLabels, Told, unheard_slices
from medview.plugin.engine.slab_values import ChosenProbability
from medview.plugin.engine.sliding_window import Slab, SlidingWindow
from medview.plugin.engine.taps import Interpolation
from medview.progress import Progress, part, unheard

_RESAMPLED = 0.03  # of the whole, as progress tells it


@dataclass(frozen=True, eq=False)
class TiledRun:
    """What a network needs to be run over a volume.

    Attributes
    ----------
    window
        The network and its tiles; patch and axes fit `grid`.
    grid
        The network's grid over that of the images.
    intensity
        What happens to the values before (`intensity.measured`, of the whole volume).
    """

    window: SlidingWindow
    grid: ModelGrid
    intensity: Intensity = field(default_factory=Intensity)
    device: str = "cpu"
    interpolation: Interpolation = "linear"

    def slabs(self, array: NDArray[Any], progress: Progress = unheard) -> Iterator[Slab]:
        """Yield what the network gives on its grid, slab by slab along the slices of the images.

        Parameters
        ----------
        array
            (slices, rows, columns) of the images; may be read-only, in shared memory.
        """
        within = part(progress, 0.0, _RESAMPLED)
        volume = resample_in(
            array, self.grid, self.intensity, device=self.device, interpolation=self.interpolation, progress=within
        )
        yield from self.window.over(volume, part(progress, _RESAMPLED, 1.0))


def segment_volume(
    run: TiledRun,
    array: NDArray[Any],
    out: NDArray[Any],
    *,
    numbers: Sequence[int] | None = None,
    thresholds: Sequence[float] | None = None,
    sure: tuple[ChosenProbability, NDArray[Any]] | None = None,
    told: Told = unheard_slices,
    progress: Progress = unheard,
) -> None:
    """Write the labels of a volume into `out`, slab by slab.

    Parameters
    ----------
    out
        uint8 or uint16, of the shape of `array`.
    numbers
        The label of each channel; None where it is the channel's index (with thresholds its index and 1).
    thresholds
        Probabilities: each channel is then a region of its own, and later ones are painted over earlier ones. None
        where the largest channel wins.
    sure
        A channel whose probability is wanted, too, and where it is written, uint8 of the shape of `array`.
    told
        Given the first slice and the one after the last of what is final, so that it can be shown at once.

    Raises
    ------
    MedViewError
        The network gives something of another shape, or values that are no numbers.
    """
    if out.shape != array.shape:
        raise ValueError(f"labels {out.shape} for images {array.shape}")
    labels = SlabLabels(run.grid, numbers)
    slabs = run.slabs(array, progress)
    if sure is not None:
        slabs = sure[0].beside(slabs, run.grid, sure[1])
    if thresholds is None:
        labels.write(slabs, out, told)
    else:
        logits = [float(np.log(threshold / (1.0 - threshold))) for threshold in thresholds]
        labels.write_regions(slabs, out, logits, told)
