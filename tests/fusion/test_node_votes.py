"""What is said about nodes, counted once more point by point."""

from __future__ import annotations

import numpy as np
import pytest

from o3d_paint.core.evidence import Evidence, FrameVotes
from o3d_paint.core.scene import PointCloud
from o3d_paint.fusion.graph import build_graph
from o3d_paint.fusion.node_votes import count_votes, known_votes


@pytest.fixture(scope="module")
def wall():
    rng = np.random.default_rng(0)
    cloud = PointCloud(rng.random((900, 3)) * [2, 1, 0], np.zeros((900, 3), dtype=np.uint8))
    return cloud, build_graph(cloud, nodes=60)


def photos(cloud, many=4, seed=1, versions=False):
    rng = np.random.default_rng(seed)
    frames, trust = [], {}
    for k in range(many):
        points = np.flatnonzero(rng.random(len(cloud)) < 0.3).astype(np.int32)
        labels = rng.choice([1, 6, 65535][: 2 + k % 2], len(points)).astype(np.uint16)
        frames.append(FrameVotes(2 * k, points, labels, 10 + k if versions else None))
        if k != 1:
            trust[2 * k] = rng.integers(0, 256, len(points)).astype(np.uint8)
    return tuple(frames), trust


def test_votes_are_counted_by_node_and_class_as_far_as_they_are_believed(wall):
    cloud, graph = wall
    frames, trust = photos(cloud)
    layer = np.zeros(len(cloud), dtype=np.uint16)
    layer[::50], layer[1::50] = 9, 6
    found = count_votes(graph, Evidence(len(cloud), frames, layer), trust=trust)
    assert found.class_ids.tolist() == [1, 6, 9, 65535]
    assert found.class_ids.dtype == np.uint16
    votes, believed = np.zeros(len(graph)), np.zeros((len(graph), 4))
    by_point = np.zeros(len(cloud), dtype=int)
    for frame in frames:
        weight = trust.get(frame.frame_idx, np.full(len(frame.points), 255))
        for point, label, w in zip(frame.points, frame.labels, weight, strict=True):
            votes[graph.node_of[point]] += 1
            by_point[point] += 1
            believed[graph.node_of[point], found.class_ids.tolist().index(label)] += w / 255
    np.testing.assert_array_equal(found.counts, votes)
    np.testing.assert_allclose(found.trusted, believed, rtol=1e-5)
    np.testing.assert_array_equal(found.photos, by_point)
    laid = np.zeros((len(graph), 4))
    np.add.at(laid, (graph.node_of, np.searchsorted(found.class_ids, layer)), layer > 0)
    np.testing.assert_array_equal(found.fixed, laid.any(axis=1))
    share = laid[found.fixed] / laid[found.fixed].sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found.laid, share, rtol=1e-6)
    assert ((share > 0) & (share < 1)).any()


def test_labels_that_the_cloud_came_with_hold_where_no_photo_votes_on_the_node(wall):
    cloud, graph = wall
    imported = np.full(len(cloud), 4, dtype=np.uint16)
    imported[::3] = 5
    imported[1::3] = 0
    points = np.flatnonzero(cloud.xyz[:, 0] < 1).astype(np.int32)[::5]
    frame = FrameVotes(0, points, np.full(len(points), 8, dtype=np.uint16))
    found = count_votes(graph, Evidence(len(cloud), (frame,), None, imported))
    assert found.class_ids.tolist() == [4, 5, 8]
    voted = np.isin(np.arange(len(graph)), graph.node_of[points])
    given = np.isin(np.arange(len(graph)), graph.node_of[imported > 0])
    np.testing.assert_array_equal(found.fixed, given & ~voted)
    rows = np.cumsum(found.fixed) - 1
    for node in np.flatnonzero(found.fixed):
        mine = imported[(graph.node_of == node) & (imported > 0)]
        np.testing.assert_allclose(
            found.laid[rows[node]], [(mine == i).mean() for i in (4, 5, 8)], rtol=1e-6
        )


def test_nothing_said_is_no_class(wall):
    cloud, graph = wall
    for layer in (None, np.zeros(len(cloud), dtype=np.uint16)):
        found = count_votes(graph, Evidence(len(cloud), (), layer, layer))
        assert found.class_ids.shape == (0,)
        assert found.trusted.shape == (len(graph), 0)
        assert found.laid.shape == (0, 0)
        assert not found.counts.any()
        assert not found.fixed.any()
        assert not found.photos.any()


def test_photos_that_vote_on_a_point_are_counted_up_to_255(wall):
    cloud, graph = wall
    one = np.ones(2, dtype=np.uint16)
    frames = [FrameVotes(k, np.array([3, 70 + (k < 200)]), one) for k in range(300)]
    found = count_votes(graph, Evidence(len(cloud), tuple(frames)))
    assert found.photos[[3, 70, 71, 72]].tolist() == [255, 100, 200, 0]
    assert found.counts.sum() == 600


def test_a_photo_that_votes_as_before_is_not_counted_again(wall):
    cloud, graph = wall
    frames, trust = photos(cloud, versions=True)
    first = count_votes(graph, Evidence(len(cloud), frames), trust=trust)
    again = count_votes(graph, Evidence(len(cloud), frames[1:]), trust=trust, known=first)
    assert [own.votes.version for own in again.by_photo] == [11, 12, 13]
    for now, then in zip(again.by_photo, first.by_photo[1:], strict=True):
        assert now is then
    plain = count_votes(graph, Evidence(len(cloud), frames[1:]), trust=trust)
    np.testing.assert_array_equal(again.trusted, plain.trusted)
    changed = FrameVotes(0, frames[0].points, frames[0].labels, 99)
    unnumbered = FrameVotes(0, frames[0].points, frames[0].labels)
    for frame in (changed, unnumbered):
        assert known_votes(first, frame) is None
        assert known_votes(None, frame) is None
        (own,) = count_votes(graph, Evidence(len(cloud), (frame,)), known=first).by_photo
        assert own.votes is frame
    none = [FrameVotes(0, f.points, f.labels) for f in frames]
    uncounted = count_votes(graph, Evidence(len(cloud), tuple(none)))
    assert known_votes(uncounted, unnumbered) is None
    assert known_votes(first, frames[2]) is first.by_photo[2]


def test_columns_of_votes_are_those_of_their_classes(wall):
    cloud, graph = wall
    frames, _ = photos(cloud)
    for own in count_votes(graph, Evidence(len(cloud), frames)).by_photo:
        assert own.class_ids.tolist() == sorted(set(own.votes.labels.tolist()))
        wider = np.array([1, 3, 6, 200, 65535], dtype=np.uint16)
        np.testing.assert_array_equal(wider[own.columns_in(wider)], own.votes.labels)
        assert (np.diff(own.nodes) > 0).all()
        assert own.counts.sum() == len(own.votes.points)
