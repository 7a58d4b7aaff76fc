"""Distances that fit a scene, whatever its unit, and what the published method advises for it."""

from __future__ import annotations

from dataclasses import dataclass

from o3d_paint.core.scene import Scene

__all__ = ["PRESETS", "Preset", "ball_radius", "batch_size"]

_METRIC_RADIUS = 0.05
_RADIUS_SPACINGS = 12.0
_LARGE_CLOUD = 5_000_000


@dataclass(frozen=True, slots=True)
class Preset:
    """What a kind of scene asks for.

    Attributes:
        radius: Metres within which labelled points vote.
        confidence: Depth is trusted with confidence above this, where it goes from 0 to 1.
    """

    radius: float
    confidence: float


PRESETS = {
    "object": Preset(_METRIC_RADIUS, 0.4),
    "indoor": Preset(_METRIC_RADIUS, 0.4),
    "outdoor": Preset(0.15, 0.6),
}
"""The advice of the published method: points are sparse outdoors, sky and glass untrustworthy."""


def ball_radius(scene: Scene) -> float:
    """Return the radius in which labelled points vote, in scene units.

    The published 5 cm, or what the scene's preset says, where a unit is plausibly a metre; else as
    many point spacings as that is in such scenes.
    """
    radius = _METRIC_RADIUS if scene.preset is None else PRESETS[scene.preset].radius
    spacings = _RADIUS_SPACINGS * radius / _METRIC_RADIUS
    return radius if scene.metric else spacings * scene.spacing


def batch_size(scene: Scene) -> int:
    """Return how many points to vote on at a time; labels do not depend on it."""
    return 50_000 if len(scene.cloud) > _LARGE_CLOUD else 100_000
