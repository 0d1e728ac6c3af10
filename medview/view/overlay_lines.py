"""What the corners of a pane say of the objects that lie over the images: presentation states, doses, value maps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medview.errors import Sentence
from medview.session.scene import PixelValue, Scene
from medview.study.annotation import ImageName
from medview.view.corner_line import CornerLine
from medview.view.dose_value import dose_at
from medview.view.fusion_lines import fusion_lines
from medview.view.slice_picture import SlicePicture
from medview.view.true_place import true_place
from medview.view.value_text import number_text


def overlay_lines(scene: Scene, picture: SlicePicture) -> tuple[CornerLine, ...]:
    """Return which second volume and dose are drawn, and which presentation state is applied, to this image or not."""
    lines = [*fusion_lines(scene)]
    state = scene.presentation
    if state is not None:
        facts: dict[str, object] = {"label": state.label}
        if _is_for_this(scene, picture):
            lines.append(CornerLine(Sentence("Presentation state: {label}", facts), "badge"))
        else:
            lines.append(CornerLine(Sentence("Presentation state {label} is for other images", facts), "badge"))
    if scene.dose is not None:
        highest = f"{scene.dose.array.max():.4g}"
        if scene.dose.unit:
            lines.append(CornerLine(Sentence("Dose, red is {dose} Gy", {"dose": highest}), "badge"))
        else:
            lines.append(CornerLine(Sentence("Relative dose, red is {dose}", {"dose": highest}), "badge"))
    return tuple(lines)


def pointed_overlay_lines(
    scene: Scene, point_mm: NDArray[np.float64], value: PixelValue | None
) -> tuple[CornerLine, ...]:
    """Return the dose at a point of the volume's grid, and what its value is in the real world."""
    lines = []
    place = true_place(scene.volume, point_mm)
    dose = dose_at(scene.dose, place) if scene.dose is not None and place is not None else None
    if scene.dose is not None and dose is not None:
        lines.append(CornerLine(Sentence("Dose {dose} {unit}", {"dose": f"{dose:.4g}", "unit": scene.dose.unit})))
    if scene.value_map is not None and isinstance(value, float):
        slice_index = int(np.rint(scene.volume.geometry.to_index(point_mm)[0]))
        if 0 <= slice_index < len(scene.series.instances):
            found = scene.value_map.values_of(scene.series.instances[slice_index], value)
            lines += [CornerLine(f"{number_text(real)} {m.unit} ({m.label})".strip()) for real, m in found]
    return tuple(lines)


def _is_for_this(scene: Scene, picture: SlicePicture) -> bool:
    """Whether the state is for the image shown; across the images, whether for any."""
    state = scene.presentation
    if state is None or picture.is_turned or picture.plane != scene.acquired_plane:
        return state is not None
    instance = scene.series.instances[picture.slice_index]
    return state.is_for(ImageName(instance.sop_instance_uid, instance.frame_index))
