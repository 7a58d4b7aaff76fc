"""From nodes back to points: a node at a border is split by place and colour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import BoolArray, FloatArray, IdArray
from o3d_paint.core.scene import PointCloud
from o3d_paint.fusion.graph import Graph, lab_from_rgb
from o3d_paint.fusion.random_walk import Spread

__all__ = ["Refined", "agreed", "label_points"]

_BLEND_DISTANCE = 1.0
_BLEND_COLOR = 8.0
_REACH = (0.0, 0.5, 0.885, 0.95)
_TRUSTED = (0.1, 0.55, 0.69, 1.0)
_SECOND = 0.25
_SAME = 0.01
# Points split at once: what is gathered for them stays in the cache and its memory is used again.
_PIECE = 1 << 17


@dataclass(frozen=True, slots=True, eq=False)
class Refined:
    """Labels of all points, and what the nodes said when they were given.

    Attributes:
        labels: (N,) class ids, 0 where nothing reaches.
        confidence: (N,) float32; 0 where nothing reaches.
        class_ids: (C,) class ids.
        share: (M, C) float32: each class's part of the heat at a node; 0 where nothing reaches.
        trusted: (M,) float32: bound on confidence by how much heat there is.
    """

    labels: IdArray
    confidence: FloatArray
    class_ids: IdArray
    share: FloatArray
    trusted: FloatArray


def label_points(
    cloud: PointCloud, graph: Graph, spread: Spread, *, before: Refined | None = None
) -> Refined:
    """Label every point from the spread over the nodes.

    Args:
        cloud: The points.
        graph: Their graph.
        spread: What reaches each node.
        before: Earlier labels over the same graph: points keep theirs where their node and its
            neighbours have the same winner, as sure within a hundredth. For the live view.
    """
    from o3d_paint.fusion.kernels.random_walk import best_two, contested

    if not len(spread.class_ids) or not len(graph):
        nothing = np.zeros(len(cloud), dtype=np.float32)
        empty = np.zeros((len(graph), 0), dtype=np.float32)
        return Refined(nothing.astype(np.uint16), nothing, spread.class_ids, empty, nothing[:0])
    reach = spread.heat.sum(axis=1)
    share = spread.heat / np.maximum(reach, np.float32(1e-30))[:, None]
    trusted = np.interp(reach / max(spread.usual, 1e-9), _REACH, _TRUSTED).astype(np.float32)
    points: npt.NDArray[np.int64] | slice = slice(None)
    if before is not None and np.array_equal(before.class_ids, spread.class_ids):
        share, trusted, changed = _kept(share, trusted, before)
        around = changed | contested(graph.indptr, graph.indices, changed.astype(np.int32))
        points = np.flatnonzero(around[graph.node_of])
        labels, confidence = before.labels.copy(), before.confidence.copy()
    else:
        labels = np.zeros(len(cloud), dtype=np.uint16)
        confidence = np.zeros(len(cloud), dtype=np.float32)
    winner = np.zeros(len(graph), dtype=np.int32)
    doubt = np.zeros(len(graph), dtype=np.float32)
    best_two(share, winner, doubt)
    class_of: IdArray = np.where(share.any(axis=1), spread.class_ids[winner], 0).astype(np.uint16)
    mixed = contested(graph.indptr, graph.indices, winner)
    nodes = graph.node_of[points]
    labels[points] = class_of[nodes]
    confidence[points] = np.where(class_of > 0, _confidence(doubt, trusted), 0)[nodes]
    found = Refined(labels, confidence, spread.class_ids, share, trusted)
    at_border = np.flatnonzero(mixed[nodes])
    if not isinstance(points, slice):
        at_border = points[at_border]
    for first in range(0, len(at_border), _PIECE):
        _split(cloud, graph, found, at_border[first : first + _PIECE])
    return found


def _kept(
    share: FloatArray, trusted: FloatArray, before: Refined
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Return shares and trust with those of before where that shows on no point, and where not."""
    surer = np.abs(share - before.share).max(axis=1) * trusted
    doubted = np.maximum(surer, np.abs(trusted - before.trusted)) > _SAME
    changed: BoolArray = doubted | np.not_equal(share.argmax(axis=1), before.share.argmax(axis=1))
    share = np.where(changed[:, None], share, before.share)
    return share, np.where(changed, trusted, before.trusted), changed


def _split(cloud: PointCloud, graph: Graph, found: Refined, points: npt.NDArray[np.int64]) -> None:
    """Label points of nodes at a border one by one, by place and colour."""
    from o3d_paint.fusion.kernels.random_walk import blend_points

    nodes = graph.node_of[points]
    winner = np.zeros(len(points), dtype=np.int32)
    doubt = np.zeros(len(points), dtype=np.float32)
    blend_points(
        cloud.xyz[points] - graph.center, lab_from_rgb(cloud.rgb[points]),
        nodes, graph.indptr, graph.indices, graph.xyz, graph.lab, found.share,
        2 * (_BLEND_DISTANCE * graph.size) ** 2, _BLEND_COLOR**2, winner, doubt,
    )  # fmt: skip
    is_reached = found.share[nodes].max(axis=1) > 0
    found.labels[points] = np.where(is_reached, found.class_ids[winner], 0)
    found.confidence[points] = np.where(is_reached, _confidence(doubt, found.trusted[nodes]), 0)


def _confidence(doubt: FloatArray, trusted: FloatArray) -> FloatArray:
    """Return the confidence of labels with their doubt, at nodes that are trusted so much."""
    sure = agreed(doubt)
    found: FloatArray = np.minimum(sure, trusted) * np.maximum(sure, trusted) ** np.float32(_SECOND)
    return found


def agreed(doubt: FloatArray) -> FloatArray:
    """Return how likely a label is right, given how near the second class comes.

    Fitted to scenes with truth (`scripts/bench.py quality`): the walker is right more often than
    its shares say. The other bound on confidence, `_TRUSTED`, is that of reach: where heat is much
    below what is usual beside strokes, nobody may have painted the class at all.

    Args:
        doubt: The second class's part of the first two: 0 none, 0.5 as much as the first.
    """
    squared = doubt * doubt
    sure: FloatArray = 1 - squared * (np.float32(1) + np.float32(2.5) * squared)
    return sure
