"""What a person should have read of a plugin before it is run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medview.gui.language import tr

if TYPE_CHECKING:
    from medview.plugin.manifest.manifest import Manifest


def facts_text(manifest: Manifest) -> str:
    """Return the two lines a person should have read: what it is for, and its terms."""
    return "\n".join((tr(manifest.intended_use), _terms(manifest)))


def _terms(manifest: Manifest) -> str:
    version = tr("Version {version}", version=manifest.version)
    licence = manifest.licences
    if manifest.classical:
        return tr("{version} · licence {code}", version=version, code=licence.code)
    return tr(
        "{version} · licence {code}, weights {weights}", version=version, code=licence.code, weights=licence.weights
    )


def licences_text(manifest: Manifest) -> str:
    """Return under which licences code and weights are given, and what the model was trained on."""
    licence = manifest.licences
    return tr(
        "Code: {code}\nWeights: {weights}\nTrained on: {data}",
        code=licence.code,
        weights=licence.weights,
        data=licence.data,
    )
