"""From nodes back to points: a node at a border is split by place and colour."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import FloatArray, IdArray
from o3d_paint.core.graph import Graph, lab_from_rgb
from o3d_paint.core.scene import PointCloud
from o3d_paint.core.walker import Spread

__all__ = ["label_points"]

_BLEND_DISTANCE = 1.0
_BLEND_COLOR = 8.0


def label_points(
    cloud: PointCloud, graph: Graph, spread: Spread
) -> tuple[IdArray, FloatArray, FloatArray]:
    """Label every point from the spread over the nodes.

    Returns:
        (N,) labels, 0 where nothing reaches; (N,) float32 share of the winning class; (N,)
        float32 reach: how strongly strokes speak here at all, 0..1.
    """
    from o3d_paint.core.walker_kernels import blend_points, contested

    if not len(spread.class_ids) or not len(graph):
        nothing = np.zeros(len(cloud), dtype=np.float32)
        return nothing.astype(np.uint16), nothing, nothing.copy()
    total = spread.heat.sum(axis=1)
    share = spread.heat / np.maximum(total, np.float32(1e-30))[:, None]
    node_winner = share.argmax(axis=1)
    node_share = share.max(axis=1)
    winner, certainty = node_winner[graph.node_of], node_share[graph.node_of]
    mixed = contested(graph.indptr, graph.indices, node_winner)
    points: npt.NDArray[np.int64] = np.flatnonzero(mixed[graph.node_of])
    if len(points):
        split = np.zeros(len(points), dtype=np.int64)
        split_share = np.zeros(len(points), dtype=np.float32)
        blend_points(
            cloud.xyz[points] - graph.center, lab_from_rgb(cloud.rgb[points]),
            graph.node_of[points], graph.indptr, graph.indices, graph.xyz, graph.lab, share,
            2 * (_BLEND_DISTANCE * graph.size) ** 2, _BLEND_COLOR**2, split, split_share,
        )  # fmt: skip
        winner[points], certainty[points] = split, split_share
    reach = np.minimum(total, 1)[graph.node_of]
    labels = np.where(reach > 0, spread.class_ids[winner], 0).astype(np.uint16)
    return labels, certainty, reach
