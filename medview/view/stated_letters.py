"""Orientation letters of images that have no place in the patient but say how their rows and columns run."""

from __future__ import annotations

import re

from medview.imaging.plane import SlicePlane

Letters = tuple[str, str, str, str]
NO_LETTERS: Letters = ("", "", "", "")
_OPPOSITE = str.maketrans("LRAPHF", "RLPAFH")
_DIRECTION = re.compile(r"(?!.*(?:L.*R|R.*L|A.*P|P.*A|H.*F|F.*H))(?!.*(.).*\1)[LRAPHF]{1,3}")


def stated_letters(patient_orientation: tuple[str, ...], plane: SlicePlane) -> Letters:
    """Return the letters of the (left, right, top, bottom) edge by Patient Orientation (0020,0020).

    PS3.3 C.7.6.1.1.1: where the rows go to, and where the columns go to: "L", "F" on a chest taken from behind. "" on
    all edges where the file does not say it, or in a way that makes no sense: nothing is guessed.

    Parameters
    ----------
    plane
        How the images, as acquired, are laid on the screen.
    """
    if len(patient_orientation) != 2 or not all(map(_DIRECTION.fullmatch, patient_orientation)) or plane.axis != 0:
        return NO_LETTERS
    if set(patient_orientation[0][0]) & {patient_orientation[1][0], patient_orientation[1][0].translate(_OPPOSITE)}:
        return NO_LETTERS
    towards = {2: patient_orientation[0], 1: patient_orientation[1]}
    right, down = towards[plane.x_axis], towards[plane.y_axis]
    left, up = right.translate(_OPPOSITE), down.translate(_OPPOSITE)
    right, left = (left, right) if plane.x_flipped else (right, left)
    down, up = (up, down) if plane.y_flipped else (down, up)
    return left, right, up, down
