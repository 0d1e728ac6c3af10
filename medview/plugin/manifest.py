"""What a plugin says of itself in its `plugin.toml`: pure data, checked before any of its code is imported."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from medview.errors import MedViewError
from medview.plugin.contract import Parameter
from medview.study.segmentation import Code, Segment

Text = Annotated[str, Field(min_length=1)]
Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Channel = Annotated[int, Field(ge=0, le=255)]
Condition = Mapping[Identifier, tuple[Parameter, ...]]

_TRUE, _FALSE = {"true", "yes", "on", "1"}, {"false", "no", "off", "0"}
_SOURCE = re.compile(r"^(package:[A-Za-z0-9._-]+:[^:\\]+|https?://\S+)$")


class _Record(BaseModel):
    """Frozen, and strict about unknown keys: a misspelt demand must not be silently no demand."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class CodeRecord(_Record):
    """A coded concept (PS3.3 Table 8.8-1)."""

    value: Annotated[str, Field(min_length=1, max_length=16)]
    scheme: Annotated[str, Field(min_length=1, max_length=16)]
    meaning: Annotated[str, Field(min_length=1, max_length=64)]

    def code(self) -> Code:
        """Return it as the study's type."""
        return Code(self.value, self.scheme, self.meaning)


class SegmentRecord(_Record):
    """One structure that a plugin may find (PS3.3 C.8.20.4)."""

    number: Annotated[int, Field(ge=1, le=65535)]
    label: Annotated[str, Field(min_length=1, max_length=64)]
    colour: tuple[Channel, Channel, Channel]
    category: CodeRecord
    type: CodeRecord

    def segment(self) -> Segment:
        """Return it as the study's type."""
        return Segment(self.number, self.label, self.colour, self.category.code(), self.type.code())


class Output(_Record):
    """The segments of a run; `when` limits them to values of parameters, such as ``{classes = ["18"]}``."""

    when: Condition = {}
    segments: Annotated[tuple[SegmentRecord, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _numbers_once(self) -> Self:
        numbers = [segment.number for segment in self.segments]
        if len(set(numbers)) != len(numbers):
            raise ValueError("two segments have the same number")
        return self


class Choice(_Record):
    """One value of a "choice" parameter and how it is called."""

    value: Text
    label: Text


class ParameterRecord(_Record):
    """An option: the window makes a form of it and the command line parses it from ``name=value``."""

    id: Identifier
    type: Literal["bool", "int", "float", "choice"]
    label: Text
    help: str = ""
    default: Parameter
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[Choice, ...] = ()

    @model_validator(mode="after")
    def _default_fits(self) -> Self:
        if (self.type == "choice") != bool(self.choices):
            raise ValueError("choices belong to parameters of type choice, and to no others")
        try:
            self.parse(str(self.default))
        except MedViewError as error:
            raise ValueError(f"the default of {self.id} is not allowed: {error.message}") from None
        return self

    def parse(self, text: str) -> Parameter:
        """Return the value that `text` says; MedViewError where it is not allowed."""
        value = self._value(text.strip())
        if value is None or not self._within(value):
            raise MedViewError(
                "{value} is not a value of the option {option}.",
                "Allowed: {allowed}.",
                value=text,
                option=self.id,
                allowed=self.allowed,
            )
        return value

    @property
    def allowed(self) -> str:
        """Say in words which values there are."""
        if self.type == "choice":
            return ", ".join(choice.value for choice in self.choices)
        if self.type == "bool":
            return "true, false"
        low = f"from {self.minimum:g}" if self.minimum is not None else ""
        high = f"to {self.maximum:g}" if self.maximum is not None else ""
        return " ".join(part for part in ("a number" if self.type == "float" else "a whole number", low, high) if part)

    def _value(self, text: str) -> Parameter | None:
        if self.type == "choice":
            return text if any(choice.value == text for choice in self.choices) else None
        if self.type == "bool":
            known = text.lower() in _TRUE | _FALSE
            return text.lower() in _TRUE if known else None
        try:
            return int(text) if self.type == "int" else float(text)
        except ValueError:
            return None

    def _within(self, value: Parameter) -> bool:
        if isinstance(value, (str, bool)):
            return True
        low = self.minimum if self.minimum is not None else float("-inf")
        high = self.maximum if self.maximum is not None else float("inf")
        return low <= value <= high  # false for not-a-number too


class WeightsRecord(_Record):
    """A file of trained weights: what it must be, and where it comes from.

    Attributes
    ----------
    file
        Path below a folder of weights, such as "meshnet_brainchop/model18cls/model.bin".
    source
        "package:DISTRIBUTION:PATH" for a file of an installed package, else the address at its authors'.
    when
        Parameters that need it; empty where every run does.
    """

    id: Identifier
    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*$")]
    source: Text
    sha256: Sha256
    bytes: Annotated[int, Field(gt=0)]
    licence: Text
    when: Condition = {}

    @field_validator("source")
    @classmethod
    def _source_known(cls, source: str) -> str:
        if not _SOURCE.match(source) or ".." in source.split("/"):
            raise ValueError("the source must be package:DISTRIBUTION:PATH or an http address")
        return source

    @property
    def is_packaged(self) -> bool:
        """Whether an installed package brings the file."""
        return self.source.startswith("package:")


class Licences(_Record):
    """Under what terms the code, the weights and the data they were trained on are given."""

    code: Text
    weights: Text
    data: Text


class InputRecord(_Record):
    """What a series must be, as its headers tell it; `medview.plugin.fit` holds a series against it.

    Words are sought in Series Description, Scanning Sequence and Image Type, at the beginning of a word, in any case.

    Attributes
    ----------
    forbidden_words
        Always refused.
    forbidden_sequences
        Values of Scanning Sequence (0018,0020) that are always refused, such as "EP", echo planar.
    doubtful_words
        Refused unless one of `expected_words` stands beside them ("T1 FLAIR" is T1).
    body_parts
        Hints only: where Body Part Examined names another, the fit is doubted in the list, not refused.
    """

    modality: Annotated[tuple[Text, ...], Field(min_length=1)]
    minimum_slices: Annotated[int, Field(ge=1)] = 2
    spacing_mm: tuple[float, float] = (0.0, float("inf"))
    needs_spacing: bool = True
    needs_orientation: bool = True
    body_parts: tuple[Text, ...] = ()
    expected_words: tuple[Text, ...] = ()
    doubtful_words: tuple[Text, ...] = ()
    forbidden_words: tuple[Text, ...] = ()
    forbidden_sequences: tuple[Text, ...] = ()
    contrast: str = ""

    @model_validator(mode="after")
    def _range_rises(self) -> Self:
        if not 0 <= self.spacing_mm[0] < self.spacing_mm[1]:
            raise ValueError("spacing_mm must be two rising numbers")
        return self


class Cost(_Record):
    """What a run takes on an ordinary 256-cubed head or 512-square chest, as measured by the plugin's author."""

    cpu_seconds: Annotated[float, Field(gt=0)]
    memory_mb: Annotated[int, Field(gt=0)]


class Manifest(_Record):
    """A plugin's own description.

    Attributes
    ----------
    entry
        "module:function" inside the plugin's folder.
    classical
        True where nothing is learned: thresholds, components, morphology.
    """

    id: Identifier
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    name: Text
    summary: Text
    task: Literal["segment"]
    entry: Annotated[str, Field(pattern=r"^[A-Za-z_]\w*:[A-Za-z_]\w*$")]
    intended_use: Text
    research_only: bool
    classical: bool = False
    licences: Licences
    input: InputRecord
    outputs: Annotated[tuple[Output, ...], Field(min_length=1)]
    parameters: tuple[ParameterRecord, ...] = ()
    weights: tuple[WeightsRecord, ...] = ()
    cost: Cost

    @model_validator(mode="after")
    def _conditions_hold(self) -> Self:
        known = {p.id: p for p in self.parameters}
        for when in (*(o.when for o in self.outputs), *(w.when for w in self.weights)):
            for name, values in when.items():
                if name not in known:
                    raise ValueError(f"a condition names the parameter {name}, which is not declared")
                for value in values:
                    known[name].parse(str(value))
        for names in ([p.id for p in self.parameters], [w.id for w in self.weights]):
            if len(set(names)) != len(names):
                raise ValueError("an id is used twice")
        return self

    def defaults(self) -> dict[str, Parameter]:
        """Return every option's default."""
        return {p.id: p.parse(str(p.default)) for p in self.parameters}

    def parse_parameters(self, given: Mapping[str, object]) -> dict[str, Parameter]:
        """Return every option's value: as given (text, or already a value) or its default.

        Raises
        ------
        MedViewError
            An option is not known, or its value is not allowed.
        """
        known = {p.id: p for p in self.parameters}
        for name in given:
            if name not in known:
                raise MedViewError(
                    "{plugin} has no option {option}.",
                    "Its options: {options}.",
                    plugin=self.name,
                    option=name,
                    options=", ".join(known) or "none",
                )
        return self.defaults() | {name: known[name].parse(str(value)) for name, value in given.items()}

    def segments(self, parameters: Mapping[str, Parameter]) -> tuple[Segment, ...]:
        """Return the segments that a run with these (whole, parsed) parameters may find."""
        return tuple(s.segment() for o in self.outputs if _holds(o.when, parameters) for s in o.segments)

    def needed_weights(self, parameters: Mapping[str, Parameter]) -> tuple[WeightsRecord, ...]:
        """Return the weights that a run with these (whole, parsed) parameters needs."""
        return tuple(w for w in self.weights if _holds(w.when, parameters))


def _holds(condition: Condition, parameters: Mapping[str, Parameter]) -> bool:
    return all(parameters[name] in values for name, values in condition.items())
