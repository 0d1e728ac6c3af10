"""Texts beside measurements: each in the pane, none on another."""

from __future__ import annotations

import numpy as np

from medview.view.text_places import Box, TextWish, leader, seen_part, text_places

PANE = (300.0, 200.0)


def overlap(one: Box, other: Box) -> bool:
    apart = one[0] + one[2] <= other[0] or other[0] + other[2] <= one[0]
    return not (apart or one[1] + one[3] <= other[1] or other[1] + other[3] <= one[1])


def test_a_text_stands_right_of_its_shape_and_left_at_the_edge() -> None:
    shape = np.array([(50.0, 50.0), (100.0, 90.0)])
    ((x, y, *_),) = text_places([TextWish((60, 20), shape)], PANE)
    assert (x, y) == (108, 60)
    ((x, *_),) = text_places([TextWish((60, 20), shape + (180, 0))], PANE)
    assert x + 60 <= 230 - 8 + 0.1


def test_twenty_texts_of_shapes_at_one_place_lie_clear_of_each_other() -> None:
    rng = np.random.default_rng(3)
    wishes = [TextWish((70, 14), rng.uniform(120, 150, (2, 2))) for _ in range(20)]
    boxes = text_places(wishes, PANE)
    assert not any(overlap(a, b) for n, a in enumerate(boxes) for b in boxes[:n])
    assert all(b[0] >= 0 and b[1] >= 0 and b[0] + b[2] <= PANE[0] and b[1] + b[3] <= PANE[1] for b in boxes)


def test_a_text_that_a_person_has_placed_stays_and_others_make_room() -> None:
    shape = np.array([(50.0, 50.0), (100.0, 90.0)])
    moved, free = text_places([TextWish((60, 20), shape, (108.0, 60.0)), TextWish((60, 20), shape)], PANE)
    assert moved[:2] == (108, 60)
    assert not overlap(moved, free)


def test_a_leader_joins_the_nearest_points() -> None:
    start, end = leader((100.0, 100.0, 50.0, 20.0), np.array([(10.0, 10.0), (90.0, 110.0)]))
    assert start.tolist() == [100, 110]
    assert end.tolist() == [90, 110]


def test_no_text_lies_on_the_line_of_another() -> None:
    shape = np.array([(50.0, 50.0), (100.0, 90.0)])
    across = np.array([(110.0, 10.0), (165.0, 190.0)])
    box, _ = text_places([TextWish((60, 20), shape, lines=(shape,)), TextWish((0, 0), across, lines=(across,))], PANE)
    along = np.linspace(across[0], across[1], 200)
    inside = (along > box[:2]) & (along < np.array(box[:2]) + box[2:])
    assert not inside.all(axis=1).any()


def test_no_text_goes_where_corners_and_letters_are_written() -> None:
    shape = np.array([(180.0, 20.0), (210.0, 40.0)])
    corner = (200.0, 0.0, 100.0, 60.0)
    (box,) = text_places([TextWish((80, 30), shape)], PANE, (corner,))
    assert not overlap(box, corner)


def test_the_text_of_a_long_line_stands_beside_what_is_seen_of_it() -> None:
    line = np.array([(100.0, 100.0), (4100.0, 4100.0)])
    wish = seen_part(TextWish((60, 20), line, lines=(line,)), PANE)
    assert wish.points.min() >= 0
    assert (wish.points <= PANE).all()
    assert np.allclose(wish.points[:, 0], wish.points[:, 1])  # on the line
    assert wish.points.max() > 180  # and as far as it is seen: the pane is 200 high


def test_a_shape_that_is_seen_whole_is_left_as_it_is() -> None:
    wish = TextWish((60, 20), np.array([(50.0, 50.0), (100.0, 90.0)]))
    assert seen_part(wish, PANE) is wish


def test_in_a_crowd_a_text_lies_on_lines_rather_than_on_another_text_or_far_away() -> None:
    shape = np.array([(100.0, 90.0), (120.0, 110.0)])
    rows = [np.array([(0.0, y), (600.0, y)]) for y in range(0, 400, 8)]  # a grid without room for a text
    wishes = [TextWish((60, 20), shape), TextWish((60, 20), shape), *(TextWish((0, 0), r, lines=(r,)) for r in rows)]
    one, other, *_ = text_places(wishes, (600.0, 400.0))
    assert not overlap(one, other)
    assert all(abs(box[0] - 128) + abs(box[1] - 90) < 160 for box in (one, other))
