from __future__ import annotations

import numpy as np

from o3d_paint.core.scene import PointCloud
from o3d_paint.fusion.appearance import Looks, color_odds, normal_odds
from o3d_paint.fusion.graph import build_graph


def scene(colors):
    rng = np.random.default_rng(0)
    xyz = rng.random((2000, 3))
    kind = rng.integers(0, len(colors), 2000)
    cloud = PointCloud(xyz, np.asarray(colors, dtype=np.uint8)[kind])
    graph = build_graph(cloud, nodes=2000)
    kind_of_node = np.zeros(len(graph), dtype=int)
    kind_of_node[graph.node_of] = kind
    return graph, kind_of_node


def test_votes_that_fit_the_colour_of_their_class_get_better_odds():
    graph, kind = scene([[200, 30, 30], [30, 30, 200]])
    votes = np.zeros((len(graph), 2), dtype=np.float32)
    rng = np.random.default_rng(1)
    said = rng.random(len(graph)) < 0.3
    sloppy = rng.random(len(graph)) < 0.2
    votes[said, np.where(sloppy, 1 - kind, kind)[said]] = 1
    odds = color_odds(graph.looks, votes)
    np.testing.assert_allclose(odds.sum(axis=1), 2, rtol=1e-5)
    lone = graph.count == 1  # nodes of one colour only
    assert odds[lone & (kind == 0), 0].min() > 1.3
    assert odds[lone & (kind == 1), 1].min() > 1.3


def test_one_colour_for_all_says_nothing():
    graph, kind = scene([[120, 120, 120], [120, 120, 120]])
    votes = np.zeros((len(graph), 2), dtype=np.float32)
    votes[np.arange(len(graph)), kind] = 1
    np.testing.assert_allclose(color_odds(graph.looks, votes), 1, atol=0.05)


def test_no_votes_and_no_nodes():
    graph, _ = scene([[1, 2, 3]])
    assert np.isfinite(color_odds(graph.looks, np.zeros((len(graph), 2), dtype=np.float32))).all()
    empty = build_graph(PointCloud(np.zeros((0, 3)), np.zeros((0, 3), dtype=np.uint8)))
    assert color_odds(empty.looks, np.zeros((0, 2), dtype=np.float32)).shape == (0, 2)


def corner(rng, count=3000):
    """A floor and a wall of one colour."""
    xyz = rng.random((count, 3))
    is_wall = rng.random(count) < 0.5
    xyz[~is_wall, 2] = 0
    xyz[is_wall, 0] = 0
    return build_graph(PointCloud(xyz, np.full((count, 3), 120, dtype=np.uint8)), nodes=600)


def test_votes_that_face_as_their_class_does_get_better_odds():
    rng = np.random.default_rng(0)
    graph = corner(rng)
    faces_up = np.abs(graph.normal[:, 2]) > 0.98
    faces_side = np.abs(graph.normal[:, 0]) > 0.98
    votes = np.zeros((len(graph), 2), dtype=np.float32)
    sloppy = rng.random(len(graph)) < 0.1
    kind = np.where(faces_up, 0, 1)
    votes[np.arange(len(graph)), np.where(sloppy, 1 - kind, kind)] = 1
    odds = normal_odds(graph.looks, votes)
    np.testing.assert_allclose(odds.sum(axis=1), 2, rtol=1e-5)
    assert odds[faces_up, 0].min() > 1.5
    assert odds[faces_side, 1].min() > 1.5


def test_normals_without_votes_say_nothing():
    graph = corner(np.random.default_rng(0), 200)
    odds = normal_odds(graph.looks, np.zeros((len(graph), 3), dtype=np.float32))
    np.testing.assert_allclose(odds, 1, rtol=1e-5)


def test_a_power_weakens_the_odds():
    graph = corner(np.random.default_rng(0))
    votes = np.zeros((len(graph), 2), dtype=np.float32)
    votes[np.arange(len(graph)), (np.abs(graph.normal[:, 2]) > 0.98).astype(int)] = 1
    for odds in (color_odds, normal_odds):
        usual = odds(graph.looks, votes)
        np.testing.assert_allclose(odds(graph.looks, votes, 0.5), np.sqrt(usual), rtol=1e-5)
        np.testing.assert_array_equal(odds(graph.looks, votes, 0.0), 1)


def test_nodes_are_sorted_into_bins_alike_wherever_they_stand():
    rng = np.random.default_rng(0)
    normal = rng.normal(size=(20_000, 3)).astype(np.float32)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    lab = rng.uniform([0, -60, -60], [30, 60, 60], (20_000, 3)).astype(np.float32)
    looks = Looks.of(lab, normal)
    turned = Looks.of(lab[::-1], -normal[::-1])
    np.testing.assert_array_equal(turned.hue, looks.hue[::-1])
    np.testing.assert_array_equal(turned.facing, looks.facing[::-1])
    assert looks.hue.max() < np.prod(looks.shape)
    assert len(np.unique(looks.facing)) == 48
