from __future__ import annotations

import numpy as np
import pytest

from o3d_paint.core.reach import reach_of_photo, reach_sentences
from o3d_paint.core.visibility import PixelIndex

SHAPE = (300, 400)


def index_of(shown: np.ndarray, every: int) -> PixelIndex:
    """Points at every so manieth pixel of what is shown."""
    pixel = np.flatnonzero(shown.ravel())[::every].astype(np.int32)
    return PixelIndex(SHAPE, pixel, np.arange(len(pixel), dtype=np.int32))


@pytest.mark.parametrize("every", [1, 7, 53, 211])
def test_paint_beside_trusted_depth_reaches_nothing_whatever_the_density(every):
    shown = np.zeros(SHAPE, dtype=bool)
    shown[:, :200] = True
    mask = np.zeros(SHAPE, dtype=np.uint16)
    mask[50:250, 20:180] = 3
    mask[50:250, 120:280] = 5  # half of it beyond
    mask[:40, 300:] = 9
    found = {r.class_id: r for r in reach_of_photo(4, mask, index_of(shown, every))}
    assert found[3].reached > 0.99
    assert found[5].reached == pytest.approx(0.5, abs=0.1)
    assert found[9].reached == 0
    assert found[9].painted == pytest.approx(40 * 100 / mask.size, abs=0.01)
    assert all(r.frame_idx == 4 for r in found.values())


def test_only_what_is_lost_is_told_and_the_worst_first():
    shown = np.zeros(SHAPE, dtype=bool)
    shown[:, :200] = True
    mask = np.zeros(SHAPE, dtype=np.uint16)
    mask[:, :100] = 1
    mask[:, 150:300] = 2
    mask[:50, 320:] = 3
    reach = reach_of_photo(0, mask, index_of(shown, 3))
    said = reach_sentences(reach, ["kitchen.jpg"], lambda i: f"class {i}")
    assert len(said) == 2
    assert said[0].startswith("Photo kitchen.jpg: 6")
    assert "class 2" in said[0]
    assert "100% of what is painted as class 3 reaches no point" in said[1]
