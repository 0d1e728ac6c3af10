"""What the planes are called."""

from __future__ import annotations

from medview.errors import Sentence

PANE_TITLES = {
    "axial": Sentence("Axial"),
    "coronal": Sentence("Coronal"),
    "sagittal": Sentence("Sagittal"),
    "volume": Sentence("3D"),
}
