"""What plugins do, in words: of the button that runs one, and of the list of tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medview.errors import Sentence

if TYPE_CHECKING:
    from medview.plugin.manifest.manifest import Task

RUN_TITLES: dict[Task, Sentence] = {
    "classify": Sentence("Run classification"),
    "detect": Sentence("Run detection"),
    "segment": Sentence("Run segmentation"),
    "segment_interactive": Sentence("Run segmentation"),
    "register": Sentence("Run registration"),
    "enhance": Sentence("Run enhancement"),
    "translate": Sentence("Run translation of images"),
    "synthesize": Sentence("Run synthesis"),
    "cine": Sentence("Run cine analysis"),
    "measure": Sentence("Run measurement"),
}
TASK_TITLES: dict[Task, Sentence] = {
    "segment": Sentence("Segmentation"),
    "segment_interactive": Sentence("Segmentation by hints"),
    "detect": Sentence("Detection"),
    "classify": Sentence("Classification"),
    "enhance": Sentence("Enhancement"),
    "translate": Sentence("Translation of images"),
    "synthesize": Sentence("Synthesis"),
    "register": Sentence("Registration"),
    "cine": Sentence("Cine analysis"),
    "measure": Sentence("Measurement by a model"),
}
