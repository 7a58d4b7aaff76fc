"""Distances that fit a scene, whatever its unit."""

from __future__ import annotations

from o3d_paint.core.scene import Scene

__all__ = ["ball_radius"]

_METRIC_RADIUS = 0.05
_RADIUS_SPACINGS = 12.0


def ball_radius(scene: Scene) -> float:
    """Return the radius in which labelled points vote, in scene units.

    The published 5 cm where a unit is plausibly a metre; else as many point spacings as 5 cm
    are in such scenes.
    """
    return _METRIC_RADIUS if scene.metric else _RADIUS_SPACINGS * scene.spacing
