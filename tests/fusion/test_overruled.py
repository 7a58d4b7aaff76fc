from __future__ import annotations

import re

import numpy as np

from o3d_paint.fusion.overruled import Overruled, overruled, overruled_notes

NAMES = {1: "wall", 2: "door", 3: "sign", 4: "sky"}


def ids(*counted):
    """Labels from (id, how often) in a row."""
    return np.concatenate([np.full(n, i, dtype=np.uint16) for i, n in counted])


def test_paint_that_is_kept_is_no_news():
    painted = ids((0, 5), (1, 3), (2, 2))
    assert overruled(painted, ids((1, 8), (2, 2)), class_ids={1, 2}) == ()
    assert overruled(ids((0, 4)), ids((0, 4))) == ()
    assert overruled_notes((), str) == ()


def test_classes_that_vanish_come_first_then_those_that_lose_most():
    painted = ids((1, 10), (2, 4), (3, 5), (0, 11))
    labels = ids((1, 9), (2, 1), (2, 2), (1, 2), (1, 3), (0, 2), (0, 11))
    found = overruled(painted, labels, class_ids=[1, 2, 3, 4])
    assert found == (
        Overruled(3, painted=5, overruled=3, unlabelled=2, labelled=0),
        Overruled(4, painted=0, overruled=0, unlabelled=0, labelled=0),
        Overruled(2, painted=4, overruled=2, unlabelled=0, labelled=3),
        Overruled(1, painted=10, overruled=1, unlabelled=0, labelled=14),
    )
    gone, less = overruled_notes(found, NAMES.__getitem__)
    assert gone == (
        "Painted and yet without any labelled point: sign (of 5 painted points 3 in other classes"
        " and 2 too unsure) and sky (its paint reached no point, or other paint outvoted it on"
        " all)."
    )
    assert less == (
        "Fusing overruled door on 2 of 4 painted points and wall on 1 of 10 painted points."
    )


def test_a_class_that_only_lost_points_to_doubt_is_counted_and_not_called_overruled():
    (found,) = overruled(ids((7, 6)), ids((7, 2), (0, 4)), class_ids=[7])
    assert (found.overruled, found.unlabelled, found.labelled) == (0, 4, 2)
    assert overruled_notes([found], str) == ()


def test_of_many_classes_the_worst_are_named():
    painted = np.arange(1, 41, dtype=np.uint16)
    found = overruled(np.repeat(painted, 2), np.repeat(np.roll(painted, 1), [1, 3] * 20))
    (*_, less) = overruled_notes(found, lambda i: f"c{i}")
    assert less.count("painted points") == 6
    named = sum(int(n) for n in re.findall(r"on (\d+) of", less))
    (rest,) = re.findall(r"(\d+) painted points of other classes", less)
    assert named + int(rest) == sum(c.overruled for c in found)


def test_rims_are_counted_and_not_named():
    painted, labels = ids((1, 1000), (2, 1000)), ids((1, 995), (2, 5), (2, 1000))
    (note,) = overruled_notes(overruled(painted, labels), str)
    assert note == "Fusing overruled 5 painted points, under 1% of any class."
    labels[-300:] = 1
    (note,) = overruled_notes(overruled(painted, labels), lambda i: f"c{i}")
    assert note == (
        "Fusing overruled c2 on 300 of 1,000 painted points and 5 painted points of other classes."
    )
