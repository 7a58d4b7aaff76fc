"""What each class looks like in this scene, learnt from the strokes themselves.

A stroke that runs over a border leaves its class on things that look like another one. Votes that
fit the colours of their class, and the directions in which its surfaces face, weigh more than
votes that do not.
"""

from __future__ import annotations

import numpy as np

from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.graph import Graph

__all__ = ["color_odds", "normal_odds"]

_BIN = np.array([2.4, 5.0, 5.0], dtype=np.float32)
_BLUR = 1.0
_PRIOR = 0.5
_LEAST = 1e-7
_DIRECTIONS = 48
_SHARPNESS = 12.0
_LEAST_FACING = 1e-3


def color_odds(graph: Graph, votes: FloatArray) -> FloatArray:
    """Return how much more likely each class is by colour alone than all of them on average.

    Args:
        graph: The graph, for the colours of its nodes.
        votes: (M, C) votes for each class, at most 1 in a row.

    Returns:
        (M, C) float32; rows sum to C.
    """
    from scipy.ndimage import gaussian_filter

    if not votes.size:
        return np.ones(votes.shape, dtype=np.float32)
    cell = np.round((graph.lab - graph.lab.min(axis=0)) / _BIN).astype(np.int64)
    shape = tuple(cell.max(axis=0) + 1)
    flat = np.ravel_multi_index(tuple(cell.T), shape)
    density = np.zeros((votes.shape[1], int(np.prod(shape))))
    total = votes.sum(axis=0, dtype=np.float64)
    # Rare classes count more than their votes, but less than common ones.
    share = (1 - _PRIOR) + _PRIOR * total / max(float(total.mean()), _LEAST)
    for c in range(votes.shape[1]):
        histogram = np.bincount(flat, votes[:, c], minlength=density.shape[1]).reshape(shape)
        blurred = gaussian_filter(histogram, _BLUR).ravel()
        density[c] = blurred / max(total[c], _LEAST) * share[c] + _LEAST
    odds: FloatArray = (density / density.mean(axis=0))[:, flat].T.astype(np.float32)
    return odds


def normal_odds(graph: Graph, votes: FloatArray) -> FloatArray:
    """Return how much more likely each class is by the surface's direction alone.

    Args:
        graph: The graph, for the normals of its nodes, whose sign says nothing.
        votes: (M, C) votes for each class, at most 1 in a row.

    Returns:
        (M, C) float32; rows sum to C.
    """
    if not votes.size:
        return np.ones(votes.shape, dtype=np.float32)
    around = _half_sphere()
    facing = ((graph.normal @ around.T) ** 2).argmax(axis=1)
    near = np.exp(_SHARPNESS * ((around @ around.T) ** 2 - 1))
    near /= near.sum(axis=1, keepdims=True)
    total = np.maximum(votes.sum(axis=0, dtype=np.float64), _LEAST)
    counts = [np.bincount(facing, column, minlength=_DIRECTIONS) for column in votes.T]
    density = near @ (near.T @ np.stack(counts, axis=1) / total + _LEAST_FACING)
    odds = (density / density.mean(axis=1, keepdims=True)).astype(np.float32)
    at_nodes: FloatArray = odds[facing]
    return at_nodes


def _half_sphere() -> FloatArray:
    """Return (48, 3) float32 unit vectors evenly spread over half a sphere."""
    turn = np.arange(_DIRECTIONS) + 0.5
    z = 1 - turn / _DIRECTIONS
    angle = np.pi * (1 + np.sqrt(5)) * turn
    flat = np.sqrt(1 - z * z)
    spread = np.stack([flat * np.cos(angle), flat * np.sin(angle), z], axis=1)
    return np.asarray(spread, dtype=np.float32)
