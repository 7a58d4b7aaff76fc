"""The 3D view: the cloud in two densities, the eye, and when to draw.

What holds for Open3D 0.20 (measured): colours are exact only without post-processing; a tensor
cloud must be added once and recoloured in place, its arrays kept alive; the view is drawn anew
only when asked, and asking costs the whole frame. The level of detail is our own, since the
toolkit's draws boxes around clouds that have one.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import numpy.typing as npt
from open3d.visualization import gui, rendering

from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.scene import Scene
from o3d_paint.core.views.orbit import Eye, first_look
from o3d_paint.core.views.shown_cloud import ShownCloud
from o3d_paint.ui import theme
from o3d_paint.ui.cloud_colors import PIECE, CloudColors
from o3d_paint.ui.cloud_overlay import CloudOverlay
from o3d_paint.ui.cloud_pieces import CloudPieces, point_material
from o3d_paint.ui.coarse_cloud import CoarseCloud
from o3d_paint.ui.redraw import Quality, RedrawPlan

__all__ = ["CloudView"]

_MAX_COARSE = PIECE  # it is handed over whole
_MIN_COARSE = 60_000
_PICKED = 100_000  # enough to hit surfaces, few enough for every movement
_COARSE_S = 0.12
# Panels, cameras and background cost a frame as well: so that of a moving view takes a third of a
# full one where the points are what a frame costs.
_COARSE_SHARE = 1 / 24
_GUESSED_S = 1e-7  # for a point, without a graphics card
_FLIGHT_S = 0.45
_COLOR_BUDGET_S = 0.008
_UPLOAD_S = 0.012


class CloudView:
    """The scene widget with one cloud in it."""

    def __init__(self, window: Any) -> None:
        """Make the widget; the window adds and places it."""
        self.widget = gui.SceneWidget()
        self.widget.scene = rendering.Open3DScene(window.renderer)
        self.scene = self.widget.scene
        view = self.scene.view
        view.set_post_processing(False)
        view.set_ambient_occlusion(False)
        view.set_shadowing(False)
        view.set_antialiasing(False)
        view.set_sample_count(1)
        # Without post-processing the background is decoded from sRGB and shown as it is then.
        ground = [((c / 255) ** (1 / 2.4) * 1.055 - 0.055) for c in theme.SCENE]
        self.scene.set_background([*ground, 1.0])
        self.widget.enable_scene_caching(True)
        self.overlay = CloudOverlay()
        self.plan = RedrawPlan()
        self.colors: CloudColors | None = None
        self.eye: Eye | None = None
        self.center: FloatArray = np.zeros(3)
        self.point_size = 3.0
        self._full: CloudPieces | None = None
        self._coarse: CoarseCloud | None = None
        self._xyz: npt.NDArray[np.float32] = np.zeros((0, 3), dtype=np.float32)
        self._flight: tuple[Eye, Eye, float] | None = None
        self._measure_from: float | None = None
        self._measures_left = 0
        self._add_at = 0.0
        self._radius = 1.0

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in device pixels."""
        return max(1, self.widget.frame.width), max(1, self.widget.frame.height)

    def open(self, scene: Scene, shown: ShownCloud, colors: CloudColors) -> None:
        """Show a scene, framed from the side of its cameras.

        Args:
            scene: Whose cloud.
            shown: Its points.
            colors: Their colours, of which the due ones follow tick by tick.
        """
        self.close()
        self.colors = colors
        self.center, self._xyz = shown.center, shown.xyz
        self._make_coarse(min(_MAX_COARSE, len(self._xyz)))
        material = self._material("full")
        self._full = CloudPieces(self.scene, "cloud", self._xyz, colors.buffer, material)
        self._draw("coarse")
        # Until it is measured: frames on the way would hold up the points that follow.
        guess_s = _GUESSED_S * len(self._xyz)
        self.plan.measured(guess_s, coarse_share=self._coarse_share)
        self.reset(scene)
        self.point_size = _first_point_size(scene, self.home, self.size)
        self._set_point_size()
        self._measures_left = 2  # the first one pays for uploads and shaders

    def close(self) -> None:
        """Take the cloud away."""
        for cloud in (self._full, self._coarse):
            if cloud is not None:
                cloud.remove()
        self._full, self._coarse = None, None
        self.colors, self.eye, self._flight = None, None, None
        self.plan.changed(time.monotonic())

    def reset(self, scene: Scene) -> None:
        """Look at the whole scene."""
        width, height = self.size
        positions = [f.position - self.center for f in scene.frames]
        self.home = first_look(self._xyz, scene.up, positions, aspect=width / height)
        self._radius = max(self.home.distance, 1e-3)
        self.look(self.home)

    def look(self, eye: Eye) -> None:
        """Move the eye at once."""
        self._flight = None
        self.eye = eye
        self._apply_eye()

    def fly(self, eye: Eye) -> None:
        """Move the eye in a short flight; on a slow renderer at once."""
        if self.eye is None or self.plan.is_slow:
            self.look(eye)
        else:
            self._flight = (self.eye, eye, time.monotonic())

    def placed(self) -> None:
        """The widget has a new size."""
        if self.eye is not None:
            self._apply_eye()

    def changed(self) -> None:
        """Something but the colours changed: lines, sizes, classes."""
        self.plan.changed(time.monotonic())

    def wait_for_photo(self) -> None:
        """Let a photo that was asked for show first, where a frame takes long."""
        self.plan.photo_asked(time.monotonic())

    def recolored(self) -> None:
        """The colours of some points changed."""
        self.plan.changed(time.monotonic())

    def resize_points(self, factor: float) -> None:
        """Make points bigger or smaller."""
        self.point_size = float(np.clip(self.point_size * factor, 1.0, 24.0))
        self._set_point_size()
        self.changed()

    @property
    def screen_from_world(self) -> FloatArray:
        """(4, 4) projection times view; world coordinates minus `center`."""
        camera = self.scene.camera
        projection = np.asarray(camera.get_projection_matrix(), dtype=np.float64)
        return projection @ np.asarray(camera.get_view_matrix(), dtype=np.float64)

    @property
    def is_whole(self) -> bool:
        """Whether the renderer has the whole cloud, or there is none."""
        return self._full is None or self._full.is_complete

    @property
    def points(self) -> npt.NDArray[np.float32]:
        """(N, 3) all points minus `center`."""
        return self._xyz

    @property
    def pickable(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        """(K, 3) points minus `center` to search under the cursor, and their positions."""
        if self._coarse is None:
            return self._xyz[:0], np.zeros(0, dtype=np.int64)
        chosen = self._coarse.chosen[:: max(1, len(self._coarse.chosen) // _PICKED)]
        return self._xyz[chosen], chosen

    def tick(self, *, is_painting: bool) -> bool:
        """Do what is due; returns whether the window has to be drawn."""
        now = time.monotonic()
        if self._flight is not None:
            start, end, since = self._flight
            share = min(1.0, (now - since) / _FLIGHT_S)
            self.eye = start.towards(end, share)
            self._flight = self._flight if share < 1 else None
            self._apply_eye()
        if not self.is_whole:
            if now >= self._add_at and not is_painting and self.plan.is_idle(now):
                self._add_piece()
        elif (
            self._measures_left
            and self._measure_from is None
            and not is_painting
            and self.plan.is_idle(now, for_full=True)
        ):
            self._measure()
            return True
        if self.colors is not None and self.colors.work(_COLOR_BUDGET_S):
            self.recolored()
        if self.colors is not None and not self.colors.is_done and self.plan.can_wait(now):
            return False
        quality = self.plan.due(now, is_painting=is_painting)
        return quality is not None and self._draw_if_ready(quality)

    def follow(self) -> bool:
        """Draw a moving view with the frame that the toolkit draws after each mouse event anyhow.

        Returns:
            Whether it is drawn.
        """
        has_colors = self.colors is not None and not self.colors.stale.any()
        quality = self.plan.due_with_event(time.monotonic(), has_colors=has_colors)
        return quality is not None and self._draw_if_ready(quality)

    @property
    def is_measured(self) -> bool:
        """Whether it is known how long a full frame takes."""
        return self.is_whole and not self._measures_left

    def _draw_if_ready(self, quality: Quality) -> bool:
        if quality == "full" and not self.is_whole:
            quality = "coarse"
        if not self._upload(quality):
            return False
        self._draw(quality)
        self.plan.drawn(time.monotonic(), quality)
        return True

    def _upload(self, quality: Quality) -> bool:
        """Hand over new colours, a bit at a time; returns whether the cloud can be drawn."""
        if self._full is None or self._coarse is None or self.colors is None:
            return True
        if quality == "coarse":
            self._coarse.catch_up()
            return True
        return self._full.upload(self.colors.stale, _UPLOAD_S)

    def _add_piece(self) -> None:
        """Hand over one more piece of the whole cloud, with its colours of this moment."""
        assert self.colors is not None
        assert self._full is not None
        start = time.monotonic()
        self.colors.stale[self._full.add_piece()] = False
        # The renderer copies it meanwhile, and the hand wants its share of this thread.
        self._add_at = time.monotonic() + 2 * (time.monotonic() - start)

    def _draw(self, quality: Quality) -> None:
        self._show(quality)
        self.widget.force_redraw()

    def _show(self, quality: Quality) -> None:
        if self._full is not None and self._coarse is not None:
            self._full.show(quality == "full")
            self._coarse.show(quality == "coarse")

    def _apply_eye(self) -> None:
        eye = self.eye
        if eye is None:
            return
        width, height = self.size
        reach = eye.distance + 4 * self._radius
        near = max(reach * 1e-3, min(eye.distance, self._radius) * 0.01)
        camera = self.scene.camera
        camera.set_projection(
            float(np.degrees(eye.fov)), width / height, near, reach * 2,
            rendering.Camera.FovType.Vertical,
        )  # fmt: skip
        camera.look_at(
            eye.pivot.astype(np.float32),
            eye.position.astype(np.float32),
            eye.up.astype(np.float32),
        )
        self.plan.moved(time.monotonic())

    def _make_coarse(self, count: int) -> None:
        assert self.colors is not None
        if self._coarse is not None:
            self._coarse.remove()
        material = self._material("coarse", count / max(1, len(self._xyz)))
        self._coarse = CoarseCloud(self.scene, self._xyz, self.colors, count, material)

    @property
    def _coarse_share(self) -> float:
        return 1.0 if self._coarse is None else len(self._coarse.chosen) / max(1, len(self._xyz))

    def _material(self, quality: Quality, share: float = 1.0) -> Any:
        # Fewer points cover the same surface.
        growth = 1.0 if quality == "full" else min(2.0, max(share, 0.05) ** -0.4)
        return point_material(float(max(1.0, round(self.point_size * growth))))

    def _set_point_size(self) -> None:
        if self._full is not None and self._coarse is not None:
            self._full.set_material(self._material("full"))
            self._coarse.set_material(self._material("coarse", self._coarse_share))

    def _measure(self) -> None:
        """Time one full frame; that decides how much is drawn while the hand moves."""
        self._show("full")
        self._measure_from = time.monotonic()
        self.scene.scene.render_to_image(self._measured)

    def _measured(self, _image: Any) -> None:
        if self._measure_from is None or self.colors is None:
            return
        full_s = time.monotonic() - self._measure_from
        self._measure_from = None
        self._measures_left -= 1
        if self._measures_left:
            return
        count = len(self._xyz)
        coarse_s = min(_COARSE_S, full_s * _COARSE_SHARE)
        wanted = int(np.clip(count * coarse_s / full_s, _MIN_COARSE, _MAX_COARSE))
        if self._coarse is None or wanted < len(self._coarse.chosen):
            self._make_coarse(wanted)
        self.plan.measured(full_s, coarse_share=self._coarse_share)
        self.changed()


def _first_point_size(scene: Scene, eye: Eye, size: tuple[int, int]) -> float:
    """Return a point size in device pixels that closes surfaces at the first look."""
    pixels = size[1] * scene.spacing / (2 * eye.distance * np.tan(eye.fov / 2))
    return float(np.clip(round(2.6 * pixels), 3, 8))
