"""Stored values turned into the values of a volume: sign, modality values, colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.files.pixels.colours import to_rgb
from medview.files.pixels.dicom_decode import Decoded
from medview.files.pixels.look_up_table import LookUpTable
from medview.study.series import StoredPixels

_EXACT = 2**24  # whole numbers beyond it are not all there in float32


@dataclass(frozen=True)
class Extent:
    """What is to be known of a slice: smallest and largest value, digits that were lost, numbers that are none."""

    least: int = 0
    most: int = 0
    is_rounded: bool = False
    has_gaps: bool = False


@dataclass(frozen=True, eq=False)
class ValueMapping:
    """How the stored values of one file become those of the volume.

    Attributes
    ----------
    slope, intercept
        Of the linear rescale (PS3.3 C.11.1); 1 and 0 where a table is used.
    table
        The palette of a PALETTE COLOR image, or the Modality LUT; None where there is none.
    is_checked
        Whether the values of a slice may turn out not to fit its type, so that their extent must be told.
    """

    pixels: StoredPixels
    photometric_interpretation: str
    slope: float = 1.0
    intercept: float = 0.0
    table: LookUpTable | None = None
    is_checked: bool = False

    @property
    def stored_range(self) -> tuple[int, int]:
        """Return the smallest and the largest value that the stored bits can hold."""
        return stored_range(self.pixels)

    def fill(self, decoded: Decoded, out: NDArray[Any]) -> Extent:
        """Write the values of a frame, or of a tile of it, into a slice of the volume."""
        if out.ndim == 3:
            self._fill_colours(decoded, out)
            return Extent()
        values = signed(decoded.values, self.pixels, decoded.bits, is_lossy=decoded.is_lossy)
        if self.table is not None:
            values = self.table.applied(values)
        if out.dtype.kind in "iu":
            np.copyto(out, values, casting="unsafe")  # exact modulo the type, as the sum is
            return self._shift(out, values)
        np.add(values * np.float64(self.slope), self.intercept, out=out, casting="unsafe")
        has_gaps = values.dtype.kind == "f" and not np.isfinite(out).all()
        if has_gaps:
            np.nan_to_num(out, copy=False, posinf=0.0, neginf=0.0)
        return Extent(is_rounded=_is_rounded(values), has_gaps=has_gaps)

    def settle(self, out: NDArray[Any]) -> Extent:
        """Turn stored values that lie in a slice of the volume into its values, in place."""
        raw = out.view(f"u{out.itemsize}")
        unused = 8 * out.itemsize - self.pixels.bits_stored
        values = out
        if self.pixels.pixel_representation:
            values = raw.view(f"i{out.itemsize}")
            if unused:
                np.left_shift(raw, unused, out=raw)
                np.right_shift(values, unused, out=values)
        else:
            values = raw
            if unused:
                np.bitwise_and(raw, raw.dtype.type((1 << self.pixels.bits_stored) - 1), out=raw)
        return self._shift(out, values)

    def _shift(self, out: NDArray[Any], values: NDArray[Any]) -> Extent:
        """Add the whole intercept, modulo the type of `out`, which holds `values` already."""
        shift, extent = int(self.intercept), Extent()
        if self.is_checked:
            extent = Extent(int(values.min()) + shift, int(values.max()) + shift)
        if shift:
            raw = out.view(f"u{out.itemsize}")
            np.add(raw, raw.dtype.type(shift % (1 << 8 * out.itemsize)), out=raw)
        return extent

    def unsettled(self, array: NDArray[Any]) -> NDArray[np.int64]:
        """Return the true values of a slice of 16 bits that they have not fitted into."""
        shift = int(self.intercept)
        raw = (array.view(np.uint16).astype(np.int64) - shift) % 65536
        return np.where(raw > self.stored_range[1], raw - 65536, raw) + shift

    def _fill_colours(self, decoded: Decoded, out: NDArray[Any]) -> None:
        if self.photometric_interpretation == "PALETTE COLOR" and self.table is not None:
            out[...] = self.table.applied(signed(decoded.values, self.pixels, decoded.bits))
        else:
            bits = min(self.pixels.bits_stored, decoded.bits) if decoded.bits > 8 else decoded.bits
            out[...] = to_rgb(decoded.values, decoded.photometric_interpretation, bits)


def stored_range(pixels: StoredPixels) -> tuple[int, int]:
    """Return the smallest and the largest value that the stored bits can hold."""
    if pixels.pixel_representation:
        return -(1 << pixels.bits_stored - 1), (1 << pixels.bits_stored - 1) - 1
    return 0, (1 << pixels.bits_stored) - 1


def signed(values: NDArray[Any], pixels: StoredPixels, bits: int, *, is_lossy: bool = False) -> NDArray[Any]:
    """Return the low Bits Stored bits of each value as what they mean (PS3.5 8.1.1); higher bits may hold overlays.

    Parameters
    ----------
    bits
        How many low bits a codec has filled: where that is less than Bits Stored, the sign lies there.
    is_lossy
        Values may have left their range a little: they are brought back to its end, not to its other end.
    """
    if values.dtype.kind == "f":
        return values
    if is_lossy and (values.dtype.kind == "i" or not pixels.pixel_representation):
        (low, high), room = stored_range(pixels), np.iinfo(values.dtype)
        kept: NDArray[Any] = np.clip(values, max(low, room.min), min(high, room.max))
        return kept
    size = values.itemsize
    raw = values.view(f"u{size}")
    unused = 8 * size - min(pixels.bits_stored, bits, 8 * size)
    if not pixels.pixel_representation:
        masked: NDArray[Any] = np.bitwise_and(raw, raw.dtype.type((1 << 8 * size - unused) - 1)) if unused else raw
        return masked
    lifted: NDArray[Any] = np.left_shift(raw, unused).view(f"i{size}")
    lowered: NDArray[Any] = np.right_shift(lifted, unused)
    return lowered


def _is_rounded(values: NDArray[Any]) -> bool:
    """Whether float32 cannot hold these numbers as they are."""
    if values.dtype.itemsize <= 2 or values.dtype == np.float32:
        return False
    if values.dtype.kind == "f":
        return not np.array_equal(values, values.astype(np.float32), equal_nan=True)
    return int(values.max()) > _EXACT or int(values.min()) < -_EXACT
