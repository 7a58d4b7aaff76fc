"""Where photos disagree: about which classes, which of them is in the minority, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from o3d_paint.core.arrays import BoolArray, IdArray, PixelArray
from o3d_paint.core.evidence import Tally
from o3d_paint.core.visibility import PixelIndex

__all__ = ["Conflict", "Dissent", "conflicts_by_pair", "densest", "dissents"]

_CELLS = 12


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two classes that photos confuse.

    Attributes:
        class_ids: The lower id and the higher one.
        points: On how many points some photo says the one and some photo the other.
    """

    class_ids: tuple[int, int]
    points: int


def conflicts_by_pair(tally: Tally) -> tuple[Conflict, ...]:
    """Return the pairs of classes on whose points photos disagree, most points first.

    A point with votes for three classes counts for each of its three pairs.
    """
    voted = tally.counts > 0
    voted = voted[voted.sum(axis=1) > 1].astype(np.float64)
    together = np.rint(voted.T @ voted).astype(np.int64)
    rows, columns = np.nonzero(np.triu(together, 1))
    ids = tally.class_ids.tolist()
    found = [
        Conflict((ids[i], ids[j]), int(together[i, j]))
        for i, j in zip(rows.tolist(), columns.tolist(), strict=True)
    ]
    return tuple(sorted(found, key=lambda c: (-c.points, c.class_ids)))


@dataclass(frozen=True, slots=True)
class Dissent:
    """A photo that disagrees with what the points are labelled.

    Attributes:
        frame_idx: The photo.
        points: On how many points it does.
        pixel: (u, v) of its mask in the middle of where most of them are.
    """

    frame_idx: int
    points: int
    pixel: tuple[float, float]


def dissents(
    votes: Mapping[int, tuple[PixelIndex, IdArray]],
    labels: IdArray,
    contested: BoolArray,
) -> tuple[Dissent, ...]:
    """Return the photos that are outvoted somewhere, most points first.

    Where votes are equal the label of the lowest id stands, and the others dissent.

    Args:
        votes: Index and (H, W) mask of each painted photo by its position.
        labels: (N,) painted labels.
        contested: (N,) points on which photos disagree.
    """
    found = []
    for frame_idx, (index, mask) in votes.items():
        own = mask.reshape(-1)[index.pixel]
        against = (own > 0) & contested[index.point] & (own != labels[index.point])
        pixel = index.pixel[against]
        if len(pixel):
            found.append(Dissent(frame_idx, len(pixel), densest(pixel, index.shape)))
    return tuple(sorted(found, key=lambda d: (-d.points, d.frame_idx)))


def densest(pixel: PixelArray, shape: tuple[int, int]) -> tuple[float, float]:
    """Return the pixel in the middle of the part of a photo that holds most of some pixels."""
    v, u = np.divmod(pixel.astype(np.int64), shape[1])
    cell = v * _CELLS // shape[0] * _CELLS + u * _CELLS // shape[1]
    inside = cell == np.bincount(cell).argmax()
    middle = np.array([np.median(u[inside]), np.median(v[inside])])
    # A pixel of its own: the median of two clusters lies between them.
    away = (u[inside] - middle[0]) ** 2 + (v[inside] - middle[1]) ** 2
    nearest = int(away.argmin())
    return float(u[inside][nearest]), float(v[inside][nearest])
