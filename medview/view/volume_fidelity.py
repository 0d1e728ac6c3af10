"""What a reader must know of a picture in 3D."""

from __future__ import annotations

from medview.errors import Sentence
from medview.imaging.volume_look import VolumeLook
from medview.imaging.volume_presets import VolumePreset
from medview.view.corner_line import CornerLine
from medview.view.volume_frame import VolumePicture


def volume_fidelity(look: VolumeLook, picture: VolumePicture | None) -> tuple[CornerLine, ...]:
    """Return that there is no OpenGL, or that rays or a part are left out; the rest is told by `view.fidelity`."""
    if picture is None:
        return ()
    lines = []
    if picture.without_opengl:
        lines.append(Sentence("No OpenGL: drawn by the processor"))
    if picture.is_coarse:
        lines.append(Sentence("Coarse while it moves"))
    # of the picture that is seen, and of the one that is on its way
    if picture.is_clipped or look.clipping is not None:
        lines.append(Sentence("Clipped"))
    if picture.is_cut or look.cuts:
        lines.append(Sentence("Tissue is cut away"))
    return tuple(CornerLine(line, "badge") for line in lines)


def look_line(look: VolumeLook, preset: VolumePreset) -> CornerLine:
    """Return the name of a look, and whether a person has changed it."""
    title = Sentence(preset.title)
    return CornerLine(title if look.function is None else Sentence("{look}, changed", {"look": title}))
