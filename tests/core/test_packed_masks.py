from __future__ import annotations

import numpy as np
import pytest

from o3d_paint.core.packed_masks import PackedMasks


def test_masks_come_back_as_they_were_in_their_order():
    rng = np.random.default_rng(0)
    masks = {7: rng.integers(0, 65536, (30, 40)), 2: np.zeros((5, 1)), 3: np.eye(9)[:, ::2]}
    packed = PackedMasks()
    packed.update({i: m.astype(np.uint16) for i, m in masks.items()})
    assert list(packed) == [7, 2, 3]
    for i, mask in masks.items():
        np.testing.assert_array_equal(packed[i], mask)
        assert packed[i].dtype == np.uint16
    packed[2] = np.ones((4, 4), np.uint16)
    assert packed[2].all()
    del packed[2]
    assert 2 not in packed
    assert len(packed) == 2
    with pytest.raises(KeyError):
        packed[2]


def test_a_mask_of_areas_takes_hardly_any_memory():
    packed = PackedMasks()
    mask = np.zeros((3000, 4000), np.uint16)
    mask[500:2000, 700:3000] = 9
    packed[0] = mask
    assert packed.nbytes < mask.nbytes / 100
