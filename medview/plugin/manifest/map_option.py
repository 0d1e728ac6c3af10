"""The option that a network's labels offer when their output names `maps`: which map is wanted beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from medview.errors import Sentence

MAP_OPTION = "probability_of"
NO_MAP = "none"
UNCERTAINTY = "uncertainty"

_LABEL = Sentence("Show probability of")
_HELP = Sentence("A map over the images, beside the labels. It is what the network gives, and was not calibrated.")
_NO = Sentence("No map")
_OTHERS = Sentence("Anything but the label (uncertainty)")


def with_map_option(manifest: object) -> object:
    """Return a manifest's plain data with the option and the outputs that the `maps` of its labels stand for.

    What is no manifest of a network, or has the option already, is returned as it is: whether it is right is not asked
    here. The option's value is the number of a segment, "uncertainty" or "none".
    """
    if not isinstance(manifest, Mapping) or not manifest.get("network"):
        return manifest
    parameters, outputs = manifest.get("parameters", ()), manifest.get("outputs")
    if not _are_tables(parameters) or not _are_tables(outputs) or not outputs or not _are_tables(_segments(outputs[0])):
        return manifest
    maps, segments = outputs[0].get("maps"), _segments(outputs[0])
    if not maps or any(record.get("id") == MAP_OPTION for record in parameters):
        return manifest
    choices = _choices(maps, segments)
    more = [_output(kind, values) for kind, values in choices.items() if values]
    option = _option([choice for values in choices.values() for choice in values])
    return {**manifest, "parameters": [*parameters, option], "outputs": [*outputs, *more]}


def _segments(output: Mapping[str, Any]) -> Any:
    return output.get("segments", ())


def _are_tables(given: object) -> bool:
    is_row = isinstance(given, Sequence) and not isinstance(given, str)
    return is_row and all(isinstance(one, Mapping) for one in given)  # type: ignore[attr-defined]  # it is a row


def _choices(maps: Any, segments: Sequence[Mapping[str, Any]]) -> dict[str, list[dict[str, str]]]:
    """Return the values of the option by the kind of map that each asks for."""
    of_segments = [{"value": str(one.get("number")), "label": str(one.get("label"))} for one in segments]
    return {
        "probability": of_segments if "probability" in maps else [],
        "uncertainty": [{"value": UNCERTAINTY, "label": _OTHERS.template}] if "uncertainty" in maps else [],
    }


def _option(choices: list[dict[str, str]]) -> dict[str, Any]:
    none = {"value": NO_MAP, "label": _NO.template}
    told = {"label": _LABEL.template, "help": _HELP.template}
    return {"id": MAP_OPTION, "type": "choice", "default": NO_MAP, "choices": [none, *choices], **told}


def _output(kind: str, choices: list[dict[str, str]]) -> dict[str, Any]:
    wanted = [choice["value"] for choice in choices]
    return {"id": f"{kind}_map", "type": "heat_map", "map_kind": kind, "when": {MAP_OPTION: wanted}}
