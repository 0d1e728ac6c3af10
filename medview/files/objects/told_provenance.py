"""How a result came about, as the DICOM objects that are written here tell it: fact by fact, each a text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from medview.files.headers.dicom_header import MAKER
from medview.files.objects.coded import long_string

if TYPE_CHECKING:
    from highdicom import ContributingEquipment

_FACTS = (
    "weights_sha256", "manifest_sha256", "edited_by", "edited_at", "device", "precision", "rung", "parameters",
    "backend", "seed", "seconds", "started", "medview_version", "input", "inputs",
)  # fmt: skip
AI_MARK = "AI."  # begins what is told of a plugin that has learned
_SHORT_TEXT = 1024  # characters (PS3.5 6.2)
# highdicom writes the parameters of an algorithm as "a=1,b=2", and reads nothing that holds these signs otherwise
_SEPARATORS = str.maketrans({",": ";", "=": ":"})


def told_provenance(provenance: Mapping[str, Any]) -> dict[str, str]:
    """Return what provenance holds beside plugin and version, what matters most first.

    >>> told_provenance({"plugin": "p", "weights_sha256": {"net": "ab"}, "rung": "", "parameters": {"threshold": 0.5}})
    {'weights_sha256.net': 'ab', 'rung': 'none', 'parameters.threshold': '0.5'}
    """
    return {name: text for key in _FACTS if key in provenance for name, text in _parts(key, provenance[key])}


def contribution(provenance: Mapping[str, Any]) -> ContributingEquipment:
    """Return the plugin as an item of the Contributing Equipment Sequence (PS3.3 C.12.1.1.5)."""
    import highdicom
    from pydicom.sr.codedict import codes

    return highdicom.ContributingEquipment(
        manufacturer=MAKER,
        purpose_of_reference=codes.DCM.ProcessingEquipment,
        manufacturer_model_name=long_string(str(provenance.get("plugin") or "unknown")),
        software_versions=long_string(str(provenance.get("plugin_version") or "unknown")),
        contribution_description=short_text(
            ("" if provenance.get("classical") else f"{AI_MARK} ")
            + "; ".join(f"{name}={text}" for name, text in told_provenance(provenance).items())
        ),
    )


def short_text(text: str) -> str:
    """Return a text that fits a Short Text; one that is cut says so."""
    return text if len(text) <= _SHORT_TEXT else text[: _SHORT_TEXT - 4] + " ..."


def _parts(name: str, value: Any) -> list[tuple[str, str]]:
    """Return a fact in its single parts, each with the name of where it stands in the whole."""
    if isinstance(value, Mapping) and value:
        return [one for key in sorted(value) for one in _parts(f"{name}.{key}", value[key])]
    if isinstance(value, (list, tuple)) and value:
        return [one for number, part in enumerate(value, 1) for one in _parts(f"{name}.{number}", part)]
    is_nothing = value is None or (isinstance(value, (str, Mapping, list, tuple)) and not value)
    text = "none" if is_nothing else value if isinstance(value, str) else json.dumps(value, default=str)
    return [(name, text.translate(_SEPARATORS))]
