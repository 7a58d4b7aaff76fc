from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from o3d_paint.io.mask_formats.rle import (
    checked_counts,
    counts_from_mask,
    counts_from_text,
    text_from_counts,
)
from o3d_paint.io.mask_formats.runs import Runs

cocomask = pytest.importorskip("pycocotools.mask", reason="pycocotools is not installed")
masks = hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, max_side=40))


@given(mask=masks)
def test_the_encoding_is_that_of_pycocotools(mask: np.ndarray) -> None:
    theirs = cocomask.encode(np.asfortranarray(mask.astype(np.uint8)))
    assert text_from_counts(counts_from_mask(mask)).encode() == theirs["counts"]
    counts = checked_counts(counts_from_text(theirs["counts"]), mask.shape)
    assert (Runs.of_counts(counts, mask.shape).coverage() == mask).all()


def test_runs_go_down_the_columns() -> None:
    mask = np.zeros((6, 5), dtype=bool)
    mask[1:3, 2:4] = True
    assert counts_from_mask(mask).tolist() == [13, 2, 4, 2, 9]
    assert text_from_counts([13, 2, 4, 2, 9]) == "=2405"


@given(data=st.binary(max_size=30))
def test_any_text_decodes_or_is_refused(data: bytes) -> None:
    try:
        counts = counts_from_text(data)
    except ValueError:
        return
    assert counts.dtype == np.int64
    assert text_from_counts(counts) == text_from_counts(counts.tolist())


@pytest.mark.parametrize(
    ("counts", "shape", "found"),
    [
        ([3], (2, 2), "add up to 3"),
        ([5, -1], (2, 2), "whole numbers"),
        ([2**62, 2**62], (2, 2), "whole numbers"),
        ([4], (2**20, 2**20), "not possible"),
        ([1.5, 2.5], (2, 2), "whole numbers"),
        (["a"], (2, 2), "whole numbers"),
    ],
)
def test_counts_that_do_not_fit_are_refused(
    counts: list[int], shape: tuple[int, int], found: str
) -> None:
    with pytest.raises(ValueError, match=found):
        checked_counts(counts, shape)
