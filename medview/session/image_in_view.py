"""Which acquired image is looked at."""

from __future__ import annotations

import numpy as np

from medview.session.scene import Scene
from medview.study.image_index import ImagePlace


def image_in_view(scene: Scene) -> ImagePlace | None:
    """Return the image at the cursor, of a resampled stack the original one that lies nearest to it; None without any.

    The slices of a resampled stack are others than those it was made from: their numbers do not tell which is which.
    """
    source = scene.series.resampled_from
    if source is None:
        number = scene.cursor_index[0]
        return ImagePlace(scene.series, number) if number < len(scene.series.instances) else None
    places = [ImagePlace(source, number) for number in range(len(source.instances))]
    if source.geometry is None or not places:
        return None
    normal = np.cross(source.geometry.affine[:3, 1], source.geometry.affine[:3, 2])
    return min(places, key=lambda place: abs(float((place.origin_mm - scene.cursor_mm) @ normal)))
