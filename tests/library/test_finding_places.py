"""Places that lie on no slice of the images are damage: a click on the curve would lead elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

from medview.library.finding_record import KeptRun, arrays_of, finding_record, kept_finding
from medview.study.finding import ClassScores, Concept, Curve, Finding, Payload
from medview.study.geometry import Geometry
from medview.study.segmentation import Source

GRID = Geometry((3, 4, 5), np.eye(4))
SOURCE = Source("k", "1.2", "1.3", "ab")
RUN = KeptRun("P", SOURCE, GRID, {}, None)


def scores(places: list[int]) -> ClassScores:
    values = np.ones((len(places), 1), np.float32)
    return ClassScores((Concept("a", "A"),), np.ones(1, np.float32), "softmax", np.array(places, np.int64), values)


def curve(places: list[int]) -> Curve:
    x = np.arange(float(len(places)))
    return Curve("c", x, x, "ms", "ml", frame_indices=np.array(places, np.int64))


@pytest.mark.parametrize("make", [scores, curve])
def test_a_place_beyond_the_images_is_damage(make: object) -> None:
    def back(payload: Payload) -> Finding:
        finding = Finding("2.25.1", "2.25.2", "P", payload, GRID, SOURCE, {})
        return kept_finding("2.25.1", finding_record(finding), RUN, arrays_of(finding))

    assert callable(make)
    assert back(make([0, 2])).uid == "2.25.1"
    with pytest.raises(ValueError, match="no places"):
        back(make([0, 3]))
