"""What is known of a model: trained on what, how good, where it fails; and how to see that it still works here."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from medview.plugin.manifest.record import BelowFolder, Identifier, Record, Sha256, Text


class Metric(Record):
    """One measured number; `source` says who measured it, where and on how many cases."""

    dataset: Text
    cases: Annotated[int, Field(ge=1)]
    name: Text
    value: float
    unit: str = ""
    source: Text
    held_out: bool


class Card(Record):
    """The model card in short; README.md in the plugin's folder is the whole."""

    trained_on: Text
    metrics: tuple[Metric, ...] = ()
    fails_where: tuple[Text, ...] = ()
    citation: str = ""
    contact: str = ""


class SelfTest(Record):
    """A file that the plugin brings, and what a run on it must give: `medview plugin test` holds it against the run.

    Attributes
    ----------
    input
        A NIfTI file below the plugin's folder, or "phantom:NAME" for one of the program's own.
    output
        The id of the output that is tested.
    metric
        "volume_ml" of a segment, "score" of a concept, "count" of boxes, "mean" of an image, "dice" against `truth`.
    of
        The segment number or concept id, where the metric asks for one.
    """

    input: Text
    input_sha256: Sha256 | None = None
    output: Identifier = "result"
    metric: Literal["volume_ml", "score", "count", "mean", "dice"]
    of: str = ""
    truth: BelowFolder | None = None
    value: float
    tolerance: Annotated[float, Field(ge=0)]
