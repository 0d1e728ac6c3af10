"""What kind of picture a series holds, as far as millimetres are concerned: a projection, ultrasound, a photograph."""

from __future__ import annotations

from typing import Literal

ImageKind = Literal["plane", "projection", "ultrasound", "capture"]

_STORAGE = "1.2.840.10008.5.1.4.1.1."
_PROJECTIONS = {"CR", "DX", "MG", "IO", "PX", "XA", "RF", "RG"}
_PROJECTION_CLASSES = {
    _STORAGE + end
    for end in (
        "1", "1.1", "1.1.1", "1.2", "1.2.1", "1.3", "1.3.1", "12.1", "12.1.1", "12.2", "12.2.1", "12.3", "13.1.4",
        "13.1.5",
    )
}  # fmt: skip
# volumes made of projections: X-Ray 3D Angiographic, Craniofacial, Breast Tomosynthesis; Enhanced US Volume
_VOLUME_CLASSES = {_STORAGE + end for end in ("13.1.1", "13.1.2", "13.1.3", "6.2")}
_ULTRASOUND = {"US", "IVUS"}
_ULTRASOUND_CLASSES = {_STORAGE + end for end in ("6", "6.1", "3", "3.1")}
_PHOTOGRAPHS = {"ES", "XC", "GM", "SM", "OP"}
_CAPTURES = _STORAGE + "7"  # Secondary Capture and its multi-frame classes
_VISIBLE_LIGHT = _STORAGE + "77.1."


def image_kind(modality: str, sop_class_uid: str, *, is_placed: bool) -> ImageKind:
    """Return how the size of a pixel is told in images of a kind.

    "plane" (Pixel Spacing lies in the patient: CT, MR, PT, NM and volumes), "projection" (PS3.3 10.7: a radiograph's
    spacing may be that of the detector), "ultrasound" (C.8.5.5: regions tell) or "capture" (screenshots, photographs,
    visible light: nothing that is believed).

    Parameters
    ----------
    is_placed
        Whether the image gives position, orientation and spacing. A Secondary Capture that does is a volume that a
        converter has written under this class, not a picture of a screen.
    """
    if sop_class_uid in _VOLUME_CLASSES:
        return "plane"
    if modality in _PROJECTIONS or sop_class_uid in _PROJECTION_CLASSES:
        return "projection"
    if modality in _ULTRASOUND or sop_class_uid in _ULTRASOUND_CLASSES:
        return "ultrasound"
    is_capture = sop_class_uid == _CAPTURES or sop_class_uid.startswith(_CAPTURES + ".")
    if modality in _PHOTOGRAPHS or sop_class_uid.startswith(_VISIBLE_LIGHT) or (is_capture and not is_placed):
        return "capture"
    return "plane"
