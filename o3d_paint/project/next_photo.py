"""Which photo of a project to paint next."""

from __future__ import annotations

import numpy as np

from o3d_paint.core.arrays import BoolArray, IndexArray
from o3d_paint.core.consistency import suggested_tolerance
from o3d_paint.core.progress import Progress
from o3d_paint.core.views.suggest import Suggestion, build_sightings, suggest, unsettled
from o3d_paint.project.project import Project

__all__ = ["suggest_photos", "unsettled_points"]


def suggest_photos(
    project: Project, count: int = 1, *, progress: Progress | None = None
) -> tuple[Suggestion, ...]:
    """Return the photos that help most if they are painted next, best first.

    Those are photos without paint that see most of what is not sure yet; each counts what those
    before it leave.

    Args:
        project: The work; it is not changed.
        count: How many to suggest.
        progress: Told how far it is; may raise to cancel.

    Returns:
        At most so many; none once every photo is painted or nothing is left to gain.
    """
    project.complete_indexes()
    scene = project.scene
    if not scene.frames:
        return ()
    seen = build_sightings(
        scene.frames,
        scene.cloud.xyz,
        rule=scene.rule,
        tolerance=suggested_tolerance(scene),
        spacing=scene.spacing,
        progress=progress,
    )
    needed = unsettled_points(project, seen.sample)
    return suggest(seen, needed, exclude=project.painted_frames, count=count)


def unsettled_points(project: Project, points: IndexArray) -> BoolArray:
    """Return (K,) which points still need paint: of low confidence, or in conflict.

    Args:
        project: Where no fused layer shows, what is painted counts as sure.
        points: (K,) positions in the cloud.
    """
    # Without the fused layer only paint settles anything, whatever was accepted.
    confidence = project.confidence_of(points) if project.fused_shown else None
    if confidence is None:
        confidence = (project.painted[points] > 0).astype(np.float32)
    return unsettled(confidence, project.ballots.conflicts()[points])
