"""What a labelled cloud holds: points, area, photos and conflicts of each class."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import FloatArray, IdArray
from o3d_paint.core.evidence import Evidence
from o3d_paint.core.taxonomy import Taxonomy
from o3d_paint.plain_text import cell_text

__all__ = ["ClassStatistics", "as_csv", "class_statistics", "surface_area"]

VOXEL_SPACINGS = 6.0
"""Voxel side of the area estimate in point spacings: well above the noise of a surface."""


@dataclass(frozen=True, slots=True)
class ClassStatistics:
    """One line of the table.

    Attributes:
        class_id: The class; 0 is the line of unlabelled points.
        name: Its name.
        points: Points with this label.
        share: Part of all points, 0..1.
        painted: Points whose label has evidence.
        accepted: Points whose label was accepted as a prediction.
        area: Estimated surface in square scene units.
        photos: Photos that vote for it anywhere.
        conflicts: Points for which some photo votes for it and another for something else.
    """

    class_id: int
    name: str
    points: int
    share: float
    painted: int
    area: float
    photos: int
    conflicts: int
    accepted: int = 0


def class_statistics(
    taxonomy: Taxonomy,
    labels: IdArray,
    *,
    evidence: Evidence,
    point_area: FloatArray,
) -> tuple[ClassStatistics, ...]:
    """Count what each class has, in the taxonomy's order; unlabelled last.

    Args:
        taxonomy: The classes that get a line.
        labels: (N,) labels to count: painted, accepted or fused.
        evidence: The votes.
        point_area: (N,) surface that each point stands for; see `surface_area`.
    """
    total = max(len(labels), 1)
    size = 1 + max([int(labels.max(initial=0)), *(c.class_id for c in taxonomy)])
    points = np.bincount(labels, minlength=size)
    area = np.bincount(labels, weights=point_area, minlength=size)
    own = evidence.labels()
    painted = np.bincount(labels[(own == labels) & (own > 0)], minlength=size)
    accepted = _accepted(labels, own, evidence, size)
    tally = evidence.tally()
    contested = np.count_nonzero(tally.counts, axis=1) > 1
    conflicts = {
        int(class_id): int(np.count_nonzero(contested & (tally.counts[:, column] > 0)))
        for column, class_id in enumerate(tally.class_ids)
    }
    named = [(c.class_id, c.name) for c in taxonomy] + [(0, "unlabelled")]
    return tuple(
        ClassStatistics(
            class_id=class_id,
            name=name,
            points=int(points[class_id]),
            share=float(points[class_id] / total),
            painted=int(painted[class_id]) if class_id else 0,
            area=float(area[class_id]),
            photos=sum(bool((f.labels == class_id).any()) for f in evidence.frames),
            conflicts=conflicts.get(class_id, 0) if class_id else int(contested.sum()),
            accepted=int(accepted[class_id]),
        )
        for class_id, name in named
    )


def _accepted(
    labels: IdArray, painted: IdArray, evidence: Evidence, size: int
) -> npt.NDArray[np.int64]:
    """Return (M,) by class id how many unpainted points have the label that was accepted."""
    said = evidence.accepted
    if said is None:
        return np.zeros(size, dtype=np.int64)
    shows = (painted[said.points] == 0) & (labels[said.points] == said.labels)
    return np.bincount(said.labels[shows], minlength=size)


def surface_area(xyz: FloatArray, *, spacing: float) -> FloatArray:
    """Estimate (N,) how much surface each point stands for, in square scene units.

    The cloud is cut into columns of square section s², along the axis that the local normal n is
    nearest to. Each run of occupied voxels in a column is one crossing of the surface and holds
    ``s² / max(|nx|, |ny|, |nz|)`` of it, shared by the points of the run, so that what several
    photos see counts once. Borders are overestimated by about half a voxel, surfaces closer to
    each other than a voxel count as one.

    Args:
        xyz: (N, 3) points.
        spacing: Point spacing in scene units.

    Raises:
        ValueError: The spacing is not positive.
    """
    if not spacing > 0:
        msg = f"spacing must be positive, got {spacing}"
        raise ValueError(msg)
    if not len(xyz):
        return np.zeros(0)
    side = VOXEL_SPACINGS * spacing
    cell = np.floor((xyz - xyz.min(axis=0)) / side).astype(np.int64) + 1
    extent = cell.max(axis=0) + 2
    keys, voxel, count = np.unique(
        (cell[:, 0] * extent[1] + cell[:, 1]) * extent[2] + cell[:, 2],
        return_inverse=True,
        return_counts=True,
    )
    voxel = voxel.ravel()
    normals = np.abs(_normals(xyz, keys=keys, voxel=voxel, count=count, extent=extent))
    point_area = _crossings(keys, normals, count=count, extent=extent) * side * side
    return np.asarray(point_area[voxel])


def _crossings(
    keys: npt.NDArray[np.int64],
    normals: FloatArray,
    *,
    count: npt.NDArray[np.int64],
    extent: npt.NDArray[np.int64],
) -> FloatArray:
    """Return (K,) the surface per point in each voxel, in squares of the voxel's side."""
    x, rest = np.divmod(keys, extent[1] * extent[2])
    y, z = np.divmod(rest, extent[2])
    position = np.stack([x, y, z])
    main_axis = normals.argmax(axis=1)
    per_point = np.zeros(len(keys))
    for axis in range(3):
        across = [a for a in range(3) if a != axis]
        column = position[across[0]] * extent[across[1]] + position[across[1]]
        order = np.lexsort((position[axis], column))
        new = (np.diff(column[order]) != 0) | (np.diff(position[axis, order]) > 1)
        run = np.zeros(len(keys), dtype=np.int64)
        run[order[1:]] = np.cumsum(new)
        points = np.bincount(run, weights=count)
        # All voxels make the runs: where two axes are about equal, neighbours choose differently.
        own = np.flatnonzero(main_axis == axis)
        per_point[own] = 1.0 / (normals[own, axis] * points[run[own]])
    return per_point


def _normals(
    xyz: FloatArray,
    *,
    keys: npt.NDArray[np.int64],
    voxel: npt.NDArray[np.int64],
    count: npt.NDArray[np.int64],
    extent: npt.NDArray[np.int64],
) -> FloatArray:
    """Return (K, 3) unit normals of the points in each voxel and the 26 around it."""
    centered = xyz - xyz.mean(axis=0)
    moments = np.zeros((len(keys), 10))
    moments[:, 0] = count
    upper = [(a, b) for a in range(3) for b in range(a, 3)]
    for axis in range(3):
        moments[:, 1 + axis] = np.bincount(voxel, weights=centered[:, axis])
    for column, (a, b) in enumerate(upper, start=4):
        moments[:, column] = np.bincount(voxel, weights=centered[:, a] * centered[:, b])
    steps = [
        (x * extent[1] + y) * extent[2] + z
        for x in (-1, 0, 1)
        for y in (-1, 0, 1)
        for z in (-1, 0, 1)
    ]
    gathered = np.zeros_like(moments)
    for step in steps:
        place = np.minimum(np.searchsorted(keys, keys + step), len(keys) - 1)
        found = keys[place] == keys + step
        gathered[found] += moments[place[found]]
    mean = gathered[:, 1:4] / gathered[:, :1]
    covariance = np.zeros((len(keys), 3, 3))
    for column, (a, b) in enumerate(upper, start=4):
        spread = gathered[:, column] / gathered[:, 0] - mean[:, a] * mean[:, b]
        covariance[:, a, b] = covariance[:, b, a] = spread
    _, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors[:, :, 0])


def as_csv(lines: Sequence[ClassStatistics], *, unit: str) -> str:
    """Return the table as comma-separated values with a header, for a spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    area = f"area ({unit}²)"
    header = ["id", "class", "points", "share", "painted", "accepted", area, "photos", "conflicts"]
    writer.writerow(header)
    for line in lines:
        writer.writerow(
            [
                line.class_id,
                cell_text(line.name),
                line.points,
                f"{line.share:.6f}",
                line.painted,
                line.accepted,
                f"{line.area:.6g}",
                line.photos,
                line.conflicts,
            ]
        )
    return text.getvalue()
