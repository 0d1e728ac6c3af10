"""What a plugin gives."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from medview.plugin.manifest.record import ConceptRecord, Condition, Identifier, Record, SegmentRecord

OutputType = Literal["labels", "boxes", "scores", "heat_map", "image", "curve", "measurement", "transform"]


class Output(Record):
    """One answer of a run; `when` limits it to values of parameters, such as ``{classes = ["18"]}``.

    Attributes
    ----------
    segments
        Of "labels": what the numbers mean.
    concepts
        Of "scores", "boxes" and "measurement": classes, kinds of lesion, quantities.
    activation
        Of "labels" of a network: "softmax" (one winner a voxel) or "sigmoid" (each channel by itself against
        `threshold`).
    interpolated
        Of "labels" of a network: what is brought back to the images' grid, "logits" or "probabilities" (the activation
        comes first then).
    threshold
        Of "boxes" what is shown from at first; of sigmoid labels what counts as inside.
    maps
        Of "labels" of a network: what a person may ask for beside them, by an option that the program adds.
    scores
        What the numbers of "scores" are; only "calibrated" may be read as probability, and the card must say by what.
    image_kind, unit, is_synthetic
        Of "image".
    """

    id: Identifier = "result"
    type: OutputType = "labels"
    when: Condition = Field(default_factory=dict)
    segments: tuple[SegmentRecord, ...] = ()
    concepts: tuple[ConceptRecord, ...] = ()
    activation: Literal["softmax", "sigmoid"] = "softmax"
    interpolated: Literal["logits", "probabilities"] = "logits"
    threshold: float = 0.5
    scores: Literal["softmax", "sigmoid", "logit", "calibrated"] = "softmax"
    maps: tuple[Literal["probability", "uncertainty"], ...] = ()
    map_kind: Literal["saliency", "uncertainty", "probability"] = "saliency"
    image_kind: Literal["denoised", "super_resolved", "translated", "synthesized"] = "denoised"
    unit: str = ""
    is_synthetic: bool = False

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.type == "labels") != bool(self.segments):
            raise ValueError("segments belong to outputs of type labels, and to no others")
        if (self.type in ("boxes", "scores", "measurement")) != bool(self.concepts):
            raise ValueError("concepts belong to outputs of type boxes, scores or measurement, and to no others")
        for names in ([s.number for s in self.segments], [c.id for c in self.concepts]):
            if len(set(names)) != len(names):
                raise ValueError("two segments or concepts have the same number or id")
        if self.maps and self.type != "labels":
            raise ValueError("maps belong to outputs of type labels")
        if self.type == "labels" and not 0 < self.threshold < 1:
            raise ValueError("a threshold of labels lies between 0 and 1, without the two")
        if self.type == "image" and self.image_kind in ("translated", "synthesized") and not self.is_synthetic:
            raise ValueError("a translated or synthesized image is synthetic and must say so")
        return self
