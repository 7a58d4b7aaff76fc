"""Figures of merit against counts made by hand and by plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from o3d_paint.core import metrics
from o3d_paint.core.evidence import Evidence, FrameVotes


def ids(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.uint16)


def votes(frame_idx: int, points: list[int], labels: list[int]) -> FrameVotes:
    return FrameVotes(frame_idx, np.array(points, np.int32), np.array(labels, np.uint16))


def test_figures_of_a_small_case_by_hand() -> None:
    scores = metrics.score(ids(1, 1, 2, 0, 7, 5), ids(1, 2, 2, 2, 7, 0))
    assert scores.class_ids.tolist() == [1, 2, 7]
    assert scores.confusion.tolist() == [[0, 1, 0, 0], [1, 1, 1, 0], [0, 0, 0, 1]]
    assert scores.total == 5
    assert scores.accuracy == pytest.approx(3 / 5)
    assert scores.accuracy_of_labelled == pytest.approx(3 / 4)
    assert scores.coverage == pytest.approx(4 / 5)
    assert scores.iou.tolist() == pytest.approx([1 / 2, 1 / 3, 1])
    assert scores.mean_iou == pytest.approx((1 / 2 + 1 / 3 + 1) / 3)


LABELS = arrays(np.uint16, 40, elements=st.integers(0, 4))


@given(LABELS, LABELS)
def test_iou_is_that_of_sets(predicted, truth) -> None:
    scores = metrics.score(predicted, truth)
    known = truth > 0
    for class_id, iou in zip(scores.class_ids, scores.iou, strict=True):
        a, b = (predicted == class_id) & known, truth == class_id
        assert iou == pytest.approx((a & b).sum() / (a | b).sum())


@given(LABELS, LABELS, st.integers(0, 40))
def test_parts_add_up_to_the_whole(predicted, truth, cut) -> None:
    whole = metrics.score(predicted, truth)
    pieces = (slice(None, cut), slice(cut, None))
    parts = metrics.combined(metrics.score(predicted[p], truth[p]) for p in pieces)
    assert np.array_equal(parts.class_ids, whole.class_ids)
    assert np.array_equal(parts.confusion, whole.confusion)


def test_without_truth_there_are_no_figures() -> None:
    scores = metrics.score(ids(1, 2), ids(0, 0))
    assert scores.total == 0
    assert np.isnan([scores.accuracy, scores.coverage, scores.mean_iou]).all()


def test_labels_of_different_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(2,\)"):
        metrics.score(ids(1, 2), ids(1))


def test_nearest_point_gives_the_label_within_reach() -> None:
    xyz = np.array([[0.0, 0, 0], [1, 0, 0], [5, 0, 0]])
    at = np.array([[0.9, 0, 0], [0.1, 0, 0], [3.0, 0, 0]])
    labels = metrics.labels_of_nearest(xyz, ids(4, 5, 6), at=at, reach=0.5)
    assert labels.tolist() == [5, 4, 0]


def test_same_points_means_same_order() -> None:
    xyz = np.arange(12.0).reshape(4, 3)
    assert metrics.same_points(xyz, xyz + 1e-7, tolerance=1e-6)
    assert not metrics.same_points(xyz, xyz[::-1], tolerance=1e-6)
    assert not metrics.same_points(xyz, xyz[:2], tolerance=1e-6)


def test_calibration_error_by_hand() -> None:
    confidence = np.array([0.95, 0.95, 0.95, 0.95, 0.55, 0.55])
    right = np.array([True, True, True, False, True, False])
    table = metrics.reliability(confidence, right, bins=10)
    assert table.count.tolist() == [0, 0, 0, 0, 0, 2, 0, 0, 0, 4]
    expected = (4 * abs(0.95 - 0.75) + 2 * abs(0.55 - 0.5)) / 6
    assert table.expected_calibration_error == pytest.approx(expected)


def test_honest_confidence_has_no_calibration_error() -> None:
    rng = np.random.default_rng(3)
    confidence = rng.uniform(size=200_000)
    right = rng.uniform(size=200_000) < confidence
    assert metrics.reliability(confidence, right).expected_calibration_error < 0.01


def test_certain_confidence_belongs_to_the_last_bin() -> None:
    table = metrics.reliability(np.array([1.0]), np.array([True]), bins=4)
    assert table.count.tolist() == [0, 0, 0, 1]


def test_confidence_beyond_one_is_refused() -> None:
    with pytest.raises(ValueError, match=r"1\.5"):
        metrics.reliability(np.array([1.5]), np.array([True]))


def test_each_photo_is_predicted_from_the_others_alone() -> None:
    evidence = Evidence(6, (votes(3, [0, 1, 2], [1, 1, 2]), votes(5, [1, 2, 4], [1, 1, 2])))
    left = metrics.leave_one_out(evidence, lambda e: e.labels())
    assert [part.frame_idx for part in left] == [3, 5]
    assert left[0].predicted.tolist() == [0, 1, 1]
    assert left[0].wrong_points.tolist() == [0, 2]
    assert left[1].predicted.tolist() == [1, 2, 0]
    assert left[1].scores.accuracy == pytest.approx(1 / 3)


def test_points_of_the_cloud_layer_are_not_asked_about() -> None:
    layer = ids(0, 2, 0, 0)
    evidence = Evidence(4, (votes(0, [0, 1], [1, 1]),), layer)
    (left,) = metrics.leave_one_out(evidence, lambda e: e.labels())
    assert left.points.tolist() == [0]


def test_error_mask_tells_wrong_from_missed() -> None:
    verdict = metrics.error_mask(ids(1, 2, 0, 3), ids(1, 1, 1, 0))
    assert verdict.tolist() == [metrics.RIGHT, metrics.WRONG, metrics.MISSED, 0]
