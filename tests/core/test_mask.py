from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from o3d_paint.core.mask import (
    MaskEdit,
    Rect,
    apply,
    edit_between,
    edit_from_coverage,
    edit_of_classes,
)

masks = hnp.arrays(np.uint16, (9, 7), elements=st.integers(0, 3))


@given(mask=masks, coverage=hnp.arrays(bool, (4, 3)), class_id=st.integers(0, 3))
def test_an_edit_gives_the_covered_pixels_the_class_and_its_inverse_takes_it_back(
    mask: np.ndarray, coverage: np.ndarray, class_id: int
) -> None:
    before = mask.copy()
    rect = Rect(2, 3, 5, 7)
    expected = mask.copy()
    expected[rect.slices][coverage] = class_id
    edit = edit_from_coverage(mask, rect, coverage=coverage, class_id=class_id)
    assert (mask == before).all()
    if edit is None:
        assert (expected == before).all()
        return
    apply(mask, edit)
    assert (mask == expected).all()
    assert (edit.before != edit.after).all()
    apply(mask, edit.inverted())
    assert (mask == before).all()


def test_protected_classes_keep_their_pixels() -> None:
    mask = np.array([[0, 1, 2]], dtype=np.uint16)
    protected = np.array([False, True, False])
    edit = edit_from_coverage(
        mask, Rect(0, 0, 3, 1), coverage=np.ones((1, 3), bool), class_id=3, protected=protected
    )
    assert edit is not None
    apply(mask, edit)
    assert mask.tolist() == [[3, 1, 3]]


@given(before=masks, after=masks)
def test_the_edit_between_two_masks_turns_one_into_the_other(
    before: np.ndarray, after: np.ndarray
) -> None:
    edit = edit_between(before, after)
    mask = before.copy()
    if edit is not None:
        assert isinstance(edit, MaskEdit)
        assert edit.changed.any(axis=0)[[0, -1]].all()
        assert edit.changed.any(axis=1)[[0, -1]].all()
        apply(mask, edit)
    assert (mask == after).all()


def test_rectangles_unite_and_clip() -> None:
    empty = Rect(4, 4, 4, 9)
    assert empty.is_empty
    assert empty.union(Rect(1, 2, 3, 4)) == Rect(1, 2, 3, 4)
    assert Rect(1, 2, 3, 4).union(empty) == Rect(1, 2, 3, 4)
    assert Rect(0, 4, 5, 4).is_empty
    assert not Rect(0, 4, 1, 5).is_empty
    assert Rect(0, 9, 5, 4).shape == (0, 5)
    assert Rect(2, 3, 5, 7).shape == (4, 3)
    assert Rect.whole((3, 5)) == Rect(0, 0, 5, 3)
    assert Rect(1, 2, 3, 4).union(Rect(2, 0, 9, 3)) == Rect(1, 0, 9, 4)
    assert Rect(-5, -5, 99, 99).clipped((10, 20)) == Rect(0, 0, 20, 10)
    assert Rect(30, 0, 40, 5).clipped((10, 20)).is_empty
    assert Rect(30, 0, 40, 5).clipped((10, 20)).shape == (5, 0)


@pytest.mark.parametrize("heirs", [{2: 0}, {2: 5}, {2: 1, 3: 0}, {9: 1}, {}])
def test_the_edit_of_classes_is_the_one_between_the_masks(heirs: dict[int, int]) -> None:
    rng = np.random.default_rng(0)
    before = rng.integers(0, 5, (37, 53)).astype(np.uint16)
    before[:, :9] = 0
    before[20:] = 0
    table = np.arange(10, dtype=np.uint16)
    for gone, heir in heirs.items():
        table[gone] = heir
    wanted, found = edit_between(before, table[before]), edit_of_classes(before, heirs)
    assert (wanted is None) == (found is None)
    if wanted is not None and found is not None:
        assert found.rect == wanted.rect
        for name in ("changed", "before", "after"):
            np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name))
