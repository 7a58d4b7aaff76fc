from __future__ import annotations

import numpy as np
import pytest

from o3d_paint.core.packed_masks import PackedMask, PackedMasks


def areas(shape=(300, 400)):
    mask = np.zeros(shape, np.uint16)
    mask[50:200, 70:300] = 9
    mask[100:120, 100:390] = 65535
    return mask


@pytest.mark.parametrize(
    "mask",
    [
        areas(),
        np.random.default_rng(0).integers(0, 65536, (30, 40)),
        np.random.default_rng(1).integers(0, 2, (64, 65)),
        areas((700, 900)),
        np.zeros((5, 1)),
        np.full((4, 4), 7),
        np.eye(9)[:, ::2],
        np.zeros((0, 3)),
    ],
    ids=["areas", "noise", "flicker", "large", "empty", "full", "strided", "no pixel"],
)
def test_a_mask_comes_back_with_what_is_known_of_it(mask):
    mask = np.asarray(mask).astype(np.uint16)
    packed = PackedMask.of(mask)
    back = packed.unpacked()
    assert back.dtype == np.uint16
    np.testing.assert_array_equal(back, mask)
    assert packed.class_ids.tolist() == sorted(set(mask.ravel().tolist()) - {0})
    assert packed.num_painted == np.count_nonzero(mask)
    assert packed.shape == mask.shape
    assert packed.nbytes < 1.1 * mask.nbytes + packed.class_ids.nbytes + 100
    back[...] = 3
    np.testing.assert_array_equal(packed.unpacked(), mask)


def test_a_blank_mask_has_no_paint():
    blank = PackedMask.blank((1080, 30))
    assert blank.num_painted == 0
    assert not len(blank.class_ids)
    np.testing.assert_array_equal(blank.unpacked(), np.zeros((1080, 30), np.uint16))


def test_masks_come_back_in_their_order():
    masks = {7: areas(), 2: np.zeros((5, 1), np.uint16), 3: np.eye(9, dtype=np.uint16)}
    packed = PackedMasks()
    packed.update(masks)
    assert list(packed) == [7, 2, 3]
    for i, mask in masks.items():
        np.testing.assert_array_equal(packed[i], mask)
        with pytest.raises(ValueError, match="read-only"):
            packed[i][0, 0] = 1
    packed[2] = np.ones((4, 4), np.uint16)
    assert packed[2].all()
    del packed[2]
    assert 2 not in packed
    assert len(packed) == 2
    with pytest.raises(KeyError):
        packed[2]


def test_a_view_follows_edits_however_many_masks_are_looked_at_meanwhile():
    packed = PackedMasks({i: PackedMask.blank((20, 30)) for i in range(20)})
    view = packed[4]
    for round_trip in range(1, 4):
        for i in range(20):
            packed.edit(i)[i, 0] = round_trip
            assert packed[i][i, 0] == round_trip
        assert view[4, 0] == round_trip
    del view
    for i in range(20):
        assert packed.packed(i).num_painted == 1
        assert packed[i][i, 0] == 3


def test_what_was_packed_stays_as_it_was():
    packed = PackedMasks({0: PackedMask.blank((20, 30))})
    before = packed.packed(0)
    packed.edit(0)[3:5, 2] = 6
    now = packed.all_packed()[0]
    packed.edit(0)[:] = 8
    assert before.num_painted == 0
    assert (now.num_painted, now.class_ids.tolist()) == (2, [6])
    assert packed.packed(0).class_ids.tolist() == [8]
    packed[0] = areas()
    np.testing.assert_array_equal(packed.packed(0).unpacked(), areas())


def test_masks_of_areas_take_hardly_any_memory():
    packed = PackedMasks()
    for i in range(40):
        packed[i] = areas((1500, 2000))
    assert packed.nbytes < 2 * 1500 * 2000
    for mask in packed.values():
        assert mask[60, 80] == 9
    # Those last looked at are plain, no more.
    assert packed.nbytes < 5 * 2 * 1500 * 2000
