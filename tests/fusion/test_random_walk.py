from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from o3d_paint.core.evidence import Evidence, FrameVotes
from o3d_paint.core.scene import PointCloud
from o3d_paint.fusion import random_walk
from o3d_paint.fusion.graph import build_graph
from o3d_paint.fusion.random_walk import WalkerSettings, count_votes, edge_weights, walk

EXACT = {"iterations": 2000, "tolerance": 1e-7}


def strip(count=4000, seed=0):
    """A flat strip, red on the left and blue on the right."""
    rng = np.random.default_rng(seed)
    xyz = rng.random((count, 3)) * [4, 1, 0]
    rgb = np.where(xyz[:, :1] < 2, [[180, 40, 40]], [[40, 40, 180]]).astype(np.uint8)
    return PointCloud(xyz, rgb)


def votes(frame_idx, points, label):
    points = np.asarray(points, dtype=np.int32)
    return FrameVotes(frame_idx, points, np.full(len(points), label, dtype=np.uint16))


def around(cloud, x, y, radius=0.2):
    return np.flatnonzero(np.linalg.norm(cloud.xyz[:, :2] - (x, y), axis=1) < radius)


def test_heat_solves_the_equations():
    cloud = strip()
    graph = build_graph(cloud, nodes=300)
    frames = (votes(0, around(cloud, 0.5, 0.5), 3), votes(1, around(cloud, 3.5, 0.5), 500))
    counted = count_votes(graph, Evidence(len(cloud), frames))
    settings = WalkerSettings(trust=0.05, leak=0.01, appearance=0.0)
    spread = walk(graph, counted, settings, **EXACT)
    weights = edge_weights(graph, settings).astype(np.float64)
    dense = np.zeros((len(graph), len(graph)))
    start = np.repeat(np.arange(len(graph)), np.diff(graph.indptr))
    dense[start, graph.indices] = weights
    total = counted.counts.sum(axis=1, keepdims=True)
    pull = 0.05 * counted.counts / np.maximum(total, 3)
    system = np.diag(dense.sum(axis=1) + pull.sum(axis=1) + 0.01) - dense
    np.testing.assert_allclose(spread.heat, np.linalg.solve(system, pull), atol=2e-4)
    assert spread.class_ids.tolist() == [3, 500]


def test_the_middle_of_a_stroke_counts_more_than_its_rim():
    cloud = strip()
    graph = build_graph(cloud, nodes=1600)
    stroke = around(cloud, 2.0, 0.5, 0.4)
    counts = count_votes(graph, Evidence(len(cloud), (votes(0, stroke, 1),))).counts[:, 0]
    plain = np.bincount(graph.node_of[stroke], minlength=len(graph))
    away = np.linalg.norm((graph.xyz + graph.center)[:, :2] - (2.0, 0.5), axis=1)
    middle, rim = (away < 0.15) & (plain > 0), (away > 0.37) & (plain > 0)
    np.testing.assert_allclose(counts[middle], plain[middle], rtol=1e-5)
    assert (counts[rim] < 0.6 * plain[rim]).all()
    assert (counts[plain == 0] == 0).all()


def test_photos_that_vote_as_before_are_not_counted_again():
    cloud = strip()
    graph = build_graph(cloud, nodes=400)
    stays = replace(votes(0, around(cloud, 1.0, 0.5, 0.4), 1), version=11)
    goes = replace(votes(1, around(cloud, 1.4, 0.5, 0.4), 2), version=12)
    comes = replace(votes(1, around(cloud, 3.0, 0.5, 0.4), 2), version=13)
    before = count_votes(graph, Evidence(len(cloud), (stays, goes)))
    changed = Evidence(len(cloud), (stays, comes))
    after = count_votes(graph, changed, known=before)
    assert after.by_photo[0] is before.by_photo[0]
    assert after.by_photo[1] is not before.by_photo[1]
    fresh = count_votes(graph, changed)
    np.testing.assert_array_equal(after.counts, fresh.counts)
    np.testing.assert_array_equal(after.photos, fresh.photos)
    third = votes(2, around(cloud, 2.0, 0.5, 0.4), 5)
    more = count_votes(graph, Evidence(len(cloud), (stays, comes, third)), known=after)
    fresh = count_votes(graph, Evidence(len(cloud), (stays, comes, third)))
    np.testing.assert_array_equal(more.counts, fresh.counts)


def test_each_photo_has_rims_of_its_own():
    cloud = strip()
    graph = build_graph(cloud, nodes=400)
    one = votes(0, around(cloud, 1.0, 0.5, 0.4), 1)
    other = votes(1, around(cloud, 1.4, 0.5, 0.4), 2)
    both = count_votes(graph, Evidence(len(cloud), (one, other))).counts
    for column, frame in enumerate((one, other)):
        alone = count_votes(graph, Evidence(len(cloud), (frame,))).counts
        np.testing.assert_allclose(both[:, column], alone[:, 0], rtol=1e-6)


def test_colour_edges_stop_labels():
    cloud = strip()
    graph = build_graph(cloud, nodes=400)
    frames = (votes(0, around(cloud, 1.0, 0.5), 1), votes(1, around(cloud, 3.8, 0.5), 2))
    spread = walk(graph, count_votes(graph, Evidence(len(cloud), frames)), WalkerSettings())
    x = graph.xyz[:, 0] + graph.center[0]
    won = spread.class_ids[spread.heat.argmax(axis=1)]
    assert (won[x < 1.95] == 1).all()
    assert (won[x > 2.05] == 2).all()


def test_a_sloppy_stroke_is_outvoted():
    cloud = strip()
    graph = build_graph(cloud, nodes=400)
    frames = (
        votes(0, around(cloud, 0.5, 0.5, 0.4), 1),
        votes(0, around(cloud, 1.6, 0.5, 0.1), 2),
        votes(1, around(cloud, 3.0, 0.5, 0.4), 2),
    )
    spread = walk(graph, count_votes(graph, Evidence(len(cloud), frames)), WalkerSettings())
    x = graph.xyz[:, 0] + graph.center[0]
    assert (spread.class_ids[spread.heat[x < 1.9].argmax(axis=1)] == 1).all()


def test_a_leak_limits_how_far_labels_reach():
    cloud = strip()
    graph = build_graph(cloud, nodes=400)
    evidence = Evidence(len(cloud), (votes(0, around(cloud, 0.3, 0.5), 1),))
    counted = count_votes(graph, evidence)
    reach = walk(graph, counted, WalkerSettings(leak=1e-4), **EXACT).heat.sum(axis=1)
    x = graph.xyz[:, 0] + graph.center[0]
    assert reach[x < 0.5].min() > reach[(x > 1.0) & (x < 1.9)].max() > reach[x > 2.2].max()
    assert reach.max() <= 1.0 + 1e-4


def test_votes_are_counted_by_node_and_the_layer_weighs_more_than_any_photo():
    cloud = strip(500)
    graph = build_graph(cloud, nodes=20)
    layer = np.zeros(500, dtype=np.uint16)
    layer[7] = 9
    frames = (votes(0, np.arange(500), 2), votes(2, np.arange(0, 500, 2), 4))
    counted = count_votes(graph, Evidence(500, frames, layer))
    assert counted.class_ids.tolist() == [2, 4, 9]
    assert counted.counts[:, 0].sum() == 500
    assert counted.photos.tolist() == [2, 1] * 250
    spread = walk(graph, counted, WalkerSettings(), **EXACT)
    assert spread.heat[graph.node_of[7]].argmax() == 2


def two_strokes(cloud):
    return votes(0, around(cloud, 0.5, 0.5), 1), votes(1, around(cloud, 3.5, 0.5), 2)


def test_a_warm_start_reaches_the_same_solution():
    cloud = strip()
    graph = build_graph(cloud, nodes=400)
    frames, settings = two_strokes(cloud), WalkerSettings(trust=0.05)
    both = count_votes(graph, Evidence(len(cloud), frames))
    cold = walk(graph, both, settings, **EXACT)
    first = count_votes(graph, Evidence(len(cloud), frames[:1]))
    for other in (settings, WalkerSettings(trust=0.01, color_scale=9.0)):
        before = walk(graph, first, other, **EXACT)
        warm = walk(graph, both, settings, warm=before, **EXACT)
        np.testing.assert_allclose(warm.heat, cold.heat, atol=1e-3)


def test_heat_is_given_more_steps_in_wider_graphs(monkeypatch):
    cloud = strip()
    graph = build_graph(cloud, nodes=400)
    counted = count_votes(graph, Evidence(len(cloud), two_strokes(cloud)))
    settings = WalkerSettings(trust=0.05, leak=1e-7)
    exact = walk(graph, counted, settings, **EXACT).heat
    monkeypatch.setattr(random_walk, "_ITERATIONS", 4)
    usual = walk(graph, counted, settings).heat
    monkeypatch.setattr(random_walk, "_USUAL_NODES", len(graph) / 16)
    wide = walk(graph, counted, settings).heat
    assert np.abs(wide - exact).max() < 0.5 * np.abs(usual - exact).max()


def test_what_a_short_solution_left_stays_where_nothing_was_painted():
    cloud = strip()
    graph = build_graph(cloud, nodes=400)
    counted = count_votes(graph, Evidence(len(cloud), two_strokes(cloud)))
    settings = WalkerSettings(trust=0.05)
    short = walk(graph, counted, settings, iterations=4)
    again = walk(graph, counted, settings, warm=short, iterations=50)
    np.testing.assert_allclose(again.heat, short.heat, atol=1e-5)
    exact = walk(graph, counted, settings, **EXACT)
    assert np.abs(short.heat - exact.heat).max() > 1e-2


@pytest.mark.parametrize("count", [0, 1, 3])
def test_without_votes_there_is_no_heat(count):
    cloud = PointCloud(np.arange(3.0 * count).reshape(-1, 3), np.zeros((count, 3), dtype=np.uint8))
    graph = build_graph(cloud)
    spread = walk(graph, count_votes(graph, Evidence(count, ())), WalkerSettings())
    assert spread.heat.shape == (len(graph), 0)
