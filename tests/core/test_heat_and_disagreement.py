"""Levels of what is settled, and the photos that are outvoted."""

from __future__ import annotations

import numpy as np

from o3d_paint.core.disagreement import conflicts_by_pair, dissents
from o3d_paint.core.evidence import Tally
from o3d_paint.core.views.heat import heat_colors, heat_levels, write_heat
from o3d_paint.core.visibility import PixelIndex

LABELS = np.array([0, 1, 1, 2, 1], dtype=np.uint16)
SOURCES = np.array([0, 1, 2, 2, 3], dtype=np.uint8)
CONTESTED = np.array([False, True, False, False, False])


def levels(view: str, confidence: np.ndarray | None = None) -> list[int]:
    found = heat_levels(
        view, labels=LABELS, sources=SOURCES, confidence=confidence, contested=CONTESTED
    )
    return found.tolist()


def test_levels_of_each_view() -> None:
    assert levels("conflicts") == [0, 1, 0, 0, 0]
    assert levels("coverage") == [0, 1, 2, 2, 3]
    assert levels("confidence", np.array([0.9, 0.0, 0.55, 1.0, 0.2])) == [0, 1, 6, 10, 3]
    assert levels("confidence") == [0, 10, 10, 10, 10]


def test_every_level_has_a_colour_of_its_own() -> None:
    for view in ("conflicts", "coverage", "confidence"):
        colors = heat_colors(view)
        top = max(levels(view, np.array([0.0, 0.3, 0.6, 1.0, 1.0])))
        assert len(colors) > top
        assert len(np.unique(colors[1:], axis=0)) == len(colors) - 1


def test_only_the_given_points_are_written_and_level_zero_is_grey() -> None:
    buffer = np.full((4, 3), 0.5, dtype=np.float32)
    rgb = np.full((4, 3), 200, dtype=np.uint8)
    colors = heat_colors("conflicts")
    write_heat(buffer, rgb, np.array([0, 1], np.uint16), colors=colors, points=np.array([1, 2]))
    assert (buffer[[0, 3]] == 0.5).all()
    assert np.ptp(buffer[1]) == 0
    assert buffer[2, 0] > buffer[2, 2]


def test_the_outvoted_photo_is_named_at_the_densest_spot() -> None:
    pixel = np.array([5 * 100 + 5, 50 * 100 + 80, 50 * 100 + 81, 51 * 100 + 81])
    index = PixelIndex((100, 100), pixel, np.arange(4, dtype=np.int32))
    right, wrong = np.zeros((100, 100), np.uint16), np.zeros((100, 100), np.uint16)
    right.flat[pixel], wrong.flat[pixel] = 1, 2
    found = dissents(
        {3: (index, right), 7: (index, wrong)},
        np.ones(4, dtype=np.uint16),
        np.ones(4, dtype=bool),
    )
    assert [(d.frame_idx, d.points, d.pixel) for d in found] == [(7, 4, (81.0, 50.0))]


def test_without_conflicts_nobody_dissents() -> None:
    index = PixelIndex((4, 4), np.array([0]), np.array([0], dtype=np.int32))
    mask = np.full((4, 4), 2, np.uint16)
    assert dissents({0: (index, mask)}, np.ones(1, np.uint16), np.zeros(1, bool)) == ()


def test_conflicts_are_counted_by_pair_of_classes():
    rng = np.random.default_rng(0)
    counts = (rng.random((500, 4)) < 0.4).astype(np.uint16) * 2
    ids = np.array([2, 5, 7, 300], dtype=np.uint16)
    found = conflicts_by_pair(Tally(ids, counts))
    expected = {
        (int(ids[a]), int(ids[b])): int(((counts[:, a] > 0) & (counts[:, b] > 0)).sum())
        for a in range(4)
        for b in range(a + 1, 4)
    }
    assert {c.class_ids: c.points for c in found} == expected
    assert [c.points for c in found] == sorted(expected.values(), reverse=True)


def test_photos_that_agree_have_no_conflicts():
    counts = np.eye(3, dtype=np.uint16)
    assert conflicts_by_pair(Tally(np.array([1, 2, 3], dtype=np.uint16), counts)) == ()
    assert conflicts_by_pair(Tally(np.zeros(0, np.uint16), np.zeros((4, 0), np.uint16))) == ()
