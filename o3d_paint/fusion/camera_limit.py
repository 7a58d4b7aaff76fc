"""Paint that counts: with a limit, only what lies near enough to a camera."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from o3d_paint.core.arrays import BoolArray, IdArray
from o3d_paint.core.evidence import Evidence
from o3d_paint.core.label_source import PAINTED
from o3d_paint.core.scene import Frame, PointCloud
from o3d_paint.fusion.result import Fusion
from o3d_paint.fusion.settings import FusionSettings

__all__ = ["counted", "counted_paint"]


def counted(
    cloud: PointCloud, evidence: Evidence, settings: FusionSettings, frames: Sequence[Frame]
) -> Evidence:
    """Return the evidence that counts: with a limit, without points far from every camera.

    Args:
        cloud: The points.
        evidence: What was painted.
        settings: Its ``max_camera_distance`` is the limit.
        frames: All photos of the scene.

    Raises:
        ValueError: There is a limit, but no photo.
    """
    if settings.max_camera_distance is None:
        return evidence
    near = _near_cameras(cloud, frames, settings.max_camera_distance)
    votes = tuple(
        replace(f.taken(np.flatnonzero(near[f.points])), version=None) for f in evidence.frames
    )
    layer = evidence.layer
    kept = None if layer is None else np.where(near, layer, 0).astype(np.uint16)
    return replace(evidence, frames=votes, layer=kept)


def counted_paint(
    cloud: PointCloud, painted: IdArray, fusion: Fusion, frames: Sequence[Frame]
) -> IdArray:
    """Return (N,) painted labels as they counted in a fusion, 0 elsewhere.

    Args:
        cloud: The points.
        painted: (N,) painted labels by votes and layer.
        fusion: Made from them. The article finds painted points its own way.
        frames: All photos of the scene.
    """
    if fusion.settings.method == "article":
        return np.where(fusion.source == PAINTED, fusion.labels, 0).astype(np.uint16)
    limit = fusion.settings.max_camera_distance
    if limit is None:
        return painted
    return np.where(_near_cameras(cloud, frames, limit), painted, 0).astype(np.uint16)


def _near_cameras(cloud: PointCloud, frames: Sequence[Frame], distance: float) -> BoolArray:
    """Return (N,) which points have a camera within a distance."""
    if not frames:
        msg = "max_camera_distance needs the scene's photos: give frames"
        raise ValueError(msg)
    near: BoolArray = np.zeros(len(cloud), dtype=bool)
    for frame in frames:
        far = np.flatnonzero(~near)
        offset = cloud.xyz[far] - frame.position
        near[far] = np.einsum("ij,ij->i", offset, offset) <= distance**2
    return near
