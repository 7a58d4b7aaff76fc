from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from o3d_paint.core.evidence import Evidence, FrameVotes
from o3d_paint.core.scene import PointCloud
from o3d_paint.fusion.fuse import FusionSettings, fuse
from o3d_paint.fusion.graph import build_graph
from o3d_paint.fusion.refine import label_points

# Thousands of points through the solver: minutes in plain Python.
pytestmark = pytest.mark.compiled


def cloud(xyz, rgb=None):
    xyz = np.asarray(xyz, dtype=np.float64)
    return PointCloud(xyz, np.zeros(xyz.shape, dtype=np.uint8) if rgb is None else rgb)


def votes(frame_idx, points, labels):
    return FrameVotes(
        frame_idx, np.asarray(points, dtype=np.int32), np.asarray(labels, dtype=np.uint16)
    )


BALL = FusionSettings(method="ball", max_distance=0.25, min_neighbors=1)


def test_ball_spreads_the_majority_and_keeps_painted_points():
    line = cloud(np.arange(6)[:, None] * [0.2, 0, 0])
    evidence = Evidence(6, (votes(0, [0, 4], [2, 9]), votes(3, [0, 4], [5, 9]), votes(4, [0], [5])))
    fusion = fuse(line, evidence, BALL)
    assert fusion.labels.tolist() == [5, 5, 0, 9, 9, 9]
    assert fusion.source.tolist() == [1, 2, 0, 2, 1, 2]
    assert fusion.votes.tolist() == [3, 0, 0, 0, 2, 0]
    assert ((fusion.confidence > 0) == (fusion.labels > 0)).all()
    # Where two photos agree one is surer than where two of three do.
    assert fusion.confidence[0] < fusion.confidence[4] < 1


def test_the_layer_outranks_photos_and_low_confidence_stays_unlabelled():
    line = cloud(np.arange(4)[:, None] * [0.2, 0, 0])
    layer = np.array([7, 0, 0, 0], dtype=np.uint16)
    evidence = Evidence(4, (votes(0, [0, 3], [2, 3]),), layer)
    fusion = fuse(line, evidence, BALL)
    assert fusion.labels.tolist() == [7, 7, 3, 3]
    shown = fusion.shown(0.95)
    assert shown.labels.tolist() == [7, 0, 0, 0]
    assert shown.confidence.tolist() == [1, 0, 0, 0]
    assert shown.source.tolist() == [1, 0, 0, 0]
    assert fusion.labels.tolist() == [7, 7, 3, 3]
    assert fusion.shown(0.0) is fusion


def test_without_evidence_nothing_is_labelled():
    fusion = fuse(cloud(np.zeros((3, 3))), Evidence(3, ()), BALL)
    assert not fusion.labels.any()
    assert not fusion.source.any()
    assert not fusion.confidence.any()


def test_evidence_of_another_cloud_is_refused():
    with pytest.raises(ValueError, match="4 points, the cloud has 3"):
        fuse(cloud(np.zeros((3, 3))), Evidence(4, ()), BALL)


def two_boards(count=6000, seed=0):
    """Two boards that meet in a corner, wood and grass; truth 1 and 2."""
    rng = np.random.default_rng(seed)
    xyz = rng.random((count, 3))
    truth = rng.integers(1, 3, count).astype(np.uint16)
    xyz[truth == 1, 2] = 0
    xyz[truth == 2, 0] = 0
    colors = np.array([[0, 0, 0], [150, 100, 60], [60, 150, 60]])
    rgb = np.clip(colors[truth] + rng.normal(0, 4, (count, 3)), 0, 255).astype(np.uint8)
    return cloud(xyz, rgb), truth


def test_graph_labels_every_point_from_a_few_strokes():
    boards, truth = two_boards()
    rng = np.random.default_rng(1)
    seen = np.sort(rng.choice(len(boards), 300, replace=False))
    said = truth[seen].copy()
    said[:30] = 3 - said[:30]  # a tenth is wrong
    fusion = fuse(boards, Evidence(len(boards), (votes(0, seen, said),)))
    assert (fusion.labels > 0).all()
    assert (fusion.labels == truth).mean() > 0.99
    assert set(np.unique(fusion.source)) == {1, 2}
    assert ((fusion.source == 1).nonzero()[0] == np.intersect1d(
        seen[fusion.labels[seen] == said], seen)).all()  # fmt: skip
    assert fusion.confidence.min() >= 0
    assert fusion.confidence.max() <= 1
    assert fusion.votes[seen].tolist() == [1] * 300


def test_strokes_are_kept_exactly_when_asked():
    boards, truth = two_boards()
    seen = np.arange(0, len(boards), 10)
    said = truth[seen].copy()
    said[::7] = 3 - said[::7]
    evidence = Evidence(len(boards), (votes(0, seen, said),))
    kept = fuse(boards, evidence, FusionSettings(keep_strokes=True))
    np.testing.assert_array_equal(kept.labels[seen], said)


def test_the_layer_always_holds():
    boards, truth = two_boards()
    layer = np.zeros(len(boards), dtype=np.uint16)
    layer[::500] = 77
    evidence = Evidence(len(boards), (votes(0, np.arange(len(boards)), truth),), layer)
    fusion = fuse(boards, evidence)
    assert (fusion.labels[::500] == 77).all()
    assert (fusion.source[::500] == 1).all()
    assert (fusion.confidence[::500] == 1).all()


def test_same_evidence_same_labels():
    boards, truth = two_boards()
    seen = np.arange(0, len(boards), 20)
    evidence = Evidence(len(boards), (votes(0, seen, truth[seen]),))
    first, second = fuse(boards, evidence), fuse(boards, evidence)
    np.testing.assert_array_equal(first.labels, second.labels)
    np.testing.assert_array_equal(first.confidence, second.confidence)
    warm = fuse(boards, evidence, known=first, warm=True)
    assert (warm.labels == first.labels).mean() > 0.999


def test_stroke_after_stroke_the_points_follow_the_nodes():
    boards, truth = two_boards()
    graph = build_graph(boards)
    rng = np.random.default_rng(4)
    last = None
    for count in range(1, 7):
        seen = [np.flatnonzero(np.linalg.norm(boards.xyz - p, axis=1) < 0.1)
                for p in boards.xyz[rng.integers(0, len(boards), count)]]  # fmt: skip
        frames = tuple(votes(k, s, truth[s]) for k, s in enumerate(seen))
        fusion = fuse(
            boards, Evidence(len(boards), frames), graph=graph, known=last, warm=last is not None
        )
        anew = label_points(boards, graph, fusion.refined.potentials)
        assert (fusion.labels == anew.labels).mean() > 0.9995
        np.testing.assert_allclose(fusion.confidence, anew.confidence, atol=0.03)
        last = fusion


def test_what_no_walk_reaches_is_neither_labelled_nor_sure():
    boards, truth = two_boards()
    graph = build_graph(boards)
    evidence = Evidence(len(boards), (votes(0, np.arange(0, 6000, 50), truth[::50]),))
    potentials = fuse(boards, evidence, graph=graph).refined.potentials
    cold = graph.xyz[:, 1] + graph.center[1] > 0.6
    potentials.share[cold] = 0
    refined = label_points(boards, graph, potentials)
    # Nodes at the edge of the cold may take their neighbours' labels, inner ones cannot.
    inner = boards.xyz[:, 1] > 0.75
    assert not refined.labels[inner].any()
    assert not refined.confidence[refined.labels == 0].any()
    assert refined.labels[boards.xyz[:, 1] < 0.5].all()


def test_labels_that_must_hold_leave_those_of_the_graph_alone():
    boards, truth = two_boards()
    seen, said = np.arange(0, 6000, 7), truth[::7].copy()
    said[:20] = 3 - said[:20]  # outvoted
    evidence = Evidence(len(boards), (votes(0, seen, said),))
    fusion = fuse(boards, evidence, FusionSettings(keep_strokes=True))
    assert (fusion.labels[seen] == said).all()
    plain = fuse(boards, evidence)
    np.testing.assert_array_equal(fusion.refined.labels, plain.refined.labels)
    np.testing.assert_array_equal(plain.labels, plain.refined.labels)


def test_points_that_a_stroke_does_not_reach_are_not_labelled_again():
    boards, truth = two_boards()
    graph = build_graph(boards)
    all_over = replace(votes(0, np.arange(0, len(boards), 7), truth[::7]), version=1)
    first = fuse(boards, Evidence(len(boards), (all_over,)), graph=graph)
    spot = np.flatnonzero(np.linalg.norm(boards.xyz - boards.xyz[5], axis=1) < 0.03)
    stroke = votes(1, spot, truth[spot])
    first.refined.confidence[:] = -1  # what is not labelled again keeps this
    second = fuse(
        boards, Evidence(len(boards), (all_over, stroke)), graph=graph, known=first, warm=True
    )
    assert (first.refined.confidence == -1).all()
    again = second.refined.confidence >= 0
    assert again[spot].all()
    assert 0 < again.mean() < 0.5


def test_nearest_votes_in_a_small_ball_and_fills_the_rest():
    line = cloud(np.array([0.0, 0.04, 0.3, 1.0, 0.96])[:, None] * [1, 0, 0])
    evidence = Evidence(5, (votes(0, [0, 3], [4, 6]),))
    options = FusionSettings(method="nearest", max_distance=0.25)
    fusion = fuse(line, evidence, options)
    assert fusion.labels.tolist() == [4, 4, 4, 6, 6]
    assert fusion.source.tolist() == [1, 2, 2, 1, 2]
    assert fusion.confidence[2] < fusion.confidence[1] < fusion.confidence[0]
    assert not fuse(line, Evidence(5, ()), options).labels.any()


def test_confidence_falls_where_the_classes_meet_and_where_nobody_painted():
    rng = np.random.default_rng(0)
    xyz = rng.random((9000, 3)) * [6, 1, 0]
    rgb = np.full((9000, 3), 120, dtype=np.uint8)
    rgb[xyz[:, 0] > 4] = (200, 40, 40)  # a thing that nobody paints
    scene = cloud(xyz, rgb)
    left = np.flatnonzero((xyz[:, 0] > 0.3) & (xyz[:, 0] < 0.9))
    right = np.flatnonzero((xyz[:, 0] > 2.9) & (xyz[:, 0] < 3.5))
    fusion = fuse(
        scene,
        Evidence(
            9000,
            (votes(0, left, np.full(len(left), 1)), votes(1, right, np.full(len(right), 2))),
        ),
    )
    x = xyz[:, 0]
    beside = fusion.confidence[((x > 0.4) & (x < 0.8)) | ((x > 3.0) & (x < 3.4))]
    between = fusion.confidence[(x > 1.85) & (x < 1.95)]
    unpainted = fusion.confidence[x > 4.2]
    assert beside.mean() > 0.85
    assert between.mean() < 0.75
    assert unpainted.max() < 0.7
    assert (fusion.labels > 0).all()


def test_far_from_all_strokes_the_nearer_class_still_wins():
    rng = np.random.default_rng(1)
    xyz = rng.random((40_000, 3)) * [200, 0.5, 0]
    scene = cloud(xyz, np.full((40_000, 3), 90, dtype=np.uint8))
    low, high = np.flatnonzero(xyz[:, 0] < 0.5), np.flatnonzero(xyz[:, 0] > 199.5)
    evidence = Evidence(
        40_000, (votes(0, low, np.full(len(low), 3)), votes(1, high, np.full(len(high), 8)))
    )
    fusion = fuse(scene, evidence)
    x = xyz[:, 0]
    assert (fusion.labels[x < 70] == 3).mean() > 0.98
    assert (fusion.labels[x > 130] == 8).mean() > 0.98
    assert fusion.confidence[(x > 60) & (x < 140)].max() < 0.5


@pytest.mark.parametrize("method", ["graph", "ball"])
def test_labels_that_the_cloud_came_with_stay_where_no_photo_says_otherwise(method):
    boards, truth = two_boards(3000)
    imported = np.where(truth == 1, 41, 0).astype(np.uint16)
    seen = np.flatnonzero((truth == 1) & (boards.xyz[:, 1] < 0.5)).astype(np.int32)
    painted = votes(0, seen, np.full(len(seen), 7))
    fusion = fuse(boards, Evidence(3000, (painted,), None, imported), FusionSettings(method=method))
    kept = np.setdiff1d(np.flatnonzero(imported), seen)
    assert (fusion.labels[kept] == 41).all()
    assert (fusion.source[kept] == 1).all()
    assert (fusion.confidence[kept] == 1).all()
    assert (fusion.labels[seen] == 7).mean() > 0.9
    assert not fusion.votes[kept].any()
    # Without a stroke they spread as if they had been painted.
    alone = fuse(boards, Evidence(3000, (), None, imported), FusionSettings(method="graph"))
    assert (alone.labels[imported > 0] == 41).all()
    assert (alone.labels[truth == 2] == 41).any()


def test_votes_on_doubted_depth_yield_to_others_and_speak_where_there_are_none():
    rng = np.random.default_rng(0)
    sheet = cloud(rng.random((6000, 3)) * [4, 2, 0])
    left = np.flatnonzero(sheet.xyz[:, 0] < 2).astype(np.int32)
    doubt = np.full(6000, 20, dtype=np.uint8)
    sure = FrameVotes(0, left, np.full(len(left), 1, np.uint16))
    every, said = np.arange(6000, dtype=np.int32), np.full(6000, 2, np.uint16)
    unsure = FrameVotes(1, every, said, trust=doubt)
    deep_left, deep_right = sheet.xyz[:, 0] < 1.8, sheet.xyz[:, 0] > 2.2
    labels = fuse(sheet, Evidence(6000, (sure, unsure))).labels
    assert (labels[deep_left] == 1).mean() > 0.99
    assert (labels[deep_right] == 2).mean() > 0.99
    # As sure as the first it would win half of what both say.
    contrary = fuse(sheet, Evidence(6000, (sure, FrameVotes(1, every, said)))).labels
    assert (contrary[deep_left] == 1).mean() < 0.9
