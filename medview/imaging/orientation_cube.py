"""The small cube that tells from where a volume in 3D is seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from medview.imaging.camera import Camera

_LETTERS = {(0, 1): "L", (0, -1): "R", (1, 1): "P", (1, -1): "A", (2, 1): "H", (2, -1): "F"}
# of the writing on each face: to the right and up, as it is read by who stands before it
_WRITING = {
    (0, 1): ((0, 1, 0), (0, 0, 1)),
    (0, -1): ((0, -1, 0), (0, 0, 1)),
    (1, 1): ((-1, 0, 0), (0, 0, 1)),
    (1, -1): ((1, 0, 0), (0, 0, 1)),
    (2, 1): ((1, 0, 0), (0, 1, 0)),
    (2, -1): ((1, 0, 0), (0, -1, 0)),
}
_EDGE_ON = 0.02


@dataclass(frozen=True)
class CubeFace:
    """A face that is seen.

    Attributes
    ----------
    letter
        L, R, A, P, H or F.
    corners
        (x, y) of the four corners about the cube's middle, y down, the cube's edge being 1: top left, top right, bottom
        right and bottom left as the letter is read.
    facing
        1 where it is seen squarely, 0 from the side.
    """

    letter: str
    corners: tuple[tuple[float, float], ...]
    facing: float


def cube_faces(camera: Camera) -> tuple[CubeFace, ...]:
    """Return the one to three faces of the cube that a camera sees, the one seen most squarely as the last."""
    seen = []
    for (axis, sign), letter in _LETTERS.items():
        normal = np.zeros(3)
        normal[axis] = sign
        facing = float(normal @ camera.towards)
        if facing > _EDGE_ON:
            right, up = (np.array(vector) / 2 for vector in _WRITING[axis, sign])
            middle = normal / 2
            corners = (middle - right + up, middle + right + up, middle + right - up, middle - right - up)
            flat = tuple((float(c @ camera.right), float(-(c @ camera.up))) for c in corners)
            seen.append(CubeFace(letter, flat, facing))
    return tuple(sorted(seen, key=lambda face: face.facing))


def face_at(camera: Camera, x: float, y: float) -> str | None:
    """Return the letter of the face at a point about the cube's middle, y down, its edge being 1; None beside it."""
    for face in cube_faces(camera):
        ends = [*face.corners[1:], face.corners[0]]
        turns = [
            (bx - ax) * (y - ay) - (by - ay) * (x - ax) for (ax, ay), (bx, by) in zip(face.corners, ends, strict=True)
        ]
        if all(turn >= 0 for turn in turns) or all(turn <= 0 for turn in turns):
            return face.letter
    return None
