"""Regions as runs, against pictures drawn of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from o3d_paint.core.brush import polygon
from o3d_paint.io.mask_formats import runs as module
from o3d_paint.io.mask_formats.rle import counts_from_mask
from o3d_paint.io.mask_formats.runs import Runs, painted_largest_first

SHAPE = (23, 31)
masks = hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, max_side=30))
# Quarters meet pixel centres, where rounding decides.
corner = st.tuples(st.integers(-60, 200), st.integers(-60, 160)).map(lambda q: (q[0] / 4, q[1] / 4))
ring = st.lists(corner, min_size=3, max_size=9).map(lambda r: np.array(r, dtype=float))


def drawn(rings):
    canvas = np.zeros(SHAPE, dtype=bool)
    for corners in rings:
        covered = polygon(SHAPE, corners)
        if covered is not None:
            canvas[covered[0].slices] |= covered[1]
    return canvas


@given(rings=st.lists(ring, max_size=4))
def test_polygons_cover_what_drawing_them_covers(rings):
    runs = Runs.of_polygons(rings, SHAPE)
    expected = drawn(rings)
    assert (runs.coverage() == expected).all()
    assert runs.area == expected.sum()


@given(mask=masks)
def test_pictures_and_run_lengths_come_back(mask):
    for runs in (Runs.of_coverage(mask), Runs.of_counts(counts_from_mask(mask), mask.shape)):
        assert (runs.coverage() == mask).all()
        assert runs.area == mask.sum()


def test_smaller_regions_lie_on_top_and_of_two_alike_the_later():
    large, small = np.zeros(SHAPE, bool), np.zeros(SHAPE, bool)
    large[2:20, 3:25] = True
    small[5:9, 5:9] = True
    regions = [
        (7, Runs.of_coverage(small)),
        (9, Runs.of_counts(counts_from_mask(large), SHAPE)),
        (8, Runs.of_counts(counts_from_mask(small), SHAPE)),
    ]
    expected = np.where(small, 8, np.where(large, 9, 0))
    assert (painted_largest_first(SHAPE, regions) == expected).all()


@given(
    drawn_masks=st.lists(hnp.arrays(bool, SHAPE), min_size=1, max_size=5),
    by_columns=st.lists(st.booleans(), min_size=5, max_size=5),
)
def test_runs_of_both_directions_lie_over_each_other(drawn_masks, by_columns):
    regions, expected = [], np.zeros(SHAPE, np.uint16)
    for label, (mask, down) in enumerate(zip(drawn_masks, by_columns, strict=False), start=1):
        runs = Runs.of_counts(counts_from_mask(mask), SHAPE) if down else Runs.of_coverage(mask)
        regions.append((label, runs))
    for label in sorted(range(len(drawn_masks)), key=lambda i: -drawn_masks[i].sum()):
        expected[drawn_masks[label]] = label + 1
    assert (painted_largest_first(SHAPE, regions) == expected).all()


def test_outlines_that_fold_without_end_are_refused(monkeypatch):
    monkeypatch.setattr(module, "_MOST_CROSSINGS", 1000)
    zigzag = np.array([(i % 30, 22 * (i % 2)) for i in range(100)], dtype=float)
    with pytest.raises(ValueError, match="cross the photo's lines"):
        Runs.of_polygons([zigzag], SHAPE)
