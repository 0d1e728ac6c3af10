"""What a plugin says of itself in its `plugin.toml`: pure data, checked before any of its code is imported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from medview.errors import MedViewError
from medview.plugin.contract import Parameter
from medview.plugin.manifest.card import Card, SelfTest
from medview.plugin.manifest.input_record import InputRecord
from medview.plugin.manifest.map_option import with_map_option
from medview.plugin.manifest.output_record import Output
from medview.plugin.manifest.parameter_record import ParameterRecord
from medview.plugin.manifest.record import Identifier, Record, Text, holds
from medview.plugin.manifest.runtime import Abilities, Cost, Network, Runtime, Tiling
from medview.plugin.manifest.weights_record import Licences, WeightsRecord
from medview.study.segmentation import Segment

Task = Literal[
    "classify",
    "detect",
    "segment",
    "segment_interactive",
    "register",
    "enhance",
    "translate",
    "synthesize",
    "cine",
    "measure",
]


class Manifest(Record):
    """A plugin's own description.

    Attributes
    ----------
    entry
        "module:function" inside the plugin's folder; a manifest with a `network` needs none.
    network
        A network that the program runs by itself: no code of the plugin's own.
    classical
        True where nothing is learned: thresholds, components, morphology.
    """

    id: Identifier
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    name: Text
    summary: Text
    schema_version: Literal[2] = Field(2, alias="schema")
    task: Task
    entry: Annotated[str, Field(pattern=r"^[A-Za-z_]\w*:[A-Za-z_]\w*$")] | None = None
    network: Network | None = None
    runtime: Runtime = Runtime()
    intended_use: Text
    research_only: bool
    classical: bool = False
    licences: Licences
    inputs: Annotated[tuple[InputRecord, ...], Field(min_length=1)]
    outputs: Annotated[tuple[Output, ...], Field(min_length=1)]
    parameters: tuple[ParameterRecord, ...] = ()
    weights: tuple[WeightsRecord, ...] = ()
    tiling: Tiling | None = None
    can: Abilities = Abilities()
    cost: Cost
    tests: tuple[SelfTest, ...] = ()
    card: Card | None = None

    @model_validator(mode="before")
    @classmethod
    def _with_map_option(cls, given: Any) -> Any:
        return with_map_option(given)

    @model_validator(mode="after")
    def _conditions_hold(self) -> Self:
        known = {p.id: p for p in self.parameters}
        for when in (*(o.when for o in self.outputs), *(w.when for w in self.weights)):
            for name, values in when.items():
                if name not in known:
                    raise ValueError(f"a condition names the parameter {name}, which is not declared")
                for value in values:
                    known[name].parse(str(value))
        for names in ([p.id for p in self.parameters], [w.id for w in self.weights], [i.id for i in self.inputs]):
            if len(set(names)) != len(names):
                raise ValueError("an id is used twice")
        return self

    @model_validator(mode="after")
    def _transform_has_ends(self) -> Self:
        if any(output.type == "transform" for output in self.outputs):
            second = self.series_inputs[:1]
            if not second or not second[0].required:
                raise ValueError("a transform leads from the first input to a second one, which must be required")
        return self

    @model_validator(mode="after")
    def _runs_somehow(self) -> Self:
        if (self.entry is None) == (self.network is None):
            raise ValueError("a plugin has either an entry or a network")
        if any(output.maps for output in (self.outputs[1:] if self.network else self.outputs)):
            raise ValueError("maps are made of the first output of a network alone")
        if self.network is not None:
            known = {w.id for w in self.weights}
            for weights_id in (self.network.weights, *self.network.alternatives, *self.network.ensemble):
                if weights_id not in known:
                    raise ValueError(f"the network names the weights {weights_id}, which are not declared")
        return self

    @property
    def input(self) -> InputRecord:
        """The images that results lie on: the first input."""
        return self.inputs[0]

    @property
    def series_inputs(self) -> tuple[InputRecord, ...]:
        """The further inputs that a person chooses a series for."""
        return tuple(record for record in self.inputs[1:] if record.is_series)

    @property
    def drawn_inputs(self) -> tuple[InputRecord, ...]:
        """The further inputs that are what a person has drawn."""
        return tuple(record for record in self.inputs[1:] if record.is_drawn)

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
        return tuple(s.segment() for o in self.outputs if holds(o.when, parameters) for s in o.segments)

    def outputs_of(self, parameters: Mapping[str, Parameter], kind: str) -> tuple[Output, ...]:
        """Return the outputs of a type that a run with these (whole, parsed) parameters may give."""
        return tuple(o for o in self.outputs if o.type == kind and holds(o.when, parameters))

    def needed_weights(self, parameters: Mapping[str, Parameter]) -> tuple[WeightsRecord, ...]:
        """Return the weights that a run with these (whole, parsed) parameters needs."""
        return tuple(w for w in self.weights if holds(w.when, parameters))
