"""What a labelled cloud holds: points, area, photos and conflicts of each class."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from o3d_paint.core.arrays import FloatArray, IdArray
from o3d_paint.core.evidence import Evidence
from o3d_paint.core.taxonomy import Taxonomy

__all__ = ["ClassStatistics", "as_csv", "class_statistics"]


@dataclass(frozen=True, slots=True)
class ClassStatistics:
    """One line of the table.

    Attributes:
        class_id: The class; 0 is the line of unlabelled points.
        name: Its name.
        points: Points with this label.
        share: Part of all points, 0..1.
        painted: Points whose label has evidence.
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
        labels: (N,) labels to count, painted or fused.
        evidence: The votes.
        point_area: (N,) surface that each point stands for; see `surface_area`.
    """
    total = max(len(labels), 1)
    size = 1 + max([int(labels.max(initial=0)), *(c.class_id for c in taxonomy)])
    points = np.bincount(labels, minlength=size)
    area = np.bincount(labels, weights=point_area, minlength=size)
    own = evidence.labels()
    painted = np.bincount(labels[(own == labels) & (own > 0)], minlength=size)
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
        )
        for class_id, name in named
    )


def as_csv(lines: Sequence[ClassStatistics], *, unit: str) -> str:
    """Return the table as comma-separated values with a header, for a spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    header = ["id", "class", "points", "share", "painted", f"area ({unit}²)", "photos", "conflicts"]
    writer.writerow(header)
    for line in lines:
        writer.writerow(
            [
                line.class_id,
                line.name,
                line.points,
                f"{line.share:.6f}",
                line.painted,
                f"{line.area:.6g}",
                line.photos,
                line.conflicts,
            ]
        )
    return text.getvalue()
