"""The cameras in the 3D view: thin pyramids for all, firm ones for those that matter now."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import open3d as o3d
from open3d.visualization import rendering

from o3d_paint.core.arrays import FloatArray, RgbArray
from o3d_paint.core.scene import Scene
from o3d_paint.core.views.frustum import FRUSTUM_LINES, default_size, frustum_corners, pick_frustum
from o3d_paint.core.views.orbit import robust_bounds
from o3d_paint.ui import theme
from o3d_paint.ui.cloud_view import CloudView
from o3d_paint.ui.plane_photos import PlanePhotos

__all__ = ["CameraMarks", "FrustumLayer", "line_colors"]

_LINES = "cameras"
_PLAIN = (142, 150, 164)
_PAINTED = theme.GOOD
_FIRM = (("open", theme.ACCENT, 3.0), ("suggested", theme.WARNING, 2.5), ("hover", (255,) * 3, 2.0))
_TOLERANCE_PX = 8.0
_FEW, _MANY = 20, 120
_FAINTEST = 0.6


@dataclass(frozen=True, slots=True)
class CameraMarks:
    """Which cameras stand out.

    Attributes:
        open: The photo in the paint panel.
        suggested: The one to paint next.
        hover: Under the pointer.
        painted: All that have paint.
    """

    open: int | None = None
    suggested: int | None = None
    hover: int | None = None
    painted: frozenset[int] = frozenset()


class FrustumLayer:
    """Camera pyramids of one scene."""

    def __init__(self, view: CloudView) -> None:
        """Start without cameras."""
        self._view = view
        self._scene: Scene | None = None
        self._marks = CameraMarks()
        self._corners: FloatArray = np.zeros((0, 6, 3))
        self._names: set[str] = set()
        self._size = 1.0
        self._are_shown = True
        self._photos = PlanePhotos(view)

    @property
    def are_shown(self) -> bool:
        """Whether cameras are drawn."""
        return self._are_shown

    def open(self, scene: Scene) -> None:
        """Show the cameras of a scene, at a size that suits it."""
        self._scene = scene
        low, high = robust_bounds(scene.cloud.xyz)
        positions = np.array([f.position for f in scene.frames]).reshape(-1, 3)
        self._size = default_size(positions, float(np.linalg.norm(high - low)))
        self._marks = CameraMarks()
        self._rebuild()

    def close(self) -> None:
        """Take all cameras away."""
        for name in tuple(self._names):
            self._remove(name)
        self._photos.close()
        self._scene, self._corners = None, np.zeros((0, 6, 3))

    def resize(self, factor: float) -> None:
        """Make cameras bigger or smaller."""
        self._size *= factor
        self._rebuild()

    def show(self, shown: bool) -> None:
        """Draw cameras or not."""
        self._are_shown = shown
        self._rebuild()

    def show_photos(self, shown: bool, thumbnails: dict[int, RgbArray]) -> None:
        """Draw small translucent photos on the image planes or not."""
        self._photos.show(shown and self._are_shown, self._corners, thumbnails)
        self._view.changed()

    def mark(self, marks: CameraMarks) -> None:
        """Let other cameras stand out."""
        old, self._marks = self._marks, marks
        if replace(old, hover=None, open=None, suggested=None) != replace(
            marks, hover=None, open=None, suggested=None
        ):
            self._draw_all()
        for name, _, _ in _FIRM:
            if getattr(old, name) != getattr(marks, name):
                self._draw_firm(name)
        if old != marks:
            self._view.changed()

    def pick(self, x: float, y: float) -> int | None:
        """Return the camera at a position of the 3D view, None for none."""
        if not self._are_shown or not len(self._corners):
            return None
        return pick_frustum(
            (x, y),
            self._corners,
            screen_from_world=self._view.screen_from_world,
            size=self._view.size,
            tolerance=_TOLERANCE_PX,
        )

    def corners(self, frame_idx: int) -> FloatArray:
        """Return the (6, 3) corners of a camera, minus the view's centre."""
        corners: FloatArray = self._corners[frame_idx]
        return corners

    def _rebuild(self) -> None:
        if self._scene is None:
            return
        frames = self._scene.frames
        corners = [frustum_corners(f, self._size) - self._view.center for f in frames]
        self._corners = np.array(corners).reshape(-1, 6, 3)
        self._draw_all()
        for name, _, _ in _FIRM:
            self._draw_firm(name)
        self._photos.move(self._corners)
        self._view.changed()

    def _draw_all(self) -> None:
        colors = line_colors(len(self._corners), self._marks.painted)
        self._draw(_LINES, range(len(self._corners)), colors, width=1.5)

    def _draw_firm(self, mark: str) -> None:
        color, width = next((c, w) for name, c, w in _FIRM if name == mark)
        frame_idx = getattr(self._marks, mark)
        chosen = [] if frame_idx is None or frame_idx >= len(self._corners) else [frame_idx]
        self._draw(f"camera_{mark}", chosen, [color] * len(chosen), width=width)

    def _draw(self, name: str, chosen: Collection[int], colors: list[Any], *, width: float) -> None:
        """Replace a set of lines: Open3D cannot change one."""
        self._remove(name)
        if not chosen or not self._are_shown:
            return
        points = self._corners[list(chosen)].reshape(-1, 3)
        offsets = 6 * np.arange(len(chosen))[:, None, None]
        lines = o3d.geometry.LineSet()
        lines.points = o3d.utility.Vector3dVector(points)
        lines.lines = o3d.utility.Vector2iVector((FRUSTUM_LINES[None] + offsets).reshape(-1, 2))
        shades = np.repeat(np.array(colors, dtype=np.float64) / 255, len(FRUSTUM_LINES), axis=0)
        lines.colors = o3d.utility.Vector3dVector(shades)
        material = rendering.MaterialRecord()
        material.shader = "unlitLine"
        material.line_width = width
        self._view.scene.add_geometry(name, lines, material, False)
        self._names.add(name)

    def _remove(self, name: str) -> None:
        if name in self._names:
            self._view.scene.remove_geometry(name)
            self._names.discard(name)


def line_colors(count: int, painted: Collection[int]) -> list[theme.Color]:
    """Return the colour of each camera's lines: fainter where hundreds would hide the cloud."""
    faint = min(_FAINTEST, max(0.0, (count - _FEW) / (_MANY - _FEW)) * _FAINTEST)
    usual = theme.mixed(_PLAIN, theme.SCENE, faint)
    done = theme.mixed(_PAINTED, theme.SCENE, faint)
    return [done if i in painted else usual for i in range(count)]
