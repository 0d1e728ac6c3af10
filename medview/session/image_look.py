"""How each image of a series wants to be shown: by its window, or by a table in its place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from medview.imaging.window import VoiFunction, Window, function_named, voi_function
from medview.study.annotation import ImageName
from medview.study.presentation import Presentation
from medview.study.voi_lut import VoiLut
from medview.study.volume import Volume


@dataclass(frozen=True)
class ImageLook:
    """A window with its function, or a table in its place (PS3.3 C.11.2): `window` is then what is nearest to it."""

    window: Window
    function: VoiFunction = "LINEAR"
    lut: VoiLut | None = None


def image_look(volume: Volume, slice_index: int, window: Window) -> ImageLook:
    """Return how an image is shown until a person, or a presentation state, says otherwise.

    By the first VOI LUT of the image; else by its own window where the images are no volume, in which all share one;
    else by the window of the series.

    Parameters
    ----------
    window
        The default window of the whole volume.
    """
    luts = volume.voi_luts[slice_index] if slice_index < len(volume.voi_luts) else ()
    if luts:
        return ImageLook(luts[0].window, voi_function(volume), luts[0])
    own = _own_window(volume, slice_index)
    if own is None:
        return ImageLook(window, voi_function(volume))
    return ImageLook(own, function_named(volume.series.instances[slice_index].display.voi_lut_function))


def stated_look(volume: Volume, slice_index: int, presentation: Presentation | None) -> ImageLook | None:
    """Return how a presentation state shows an image; None where it says nothing of its window."""
    instances = volume.series.instances
    if presentation is None or slice_index >= len(instances):
        return None
    instance = instances[slice_index]
    name = ImageName(instance.sop_instance_uid, instance.frame_index)
    lut = presentation.luts.get(name)
    if lut is not None:
        return ImageLook(lut.window, "LINEAR", lut)
    window = presentation.windows.get(name)
    return None if window is None else ImageLook(window, presentation.functions.get(name, "LINEAR"))


def _own_window(volume: Volume, slice_index: int) -> Window | None:
    """Return the window of one image among images that are looked at one by one."""
    instances = volume.series.instances
    if volume.is_colour or volume.geometry.has_depth or len(instances) < 2 or slice_index >= len(instances):
        return None
    for centre, width in instances[slice_index].windows:
        if np.isfinite((centre, width)).all() and width > 0:
            return centre, width
    return None
