"""Which points of a large cloud show while the eye moves."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from o3d_paint.ui.cloud_view import spread_choice


@given(st.integers(1, 5000), st.data())
def test_each_point_at_most_once_and_all_parts_of_the_file(total: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, total))
    chosen = spread_choice(total, count)
    assert len(chosen) == count
    assert (np.diff(chosen) > 0).all()
    assert ((chosen >= 0) & (chosen < total)).all()
    if count:
        stretch = total / count
        assert (np.abs(chosen - (np.arange(count) + 0.5) * stretch) <= stretch / 2 + 1).all()


def test_it_takes_no_regular_steps_that_a_scan_could_hide_in() -> None:
    steps = np.diff(spread_choice(1_000_000, 100_000))
    assert 5 < len(np.unique(steps)) < 25


def test_a_cloud_of_any_size_takes_no_more_room_than_the_choice() -> None:
    chosen = spread_choice(10**12, 1000)
    assert len(chosen) == 1000
    assert chosen[-1] > 0.99 * 10**12
