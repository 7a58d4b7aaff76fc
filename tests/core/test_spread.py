from __future__ import annotations

import numpy as np

from o3d_paint.core.spread import farthest_frame

LINE = [np.array([float(x), 0, 0]) for x in range(5)]


def test_first_then_the_far_end_then_the_middle() -> None:
    assert farthest_frame(LINE, ()) == 0
    assert farthest_frame(LINE, {0}) == 4
    assert farthest_frame(LINE, {0, 4}) == 2


def test_nothing_left() -> None:
    assert farthest_frame(LINE, set(range(5))) is None
    assert farthest_frame([], ()) is None
