"""The graph against the written page, from the points alone; colours against published ones."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import coo_array, csr_array, eye_array
from scipy.spatial import cKDTree

from o3d_paint.core.scene import PointCloud
from o3d_paint.fusion.graph import build_graph, lab_from_rgb
from tests.fusion.written import written

# CIE Lab of sRGB corners under D65, as tables give it.
CORNERS = {
    (255, 255, 255): (100.0, 0.0, 0.0),
    (0, 0, 0): (0.0, 0.0, 0.0),
    (255, 0, 0): (53.24, 80.09, 67.20),
    (0, 255, 0): (87.73, -86.18, 83.18),
    (0, 0, 255): (32.30, 79.19, -107.86),
}


def corner_and_fragment(grain, seed=0):
    """Floor and wall in two colours each, a slab that stands apart; some nodes of few points."""
    rng = np.random.default_rng(seed)
    xyz = rng.random((2600, 3))
    xyz[:1300, 2], xyz[1300:, 0] = 0, 0
    apart = rng.random((400, 3)) * [0.5, 0.5, 0] + [1.6, 0.2, 0.3]
    few = rng.random((60, 3)) * [0, 0.6, 0.6] + [0, 1, 0.2]
    xyz = np.concatenate([xyz, apart, few])
    which = (xyz[:, 1] > 0.5).astype(int) + 2 * (xyz[:, 2] > 0)
    colors = np.array([[150, 100, 60], [154, 100, 60], [60, 150, 60], [60, 60, 180]])
    rgb = colors[which] + rng.normal(0, grain, (len(xyz), 3))
    return PointCloud(xyz, np.clip(np.round(rgb), 0, 255).astype(np.uint8))


@pytest.fixture(params=[0, 1, 6], ids=lambda grain: f"grain {grain}")
def built(request):
    cloud = corner_and_fragment(request.param)
    return cloud, build_graph(cloud, nodes=400)


def node_means(graph, values):
    """Return (M, ...) means of what points have, over those of each node."""
    total = np.zeros((len(graph), *values.shape[1:]))
    np.add.at(total, graph.node_of, values.astype(np.float64))
    return total / np.bincount(graph.node_of).reshape(-1, *[1] * (values.ndim - 1))


def ends_of(graph):
    return np.repeat(np.arange(len(graph)), np.diff(graph.indptr)), graph.indices


@pytest.mark.parametrize("rgb", CORNERS)
def test_colours_are_those_of_published_tables(rgb):
    table = np.array(CORNERS[rgb])
    for scale in (1.0, 0.25):
        (lab,) = lab_from_rgb(np.array([rgb], dtype=np.uint8), scale)
        np.testing.assert_allclose(lab, table * [scale, 1, 1], atol=0.1)


def test_no_colours_are_no_rows():
    assert lab_from_rgb(np.zeros((0, 3), dtype=np.uint8)).shape == (0, 3)


def test_nodes_have_the_mean_colour_of_their_points_and_little_of_its_lightness(built):
    cloud, graph = built
    (lightness,) = written("colour (lightness × #)")
    full = lab_from_rgb(node_means(graph, cloud.rgb), 1.0)
    np.testing.assert_allclose(graph.lab, full * [lightness, 1, 1], atol=1e-3)


def test_every_node_is_joined_with_its_nearest(built):
    cloud, graph = built
    (neighbors,) = written("Each node is joined with its # nearest")
    places = node_means(graph, cloud.xyz)
    near = cKDTree(places).query(places, k=1 + int(neighbors))[1][:, 1:]
    start = np.repeat(np.arange(len(graph)), int(neighbors))
    joined = coo_array((np.ones(near.size), (start, near.ravel())), shape=2 * (len(graph),)).tocsr()
    rows, columns = joined.maximum(joined.T).nonzero()
    own_rows, own_columns = (ends[~graph.bridge] for ends in ends_of(graph))
    wanted, found = zip(rows, columns, strict=True), zip(own_rows, own_columns, strict=True)
    assert set(found) == set(wanted)


def test_normals_are_where_the_points_around_spread_least(built):
    cloud, graph = built
    (steps,) = written("of all nodes to which # steps lead")
    size = len(graph)
    edges = csr_array((np.ones(len(graph.indices)), graph.indices, graph.indptr), (size, size))
    step = edges + eye_array(size)
    ways = eye_array(size).tocsr()
    for _ in range(int(steps)):
        ways = ways @ step
    total = np.asarray(ways.sum(axis=1)).reshape(-1, 1)
    xyz = cloud.xyz - cloud.xyz.mean(axis=0)
    mean = ways @ node_means(graph, xyz) / total
    product = node_means(graph, (xyz[:, :, None] * xyz[:, None, :]).reshape(-1, 9))
    square = (ways @ product / total).reshape(-1, 3, 3)
    spread, axes = np.linalg.eigh(square - mean[:, :, None] * mean[:, None, :])
    clear = spread[:, 0] < 0.9 * spread[:, 1]
    assert clear.mean() > 0.9
    cosine = np.abs((graph.normal * axes[:, :, 0]).sum(axis=1))
    np.testing.assert_allclose(cosine[clear], 1, atol=1e-5)


def test_colours_differ_in_units_of_what_neighbours_differ_by(built):
    cloud, graph = built
    (least,) = written("max(median of |Δ_k| over all edges but bridges, #))^2")
    lab = lab_from_rgb(node_means(graph, cloud.rgb), 1.0)
    start, end = ends_of(graph)
    change = np.abs(lab[start] - lab[end])
    unit = np.maximum(np.median(change[~graph.bridge], axis=0), least)
    wanted = np.sqrt(((change / unit) ** 2).mean(axis=1))
    np.testing.assert_allclose(graph.color, wanted, rtol=2e-3, atol=2e-3)
    crease = 1 - np.abs((graph.normal[start] * graph.normal[end]).sum(axis=1))
    np.testing.assert_allclose(graph.crease, crease, atol=1e-6)


def test_weights_are_those_of_the_page(built):
    cloud, graph = built
    noise, color, crease, least, full = written(
        "exp(−max(c − #, 0) / # − (1 − |n_i·n_j|) / #) + #) · √(f_i f_j), f = min(points / #, 1)"
    )
    (bridge,) = written("Bridges have # / (gap in nodes)^2")
    start, end = ends_of(graph)
    points = np.bincount(graph.node_of)
    assert (points == 1).any()
    assert (points > full).any()
    f = np.minimum(points / full, 1)
    slowed = np.maximum(graph.color - noise, 0) / color + graph.crease / crease
    wanted = (np.exp(-slowed) + least) * np.sqrt(f[start] * f[end])
    places = node_means(graph, cloud.xyz)
    gap = np.linalg.norm(places[start] - places[end], axis=1) / graph.size
    wanted = np.where(graph.bridge, bridge / gap**2, wanted)
    assert graph.bridge.any()
    np.testing.assert_allclose(graph.levels.weights, wanted, rtol=1e-4)


def test_building_tells_how_far_it_is_and_stops_when_told():
    told = []
    build_graph(corner_and_fragment(3), nodes=50, progress=lambda at, stage: told.append(at))
    assert told[0] == 0
    assert told[-1] == 1
    assert len(told) >= 4
    assert (np.diff(told) > 0).all()

    def stop(at, stage):
        raise InterruptedError(stage)

    with pytest.raises(InterruptedError):
        build_graph(corner_and_fragment(3), nodes=50, progress=stop)


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_points_for_edges_have_none(count):
    cloud = PointCloud(np.zeros((count, 3)), np.full((count, 3), 255, dtype=np.uint8))
    graph = build_graph(cloud)
    assert graph.color.shape == graph.crease.shape == graph.bridge.shape == (0,)
    assert graph.normal.shape == graph.lab.shape == graph.xyz.shape == (count, 3)
    assert graph.levels.weights.shape == (0,)
