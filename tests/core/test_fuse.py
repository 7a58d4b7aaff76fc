from __future__ import annotations

import numpy as np
import pytest

from o3d_paint.core.evidence import Evidence, FrameVotes
from o3d_paint.core.fuse import FuseOptions, fuse
from o3d_paint.core.scene import PointCloud


def cloud(xyz, rgb=None):
    xyz = np.asarray(xyz, dtype=np.float64)
    return PointCloud(xyz, np.zeros(xyz.shape, dtype=np.uint8) if rgb is None else rgb)


def votes(frame_idx, points, labels):
    return FrameVotes(
        frame_idx, np.asarray(points, dtype=np.int32), np.asarray(labels, dtype=np.uint16)
    )


BALL = FuseOptions(method="ball", max_distance=0.25, min_neighbors=1)


def test_ball_spreads_the_majority_and_keeps_painted_points():
    line = cloud(np.arange(6)[:, None] * [0.2, 0, 0])
    evidence = Evidence(6, (votes(0, [0, 4], [2, 9]), votes(3, [0, 4], [5, 9]), votes(4, [0], [5])))
    fusion = fuse(line, evidence, BALL)
    assert fusion.labels.tolist() == [5, 5, 0, 9, 9, 9]
    assert fusion.source.tolist() == [1, 2, 0, 2, 1, 2]
    assert fusion.votes.tolist() == [3, 0, 0, 0, 2, 0]
    np.testing.assert_allclose(fusion.confidence, [2 / 3, 0.5, 0, 0.5, 1, 0.5], rtol=1e-6)


def test_the_layer_outranks_photos_and_low_confidence_stays_unlabelled():
    line = cloud(np.arange(4)[:, None] * [0.2, 0, 0])
    layer = np.array([7, 0, 0, 0], dtype=np.uint16)
    evidence = Evidence(4, (votes(0, [0, 3], [2, 3]),), layer)
    options = FuseOptions(method="ball", max_distance=0.25, min_neighbors=1, min_confidence=0.6)
    fusion = fuse(line, evidence, options)
    assert fusion.labels.tolist() == [7, 0, 0, 3]
    assert fusion.confidence.tolist() == [1, 0, 0, 1]


def test_without_evidence_nothing_is_labelled():
    fusion = fuse(cloud(np.zeros((3, 3))), Evidence(3, ()), BALL)
    assert not fusion.labels.any()
    assert not fusion.source.any()
    assert not fusion.confidence.any()


def test_evidence_of_another_cloud_is_refused():
    with pytest.raises(ValueError, match="4 points, the cloud has 3"):
        fuse(cloud(np.zeros((3, 3))), Evidence(4, ()), BALL)
