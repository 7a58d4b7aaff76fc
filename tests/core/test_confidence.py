from __future__ import annotations

import numpy as np
import pytest

from o3d_paint.core.confidence import absolute_rule, cloud_rule, default_rule, percentile_rule


def test_without_confidence_everything_is_kept() -> None:
    rule = default_rule([])
    assert rule.keep(np.array([0.0, -5.0])).all()


def test_unit_confidence_uses_the_published_threshold_strictly() -> None:
    rule = default_rule([np.array([0.0, 0.4, 1.0])])
    assert rule.threshold == 0.4
    assert rule.keep(np.array([0.4, np.nextafter(0.4, 1)])).tolist() == [False, True]


def test_a_float32_value_equal_to_the_threshold_is_not_above_it() -> None:
    assert not absolute_rule(0.4).keep(np.array([0.4], dtype=np.float32)).any()


@pytest.mark.parametrize(
    ("values", "threshold"),
    [
        (np.linspace(1, 11, 1001), 5.0),
        (np.array([1.0] * 95 + [9.0] * 5), 1.0),
        (np.array([1.0] * 50 + [9.0] * 50), 1.05),
    ],
)
def test_larger_confidence_uses_the_estimators_own_rule(
    values: np.ndarray, threshold: float
) -> None:
    rule = default_rule([values])
    assert rule.threshold == pytest.approx(threshold)
    assert rule.keep(np.array([threshold])).all()


def test_a_percentile_keeps_that_share() -> None:
    values = np.random.default_rng(0).random(10_000)
    rule = percentile_rule([values[:5000], values[5000:]], 30)
    assert rule.keep(values).mean() == pytest.approx(0.7, abs=1e-3)


def test_without_a_valid_value_there_is_no_percentile() -> None:
    assert percentile_rule([np.full(5, np.nan)], 40).threshold is None
    assert percentile_rule([], 40).threshold is None


def test_nan_is_never_trusted() -> None:
    assert not default_rule([np.array([0.5, np.nan])]).keep(np.array([np.nan])).any()


def test_what_made_the_points_of_a_cloud_may_vote_on_them() -> None:
    usual = default_rule([np.linspace(1, 3, 1000, dtype=np.float32)])
    every = cloud_rule(usual, np.linspace(1, 3, 1000))
    assert every.threshold == pytest.approx(1.02)
    assert every.keep(np.array([1.03])).all()
    # Never stricter than the usual rule, and as usual where points come from no pixel.
    assert cloud_rule(usual, np.full(1000, 2.9)) is usual
    assert cloud_rule(usual, np.zeros(0)) is usual
