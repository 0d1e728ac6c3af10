"""Marks measure themselves."""

from __future__ import annotations

import numpy as np
import pytest

from medview.study.annotation import Annotation
from medview.study.annotation_list import AnnotationList


def test_a_line_has_its_length_and_an_outline_its_area() -> None:
    corners = np.array([[0.0, 0, 5], [30, 0, 5], [30, 40, 5]])
    assert Annotation("polyline", corners).length_mm == pytest.approx(70.0)
    triangle = Annotation("polygon", corners)
    assert triangle.length_mm == pytest.approx(120.0)
    assert triangle.area_mm2 == pytest.approx(600.0)
    assert Annotation("polyline", corners).area_mm2 == 0.0


def test_an_ellipse_is_given_by_the_ends_of_its_axes() -> None:
    ends = np.array([[-10.0, 0, 0], [10, 0, 0], [0, -4, 0], [0, 4, 0]])
    ellipse = Annotation("ellipse", ends)
    assert ellipse.area_mm2 == pytest.approx(np.pi * 40, rel=2e-3)
    assert ellipse.outline_mm[0].tolist() == pytest.approx([10.0, 0.0, 0.0])
    with pytest.raises(ValueError, match=r"4 ends of its axes"):
        Annotation("ellipse", ends[:3])


def test_points_must_be_points() -> None:
    with pytest.raises(ValueError, match=r"finite and of shape"):
        Annotation("point", np.array([[np.nan, 0, 0]]))
    with pytest.raises(ValueError, match=r"finite and of shape"):
        Annotation("point", np.empty((0, 3)))


def test_an_object_that_is_opened_again_takes_the_place_of_its_marks() -> None:
    found, told = AnnotationList(), []
    found.changed.connect(lambda: told.append(len(found)))
    one, two = (Annotation("point", np.zeros((1, 3)), label=n) for n in "ab")
    found.put("1.2", [one, two])
    found.put("1.3", [one])
    found.put("1.2", [two])
    assert [a.label for a in found] == ["a", "b"]
    found.take_off("1.3")
    assert told == [2, 3, 2, 1]
    assert [a.label for a in found.of_object("1.2")] == ["b"]
