from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from o3d_paint.core.scene import PointCloud
from o3d_paint.fusion.graph import build_graph
from o3d_paint.fusion.voxels import target_nodes


def plane(rng, count, *, origin=(0, 0, 0), color=(200, 30, 30), flat=2):
    xyz = rng.random((count, 3))
    xyz[:, flat] = 0
    return PointCloud(xyz + origin, np.full((count, 3), color, dtype=np.uint8))


def joined(*clouds):
    return PointCloud(
        np.concatenate([c.xyz for c in clouds]), np.concatenate([c.rgb for c in clouds])
    )


def matrix(graph, values=None):
    values = np.ones(len(graph.indices)) if values is None else values
    return csr_array((values, graph.indices, graph.indptr), shape=(len(graph), len(graph)))


def test_nodes_are_means_of_their_points():
    rng = np.random.default_rng(0)
    cloud = PointCloud(rng.random((5000, 3)), rng.integers(0, 256, (5000, 3)).astype(np.uint8))
    graph = build_graph(cloud, nodes=300)
    assert 200 < len(graph) < 450
    assert graph.count.sum() == 5000
    for node in (0, len(graph) // 2, len(graph) - 1):
        mine = cloud.xyz[graph.node_of == node]
        assert np.ptp(mine, axis=0).max() <= graph.size
        np.testing.assert_allclose(graph.xyz[node] + graph.center, mine.mean(axis=0), atol=1e-6)


@pytest.mark.parametrize("scale", [2.0**-10, 1e-3, 1.0, 1e4, 2.0**13])
def test_graph_is_the_same_at_every_scale(scale):
    rng = np.random.default_rng(1)
    cloud = joined(plane(rng, 4000), plane(rng, 4000, flat=0))
    graph = build_graph(cloud, nodes=500)
    scaled = build_graph(PointCloud(cloud.xyz * scale, cloud.rgb), nodes=500)
    assert 0.8 < len(scaled) / 500 < 1.25
    # Steps of the grid are shared by all scenes, so that only some scales meet one exactly.
    assert scaled.size / scale == pytest.approx(graph.size, rel=0.1)
    if np.log2(scale) % 1 == 0:
        assert scaled.size == graph.size * scale
        np.testing.assert_array_equal(scaled.node_of, graph.node_of)
        np.testing.assert_array_equal(scaled.levels.weights, graph.levels.weights)


def test_edges_are_symmetric_and_know_colour_and_crease():
    rng = np.random.default_rng(2)
    floor = plane(rng, 6000, flat=2)
    wall = plane(rng, 6000, flat=0, color=(30, 30, 200))
    graph = build_graph(joined(floor, wall), nodes=800)
    for values in (None, graph.color, graph.crease, graph.levels.weights):
        difference = matrix(graph, values) - matrix(graph, values).T
        assert abs(difference).max() <= 1e-5
    assert not matrix(graph).diagonal().any()
    of_floor = graph.xyz[:, 0] + graph.center[0] > 0.2
    normals = np.abs(graph.normal[of_floor])
    assert np.median(normals[:, 2]) > 0.99
    start = np.repeat(np.arange(len(graph)), np.diff(graph.indptr))
    hue = graph.lab[:, 2] > 0
    across = hue[start] != hue[graph.indices]
    assert graph.color[across].min() > 100 * np.median(graph.color[~across] + 1e-6)


def test_fragments_are_joined_to_what_is_nearest():
    rng = np.random.default_rng(3)
    pieces = [plane(rng, 3000, origin=(x, 0, 0)) for x in (0, 3, 4.5)]
    graph = build_graph(joined(*pieces), nodes=600)
    assert connected_components(matrix(graph))[0] == 1
    assert 0 < graph.bridge.sum() < 40
    start = np.repeat(np.arange(len(graph)), np.diff(graph.indptr))[graph.bridge]
    x = graph.xyz[:, 0] + graph.center[0]
    piece = np.digitize(x, [2, 4.2])
    ends = np.sort(np.stack([piece[start], piece[graph.indices[graph.bridge]]], axis=1), axis=1)
    assert np.unique(ends, axis=0).tolist() == [[0, 1], [1, 2]]


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_tiny_clouds(count):
    cloud = PointCloud(np.arange(3.0 * count).reshape(-1, 3), np.zeros((count, 3), dtype=np.uint8))
    graph = build_graph(cloud)
    assert len(graph.node_of) == count
    assert len(graph.indptr) == len(graph) + 1


def test_duplicates_and_outliers():
    rng = np.random.default_rng(4)
    cloud = plane(rng, 5000)
    stray = PointCloud(np.array([[1e5, 0, 0], [1e5, 0, 0]]), np.zeros((2, 3), dtype=np.uint8))
    graph = build_graph(joined(cloud, cloud, stray), nodes=400)
    assert 100 < len(graph) < 1000
    assert np.isfinite(graph.normal).all()


def test_more_nodes_for_more_points_but_less_than_in_proportion():
    assert target_nodes(10) == 10
    assert target_nodes(880_000) == 80_000
    assert 200_000 < target_nodes(12_000_000) < 350_000


def test_neither_the_order_of_points_nor_the_rest_of_a_cloud_changes_a_node():
    rng = np.random.default_rng(6)
    cloud = PointCloud(
        rng.random((20_000, 3)) * [9, 7, 0.1] - 3, rng.integers(0, 256, (20_000, 3), dtype=np.uint8)
    )
    graph = build_graph(cloud, nodes=900)
    order = rng.permutation(len(cloud))
    mixed = build_graph(PointCloud(cloud.xyz[order], cloud.rgb[order]), nodes=900)
    np.testing.assert_array_equal(mixed.node_of, graph.node_of[order])
    for name in ("count", "xyz", "lab", "normal", "indptr", "indices", "color", "crease"):
        np.testing.assert_array_equal(getattr(mixed, name), getattr(graph, name), err_msg=name)
    np.testing.assert_array_equal(mixed.levels.weights, graph.levels.weights)
    # A piece of the cloud has the same cells, and in them the same means to the last bit.
    half = np.flatnonzero(cloud.xyz[:, 0] < 1.5)
    cells, piece = graph.xyz + graph.center, build_graph(
        PointCloud(cloud.xyz[half], cloud.rgb[half]), nodes=450
    )  # fmt: skip
    assert piece.size == graph.size
    inner = cloud.xyz[half, 0] < 1.5 - piece.size
    np.testing.assert_array_equal(
        piece.lab[piece.node_of[inner]], graph.lab[graph.node_of[half[inner]]]
    )
    np.testing.assert_allclose(
        (piece.xyz + piece.center)[piece.node_of[inner]],
        cells[graph.node_of[half[inner]]],
        atol=1e-6,
    )


def test_edges_know_nothing_of_density():
    rng = np.random.default_rng(7)
    sparse, dense = plane(rng, 9000), plane(rng, 9000 * 16, origin=(1, 0, 0))
    graph = build_graph(joined(sparse, dense), nodes=800)
    x = graph.xyz[:, 0] + graph.center[0]
    start = np.repeat(np.arange(len(graph)), np.diff(graph.indptr))
    inner = [(x > 0.1) & (x < 0.9), (x > 1.1) & (x < 1.9)]
    means = [graph.levels.weights[side[start]].mean() for side in inner]
    assert means[0] == pytest.approx(means[1], rel=0.02)


def test_bridges_weaken_with_the_square_of_the_gap():
    def bridge(gap):
        rng = np.random.default_rng(8)
        graph = build_graph(
            joined(plane(rng, 4000), plane(rng, 4000, origin=(1 + gap, 0, 0))), nodes=600
        )
        return graph.levels.weights[graph.bridge].max(), graph.size

    (near, size), (far, far_size) = bridge(1.0), bridge(8.0)
    assert near / far == pytest.approx((8 / far_size) ** 2 / (1 / size) ** 2, rel=0.1)
