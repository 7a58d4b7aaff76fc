"""From nodes back to points: a node at a border is split by place and colour."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import FloatArray, IdArray
from o3d_paint.core.graph import Graph, lab_from_rgb
from o3d_paint.core.scene import PointCloud
from o3d_paint.core.walker import Spread

__all__ = ["agreed", "label_points"]

_BLEND_DISTANCE = 1.0
_BLEND_COLOR = 8.0
_REACH = (0.0, 0.5, 0.885, 0.95)
_TRUSTED = (0.1, 0.55, 0.69, 1.0)
_SECOND = 0.25


def label_points(cloud: PointCloud, graph: Graph, spread: Spread) -> tuple[IdArray, FloatArray]:
    """Label every point from the spread over the nodes.

    Returns:
        (N,) labels, 0 where nothing reaches, and (N,) float32 confidence.
    """
    from o3d_paint.core.kernels.walker import best_two, blend_points, contested

    if not len(spread.class_ids) or not len(graph):
        nothing = np.zeros(len(cloud), dtype=np.float32)
        return nothing.astype(np.uint16), nothing
    reach = spread.heat.sum(axis=1)
    share = spread.heat / np.maximum(reach, np.float32(1e-30))[:, None]
    node_winner = np.zeros(len(graph), dtype=np.int32)
    node_doubt = np.zeros(len(graph), dtype=np.float32)
    best_two(share, node_winner, node_doubt)
    trusted = np.interp(reach / max(spread.usual, 1e-9), _REACH, _TRUSTED).astype(np.float32)
    class_of: IdArray = np.where(reach > 0, spread.class_ids[node_winner], 0).astype(np.uint16)
    labels = class_of[graph.node_of]
    confidence = _confidence(node_doubt, trusted)[graph.node_of]
    mixed = contested(graph.indptr, graph.indices, node_winner)
    points: npt.NDArray[np.int64] = np.flatnonzero(mixed[graph.node_of])
    if len(points):
        nodes = graph.node_of[points]
        winner = np.zeros(len(points), dtype=np.int32)
        doubt = np.zeros(len(points), dtype=np.float32)
        blend_points(
            cloud.xyz[points] - graph.center, lab_from_rgb(cloud.rgb[points]),
            nodes, graph.indptr, graph.indices, graph.xyz, graph.lab, share,
            2 * (_BLEND_DISTANCE * graph.size) ** 2, _BLEND_COLOR**2, winner, doubt,
        )  # fmt: skip
        labels[points] = np.where(reach[nodes] > 0, spread.class_ids[winner], 0)
        confidence[points] = _confidence(doubt, trusted[nodes])
    return labels, confidence


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
