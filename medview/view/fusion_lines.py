"""What the corners of a pane say of a second volume: which it is, why it lies there, what is seen of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medview.errors import Sentence
from medview.session.scene import PixelValue, Scene
from medview.study.fusion import Fusion
from medview.study.registration import Registration
from medview.study.series import Series
from medview.view.compared_units import common_unit
from medview.view.corner_line import CornerLine
from medview.view.true_place import true_place
from medview.view.value_text import number_text, value_text

_KINDS = {
    "rigid": Sentence("rigid"),
    "affine": Sentence("affine"),
    "deformable": Sentence("deformable"),
    "manual": Sentence("by hand"),
    "file": Sentence("from a file"),
}


def modality_name(series: Series) -> str:
    """Return a modality as a person calls it."""
    return {"PT": "PET", "": "?"}.get(series.modality, series.modality)


def series_name(series: Series) -> str:
    """Return modality and description of a series, the modality once."""
    name = series.series_description.strip()
    modality = modality_name(series)
    return name if modality.lower() in name.lower().split() else f"{modality} {name}".strip()


def pair_names(first: Series, second: Series) -> tuple[str, str]:
    """Return short names that tell two series apart: the modalities, and where those agree their numbers or texts."""
    modalities = modality_name(first), modality_name(second)
    numbered = tuple(f"{modality_name(one)} {one.series_number or ''}".strip() for one in (first, second))
    for names in (modalities, numbered, (series_name(first), series_name(second))):
        if names[0] != names[1]:
            return names[0], names[1]
    return f"{modalities[0]} I", f"{modalities[1]} II"


def fusion_lines(scene: Scene) -> tuple[CornerLine, ...]:
    """Return the lines of the second volume, the gravest first; nothing without one."""
    fusion = scene.fusion
    if fusion is None:
        return ()
    facts: dict[str, object] = {"name": series_name(fusion.volume.series)}
    if fusion.model:
        facts["plugin"] = Sentence(fusion.model)
        made = Sentence("AI, synthetic: {name}, made by {plugin}", facts)
        named = CornerLine(made if fusion.is_synthetic else Sentence("{name}, made by {plugin}", facts), "badge")
    else:
        named = CornerLine(Sentence("Fused: {name}", facts), "badge")
    return (*_basis(fusion), *_loss(fusion.volume.series), named, *_mode(scene, fusion))


def fused_value_text(scene: Scene, point_mm: NDArray[np.float64], value: PixelValue) -> str:
    """Return the value of both volumes at a point of the first one's grid: "CT -12 HU / PET 3.40 SUVbw".

    Of one alone it is its own text.
    """
    fusion = scene.fusion
    if fusion is None:
        return value_text(scene.volume, value)
    first_name, second_name = pair_names(scene.series, fusion.volume.series)
    own = f"{first_name} {_short(value, scene.volume.unit, _suv(scene.series))}"
    place = true_place(scene.volume, point_mm)
    second = None if place is None else fusion.placed.value_at(place)
    if second is None or not np.isfinite(second):
        return f"{own} / {second_name} –"
    return f"{own} / {second_name} {_short(second, fusion.volume.unit, fusion.suv_factor)}"


def _short(value: PixelValue, unit: str, suv: float | None) -> str:
    if isinstance(value, tuple):
        return "R {}  G {}  B {}".format(*value)
    return f"{number_text(value)} {unit}".strip() if suv is None else f"{value * suv:.2f} SUVbw"


def _suv(series: Series) -> float | None:
    return dict(series.suv_factors).get("bw")


def _basis(fusion: Fusion) -> tuple[CornerLine, ...]:
    if fusion.basis == "unregistered":
        # two lines, so that neither is cut in a small pane
        said = (Sentence("Not registered:"), Sentence("positions may not agree"))
        return tuple(CornerLine(line, "warning") for line in said)
    if fusion.registration is None:
        return ()
    registration = fusion.registration
    if registration.is_worse:
        worse = CornerLine(Sentence("The images agree less than before"), "warning")
        return (worse, CornerLine(_plugin_text(registration), "badge"))
    # in a small pane the plugin's name needs all the room there is
    told = _plugin_text(registration) if registration.provenance else registration_text(registration)
    return (CornerLine(told, "badge"),)


def registration_text(registration: Registration) -> Sentence:
    """Return how images were laid on each other, by whom, and by how much they agree better."""
    if registration.provenance:
        return _with_agreement(registration)
    facts: dict[str, object] = {"kind": _KINDS[registration.kind]}
    if registration.metric_after is None:
        return Sentence("Registered: {kind}", facts)
    facts["after"] = f"{registration.metric_after:.2f}"
    if registration.metric_before is None:
        return Sentence("Registered: {kind}, agreement {after}", facts)
    facts["before"] = f"{registration.metric_before:.2f}"
    return Sentence("Registered: {kind}, agreement {before} to {after}", facts)


def _with_agreement(registration: Registration) -> Sentence:
    facts: dict[str, object] = {"who": _plugin_text(registration)}
    if registration.metric_before is None or registration.metric_after is None:
        return _plugin_text(registration)
    facts |= {"before": f"{registration.metric_before:.2f}", "after": f"{registration.metric_after:.2f}"}
    return Sentence("{who}, agreement {before} to {after}", facts)


def _plugin_text(registration: Registration) -> Sentence:
    """Return which plugin has laid images on each other, and whether a person has mended it; what has learned is AI."""
    facts: dict[str, object] = {"plugin": Sentence(registration.label)}
    is_classical = bool(registration.provenance.get("classical"))
    if registration.kind == "manual":
        return Sentence(
            "Registered: by hand, after {plugin}" if is_classical else "Registered: by hand, after AI ({plugin})", facts
        )
    if registration.kind == "file":
        return Sentence(
            "Registered by {plugin}, from a file" if is_classical else "AI: registered by {plugin}, from a file", facts
        )
    return Sentence("Registered by {plugin}" if is_classical else "AI: registered by {plugin}", facts)


def _loss(series: Series) -> tuple[CornerLine, ...]:
    """Return that the second volume's images were compressed with loss, as `view.fidelity` says of the first's."""
    source = series.resampled_from or series
    found = [image.display for image in source.instances if image.display.is_lossy]
    if not found:
        return ()
    ratio = max(fact.lossy_ratio or 0.0 for fact in found)
    if not ratio:
        return (CornerLine(Sentence("Fused: compressed with loss"), "warning"),)
    return (CornerLine(Sentence("Fused: lossy {ratio}:1", {"ratio": f"{ratio:.3g}"}), "warning"),)


def _mode(scene: Scene, fusion: Fusion) -> tuple[CornerLine, ...]:
    names = dict(zip(("first", "second"), pair_names(scene.series, fusion.volume.series), strict=True))
    if fusion.mode == "flicker":
        seen = names["second"] if fusion.shows_second else names["first"]
        return (CornerLine(Sentence("Now seen: {name}", {"name": seen}), "badge"),)
    if fusion.mode != "difference":
        return ()
    unit = common_unit(scene, fusion)
    facts: dict[str, object] = {**names, "unit": unit, "most": f"{fusion.difference_width / 2:g}"}
    if not unit:
        return (CornerLine(Sentence("{second} minus {first}, by their windows", facts), "badge"),)
    return (CornerLine(Sentence("{second} minus {first}: blue -{most}, red {most} {unit}", facts), "badge"),)
