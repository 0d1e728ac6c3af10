"""What the values of a volume look like in 3D."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

Scale = Literal["absolute", "window"]
Blend = Literal["composite", "maximum", "minimum", "mean"]
OpacityPoint = tuple[float, float]
ColourPoint = tuple[float, float, float, float]

_MOST_POINTS = 64
_LARGEST = 1e7  # of a value: beyond it a file is damaged


@dataclass(frozen=True)
class TransferFunction:
    """Opacity, colour and light by value.

    Attributes
    ----------
    scale
        Whether values are of the modality's unit, or 0 to 1 from the black to the white end of the window.
    blend
        "composite": layers of tissue, the nearest in front. "maximum", "minimum", "mean": of the values along each ray
        (MIP, MinIP, average), which has the colour that `colours` gives it; opacity plays no part.
    opacity
        (value, opacity of 1 mm), ascending.
    colours
        (value, red, green, blue), ascending, sRGB 0 to 255.
    gradient
        (change of the value per mm, factor of the opacity), ascending; empty where edges do not matter.
    ambient, diffuse, specular, specular_power
        Light (Phong 1975). Without diffuse and specular light nothing is shaded.
    """

    scale: Scale
    blend: Blend
    opacity: tuple[OpacityPoint, ...]
    colours: tuple[ColourPoint, ...]
    gradient: tuple[OpacityPoint, ...] = ()
    ambient: float = 0.3
    diffuse: float = 0.9
    specular: float = 0.25
    specular_power: float = 20.0

    def __post_init__(self) -> None:
        for points in (self.opacity, self.colours, self.gradient):
            values = [point[0] for point in points]
            if values != sorted(values) or len(values) > _MOST_POINTS or not all(abs(v) <= _LARGEST for v in values):
                raise ValueError("the points of a transfer function must ascend")
        if len(self.opacity) < 1 or len(self.colours) < 1:
            raise ValueError("a transfer function needs points")
        if any(not 0.0 <= alpha <= 1.0 for _, alpha in (*self.opacity, *self.gradient)):
            raise ValueError("opacity is 0 to 1")
        if any(not 0.0 <= channel <= 255.0 for _, *channels in self.colours for channel in channels):
            raise ValueError("colours are 0 to 255")

    @property
    def is_shaded(self) -> bool:
        """Whether light falls on the tissue."""
        return self.blend == "composite" and (self.diffuse > 0 or self.specular > 0)

    def value(self, point: float, window: tuple[float, float]) -> float:
        """Return the modality value of a point of the scale, with the window (Window Center, Window Width) in use."""
        return point if self.scale == "absolute" else window[0] + (point - 0.5) * window[1]

    def point(self, value: float, window: tuple[float, float]) -> float:
        """Return the point of the scale of a modality value: the inverse of `value`."""
        return value if self.scale == "absolute" else (value - window[0]) / max(window[1], 1e-9) + 0.5

    def opacity_at(self, values: ArrayLike, window: tuple[float, float]) -> NDArray[np.float64]:
        """Return the opacity of 1 mm of tissue of modality values."""
        points = [self.value(point, window) for point, _ in self.opacity]
        return np.interp(np.asarray(values, dtype=np.float64), points, [alpha for _, alpha in self.opacity])

    def colour_at(self, values: ArrayLike, window: tuple[float, float]) -> NDArray[np.float64]:
        """Return the colours (..., 3), 0 to 255, of modality values."""
        points = [self.value(point[0], window) for point in self.colours]
        wanted = np.asarray(values, dtype=np.float64)
        channels = [np.interp(wanted, points, [point[k] for point in self.colours]) for k in (1, 2, 3)]
        return np.stack(channels, axis=-1)

    def shifted(self, by: float) -> TransferFunction:
        """Return the function with opacity and colours moved along its scale."""
        return self._mapped(lambda value: value + by)

    def stretched(self, factor: float, about: float) -> TransferFunction:
        """Return the function with opacity and colours stretched about a point of its scale."""
        return self._mapped(lambda value: about + (value - about) * factor)

    def with_opacity(self, points: ArrayLike) -> TransferFunction:
        """Return the function with other points (value, opacity), which are put in order."""
        rows = sorted((float(value), float(np.clip(alpha, 0.0, 1.0))) for value, alpha in np.asarray(points).tolist())
        return replace(self, opacity=tuple(rows))

    def with_colours(self, points: ArrayLike) -> TransferFunction:
        """Return the function with other colours (value, red, green, blue), which are put in order."""
        rows = sorted((float(v), float(r), float(g), float(b)) for v, r, g, b in np.asarray(points).tolist())
        return replace(self, colours=tuple(rows))

    @property
    def middle(self) -> float:
        """Half way between the first and the last point of opacity."""
        return (self.opacity[0][0] + self.opacity[-1][0]) / 2

    def packed(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "scale": self.scale,
            "blend": self.blend,
            "opacity": [list(point) for point in self.opacity],
            "colours": [list(point) for point in self.colours],
            "gradient": [list(point) for point in self.gradient],
            "light": [self.ambient, self.diffuse, self.specular, self.specular_power],
        }

    @classmethod
    def unpacked(cls, data: Mapping[str, Any]) -> TransferFunction:
        """Return the function of plain data as `packed` makes it and the shipped presets hold it.

        Raises
        ------
        ValueError, KeyError, TypeError
            The data is damaged.
        """
        if data["scale"] not in get_args(Scale) or data["blend"] not in get_args(Blend):
            raise ValueError("scale or blend is unknown")
        ambient, diffuse, specular, power = (float(value) for value in data["light"])
        opacity = tuple((float(v), float(a)) for v, a in data["opacity"])
        colours = tuple((float(v), float(r), float(g), float(b)) for v, r, g, b in data["colours"])
        gradient = tuple((float(v), float(a)) for v, a in data.get("gradient", ()))
        return cls(data["scale"], data["blend"], opacity, colours, gradient, ambient, diffuse, specular, power)

    def _mapped(self, place: Any) -> TransferFunction:
        return replace(
            self,
            opacity=tuple((place(value), alpha) for value, alpha in self.opacity),
            colours=tuple((place(value), r, g, b) for value, r, g, b in self.colours),
        )
