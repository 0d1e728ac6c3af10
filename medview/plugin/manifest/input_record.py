"""What a plugin is given: which images, on which grid, with which values."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from medview.plugin.manifest.record import Record, Text

InputType = Literal["volume", "image", "cine", "mask", "points", "scribble", "boxes"]


class IntensityStep(Record):
    """One step of the values' way into the network; taken in their order, in the unit of the input.

    Attributes
    ----------
    op
        "clip" to [low, high]; "clip_percentile" to these percentiles (0 to 100) of the values; "zscore": minus mean,
        divided by standard deviation, those given or those of the image; "minmax" to [low, high], of the image's own
        range or of `source_range`; "scale": times `factor`; "offset": plus `factor`.
    nonzero
        Statistics of voxels other than 0 only, and only those are changed.
    """

    op: Literal["clip", "clip_percentile", "zscore", "minmax", "scale", "offset"]
    low: float | None = None
    high: float | None = None
    source_range: tuple[float, float] | None = None
    mean: float | None = None
    std: Annotated[float, Field(gt=0)] | None = None
    factor: float | None = None
    nonzero: bool = False

    @model_validator(mode="after")
    def _numbers_fit(self) -> Self:
        ranged = self.op in ("clip", "clip_percentile", "minmax")
        if ranged and (self.low is None or self.high is None or self.low >= self.high):
            raise ValueError(f"{self.op} needs low and high, low below high")
        if self.op == "clip_percentile" and not 0 <= (self.low or 0) < (self.high or 0) <= 100:
            raise ValueError("percentiles lie between 0 and 100")
        if self.source_range is not None and self.source_range[0] >= self.source_range[1]:
            raise ValueError("source_range must be two rising numbers")
        if self.op in ("scale", "offset") and self.factor is None:
            raise ValueError(f"{self.op} needs a factor")
        if (self.mean is None) != (self.std is None):
            raise ValueError("mean and std belong together")
        return self


class GridRecord(Record):
    """The grid that the network works on; the program brings the images there and the answer back.

    Attributes
    ----------
    spacing_mm
        Along the network's first, second and third axis; 0 keeps the images' own along that axis.
    orientation
        Towards what the indices of the three axes grow, such as "RAS" (right, anterior, superior); "" keeps the
        images' own.
    alignment
        "faces": both grids fill the same box, and the spacing is rounded to a whole number of voxels (nnU-Net, torch);
        "centres": the first voxels' centres coincide and the spacing is exact (MONAI).
    interpolation
        Of the values on their way in: "linear"; "area", the mean over larger voxels; "cubic", splines as nnU-Net uses
        them, along an axis with steps over three times as long as another's the nearest value.
    crop
        "nonzero": only the box that holds values other than 0 is looked at.
    """

    spacing_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    orientation: Annotated[str, Field(pattern=r"^([LRAPSI]{3})?$")] = ""
    alignment: Literal["faces", "centres"] = "faces"
    interpolation: Literal["linear", "area", "cubic"] = "linear"
    crop: Literal["none", "nonzero"] = "none"

    @model_validator(mode="after")
    def _axes_differ(self) -> Self:
        kinds = {letter: axis for axis, pair in enumerate(("LR", "AP", "SI")) for letter in pair}
        if self.orientation and len({kinds[letter] for letter in self.orientation}) != 3:
            raise ValueError("orientation must name each of left-right, front-back and up-down once")
        if any(spacing < 0 for spacing in self.spacing_mm):
            raise ValueError("spacing_mm must not be negative")
        if self.interpolation == "cubic" and self.alignment != "faces":
            raise ValueError("cubic interpolation is between grids that fill the same box: alignment faces")
        return self


class InputRecord(Record):
    """What a series must be, as its headers tell it; `medview.plugin.fit` holds a series against it.

    Words are sought in Series Description, Scanning Sequence and Image Type, at the beginning of a word, in any case.

    Attributes
    ----------
    id
        Results lie on the first input, `Request.volume`; the plugin finds the others by their id in `Request.others`.
    label
        What a person reads beside the list of series to choose from, of every input but the first.
    type
        "volume" is a stack of slices, "image" a single one or slices taken one by one, "cine" a recording: frames along
        time in place of slices, `series.frame_time_ms` apart; of colours their luma is given. "mask" and "scribble" are
        what is drawn on the first input, uint8 on its grid: 1 the segment that is drawn now, 2 every other one.
    forbidden_words
        Always refused.
    forbidden_sequences
        Values of Scanning Sequence (0018,0020) that are always refused, such as "EP", echo planar.
    doubtful_words
        Refused unless one of `expected_words` stands beside them ("T1 FLAIR" is T1).
    body_parts
        Hints only: where Body Part Examined names another, the fit is doubted in the list, not refused.
    units
        What the values must be, such as "HU"; empty where any will do.
    maximum_fov_mm
        Along each axis the largest extent that it is made for; None where any will do.
    intensity_on
        Whether the steps of `intensity` are taken on the values of the images, before they are interpolated, or on
        those of the network's grid.
    """

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")] = "image"
    label: str = ""
    type: InputType = "volume"
    required: bool = True
    modality: Annotated[tuple[Text, ...], Field(min_length=1)]
    minimum_slices: Annotated[int, Field(ge=1)] = 2
    spacing_mm: tuple[float, Annotated[float, Field(allow_inf_nan=True)]] = (0.0, float("inf"))
    needs_spacing: bool = True
    needs_orientation: bool = True
    units: tuple[Text, ...] = ()
    maximum_fov_mm: float | None = None
    body_parts: tuple[Text, ...] = ()
    expected_words: tuple[Text, ...] = ()
    doubtful_words: tuple[Text, ...] = ()
    forbidden_words: tuple[Text, ...] = ()
    forbidden_sequences: tuple[Text, ...] = ()
    contrast: str = ""
    grid: GridRecord = GridRecord()
    intensity: tuple[IntensityStep, ...] = ()
    intensity_on: Literal["images", "grid"] = "images"

    @property
    def is_drawn(self) -> bool:
        """Whether it is labels that a person has drawn on the images of the first input."""
        return self.type in ("mask", "scribble")

    @property
    def is_series(self) -> bool:
        """Whether it is images of a series of their own, and not something drawn on those of the first input."""
        return self.type in ("volume", "image", "cine")

    @model_validator(mode="after")
    def _demands_what_it_uses(self) -> Self:
        if self.grid.orientation and not self.needs_orientation:
            raise ValueError("the grid turns the images, and so it needs their orientation (needs_orientation)")
        if any(self.grid.spacing_mm) and not self.needs_spacing:
            raise ValueError("the grid asks for millimetres, and so it needs their spacing (needs_spacing)")
        return self

    @model_validator(mode="after")
    def _range_rises(self) -> Self:
        if not 0 <= self.spacing_mm[0] < self.spacing_mm[1]:
            raise ValueError("spacing_mm must be two rising numbers")
        return self
