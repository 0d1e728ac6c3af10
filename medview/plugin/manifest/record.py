"""What every table of a manifest has in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from medview.plugin.contract import Parameter
from medview.study.finding import Concept
from medview.study.segmentation import Code, Segment

Text = Annotated[str, Field(min_length=1)]
Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Channel = Annotated[int, Field(ge=0, le=255)]
Condition = Mapping[Identifier, tuple[Parameter, ...]]


def _is_portable(path: str) -> str:
    """Return a path whose names every system can have: Windows gives some to devices, and drops dots at the end."""
    for name in path.split("/"):
        if name.endswith(".") or name.partition(".")[0].upper() in _DEVICES:
            raise ValueError(f"not every system can have a file {name}")
    return path


_DEVICES = {"CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(10))}
BelowFolder = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*$"),
    AfterValidator(_is_portable),
]


class Record(BaseModel):
    """Frozen, and strict: a misspelt demand must not be silently no demand, nor a number be none."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class CodeRecord(Record):
    """A coded concept (PS3.3 Table 8.8-1)."""

    value: Annotated[str, Field(min_length=1, max_length=16)]
    scheme: Annotated[str, Field(min_length=1, max_length=16)]
    meaning: Annotated[str, Field(min_length=1, max_length=64)]

    def code(self) -> Code:
        """Return it as the study's type."""
        return Code(self.value, self.scheme, self.meaning)


class SegmentRecord(Record):
    """One structure that a plugin may find (PS3.3 C.8.20.4)."""

    number: Annotated[int, Field(ge=1, le=65535)]
    label: Annotated[str, Field(min_length=1, max_length=64)]
    colour: tuple[Channel, Channel, Channel]
    category: CodeRecord
    type: CodeRecord

    def segment(self) -> Segment:
        """Return it as the study's type."""
        return Segment(self.number, self.label, self.colour, self.category.code(), self.type.code())


class ConceptRecord(Record):
    """One class that a plugin tells apart, one kind of lesion that it seeks, or one number that it measures."""

    id: Identifier
    label: Annotated[str, Field(min_length=1, max_length=64)]
    colour: tuple[Channel, Channel, Channel] = (230, 160, 40)
    category: CodeRecord
    type: CodeRecord
    threshold: float | None = None

    def concept(self) -> Concept:
        """Return it as the study's type."""
        return Concept(self.id, self.label, self.colour, self.category.code(), self.type.code())


def holds(condition: Condition, parameters: Mapping[str, Parameter]) -> bool:
    """Whether whole, parsed parameters meet a condition such as ``{classes = ["18"]}``."""
    return all(parameters[name] in values for name, values in condition.items())
