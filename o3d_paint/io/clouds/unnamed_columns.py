"""What the columns of a text cloud are whose file does not name them, as far as values tell."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from o3d_paint.core.arrays import FloatArray

__all__ = ["names_by_values"]

_MOST_16_BIT = 65_535
_UNIT_LENGTH = 0.02
_NEARLY_ALL = 0.95
# How much more closely, as a correlation; by chance two columns of 500 points reach 0.1.
_CLOSER = 0.2
# Ids are the same over whole surfaces, intensities hardly ever. Between the classes of a scene one
# neighbour in ten lies across a border at most; smooth intensities of few steps stay below a half.
_COHERENT = 0.5
_SAMPLE = 20_000
# Fewer points say too little about how their neighbours are.
_FEWEST = 500
_NAMED = "name the columns in a first line, as in 'x y z red green blue label', to say otherwise"


def names_by_values(values: FloatArray, *, is_pts: bool, notes: list[str]) -> list[str]:
    """Return a name for each column.

    Normals are no colours; what is the same everywhere is opacity, and what differs from point to
    point intensity, not a label.

    Args:
        values: (N, C) table, C >= 3.
        is_pts: Whether the file is a PTS, which has intensity before its colours and no labels.
        notes: Gets a sentence about what was assumed.
    """
    count = values.shape[1]
    names = ["x", "y", "z"]
    if count == 7 and _are_bytes(values[:, 4:]) and (is_pts or _begins_with_intensity(values)):
        return [*names, "intensity", "red", "green", "blue"]
    if count >= 6 and _are_normals(values[:, 3:6]):
        names += ["nx", "ny", "nz"]
        if count >= 9 and _are_colors(values[:, 6:9]):
            names += ["red", "green", "blue"]
    elif count >= 6 and _are_colors(values[:, 3:6]):
        names += ["red", "green", "blue"]
    if count == len(names) + 1 and not is_pts:
        names.append(_last_column(values, notes))
    return names + [f"column {i + 1}" for i in range(len(names), count)]


def _begins_with_intensity(values: FloatArray) -> bool:
    """Return whether four columns behind coordinates, the last three bytes, are intensity first.

    Else they end with a label, opacity or intensity. Of bytes the channels of one colour follow
    each other more closely than intensity does.
    """
    if not _are_bytes(values[:, 3:4]):
        return True
    channels = values[np.isfinite(values).all(axis=1), 3:7]
    if not len(channels) or (np.ptp(channels, axis=0) == 0).any():
        return False
    alike = np.asarray(np.corrcoef(channels, rowvar=False))[1:3].mean(axis=0)
    return bool(alike[3] - alike[0] > _CLOSER)


def _last_column(values: FloatArray, notes: list[str]) -> str:
    """Return "label", or what else a single column behind coordinates and colours is."""
    number, column = values.shape[1], values[:, -1]
    known = column[np.isfinite(column)]
    if not len(known) or (np.mod(known, 1) != 0).any():
        return f"column {number}"
    ids = np.unique(known)
    if len(ids) == 1:
        notes.append(
            f"Column {number} is {ids[0]:g} everywhere and not taken for labels: {_NAMED}."
        )
        return f"column {number}"
    if not _is_coherent(values[:, :3], column):
        notes.append(
            f"Column {number} differs from point to point, as intensities do, and is not taken for"
            f" labels: {_NAMED}."
        )
        return f"column {number}"
    notes.append(f"Column {number} is taken for labels ({len(ids)} values): {_NAMED}.")
    return "label"


def _is_coherent(xyz: FloatArray, column: FloatArray) -> bool:
    """Return whether neighbouring points mostly have the same value; true of very few points."""
    finite = np.isfinite(xyz).all(axis=1)
    xyz, column = xyz[finite], column[finite]
    if len(xyz) < _FEWEST:
        return True
    chosen = np.linspace(0, len(xyz) - 1, min(_SAMPLE, len(xyz))).astype(np.int64)
    neighbours = cKDTree(xyz, balanced_tree=False, compact_nodes=False).query(xyz[chosen], k=2)[1]
    # Of points on top of each other the tree may give the point itself second.
    other = np.where(neighbours[:, 1] == chosen, neighbours[:, 0], neighbours[:, 1])
    same = float((column[chosen] == column[other]).mean())
    shares = np.unique(column, return_counts=True)[1] / len(column)
    by_chance = float((shares**2).sum())
    return same - by_chance >= _COHERENT * (1 - by_chance)


def _are_bytes(values: FloatArray) -> bool:
    known = values[np.isfinite(values).all(axis=1)]
    return bool(((known >= 0) & (known <= 255) & (np.mod(known, 1) == 0)).all())


def _are_colors(values: FloatArray) -> bool:
    known = values[np.isfinite(values).all(axis=1)]
    return len(known) > 0 and bool(((known >= 0) & (known <= _MOST_16_BIT)).all())


def _are_normals(values: FloatArray) -> bool:
    """Return whether three columns are vectors of length 1, or none where a point has no normal."""
    lengths = np.linalg.norm(values[np.isfinite(values).all(axis=1)], axis=1)
    known = lengths[lengths > 0]
    return len(known) > 0 and float((np.abs(known - 1) < _UNIT_LENGTH).mean()) > _NEARLY_ALL
