"""The walk at its own settings: winners are exact ones, and labels go where they should."""

from __future__ import annotations

import numpy as np
import pytest

from o3d_paint.core.evidence import Evidence, FrameVotes
from o3d_paint.core.scene import PointCloud
from o3d_paint.fusion.graph import build_graph
from o3d_paint.fusion.node_votes import count_votes
from o3d_paint.fusion.random_walk import UNREACHED, walk
from tests.fusion.exact_walk import exact_walk

pytestmark = pytest.mark.compiled


def boards(count, *, colors=((120, 120, 120),), size=(4.0, 1.0), seed=0):
    """A flat strip cut into boards of these colours from left to right."""
    rng = np.random.default_rng(seed)
    xyz = rng.random((count, 3)) * [*size, 0]
    which = (xyz[:, 0] / size[0] * len(colors)).astype(int)
    rgb = np.array(colors)[which] + rng.normal(0, 3, (count, 3))
    return PointCloud(xyz, np.clip(rgb, 0, 255).astype(np.uint8))


def votes(frame_idx, points, label):
    points = np.asarray(points, dtype=np.int32)
    return FrameVotes(frame_idx, points, np.full(len(points), label, dtype=np.uint16))


def around(cloud, x, y, radius=0.2):
    return np.flatnonzero(np.linalg.norm(cloud.xyz[:, :2] - (x, y), axis=1) < radius)


def counted(cloud, graph, *frames, layer=None):
    return count_votes(graph, Evidence(len(cloud), tuple(frames), layer))


def others(found, exact):
    """Return the share of reached nodes with another winner, of nodes that are no ties."""
    mass = exact.sum(axis=1)
    best = np.sort(exact / mass[:, None], axis=1)
    clear = (mass >= UNREACHED) & (best[:, -1] - best[:, -2] > 1e-6)
    wrong = found.share.argmax(axis=1) != exact.argmax(axis=1)
    return np.count_nonzero(wrong & clear) / np.count_nonzero(clear)


GREY = ((120, 120, 120),)
GAUDY = ((180, 60, 40), (60, 60, 180), (60, 150, 60), (170, 160, 60))


def strokes(cloud, size):
    """Discs of classes that are added one by one, the first two in opposite corners."""
    places = [(0.1, 0.1, 1), (0.9, 0.9, 2), (0.5, 0.3, 3), (0.2, 0.8, 4), (0.7, 0.6, 1)]
    return [
        votes(k, around(cloud, size * x, size * y, size * 0.05), label)
        for k, (x, y, label) in enumerate(places)
    ]


def assert_converged(colors, count):
    size = 10.0
    cloud = boards(count, colors=colors, size=(size, size))
    graph = build_graph(cloud)
    all_strokes, last = strokes(cloud, size), None
    layer = np.zeros(count, dtype=np.uint16)
    layer[around(cloud, 0.6 * size, 0.6 * size, 0.2)] = 2
    for many, laid in ((2, None), (3, None), (5, None), (5, layer)):
        seen = counted(cloud, graph, *all_strokes[:many], layer=laid)
        exact = exact_walk(graph, seen, carried_on=False).near
        cold = walk(graph, seen)
        assert others(cold, exact) <= 1e-3
        last = walk(graph, seen, warm=last)
        assert others(last, exact) <= 1e-3
        same = (last.share.argmax(axis=1) == cold.share.argmax(axis=1))[graph.node_of]
        assert same.mean() >= 0.999


@pytest.mark.slow
@pytest.mark.parametrize("colors", [GREY, GAUDY])
def test_winners_are_those_of_the_exact_solution_cold_and_warm(colors):
    assert_converged(colors, 300_000)


@pytest.mark.sweep
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("colors", [GREY, GAUDY])
def test_winners_are_those_of_the_exact_solution_on_300_000_nodes(colors):
    assert_converged(colors, 12_000_000)


def two_strokes(cloud):
    return votes(0, around(cloud, 0.5, 0.5), 3), votes(1, around(cloud, 3.5, 0.5), 500)


def test_potentials_solve_the_equations():
    cloud = boards(4000)
    graph = build_graph(cloud, nodes=300)
    seen = counted(cloud, graph, *two_strokes(cloud))
    found, exact = walk(graph, seen), exact_walk(graph, seen).near
    assert found.class_ids.tolist() == [3, 500]
    np.testing.assert_allclose(found.near, exact, atol=2e-3)
    np.testing.assert_allclose(found.mass, exact.sum(axis=1), atol=2e-3)
    np.testing.assert_allclose(found.share.sum(axis=1), 1, rtol=1e-5)


def test_colour_edges_stop_labels():
    cloud = boards(4000, colors=GAUDY[:2])
    graph = build_graph(cloud, nodes=400)
    seen = counted(cloud, graph, votes(0, around(cloud, 1.0, 0.5), 1),
                   votes(1, around(cloud, 3.8, 0.5), 2))  # fmt: skip
    found = walk(graph, seen)
    x = graph.xyz[:, 0] + graph.center[0]
    won = found.class_ids[found.share.argmax(axis=1)]
    assert (won[x < 1.95] == 1).all()
    assert (won[x > 2.05] == 2).all()


def test_an_edge_stops_labels_without_paint_behind_it_but_does_not_leave_it_unreached():
    cloud = boards(4000, colors=GAUDY[:2])
    graph = build_graph(cloud, nodes=400)
    found = walk(graph, counted(cloud, graph, votes(0, around(cloud, 1.0, 0.5), 1)))
    x = graph.xyz[:, 0] + graph.center[0]
    assert found.mass[x < 1.9].min() > 2 * found.mass[x > 2.1].max()
    assert (found.share[:, 0] == 1).all()


def test_labels_reach_less_the_farther_they_go():
    cloud = boards(40_000, size=(100.0, 1.0))
    graph = build_graph(cloud, nodes=4000)
    found = walk(graph, counted(cloud, graph, votes(0, around(cloud, 1.0, 0.5, 0.5), 1)))
    x = graph.xyz[:, 0] + graph.center[0]
    bands = [found.mass[(x > a) & (x < a + 5)].mean() for a in (2, 10, 20, 40, 80)]
    assert (np.diff(bands) < 0).all()
    assert bands[0] > 0.5
    assert found.mass.max() <= 1 + 1e-4
    assert bands[-1] < UNREACHED


def test_nodes_that_no_walk_reaches_take_the_side_that_is_nearer():
    cloud = boards(60_000, size=(400.0, 0.5))
    graph = build_graph(cloud, nodes=6000)
    left, right = around(cloud, 1, 0.25, 1), around(cloud, 399, 0.25, 1)
    found = walk(graph, counted(cloud, graph, votes(0, left, 7), votes(1, right, 4)))
    x = graph.xyz[:, 0] + graph.center[0]
    unreached = found.mass < UNREACHED
    assert unreached.mean() > 0.5
    won = found.class_ids[found.share.argmax(axis=1)]
    assert (won[x < 190] == 7).all()
    assert (won[x > 210] == 4).all()
    np.testing.assert_array_equal(found.far[~unreached], 0)
    assert found.far[unreached].sum(axis=1).min() > 0.9


def test_the_insides_of_strokes_contradict_a_stray_rim():
    cloud = boards(4000)
    graph = build_graph(cloud, nodes=400)
    stray = around(cloud, 1.0, 0.5, 0.1)
    right = votes(0, np.setdiff1d(around(cloud, 1.0, 0.5, 0.5), stray), 1)
    seen = count_votes(
        graph,
        Evidence(len(cloud), (right, votes(1, stray, 2), votes(2, around(cloud, 3, 0.5), 2))),
        trust={1: np.full(len(stray), 12, dtype=np.uint8)},
    )
    found = walk(graph, seen)
    x = graph.xyz[:, 0] + graph.center[0]
    assert (found.class_ids[found.share[x < 1.8].argmax(axis=1)] == 1).all()


def test_laid_labels_hold_whatever_photos_say():
    cloud = boards(4000)
    graph = build_graph(cloud, nodes=100)
    layer = np.zeros(len(cloud), dtype=np.uint16)
    layer[around(cloud, 2.0, 0.5, 0.05)] = 9
    everywhere = [votes(k, np.arange(len(cloud)), 2) for k in range(60)]
    found = walk(graph, counted(cloud, graph, *everywhere, layer=layer))
    laid = np.unique(graph.node_of[layer > 0])
    np.testing.assert_allclose(found.near[laid, 1], 1, atol=1e-3)
    assert found.share[:, 0].min() < 0.01
    far = np.abs(graph.xyz[:, 0] + graph.center[0] - 2.0) > 1
    assert found.share[far, 0].min() > 0.9


def test_more_photos_that_agree_are_believed_no_less():
    cloud = boards(4000)
    graph = build_graph(cloud, nodes=400)
    one = votes(0, around(cloud, 1.0, 0.5), 1)
    few, many = (
        walk(graph, counted(cloud, graph, *[votes(k, one.points, 1) for k in range(n)]))
        for n in (1, 200)
    )
    assert (many.mass >= few.mass - 1e-4).all()
    assert many.mass.max() <= 1 + 1e-4


@pytest.mark.parametrize("count", [0, 1, 3])
def test_without_votes_there_are_no_potentials(count):
    cloud = PointCloud(np.arange(3.0 * count).reshape(-1, 3), np.zeros((count, 3), dtype=np.uint8))
    graph = build_graph(cloud)
    found = walk(graph, counted(cloud, graph))
    assert found.near.shape == found.share.shape == (len(graph), 0)
    assert not found.mass.any()


def test_classes_that_come_and_go_leave_a_warm_solution_right():
    cloud = boards(6000)
    graph = build_graph(cloud, nodes=500)
    one, two = two_strokes(cloud)
    third = votes(2, around(cloud, 2.0, 0.5), 40)
    last = None
    for frames in ((one,), (one, third), (one, third, two), (third, two), (two, one)):
        seen = counted(cloud, graph, *frames)
        last, cold = walk(graph, seen, warm=last), walk(graph, seen)
        assert last.class_ids.tolist() == sorted({int(f.labels[0]) for f in frames})
        np.testing.assert_allclose(last.near, cold.near, atol=5e-3)
