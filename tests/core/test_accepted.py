"""Accepted predictions: kept by point, never surer than they were."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from o3d_paint.core.accepted import Accepted, percent_of


@given(st.lists(st.floats(0, 1, width=32), min_size=1))
def test_what_is_kept_is_never_surer_and_hardly_less_sure(confidence: list[float]) -> None:
    said = np.array(confidence, dtype=np.float32)
    accepted = Accepted(len(said))
    points = np.arange(len(said), dtype=np.int32)
    accepted.put(points, np.ones(len(said), np.uint16), percent_of(said))
    kept = accepted.confidence_of(None)
    assert kept.dtype == np.float32
    assert (kept <= said).all()
    assert (said - kept < 0.01001).all()


@pytest.mark.parametrize("limit", [share / 100 for share in range(101)])
def test_what_is_as_sure_as_a_limit_in_hundredths_stays_so(limit: float) -> None:
    just = np.array([limit], dtype=np.float32)
    accepted = Accepted.of(np.ones(1, np.uint16), percent_of(just))
    assert (accepted.confidence_of(None) >= limit) == (just >= limit)


def test_labels_come_and_go_and_copies_stay() -> None:
    accepted = Accepted(5)
    assert len(accepted) == 0
    assert accepted.snapshot() is None
    accepted.put(np.array([3, 1]), np.array([7, 2]), np.array([60, 11]))
    before, said = accepted.copy(), accepted.snapshot()
    accepted.put(np.array([3]), np.array([0]), np.array([0]))
    accepted.put(np.array([1, 4]), np.array([9, 9]), np.array([5, 6]))
    assert len(accepted) == 2
    assert accepted.labels.tolist() == [0, 9, 0, 0, 9]
    assert accepted.percents.tolist() == [0, 5, 0, 0, 6]
    assert len(before) == 2
    assert before.labels.tolist() == [0, 2, 0, 7, 0]
    assert said.points.tolist() == [1, 3]
    assert said.labels.tolist() == [2, 7]
    assert said.confidence.tolist() == [np.float32(0.11), np.float32(0.6)]
    again = Accepted.of(before.labels, before.percents)
    assert (len(again), again.percents.tolist()) == (2, [0, 11, 0, 60, 0])
