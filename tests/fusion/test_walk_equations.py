"""Every number of the walk against its written page; what an earlier walk is good for."""

from __future__ import annotations

import numpy as np
import pytest

from o3d_paint.core.evidence import Evidence, FrameVotes
from o3d_paint.core.scene import PointCloud
from o3d_paint.fusion.graph import build_graph
from o3d_paint.fusion.node_votes import count_votes
from o3d_paint.fusion.random_walk import walk
from tests.fusion.exact_walk import exact_walk

pytestmark = pytest.mark.compiled

EXACTLY = {"tolerance": 1e-7, "iterations": 2000}


def folded_strip(count=3000, length=4.0, nodes=350, stripe=1.6, seed=0):
    """A strip that turns up at its end, in stripes of two colours; and its graph."""
    rng = np.random.default_rng(seed)
    xyz = rng.random((count, 3)) * [length, 1, 0]
    up = xyz[:, 0] > 0.75 * length
    red = xyz[:, 0] % (2 * stripe) > stripe
    xyz[up, 2], xyz[up, 0] = xyz[up, 0] - 0.75 * length, 0.75 * length
    rgb = np.where(red[:, None], (170, 90, 70), (90, 120, 90)) + rng.normal(0, 5, (count, 3))
    cloud = PointCloud(xyz, np.clip(rgb, 0, 255).astype(np.uint8))
    return cloud, build_graph(cloud, nodes=nodes)


def votes(frame_idx, points, labels):
    points = np.asarray(points, dtype=np.int32)
    return FrameVotes(frame_idx, points, np.broadcast_to(labels, len(points)).astype(np.uint16))


def quarrel(cloud, graph, *, laid=False, seed=1):
    """Photos that vote on a few points each, contradict each other, and are believed unevenly."""
    rng = np.random.default_rng(seed)
    frames, trust = [], {}
    for k, share in enumerate((0.02, 0.1, 0.3)):
        points = np.flatnonzero((rng.random(len(cloud)) < share) & (cloud.xyz[:, 0] < 2.7 + k))
        truth = 3 + 37 * (cloud.xyz[points, 0] > 1.6)
        truth = np.where(rng.random(len(points)) < 0.2, 500, truth)
        frames.append(votes(k, points, truth))
        trust[k] = rng.integers(0, 256, len(points)).astype(np.uint8)
    layer = np.where(cloud.xyz[:, 2] > 0.8, 7, 0).astype(np.uint16) if laid else None
    return count_votes(graph, Evidence(len(cloud), tuple(frames), layer), trust=trust)


@pytest.mark.parametrize("laid", [False, True])
def test_potentials_are_those_of_the_page(laid):
    cloud, graph = folded_strip()
    seen = quarrel(cloud, graph, laid=laid)
    assert seen.fixed.any() == laid
    found, exact = walk(graph, seen, **EXACTLY), exact_walk(graph, seen)
    np.testing.assert_allclose(found.first, exact.first, atol=2e-5)
    np.testing.assert_allclose(found.near, exact.near, atol=2e-5)
    np.testing.assert_allclose(found.mass, exact.near.sum(axis=1), atol=2e-5)
    np.testing.assert_allclose(found.share, exact.share, atol=5e-5)
    assert not found.far.any()
    if laid:
        # The labels that were laid give way to one part in ten thousand of what pulls at them.
        at = seen.fixed & (graph.xyz[:, 2] + graph.center[2] < 0.95)
        missing, wanted = (1 - x.near[at, seen.class_ids == 7] for x in (found, exact))
        np.testing.assert_allclose(missing, wanted, rtol=0.05, atol=1e-6)


def test_unreached_nodes_are_those_of_the_page():
    cloud, graph = folded_strip(9000, length=40.0, nodes=1500, stripe=4.0)
    left = np.flatnonzero(cloud.xyz[:, 0] < 1)
    right = np.flatnonzero(cloud.xyz[:, 2] > 9)
    doubted = np.flatnonzero(np.abs(cloud.xyz[:, 0] - 10) < 1)
    seen = count_votes(
        graph,
        Evidence(len(cloud), (votes(0, left, 4), votes(1, right, 9), votes(2, doubted, 2))),
        trust={2: np.zeros(len(doubted), dtype=np.uint8)},
    )
    found, exact = walk(graph, seen, **EXACTLY), exact_walk(graph, seen)
    assert 0.2 < exact.unreached.mean() < 0.9
    np.testing.assert_array_equal(found.far.any(axis=1), exact.unreached)
    np.testing.assert_allclose(found.near, exact.near, atol=1e-4)
    np.testing.assert_allclose(found.far, exact.far, atol=1e-3)
    np.testing.assert_allclose(found.share, exact.share, atol=2e-3)


def test_votes_that_nobody_believes_say_nothing():
    cloud, graph = folded_strip()
    points = np.arange(0, len(cloud), 9)
    doubted = count_votes(
        graph,
        Evidence(len(cloud), (votes(0, points, 5),)),
        trust={0: np.zeros(len(points), dtype=np.uint8)},
    )
    found = walk(graph, doubted)
    for nothing in (found.first, found.near, found.far, found.share, found.mass):
        assert not nothing.any()
    assert found.share.shape == (len(graph), 1)


def test_where_all_is_out_of_reach_shares_are_still_those_of_the_walk():
    xyz = np.random.default_rng(3).random((20_000, 3)) * [1, 1, 0]
    cloud = PointCloud(xyz, np.full((len(xyz), 3), 120, dtype=np.uint8))
    graph = build_graph(cloud, nodes=5000)
    middle = [int(np.argmin(np.abs(xyz - [0.5, 0.5, 0]).sum(axis=1)))]
    seen = count_votes(
        graph,
        Evidence(len(cloud), (votes(0, middle, 5),)),
        trust={0: np.ones(1, dtype=np.uint8)},
    )
    found, exact = walk(graph, seen, **EXACTLY), exact_walk(graph, seen)
    assert exact.unreached.all()
    assert not found.far.any()
    np.testing.assert_allclose(found.near, exact.near, atol=1e-5)
    np.testing.assert_allclose(found.share, 1, rtol=1e-6)


def long_walk(graph, cloud, *frames, **options):
    return walk(graph, count_votes(graph, Evidence(len(cloud), frames)), **options)


def test_a_walk_that_is_carried_on_without_steps_is_the_earlier_one_class_by_class():
    cloud, graph = folded_strip(9000, length=40.0, nodes=1500, stripe=4.0)
    left = votes(0, np.flatnonzero(cloud.xyz[:, 0] < 1), 40)
    right = votes(1, np.flatnonzero(cloud.xyz[:, 2] > 9), 9)
    before = long_walk(graph, cloud, left, right)
    assert before.far.any()
    again = long_walk(graph, cloud, left, right, warm=before, iterations=0)
    for name in ("first", "near", "far", "share", "mass"):
        np.testing.assert_array_equal(getattr(again, name), getattr(before, name), err_msg=name)
    # A class more, before, between and after the others: theirs stay away from its stroke.
    place = np.array([14.0, 0.5, 0.0])
    stroke = np.flatnonzero(np.linalg.norm(cloud.xyz - place, axis=1) < 0.5)
    away = np.linalg.norm(graph.xyz + graph.center - place, axis=1) > 6
    for label in (2, 25, 77):
        more = long_walk(
            graph, cloud, left, right, votes(2, stroke, label), warm=before, iterations=0
        )
        assert more.class_ids.tolist() == sorted([9, 40, label])
        old = more.class_ids != label
        assert more.near[:, ~old].max() > 0.1
        for name in ("first", "near"):
            now, then = getattr(more, name), getattr(before, name)
            np.testing.assert_allclose(now[away][:, old], then[away], rtol=1e-3, atol=1e-6)
            assert not now[away][:, ~old].any()
    # A class less.
    alone = long_walk(graph, cloud, left, warm=before, iterations=0)
    assert alone.class_ids.tolist() == [40]
    away = graph.xyz[:, 2] + graph.center[2] < 1
    # What a class looks like is told from others: without them its seeds weigh a little less.
    np.testing.assert_allclose(alone.near[away, 0], before.near[away, 1], rtol=1e-2, atol=1e-6)
