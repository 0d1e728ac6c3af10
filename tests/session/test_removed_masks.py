"""A large mask that is removed takes neither itself nor what was done before out of reach of Undo."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from medview.session.edit_mask import remove_segmentation
from medview.session.session import Session
from medview.study.geometry import Geometry
from medview.study.history import Edit
from medview.study.segmentation import Segment, Segmentation, Source
from medview.study.series import Instance, Series, StudyFacts
from medview.study.study import Study


def test_a_large_mask_comes_back_after_further_strokes_and_those_before_are_undone(session: Session) -> None:
    geometry = Geometry((300, 1024, 1024), np.eye(4))
    images = tuple(Instance(Path(f"{n}.dcm"), f"1.2.{n}") for n in range(300))
    series = Series("1.2.3", "1.2", instances=images, geometry=geometry)
    study = Study(StudyFacts("1.2"), (series,))
    session.add_study(study)

    def mask() -> Segmentation:
        labels = np.zeros(geometry.shape, np.uint8)  # 300 MB that no page is taken for until it is written
        return Segmentation(labels, geometry, Source.of(series), (Segment(1, "x"),))

    def stroke(on: Segmentation, row: int) -> None:
        box = (slice(0, 1), slice(row, row + 1), slice(0, 9))
        study.history.do(Edit(on, box, on.labels[box].copy(), np.ones((1, 1, 9), np.uint8), "Brush"))

    small, large = mask(), mask()
    study.add(small)
    study.add(large)
    stroke(small, 0)
    stroke(large, 1)
    remove_segmentation(session, large)
    stroke(small, 2)
    assert study.segmentations == (small,)
    assert [study.history.undo() for _ in range(4)] == ["Brush", "Remove the segmentation", "Brush", "Brush"]
    assert study.segmentations == (small, large)
    assert not small.labels[0].any()
    assert not large.labels[0].any()
