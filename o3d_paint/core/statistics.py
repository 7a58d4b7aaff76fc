"""What a labelled cloud holds: points, area, photos, certainty and conflicts of each class."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import BoolArray, FloatArray, IdArray
from o3d_paint.core.evidence import Evidence
from o3d_paint.core.taxonomy import Taxonomy
from o3d_paint.plain_text import cell_text

__all__ = ["ClassStatistics", "as_csv", "class_statistics"]


@dataclass(frozen=True, slots=True)
class ClassStatistics:
    """One line of the table. What nothing tells is None: a cloud alone knows no photos.

    Attributes:
        class_id: The class; 0 is the line of unlabelled points.
        name: Its name.
        points: Points with this label.
        share: Part of all points, 0..1.
        area: Estimated surface in square scene units; see `surface_area`.
        sure: Points whose label is sure, with a confidence of 0.7 or more.
        unsure: Points whose label is less sure.
        painted: Points whose label has evidence.
        accepted: Points whose label was accepted as a prediction.
        photos: Photos that vote for it anywhere.
        conflicts: Points for which some photo votes for it and another for something else.
    """

    class_id: int
    name: str
    points: int
    share: float
    area: float
    sure: int | None = None
    unsure: int | None = None
    painted: int | None = None
    accepted: int | None = None
    photos: int | None = None
    conflicts: int | None = None


def class_statistics(
    taxonomy: Taxonomy,
    labels: IdArray,
    *,
    point_area: FloatArray,
    evidence: Evidence | None = None,
    is_sure: BoolArray | None = None,
) -> tuple[ClassStatistics, ...]:
    """Count what each class has, in the taxonomy's order; unlabelled last.

    Args:
        taxonomy: The classes that get a line.
        labels: (N,) labels to count: painted, accepted or fused.
        point_area: (N,) surface that each point stands for; see `surface_area`.
        evidence: The votes, where there are some.
        is_sure: (N,) whether each label is sure; None where nothing measured it.
    """
    total = max(len(labels), 1)
    size = 1 + max([int(labels.max(initial=0)), *(c.class_id for c in taxonomy)])
    points = np.bincount(labels, minlength=size)
    area = np.bincount(labels, weights=point_area, minlength=size)
    sure = None if is_sure is None else np.bincount(labels[is_sure], minlength=size)
    painted, photos, conflicts = _voted(labels, evidence, size=size)
    accepted = None if evidence is None else _accepted(labels, evidence, size)
    named = [(c.class_id, c.name) for c in taxonomy] + [(0, "unlabelled")]
    return tuple(
        ClassStatistics(
            class_id=class_id,
            name=name,
            points=int(points[class_id]),
            share=float(points[class_id] / total),
            area=float(area[class_id]),
            sure=None if sure is None else int(sure[class_id]) if class_id else 0,
            unsure=(
                None if sure is None
                else int(points[class_id] - sure[class_id]) if class_id else 0
            ),
            painted=None if painted is None else painted.get(class_id, 0),
            accepted=None if accepted is None else int(accepted[class_id]),
            photos=None if photos is None else photos.get(class_id, 0),
            conflicts=None if conflicts is None else conflicts.get(class_id, 0),
        )
        for class_id, name in named
    )  # fmt: skip


def _accepted(labels: IdArray, evidence: Evidence, size: int) -> npt.NDArray[np.int64]:
    """Return (M,) by class id how many unpainted points have the label that was accepted."""
    said = evidence.accepted
    if said is None:
        return np.zeros(size, dtype=np.int64)
    shows = (evidence.labels()[said.points] == 0) & (labels[said.points] == said.labels)
    return np.bincount(said.labels[shows], minlength=size)


_Counts = dict[int, int] | None


def _voted(
    labels: IdArray, evidence: Evidence | None, *, size: int
) -> tuple[_Counts, _Counts, _Counts]:
    """Return painted points, photos and points in conflict by class; None without votes.

    The line of unlabelled points has all conflicts, each once.
    """
    if evidence is None:
        return None, None, None
    own = evidence.labels()
    painted = np.bincount(labels[(own == labels) & (own > 0)], minlength=size)
    photos: dict[int, int] = {}
    for frame in evidence.frames:
        for class_id in np.flatnonzero(np.bincount(frame.labels)).tolist():
            photos[class_id] = photos.get(class_id, 0) + 1
    tally = evidence.tally()
    contested = np.count_nonzero(tally.counts, axis=1) > 1
    conflicts = {
        int(class_id): int(np.count_nonzero(contested & (tally.counts[:, column] > 0)))
        for column, class_id in enumerate(tally.class_ids)
    }
    counted = {i: int(n) for i, n in enumerate(painted) if i and n}
    return counted, photos, {**conflicts, 0: int(contested.sum())}


def as_csv(lines: Sequence[ClassStatistics], *, unit: str) -> str:
    """Return the table as comma-separated values with a header, for a spreadsheet.

    Names that a spreadsheet would take for a formula begin with an apostrophe.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ["id", "class", "points", "share", f"area ({unit}²)", "sure", "unsure", "painted",
         "accepted", "photos", "conflicts"]
    )  # fmt: skip
    for line in lines:
        counts = (line.sure, line.unsure, line.painted, line.accepted, line.photos, line.conflicts)
        writer.writerow(
            [
                line.class_id,
                cell_text(line.name),
                line.points,
                f"{line.share:.6f}",
                f"{line.area:.6g}",
                *("" if n is None else n for n in counts),
            ]
        )
    return text.getvalue()
