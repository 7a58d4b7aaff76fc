"""A small kit for placing solids: lengths in plate sizes, frames nested by turtle-like moves."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from o3d_paint.io.sample.shapes import Kind, Solid, box_corners

Vector = tuple[float, float, float]


def rotation_from_axis(axis: Vector, angle: float) -> NDArray[np.float64]:
    """Returns the (3, 3) rotation by ``angle`` radians about a unit axis (Rodrigues)."""
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross)


def hue(value: float, saturation: float = 0.65, brightness: float = 0.75) -> Vector:
    """Returns the linear RGB colour of a hue (0..1 is one turn)."""
    phase = np.abs((value + np.array([0, 2 / 3, 1 / 3])) % 1 * 6 - 3) - 1
    color = brightness * (1 - saturation * (1 - np.clip(phase, 0, 1)))
    red, green, blue = (float(channel) for channel in color**2.2)
    return red, green, blue


@dataclass(frozen=True, slots=True, eq=False)
class Builder:
    """Places solids in one frame of the world; `moved` gives a builder in another frame.

    Attributes:
        solids: Where every placed solid goes, shared by all frames.
        size: Metres per unit.
        rotation: (3, 3) world from this frame.
        origin: (3,) this frame's origin in the world, in units.
    """

    solids: list[Solid]
    size: float
    rotation: NDArray[np.float64] = field(default_factory=lambda: np.eye(3))
    origin: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))

    def moved(self, place: Vector, *, yaw: float = 0.0, scale: float = 1.0) -> Builder:
        """Returns a builder at ``place`` in this frame, turned about z, with scaled units."""
        turned = self.rotation @ rotation_from_axis((0, 0, 1), yaw)
        origin = (self.origin + self.rotation @ np.array(place)) / scale
        return replace(self, size=self.size * scale, rotation=turned, origin=origin)

    def add(
        self,
        kind: Kind,
        size: Vector,
        place: Vector,
        look: tuple[int, str, Vector],
        *,
        turn: NDArray[np.float64] | None = None,
    ) -> None:
        """Places one solid.

        Args:
            kind: Shape, see `Solid`.
            size: As the kind reads it, in units.
            place: Local origin of the solid in this frame, in units.
            look: Class id, material and linear tint.
            turn: (3, 3) rotation of the solid in this frame.
        """
        rotation = self.rotation if turn is None else self.rotation @ turn
        class_id, material, tint = look
        anchor = np.zeros(3) if turn is not None else np.array(place)
        extent = np.array(size) * self.size
        center = (self.origin + self.rotation @ place) * self.size
        corners = box_corners(kind, extent) @ rotation.T + center
        self.solids.append(
            Solid(
                kind=kind,
                size=extent.astype(np.float32),
                rotation=rotation.astype(np.float32),
                center=center.astype(np.float32),
                class_id=class_id,
                material=material,
                tint=np.array(tint, dtype=np.float32),
                anchor=(anchor * self.size).astype(np.float32),
                corners=corners.astype(np.float32),
            )
        )

    def span(self, low: Vector, high: Vector, look: tuple[int, str, Vector]) -> None:
        """Places an upright box between two corners."""
        half = tuple((b - a) / 2 for a, b in zip(low, high, strict=True))
        middle = tuple((b + a) / 2 for a, b in zip(low, high, strict=True))
        self.add("box", (half[0], half[1], half[2]), (middle[0], middle[1], middle[2]), look)

    def rod(
        self, start: Vector, end: Vector, radii: Vector | float, look: tuple[int, str, Vector]
    ) -> None:
        """Places a round rod from ``start`` to ``end``; radii are those of the two ends."""
        first, second = np.array(start, dtype=float), np.array(end, dtype=float)
        length = float(np.linalg.norm(second - first))
        forward = (second - first) / length
        helper = np.array([1.0, 0, 0]) if abs(forward[2]) > 0.9 else np.array([0, 0, 1.0])
        right = np.cross(helper, forward)
        right /= np.linalg.norm(right)
        turn = np.stack([right, np.cross(forward, right), forward], axis=1)
        below, above = (radii, radii) if isinstance(radii, float) else radii[:2]
        middle = (first + second) / 2
        place = (float(middle[0]), float(middle[1]), float(middle[2]))
        self.add("cone", (below, above, length / 2), place, look, turn=turn)
