"""What each class looks like in this scene, learnt from the strokes themselves.

A stroke that runs over a border leaves its class on things that look like another one. Votes that
fit the colours of their class, and the directions in which its surfaces face, weigh more than
votes that do not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import FloatArray

__all__ = ["Looks", "color_odds", "normal_odds"]

_BIN = np.array([2.4, 5.0, 5.0], dtype=np.float32)
_BLUR = 1.0
_LEAST = 1e-7
_DIRECTIONS = 48
_SHARPNESS = 12.0
_LEAST_FACING = 1e-3
# Directions are compared in pieces that stay in the cache.
_PIECE = 1 << 13


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """Colours and directions of a graph's nodes, as the bins in which votes are counted.

    Attributes:
        hue: (M,) bin of each node's colour, counted over all three axes.
        shape: Bins of lightness, a and b.
        facing: (M,) bin of each node's normal, whose sign says nothing.
    """

    hue: npt.NDArray[np.int64]
    shape: tuple[int, int, int]
    facing: npt.NDArray[np.int64]

    @classmethod
    def of(cls, lab: FloatArray, normal: FloatArray) -> Looks:
        """Sort nodes into bins.

        Args:
            lab: (M, 3) float32 CIE Lab colours, lightness scaled down.
            normal: (M, 3) float32 unit normals.
        """
        if not len(lab):
            nothing = np.zeros(0, dtype=np.int64)
            return cls(nothing, (1, 1, 1), nothing)
        cell = np.round((lab - lab.min(axis=0)) / _BIN).astype(np.int64)
        lightness, a, b = (int(most) + 1 for most in cell.max(axis=0))
        shape = (lightness, a, b)
        around = _half_sphere().T
        facing = np.empty(len(normal), dtype=np.int64)
        for first in range(0, len(normal), _PIECE):
            piece = slice(first, first + _PIECE)
            facing[piece] = ((normal[piece] @ around) ** 2).argmax(axis=1)
        return cls(np.ravel_multi_index(tuple(cell.T), shape), shape, facing)


def color_odds(looks: Looks, votes: FloatArray, power: float = 1.0) -> FloatArray:
    """Return how much more likely each class is by colour alone than all of them on average.

    Args:
        looks: Of the nodes.
        votes: (M, C) votes for each class, at most 1 in a row.
        power: To which the odds are raised: below 1 they count less.

    Returns:
        (M, C) float32; rows sum to C where the power is 1.
    """
    from scipy.ndimage import gaussian_filter

    if not votes.size:
        return np.ones(votes.shape, dtype=np.float32)
    density = np.zeros((votes.shape[1], int(np.prod(looks.shape))))
    total = votes.sum(axis=0, dtype=np.float64)
    for c in range(votes.shape[1]):
        histogram = np.bincount(looks.hue, votes[:, c], minlength=density.shape[1])
        blurred = gaussian_filter(histogram.reshape(looks.shape), _BLUR).ravel()
        density[c] = blurred / max(total[c], _LEAST) + _LEAST
    return _at_nodes(density / density.mean(axis=0), power, looks.hue)


def normal_odds(looks: Looks, votes: FloatArray, power: float = 1.0) -> FloatArray:
    """Return how much more likely each class is by the surface's direction alone.

    Args:
        looks: Of the nodes.
        votes: (M, C) votes for each class, at most 1 in a row.
        power: To which the odds are raised: below 1 they count less.

    Returns:
        (M, C) float32; rows sum to C where the power is 1.
    """
    if not votes.size:
        return np.ones(votes.shape, dtype=np.float32)
    around = _half_sphere()
    near = np.exp(_SHARPNESS * ((around @ around.T) ** 2 - 1))
    near /= near.sum(axis=1, keepdims=True)
    total = np.maximum(votes.sum(axis=0, dtype=np.float64), _LEAST)
    counts = [np.bincount(looks.facing, column, minlength=_DIRECTIONS) for column in votes.T]
    density = near @ (near.T @ np.stack(counts, axis=1) / total + _LEAST_FACING)
    return _at_nodes((density / density.mean(axis=1, keepdims=True)).T, power, looks.facing)


def _at_nodes(odds: FloatArray, power: float, bins: npt.NDArray[np.int64]) -> FloatArray:
    """Return (M, C) float32 odds, given by class and bin, at nodes with these bins."""
    table = np.ascontiguousarray(odds.T, dtype=np.float32)
    raised: FloatArray = table if power == 1 else table ** np.float32(power)
    return raised[bins]


def _half_sphere() -> FloatArray:
    """Return (48, 3) float32 unit vectors evenly spread over half a sphere."""
    turn = np.arange(_DIRECTIONS) + 0.5
    z = 1 - turn / _DIRECTIONS
    angle = np.pi * (1 + np.sqrt(5)) * turn
    flat = np.sqrt(1 - z * z)
    spread = np.stack([flat * np.cos(angle), flat * np.sin(angle), z], axis=1)
    return np.asarray(spread, dtype=np.float32)
