"""The table of classes of a project, of labels on a scene, or of a labelled cloud."""

from __future__ import annotations

from typing import Any

import numpy as np

from o3d_paint.core.arrays import BoolArray, FloatArray
from o3d_paint.core.geometry import estimate_spacing, plausibly_metric, robust_diagonal
from o3d_paint.core.statistics import ClassStatistics, class_statistics
from o3d_paint.core.surface_area import surface_area
from o3d_paint.core.taxonomy import LabelClass, Taxonomy, next_color
from o3d_paint.io.clouds.cloud_file import CloudFile
from o3d_paint.io.exporters.labelled import LabelledScene
from o3d_paint.project.coverage import CONFIDENT
from o3d_paint.project.project import Project

__all__ = ["area_of_points", "statistics", "statistics_report", "sure_points", "unit_of"]


def statistics(
    work: Project | LabelledScene | CloudFile, *, painted_only: bool = False
) -> tuple[ClassStatistics, ...]:
    """Return points, share, area, photos, sure and unsure points of each class.

    Args:
        work: A project, whose labels are counted as they show: its paint, and the fused layer
            where it is on; or labels of any origin on a scene or on a cloud from a file.
        painted_only: Count of a project only what is painted, nothing accepted or derived.

    Returns:
        A line for each class in their order, and one of id 0 for unlabelled points.
    """
    if isinstance(work, Project):
        return _of_project(work, painted_only=painted_only)
    if isinstance(work, CloudFile):
        labels = np.zeros(len(work.xyz), np.uint16) if work.labels is None else work.labels
        taxonomy, xyz = _named(work), work.xyz
    else:
        taxonomy, labels, xyz = work.taxonomy, work.labels, work.scene.cloud.xyz
    sure = None if work.confidence is None else work.confidence >= CONFIDENT
    return class_statistics(taxonomy, labels, point_area=area_of_points(xyz), is_sure=sure)


def area_of_points(xyz: FloatArray) -> FloatArray:
    """Return (N,) the surface that each point stands for; 0 for points that are nowhere."""
    somewhere = np.isfinite(xyz).all(axis=1)
    area = np.zeros(len(xyz))
    area[somewhere] = surface_area(xyz[somewhere])
    return area


def sure_points(work: Project) -> BoolArray | None:
    """Return (N,) whether the label that shows is sure; None where nothing measured it.

    Before anything is fused, what is painted counts as sure.
    """
    confidence = work.confidence_of(None)
    if confidence is not None:
        return confidence >= CONFIDENT
    shows_article = work.fused_shown and work.fusion is not None
    return None if shows_article else work.labels > 0


def unit_of(xyz: FloatArray) -> str:
    """Return what a length probably is: "m", or "unit" where that is unlikely."""
    points = xyz[np.isfinite(xyz).all(axis=1)]
    if len(points) < 2:
        return "unit"
    return "m" if plausibly_metric(robust_diagonal(points), estimate_spacing(points)) else "unit"


def statistics_report(lines: tuple[ClassStatistics, ...]) -> dict[str, Any]:
    """Return the table as values of JSON's types."""
    named = [_line_report(line) for line in lines if line.class_id]
    rest = [_line_report(line) for line in lines if not line.class_id]
    return {
        "points": sum(line.points for line in lines),
        "classes": named,
        "unlabelled": rest[0] if rest else None,
    }


def _line_report(line: ClassStatistics) -> dict[str, Any]:
    return {
        "id": line.class_id,
        "name": line.name,
        "points": line.points,
        "share": line.share,
        "area": line.area,
        "sure": line.sure,
        "unsure": line.unsure,
        "painted": line.painted,
        "accepted": line.accepted,
        "photos": line.photos,
        "conflicts": line.conflicts,
    }


def _of_project(work: Project, *, painted_only: bool) -> tuple[ClassStatistics, ...]:
    work.complete_indexes()
    labels = work.painted if painted_only else work.labels
    return class_statistics(
        work.taxonomy,
        labels,
        point_area=area_of_points(work.scene.cloud.xyz),
        evidence=work.evidence(),
        is_sure=labels > 0 if painted_only else sure_points(work),
    )


def _named(cloud: CloudFile) -> Taxonomy:
    """Return a class for each id of a cloud, with the names that it has for them."""
    used = () if cloud.labels is None else np.flatnonzero(np.bincount(cloud.labels)).tolist()
    classes: list[LabelClass] = []
    for class_id in sorted({*used, *cloud.names} - {0}):
        name = cloud.names.get(class_id, "").strip() or f"class {class_id}"
        if Taxonomy(tuple(classes)).find(name) is not None:
            name = f"{name} ({class_id})"
        classes.append(LabelClass(class_id, name, next_color([c.color for c in classes])))
    return Taxonomy(tuple(classes))
