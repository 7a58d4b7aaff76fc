"""Rings of paint against distances computed from scratch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from o3d_paint.core.mask import apply
from o3d_paint.core.selection.morphology import cleared, grown, shrunk

MASKS = arrays(
    np.uint16, st.tuples(st.integers(1, 14), st.integers(1, 14)), elements=st.integers(0, 3)
)


def distance_to(chosen: np.ndarray) -> np.ndarray:
    """Distance of every pixel to the nearest chosen one, by trying all of them."""
    v, u = np.mgrid[0 : chosen.shape[0], 0 : chosen.shape[1]]
    positions = np.argwhere(chosen)
    if not len(positions):
        return np.full(chosen.shape, np.inf)
    gaps = (v[..., None] - positions[:, 0]) ** 2 + (u[..., None] - positions[:, 1]) ** 2
    return np.sqrt(gaps.min(axis=-1))


def after(mask: np.ndarray, edit) -> np.ndarray:
    result = mask.copy()
    if edit is not None:
        apply(result, edit)
    return result


def reach(radius: int) -> float:
    return np.sqrt(radius * radius + radius * 0.5)


@given(MASKS, st.integers(1, 4))
def test_growing_takes_every_pixel_within_the_ring_and_no_other(mask, radius) -> None:
    expected = np.where(distance_to(mask == 1) <= reach(radius), 1, mask)
    assert np.array_equal(after(mask, grown(mask, 1, radius=radius)), expected)


@given(MASKS, st.integers(1, 4))
def test_growing_leaves_protected_classes_alone(mask, radius) -> None:
    protected = np.array([False, True, True, False])
    result = after(mask, grown(mask, 1, radius=radius, protected=protected))
    ring = (distance_to(mask == 1) <= reach(radius)) & (mask != 2)
    assert np.array_equal(result, np.where(ring, 1, mask))


@given(MASKS, st.integers(1, 4))
def test_shrinking_frees_what_lies_near_another_pixel(mask, radius) -> None:
    lost = (mask == 1) & (distance_to(mask != 1) <= reach(radius))
    assert np.array_equal(after(mask, shrunk(mask, 1, radius=radius)), np.where(lost, 0, mask))


@given(MASKS)
def test_clearing_takes_the_whole_class_and_undo_brings_it_back(mask) -> None:
    edit = cleared(mask, 2)
    result = after(mask, edit)
    assert np.array_equal(result, np.where(mask == 2, 0, mask))
    assert np.array_equal(after(result, None if edit is None else edit.inverted()), mask)


def test_a_class_without_paint_changes_nothing() -> None:
    mask = np.zeros((5, 5), dtype=np.uint16)
    assert grown(mask, 1, radius=2) is None
    assert shrunk(mask, 1, radius=2) is None
    assert cleared(mask, 1) is None


def test_a_class_that_fills_the_photo_does_not_shrink() -> None:
    assert shrunk(np.ones((5, 7), dtype=np.uint16), 1, radius=2) is None


@pytest.mark.parametrize(("class_id", "radius"), [(0, 1), (1, 0)])
def test_wrong_calls_say_the_value(class_id, radius) -> None:
    with pytest.raises(ValueError, match="got 0"):
        grown(np.ones((2, 2), dtype=np.uint16), class_id, radius=radius)
