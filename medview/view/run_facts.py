"""How a run of a plugin went, in words: where it was computed, how long, and what it had to do without."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from medview.errors import Sentence

_PLACES: Mapping[str, Sentence] = {
    "cpu": Sentence("the processor"),
    "cuda": Sentence("the graphics card"),
    "mps": Sentence("the graphics card"),
}
_RUNGS: Mapping[str, Sentence] = {  # as `medview.plugin.engine.ladder` names them
    "half precision": Sentence("half precision"),
    "one tile at a time": Sentence("one tile at a time"),
    "sums in half precision": Sentence("sums in half precision"),
    "sums in the computer's memory": Sentence("sums in the computer's memory"),
    "processor": Sentence("the processor"),
}


def run_facts(provenance: Mapping[str, Any]) -> Sentence:
    """Return where something was computed and in how many seconds; where memory was short, in which way instead."""
    device = str(provenance.get("device", "?"))
    seconds = provenance.get("seconds")
    total = seconds.get("total") if isinstance(seconds, Mapping) else None
    facts: dict[str, object] = {"device": _PLACES.get(device, device)}
    if isinstance(total, int | float):
        told = Sentence("Computed on {device} in {seconds} s", facts | {"seconds": f"{total:.1f}"})
    else:
        told = Sentence("Computed on {device}", facts)
    rung = str(provenance.get("rung", ""))
    if not rung:
        return told
    ways = [_RUNGS.get(way, way) for way in rung.split(", ")]
    way = ways[0] if len(ways) == 1 else Sentence("{one}, {other}", {"one": ways[0], "other": ways[1]})
    return Sentence("{told}; memory was short: {way}", {"told": told, "way": way})
