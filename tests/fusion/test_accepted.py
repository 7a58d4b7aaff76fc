"""Accepted predictions over a fusion: they label points and make nothing surer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from o3d_paint.core.accepted import AcceptedLabels
from o3d_paint.core.evidence import Evidence, FrameVotes
from o3d_paint.core.label_source import ACCEPTED, FUSED, PAINTED
from o3d_paint.core.scene import PointCloud
from o3d_paint.fusion.accepted import with_accepted
from o3d_paint.fusion.fuse import derive, fuse
from o3d_paint.fusion.result import Fusion
from o3d_paint.fusion.settings import METHODS, FusionSettings


def fusion(*points: tuple[int, float, int], method: str = "graph") -> Fusion:
    labels, confidence, source = zip(*points, strict=True)
    return Fusion(
        np.array(labels, np.uint16),
        np.array(confidence, np.float32),
        np.array(source, np.uint8),
        np.zeros(len(points), np.uint8),
        FusionSettings(method=method),
    )


def accepted(*said: tuple[int, int, float]) -> AcceptedLabels:
    points, labels, confidence = zip(*said, strict=True)
    return AcceptedLabels(
        np.array(points, np.int32), np.array(labels, np.uint16), np.array(confidence, np.float32)
    )


def test_rules_point_by_point() -> None:
    before = fusion(
        (1, 0.9, FUSED),  # agrees and is surer: as sure as when it was accepted
        (1, 0.6, FUSED),  # agrees, less sure by now, and still shows: as the fusion is
        (1, 0.3, FUSED),  # agrees, and would not show: as accepted
        (2, 0.9, FUSED),  # the fusion says something else: as accepted
        (0, 0.0, 0),  # the fusion says nothing: as accepted
        (2, 0.9, PAINTED),  # painted: accepted labels have no say
        (2, 0.8, FUSED),  # nobody accepted anything
    )
    said = accepted(*((i, 1, 0.7) for i in range(6)))
    painted = np.array([0, 0, 0, 0, 0, 1, 0], dtype=bool)
    found = with_accepted(before, said, painted, 0.5)
    assert found.labels.tolist() == [1, 1, 1, 1, 1, 2, 2]
    assert found.source.tolist() == [ACCEPTED] * 5 + [PAINTED, FUSED]
    expected = np.array([0.7, 0.6, 0.7, 0.7, 0.7, 0.9, 0.8], dtype=np.float32)
    np.testing.assert_array_equal(found.confidence, expected)
    assert before.labels.tolist() == [1, 1, 1, 2, 0, 2, 2], "the fusion itself stays"


def test_what_was_accepted_unsure_is_unlabelled_by_default() -> None:
    found = with_accepted(
        fusion((2, 0.9, FUSED), (1, 0.11, FUSED)),
        accepted((0, 1, 0.11), (1, 1, 0.11)),
        np.zeros(2, bool),
        0.5,
    )
    assert not found.shown(0.5).labels.any()
    assert found.shown(0).labels.tolist() == [1, 1]


def test_the_article_knows_no_accepted_labels_and_says_so() -> None:
    article = fusion((2, 1.0, FUSED), method="article")
    assert with_accepted(article, accepted((0, 1, 0.9)), np.zeros(1, bool), 0) is article
    cloud = PointCloud(np.zeros((1, 3)), np.zeros((1, 3), np.uint8))
    evidence = Evidence(1, (), accepted=accepted((0, 1, 0.9)))
    (note,) = fuse(cloud, evidence, FusionSettings(method="article")).notes
    assert "accepted" in note
    assert "1 points" in note


@pytest.mark.parametrize("method", [m for m in METHODS if m != "article"])
def test_accepting_changes_no_other_point(method: str) -> None:
    rng = np.random.default_rng(2)
    xyz = np.column_stack([rng.uniform(0, 1, (3000, 2)), np.zeros(3000)])
    cloud = PointCloud(xyz, np.full((3000, 3), 90, np.uint8))
    left, right = (np.flatnonzero(side)[:60].astype(np.int32) for side in
                   (xyz[:, 0] < 0.2, xyz[:, 0] > 0.8))  # fmt: skip
    said = Evidence(
        3000,
        (
            FrameVotes(0, left, np.full(len(left), 1, np.uint16)),
            FrameVotes(1, right, np.full(len(right), 2, np.uint16)),
        ),
    )
    settings = FusionSettings(method=method, max_distance=0.1, min_confidence=0)
    plain = fuse(cloud, said, settings)
    free = np.flatnonzero((plain.source == FUSED) & ~said.is_painted())[::7].astype(np.int32)
    kept = np.minimum(plain.confidence[free], np.float32(0.11))
    with_some = replace(said, accepted=AcceptedLabels(free, plain.labels[free], kept))
    found = fuse(cloud, with_some, settings)
    np.testing.assert_array_equal(found.labels, plain.labels)
    np.testing.assert_array_equal(found.confidence[free], kept)
    assert (found.source[free] == ACCEPTED).all()
    others = np.setdiff1d(np.arange(3000), free)
    np.testing.assert_array_equal(found.confidence[others], plain.confidence[others])
    np.testing.assert_array_equal(found.source[others], plain.source[others])
    np.testing.assert_array_equal(derive(cloud, with_some, settings).confidence, plain.confidence)
