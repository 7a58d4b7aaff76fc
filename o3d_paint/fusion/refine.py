"""From nodes back to points: a node at a border is split by place, colour and each point's votes.

Section 3 of `assets/docs/fusion.md`, equation (11).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import BoolArray, FloatArray, IdArray, row_sums
from o3d_paint.core.scene import PointCloud
from o3d_paint.fusion.confidence import confidence_of
from o3d_paint.fusion.graph import Graph, lab_from_rgb
from o3d_paint.fusion.node_votes import NodeVotes
from o3d_paint.fusion.random_walk import Potentials

__all__ = ["Refined", "label_points"]

# In voxels, and in CIE Lab with lightness scaled down: what is farther or of another colour than a
# neighbouring node says little about a point.
_BLEND_DISTANCE = 1.0
_BLEND_COLOR = 8.0
# A node in which so much of the believed votes is for another class than it gets is split like one
# at a border: points that were painted well inside of a stroke keep that against what travels in.
_MIXED = 0.05
_SAME = 0.01
# Points split at once: what is gathered for them stays in the cache and its memory is used again.
_PIECE = 1 << 17


@dataclass(frozen=True, slots=True, eq=False)
class Refined:
    """Labels of all points, and what the nodes said when they were given.

    Attributes:
        labels: (N,) class ids, 0 where there are no seeds at all.
        confidence: (N,) float32; 0 where unlabelled.
        potentials: Of the nodes.
    """

    labels: IdArray
    confidence: FloatArray
    potentials: Potentials


def label_points(
    cloud: PointCloud, graph: Graph, potentials: Potentials, *, before: Refined | None = None
) -> Refined:
    """Label every point from the potentials of the nodes and its own votes.

    Args:
        cloud: The points.
        graph: Their graph.
        potentials: Of the nodes.
        before: Earlier labels over the same graph: points keep theirs where their node and its
            neighbours have the same winner, as sure within a hundredth, and the same votes. For
            the live view.
    """
    from o3d_paint.fusion.kernels.random_walk import best_two, contested

    if not len(potentials.class_ids) or not len(graph):
        nothing = np.zeros(len(cloud), dtype=np.float32)
        return Refined(nothing.astype(np.uint16), nothing, potentials)
    share, mass = potentials.share, potentials.mass
    points: npt.NDArray[np.int64] | slice = slice(None)
    if before is not None and np.array_equal(before.potentials.class_ids, potentials.class_ids):
        share, mass, changed = _kept(potentials, before.potentials)
        around = changed | contested(graph.indptr, graph.indices, changed.astype(np.int32))
        points = np.flatnonzero(around[graph.node_of])
        labels, confidence = before.labels.copy(), before.confidence.copy()
    else:
        labels = np.zeros(len(cloud), dtype=np.uint16)
        confidence = np.zeros(len(cloud), dtype=np.float32)
    winner = np.zeros(len(graph), dtype=np.int32)
    doubt = np.zeros(len(graph), dtype=np.float32)
    best_two(share, winner, doubt)
    is_reached: BoolArray = np.asarray(share.any(axis=1))
    class_of = np.where(is_reached, potentials.class_ids[winner], 0).astype(np.uint16)
    mixed: BoolArray = contested(graph.indptr, graph.indices, winner)
    mixed = mixed | _is_mixed(potentials.votes, winner)
    nodes = graph.node_of[points]
    labels[points] = class_of[nodes]
    sure = np.where(is_reached, confidence_of(doubt, mass), 0).astype(np.float32)
    confidence[points] = sure[nodes]
    at_border = np.flatnonzero(mixed[nodes] & is_reached[nodes])
    if not isinstance(points, slice):
        at_border = points[at_border]
    kept = Potentials(
        potentials.class_ids, share, mass, potentials.votes,
        potentials.first, potentials.near, potentials.far,
    )  # fmt: skip
    found = Refined(labels, confidence, kept)
    _split(cloud, graph, found, at_border)
    return found


def _is_mixed(votes: NodeVotes, winner: npt.NDArray[np.int32]) -> BoolArray:
    """Return (M,) whether believed votes of a node are for another class than the winner."""
    total = row_sums(votes.trusted)
    won = np.take_along_axis(votes.trusted, winner[:, None], axis=1)[:, 0]
    mixed: BoolArray = won < (1 - _MIXED) * total
    return mixed


def _kept(potentials: Potentials, before: Potentials) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Return shares and mass with those of before where that shows on no point, and where not."""
    share, mass = potentials.share, potentials.mass
    differs = np.abs(share - before.share).max(axis=1) * np.minimum(mass, 1)
    changed: BoolArray = np.maximum(differs, np.abs(mass - before.mass)) > _SAME
    changed |= share.argmax(axis=1) != before.share.argmax(axis=1)
    stayed = {id(own) for own in before.votes.by_photo}
    stays = {id(own) for own in potentials.votes.by_photo}
    for votes in (potentials.votes, before.votes):
        for own in votes.by_photo:
            if id(own) not in stayed or id(own) not in stays:
                changed[own.nodes] = True
    earlier = {
        id(own): b for own, b in zip(before.votes.by_photo, before.votes.belief, strict=True)
    }
    for own, belief in zip(potentials.votes.by_photo, potentials.votes.belief, strict=True):
        if id(own) in earlier:
            changed[own.nodes[np.abs(belief - earlier[id(own)]) > _SAME]] = True
    share = np.where(changed[:, None], share, before.share)
    return share, np.where(changed, mass, before.mass), changed


def _split(cloud: PointCloud, graph: Graph, found: Refined, points: npt.NDArray[np.int64]) -> None:
    """Label points of nodes at a border one by one, by place, colour and their own votes."""
    from o3d_paint.fusion.kernels.random_walk import add_own_votes, blend_points

    potentials = found.potentials
    class_ids, by_photo = potentials.class_ids, potentials.votes.by_photo
    row_of = np.full(len(cloud), -1, dtype=np.int32)
    row_of[points] = np.arange(len(points))
    said = []
    believed_at = np.ones(len(graph), dtype=np.float32)
    for own, belief in zip(by_photo, potentials.votes.belief, strict=True):
        rows = row_of[own.votes.points]
        votes = np.flatnonzero(rows >= 0)
        # Sorted by row, so that each piece finds its votes at once.
        votes = votes[np.argsort(rows[votes], kind="stable")]
        believed_at[own.nodes] = belief
        nodes = graph.node_of[own.votes.points[votes]]
        trust = np.maximum(own.trust[votes] * believed_at[nodes] + 0.5, 1).astype(np.uint8)
        said.append((rows[votes], own.columns_in(class_ids)[votes], trust))
    for first in range(0, len(points), _PIECE):
        piece = points[first : first + _PIECE]
        votes_here = np.zeros((len(piece), len(class_ids)), dtype=np.uint16)
        for rows, columns, trust in said:
            a, b = np.searchsorted(rows, [first, first + len(piece)])
            add_own_votes(rows[a:b], columns[a:b], trust[a:b], first, votes_here)
        nodes = graph.node_of[piece]
        winner = np.zeros(len(piece), dtype=np.int32)
        doubt = np.zeros(len(piece), dtype=np.float32)
        blend_points(
            cloud.xyz[piece] - graph.center, lab_from_rgb(cloud.rgb[piece]),
            nodes, graph.indptr, graph.indices, graph.xyz, graph.lab, potentials.share, votes_here,
            2 * (_BLEND_DISTANCE * graph.size) ** 2, _BLEND_COLOR**2, winner, doubt,
        )  # fmt: skip
        found.labels[piece] = class_ids[winner]
        found.confidence[piece] = confidence_of(doubt, potentials.mass[nodes])
