"""The eye of the 3D view: turning around a pivot, moving, coming closer, and a first look.

The horizon stays level: the scene's up direction is the axis of every turn, so that a room never
ends up lying on its side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.geometry import main_part
from o3d_paint.core.scene import Frame

__all__ = ["Eye", "first_look", "robust_bounds"]

_LOWEST_ANGLE = np.radians(2.0)  # between the line of sight and the vertical
_NEAREST = 1e-3
_FIRST_ELEVATION = np.radians(32.0)
_SAMPLE = 50_000
_MARGIN = 0.88  # of the view's width and height
_SHOWN_CAMERAS = 90.0  # per cent
_FAR_CAMERA = 1.8  # times the distance that the scene alone needs


@dataclass(frozen=True, slots=True, eq=False)
class Eye:
    """Where the 3D view is seen from.

    Attributes:
        position: (3,) in world coordinates.
        pivot: (3,) the point looked at; turns go around it.
        up: (3,) unit vector of the scene.
        fov: Vertical field of view in radians.
    """

    position: FloatArray
    pivot: FloatArray
    up: FloatArray
    fov: float = np.radians(50.0)

    @classmethod
    def of_camera(
        cls, frame: Frame, position: FloatArray, pivot: FloatArray, up: FloatArray
    ) -> Eye:
        """Return an eye at a camera's place that looks along its axis, as high as its photo."""
        camera = frame.camera
        fov = 2 * np.arctan(camera.height / 2 / abs(camera.fy))
        return cls(position, pivot, up, float(fov))

    @property
    def distance(self) -> float:
        """Distance from the pivot, in scene units."""
        return float(np.linalg.norm(self.position - self.pivot))

    @property
    def axes(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Unit vectors to the right, upwards on the screen, and forward."""
        forward = _unit(self.pivot - self.position)
        right = _unit(np.cross(forward, self.up))
        return right, np.cross(right, forward), forward

    def turned(self, dx: float, dy: float, *, height: float) -> Eye:
        """Turn around the pivot by a drag of device pixels in a view ``height`` pixels tall."""
        step = np.pi / max(1.0, height)
        offset = _rotated(self.position - self.pivot, self.up, -dx * step)
        right = _unit(np.cross(-offset, self.up))
        angle = float(np.arccos(np.clip(np.dot(_unit(offset), self.up), -1, 1)))
        wanted = float(np.clip(angle - dy * step, _LOWEST_ANGLE, np.pi - _LOWEST_ANGLE))
        offset = _rotated(offset, right, wanted - angle)
        return replace(self, position=self.pivot + offset)

    def moved(self, dx: float, dy: float, *, height: float) -> Eye:
        """Move sideways so that what lies at the pivot's distance follows the pointer."""
        scale = 2 * self.distance * np.tan(self.fov / 2) / max(1.0, height)
        right, upward, _ = self.axes
        shift = (-dx * right + dy * upward) * scale
        return replace(self, position=self.position + shift, pivot=self.pivot + shift)

    def nearer(self, steps: float) -> Eye:
        """Come closer to the pivot by steps of the wheel; negative ones go away."""
        distance = max(_NEAREST, self.distance * 0.88**steps)
        return replace(self, position=self.pivot - self.axes[2] * distance)

    def around(self, pivot: FloatArray) -> Eye:
        """Turn around another point from now on, which comes to the middle of the view."""
        shift = pivot - self.pivot
        return replace(self, pivot=pivot, position=self.position + shift)

    def towards(self, other: Eye, share: float) -> Eye:
        """Return the eye on its way to another one; ``share`` 0 to 1."""
        smooth = share * share * (3 - 2 * share)
        return Eye(
            self.position + (other.position - self.position) * smooth,
            self.pivot + (other.pivot - self.pivot) * smooth,
            other.up,
            self.fov + (other.fov - self.fov) * smooth,
        )


def robust_bounds(xyz: FloatArray, *, percent: float = 2.0) -> tuple[FloatArray, FloatArray]:
    """Return the (3,) low and high corners without the outermost points on each side."""
    step = max(1, len(xyz) // _SAMPLE)
    sample = xyz[::step]
    sample = sample[main_part(sample).holds(sample)]
    low, high = np.percentile(sample, [percent, 100 - percent], axis=0)
    return low, high


def first_look(
    xyz: FloatArray, up: FloatArray, positions: Sequence[FloatArray], *, aspect: float
) -> Eye:
    """Return an eye that sees the whole scene, from the side where the cameras stand.

    Args:
        xyz: (N, 3) points.
        up: (3,) unit vector.
        positions: (3,) centres of the cameras.
        aspect: Width over height of the view.
    """
    low, high = robust_bounds(xyz)
    positions = _among(positions, xyz)
    center = (low + high) / 2
    radius = max(float(np.linalg.norm(high - low)) / 2, _NEAREST)
    side = np.mean(positions, axis=0) - center if len(positions) else np.zeros(3)
    side = side - np.dot(side, up) * up
    if np.linalg.norm(side) < 0.4 * radius and len(positions):
        # Cameras all around: from where the first photo was taken.
        side = positions[0] - center
        side = side - np.dot(side, up) * up
    if np.linalg.norm(side) < 0.05 * radius:
        side = np.cross(up, (1.0, 0.0, 0.0) if abs(up[0]) < 0.9 else (0.0, 1.0, 0.0))
    direction = _unit(side) * np.cos(_FIRST_ELEVATION) + up * np.sin(_FIRST_ELEVATION)
    fov = float(np.radians(50.0))
    eye = Eye(center + direction, center, up, fov)
    corners = np.stack(np.meshgrid(*np.transpose([low, high])), axis=-1).reshape(-1, 3)
    distance = max(_fitting(eye, corners, aspect=aspect).max(), radius)
    if len(positions):
        # Cameras are there to be clicked: they come into view too, at some expense.
        wanted = np.percentile(_fitting(eye, np.asarray(positions), aspect=aspect), _SHOWN_CAMERAS)
        distance = max(distance, min(float(wanted), _FAR_CAMERA * distance))
    return Eye(center + direction * distance, center, up, fov)


def _among(positions: Sequence[FloatArray], xyz: FloatArray) -> Sequence[FloatArray]:
    """Return the cameras without those that stand as far off as points that are left out."""
    part = main_part(xyz)
    if part.is_all or not len(positions):
        return positions
    return list(np.asarray(positions)[part.holds(np.asarray(positions))])


def _fitting(eye: Eye, points: FloatArray, *, aspect: float) -> FloatArray:
    """Return how far from its pivot an eye must be to have each of (N, 3) points in view."""
    right, upward, forward = eye.axes
    offset = points - eye.pivot
    half = np.tan(eye.fov / 2) * _MARGIN
    across, along = np.abs(offset @ right) / aspect, np.abs(offset @ upward)
    fitting: FloatArray = np.maximum(across, along) / half - offset @ forward
    return fitting


def _unit(vector: FloatArray) -> FloatArray:
    unit: FloatArray = vector / max(float(np.linalg.norm(vector)), 1e-12)
    return unit


def _rotated(vector: FloatArray, axis: FloatArray, angle: float) -> FloatArray:
    """Rotate a vector around a unit axis, right-handed (Rodrigues)."""
    turned: FloatArray = (
        vector * np.cos(angle)
        + np.cross(axis, vector) * np.sin(angle)
        + axis * np.dot(axis, vector) * (1 - np.cos(angle))
    )
    return turned
