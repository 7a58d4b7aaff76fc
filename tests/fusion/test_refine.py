"""Points at borders against the written page; what a live view labels again, and what it keeps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from o3d_paint.core.evidence import Evidence, FrameVotes
from o3d_paint.core.scene import PointCloud
from o3d_paint.fusion.confidence import confidence_of
from o3d_paint.fusion.graph import build_graph, lab_from_rgb
from o3d_paint.fusion.node_votes import count_votes
from o3d_paint.fusion.random_walk import Potentials
from o3d_paint.fusion.refine import label_points
from tests.fusion.written import written

pytestmark = pytest.mark.compiled

IDS = np.array([3, 40, 500], dtype=np.uint16)


@pytest.fixture(scope="module")
def wall():
    """A wall of colours that change from place to place, and its graph."""
    rng = np.random.default_rng(0)
    xyz = rng.random((2500, 3)) * [2, 1, 0.02]
    waves = np.sin(xyz[:, :1] * [5, 9, 13]) * 40 + rng.normal(0, 8, (2500, 3))
    cloud = PointCloud(xyz, np.clip(130 + waves, 0, 255).astype(np.uint8))
    return cloud, build_graph(cloud, nodes=300)


def photo(frame_idx, points, labels, version=None):
    points = np.asarray(points, dtype=np.int32)
    labels = np.broadcast_to(labels, len(points)).astype(np.uint16)
    return FrameVotes(frame_idx, points, labels, version)


def counted(cloud, graph, *frames, trust=None):
    """Votes of these photos; so weak ones of each class that they say nothing come first."""
    every = photo(9, np.arange(3), IDS, version=1)
    believed = {9: np.zeros(3, dtype=np.uint8), **(trust or {})}
    return count_votes(graph, Evidence(len(cloud), (every, *frames)), trust=believed)


def said(votes, share, mass):
    share = np.asarray(share, dtype=np.float32)
    mass = np.asarray(mass, dtype=np.float32)
    near = share * mass[:, None]
    return Potentials(votes.class_ids, share, mass, votes, near, near, np.zeros_like(near))


def start_of(graph):
    return np.repeat(np.arange(len(graph)), np.diff(graph.indptr))


def by_the_page(cloud, graph, potentials, trust):
    """Return labels, confidences and whether points are split, by equations (11) and (12)."""
    (contrary,) = written("of whose believed votes more than # are for another class")
    distance, color, stay = written(
        "k_j = exp(−|z − z_j|^2 / # − |g − g_j|^2 / #), for the own node # more"
    )
    share, votes = potentials.share.astype(np.float64), potentials.votes
    start, end = start_of(graph), graph.indices
    winner = share.argmax(axis=1)
    border = np.zeros(len(graph), dtype=bool)
    border[start[winner[start] != winner[end]]] = True
    total = votes.trusted.sum(axis=1)
    other = total - votes.trusted[np.arange(len(graph)), winner]
    border |= other > contrary * total + 1e-6
    own = np.zeros((len(cloud), len(IDS)))
    for frame in votes.by_photo:
        of = frame.votes
        own[of.points, np.searchsorted(IDS, of.labels)] += trust[of.frame_idx] / 255
    z, g = (cloud.xyz - graph.center) / graph.size, lab_from_rgb(cloud.rgb)
    r = share[graph.node_of]
    split = border[graph.node_of] & r.any(axis=1)
    for i in np.flatnonzero(split):
        node = graph.node_of[i]
        around = np.append(node, end[start == node])
        far = ((z[i] - graph.xyz[around] / graph.size) ** 2).sum(axis=1)
        hue = ((g[i] - graph.lab[around]) ** 2).sum(axis=1)
        k = np.exp(-far / distance - hue / color)
        k[0] += stay
        r[i] = k @ share[around] / k.sum()
        if own[i].any():
            r[i] += own[i] ** 2 / own[i].sum()
    first, second = -np.sort(-r, axis=1)[:, :2].T
    doubt = second / np.where(first > 0, first + second, 1)
    labels = np.where(first > 0, IDS[r.argmax(axis=1)], 0)
    known = confidence_of(doubt, potentials.mass[graph.node_of])
    return labels, np.where(first > 0, known, 0), split, first - second


@pytest.mark.parametrize("steep", [3.0, 30.0])
def test_points_are_labelled_as_the_page_says(wall, steep):
    cloud, graph = wall
    rng = np.random.default_rng(2)
    x = graph.xyz[:, 0]
    field = np.stack([-steep * x, 0 * x, steep * x - 1], axis=1) + rng.normal(0, 0.4, (len(x), 3))
    share = np.exp(field) / np.exp(field).sum(axis=1, keepdims=True)
    share[graph.xyz[:, 1] > 0.4] = 0
    mass = rng.uniform(0, 1, len(graph))
    frames, trust = [], {9: np.zeros(3)}
    for k in range(4):
        points = np.flatnonzero(rng.random(len(cloud)) < 0.2)
        frames.append(photo(k, points, IDS[rng.integers(0, 3, len(points))]))
        trust[k] = rng.integers(0, 256, len(points))
    doubted = {k: t.astype(np.uint8) for k, t in trust.items()}
    potentials = said(counted(cloud, graph, *frames, trust=doubted), share, mass)
    found = label_points(cloud, graph, potentials)
    labels, confidence, split, lead = by_the_page(cloud, graph, potentials, trust)
    assert 0.1 < split.mean() < 0.99
    clear = (lead > 1e-5) | (labels == 0)
    assert clear.mean() > 0.99
    np.testing.assert_array_equal(found.labels[clear], labels[clear])
    np.testing.assert_allclose(found.confidence, confidence, atol=1e-4)


@pytest.mark.parametrize(("contrary", "splits"), [(0, False), (1, False), (3, True)])
def test_a_node_is_split_where_enough_of_its_paint_says_otherwise(wall, contrary, splits):
    cloud, graph = wall
    node = int(np.argmax(graph.count))
    share = np.tile([0.8, 0.15, 0.05], (len(graph), 1))
    points = np.repeat(np.flatnonzero(graph.node_of == node)[:1], 40)
    frames = [photo(k, [p], 40 if k < contrary else 3) for k, p in enumerate(points)]
    potentials = said(counted(cloud, graph, *frames), share, np.ones(len(graph)))
    found = label_points(cloud, graph, potentials)
    # The forty votes of the one point show where it is looked at by itself.
    others = found.confidence[graph.node_of != node]
    assert np.unique(others).size == 1
    assert (found.confidence[points[0]] != others[0]) == splits
    assert (found.labels == 3).all()


def test_pieces_of_a_cloud_are_labelled_like_the_whole():
    rng = np.random.default_rng(5)
    xyz = rng.random((280_000, 3)) * [2, 1, 0]
    cloud = PointCloud(xyz, np.full((len(xyz), 3), 90, dtype=np.uint8))
    graph = build_graph(cloud, nodes=200)
    node = np.arange(len(graph))
    share = np.full((len(graph), 3), 0.3) + 0.1 * (node[:, None] % 3 == np.arange(3))
    points = np.arange(0, len(cloud), 2)
    votes = counted(cloud, graph, photo(0, points, IDS[rng.integers(0, 3, len(points))]))
    found = label_points(cloud, graph, said(votes, share, np.ones(len(graph))))
    # Votes of one photo are worth more than any such share.
    np.testing.assert_array_equal(found.labels[points[3:]], votes.by_photo[1].votes.labels[3:])


@pytest.fixture
def shown(wall):
    """A wall of class 3, then 40, that is labelled; what stays in a live view keeps its -1."""
    cloud, graph = wall
    share = np.where((graph.xyz[:, :1] < 0), [0.7, 0.2, 0.1], [0.2, 0.7, 0.1])
    votes = counted(cloud, graph, photo(0, [10, 11], [3, 3], version=2))
    first = label_points(cloud, graph, said(votes, share, np.full(len(graph), 0.9)))
    first.confidence[:] = -1
    return cloud, graph, first


def labelled_again(shown, *, share=None, mass=None, votes=None):
    """Return the new labels, and the nodes whose points were labelled again."""
    cloud, graph, first = shown
    old = first.potentials
    new = said(
        old.votes if votes is None else votes,
        old.share if share is None else share,
        old.mass if mass is None else mass,
    )
    labels = first.labels.copy()
    found = label_points(cloud, graph, new, before=first)
    assert (first.confidence == -1).all()
    np.testing.assert_array_equal(first.labels, labels)
    again = np.zeros(len(graph), dtype=bool)
    again[graph.node_of[found.confidence >= 0]] = True
    assert (found.confidence[again[graph.node_of]] >= 0).all()
    return found, again


def with_neighbours(graph, node):
    around = np.zeros(len(graph), dtype=bool)
    around[[node, *graph.indices[graph.indptr[node] : graph.indptr[node + 1]]]] = True
    return around


def inner_node(graph, x):
    """Return a node in the middle of the wall near this place, relative to its centre."""
    return int(np.argmin((graph.xyz[:, 0] - x) ** 2 + graph.xyz[:, 1] ** 2))


@pytest.mark.parametrize(
    ("by", "mass", "again"), [(0, 0.9, 0), (0.005, 0.9, 0), (0.03, 0.9, 1), (0.03, 0.1, 0)]
)
def test_points_stay_where_a_share_changes_too_little_to_be_seen(shown, by, mass, again):
    _, graph, first = shown
    for sign in (-1, 1):
        node = inner_node(graph, -0.5)
        share = first.potentials.share.copy()
        share[node] += np.array([by, -by, 0], dtype=np.float32) * sign
        first.potentials.mass[:] = mass
        found, nodes = labelled_again(shown, share=share)
        np.testing.assert_array_equal(nodes, again * with_neighbours(graph, node))
        kept = found.potentials.share[node]
        np.testing.assert_array_equal(kept, share[node] if again else first.potentials.share[node])


@pytest.mark.parametrize(("by", "again"), [(0.005, 0), (0.02, 1), (-0.02, 1)])
def test_points_are_labelled_again_where_the_walk_ends_at_paint_more_or_less_often(
    shown, by, again
):
    _, graph, first = shown
    node = inner_node(graph, 0.5)
    mass = first.potentials.mass.copy()
    mass[node] += np.float32(by)
    found, nodes = labelled_again(shown, mass=mass)
    np.testing.assert_array_equal(nodes, again * with_neighbours(graph, node))
    assert found.potentials.mass[node] == (mass if again else first.potentials.mass)[node]


def test_small_changes_add_up(shown):
    cloud, graph, first = shown
    node = inner_node(graph, -0.5)
    share, last, seen = first.potentials.share, first, []
    for _ in range(4):
        share = share.copy()
        share[node] += np.array([-0.008, 0.008, 0], dtype=np.float32)
        last = label_points(
            cloud, graph, said(first.potentials.votes, share, first.potentials.mass), before=last
        )
        seen.append(bool((last.confidence >= 0).any()))
    assert seen == [False, True, True, True]


def test_another_winner_is_seen_however_near_it_was(shown):
    _, graph, first = shown
    node = inner_node(graph, -0.5)
    first.potentials.share[node] = [0.451, 0.449, 0.1]
    share = first.potentials.share.copy()
    share[node] = [0.449, 0.451, 0.1]
    _, nodes = labelled_again(shown, share=share)
    np.testing.assert_array_equal(nodes, with_neighbours(graph, node))


def test_points_are_labelled_again_where_a_photo_says_something_new_or_nothing_more(shown):
    cloud, graph, first = shown
    old = first.potentials.votes
    weak, stays = old.by_photo
    spot = int(np.flatnonzero(graph.node_of == inner_node(graph, 0.6))[0])
    more = count_votes(
        graph,
        Evidence(len(cloud), (weak.votes, stays.votes, photo(4, [spot], 500))),
        trust={9: np.zeros(3, dtype=np.uint8)},
        known=old,
    )
    found, nodes = labelled_again(shown, votes=more)
    np.testing.assert_array_equal(nodes, with_neighbours(graph, graph.node_of[spot]))
    assert found.labels[spot] == 500
    less = count_votes(
        graph,
        Evidence(len(cloud), (weak.votes,)),
        trust={9: np.zeros(3, dtype=np.uint8)},
        known=old,
    )
    _, nodes = labelled_again(shown, votes=less)
    gone = with_neighbours(graph, graph.node_of[10]) | with_neighbours(graph, graph.node_of[11])
    np.testing.assert_array_equal(nodes, gone)


def test_with_other_classes_all_is_labelled_again(shown):
    cloud, graph, first = shown
    new = replace(first.potentials, class_ids=IDS + np.uint16(1))
    found = label_points(cloud, graph, new, before=first)
    assert (found.confidence >= 0).all()
    assert np.isin(found.labels, IDS + 1).all()


@pytest.mark.parametrize("classes", [0, 3])
def test_without_classes_or_points_nothing_is_labelled(wall, classes):
    cloud, graph = wall
    if classes:
        cloud = PointCloud(np.zeros((0, 3)), np.zeros((0, 3), dtype=np.uint8))
        graph = build_graph(cloud)
    votes = count_votes(graph, Evidence(len(cloud), ()))
    potentials = replace(
        said(votes, np.zeros((len(graph), classes)), np.zeros(len(graph))), class_ids=IDS[:classes]
    )
    found = label_points(cloud, graph, potentials)
    assert found.labels.shape == found.confidence.shape == (len(cloud),)
    assert found.labels.dtype == np.uint16
    assert found.confidence.dtype == np.float32
    assert not found.labels.any()
    assert not found.confidence.any()
    assert found.potentials is potentials
