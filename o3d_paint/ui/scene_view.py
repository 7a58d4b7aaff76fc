"""One project in the program's own 3D view: cameras, mouse, brush and lasso, the brush's cursor."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from o3d_paint.core.arrays import BoolArray
from o3d_paint.core.views.orbit import Eye
from o3d_paint.core.views.shown_cloud import ShownCloud
from o3d_paint.project.jobs import Worker
from o3d_paint.project.tools import TOOLS
from o3d_paint.ui.brush_cursor import BrushCursor
from o3d_paint.ui.cloud_painter import CloudPainter
from o3d_paint.ui.command_handlers import view_handlers
from o3d_paint.ui.editor import EditorState
from o3d_paint.ui.events import PointerEvent
from o3d_paint.ui.frustum_layer import CameraMarks, FrustumLayer
from o3d_paint.ui.navigator import Navigator
from o3d_paint.ui.notices import Notices
from o3d_paint.ui.paint_controller import PaintController
from o3d_paint.ui.photo_suggester import PhotoSuggester
from o3d_paint.ui.window import Window

__all__ = ["SceneView"]

_FIRST_THUMBNAILS = 64
_CAMERAS = 1.25


class SceneView:
    """What the 3D view shows and does.

    Args:
        paint: The project being painted.
        window: Whose 3D view.
        suggester: Knows which photo sees a spot best.
        notices: Tells the user.
        worker: Finds what the view shows.
        shown: The cloud.
    """

    def __init__(
        self,
        paint: PaintController,
        window: Window,
        suggester: PhotoSuggester,
        *,
        notices: Notices,
        worker: Worker,
        shown: ShownCloud,
    ) -> None:
        self._editor, self._project, self._colors = paint.editor, paint.project, paint.colors
        self._photos, self._cloud = paint.photos, window.cloud
        self.frustums = FrustumLayer(window.cloud)
        self.shows_plane_photos = True
        self._seen_of: int | None = None
        editor, canvas = paint.editor, paint.panels.canvas
        self._painter = CloudPainter(
            editor, window.cloud, paint.colors, worker, failed=notices.report
        )
        self._brush_cursor = BrushCursor(
            editor,
            canvas,
            window.cloud,
            paint.colors,
            is_painting=lambda: paint.is_painting,
            redraw=window.redraw,
        )
        self._navigator = Navigator(
            editor,
            window.cloud,
            self.frustums,
            painter=self._painter,
            suggester=suggester,
            canvas=canvas,
            notices=notices,
        )
        self._disconnect = [
            self._project.history_changed.connect(self.mark_cameras),
            self._project.index_ready.connect(self._index_ready),
            editor.state_changed.connect(self._state_changed),
            paint.thumbnails_changed.connect(self._thumbnails_changed),
        ]
        self._open(shown)

    @property
    def class_of_spot(self) -> int:
        """Class of the point under the pointer; 0 for none."""
        return self._navigator.spot_class

    @property
    def eye(self) -> tuple[float, ...] | None:
        """Position (3), pivot (3) and field of view of the eye; None without one."""
        eye = self._cloud.eye
        return None if eye is None else (*eye.position.tolist(), *eye.pivot.tolist(), eye.fov)

    def look_from(self, eye: tuple[float, ...]) -> None:
        """Look with an eye that `eye` has told of."""
        position, pivot = np.array(eye[:3]), np.array(eye[3:6])
        self._cloud.look(Eye(position, pivot, self._project.scene.up, eye[6]))

    def pointer(self, event: PointerEvent) -> str:
        """Take an event of the 3D view; returns what to say about the spot."""
        return self._navigator.pointer(event)

    def handlers(self) -> dict[str, Callable[[], object]]:
        """Return what commands do, by id."""
        return {
            **view_handlers(self._editor, self._cloud),
            **{
                name: partial(self._editor.choose_tool, name)
                for name, tool in TOOLS.items()
                if tool.is_of_3d_view
            },
            "cameras": lambda: self.frustums.show(not self.frustums.are_shown),
            "bigger_cameras": partial(self.frustums.resize, _CAMERAS),
            "smaller_cameras": partial(self.frustums.resize, 1 / _CAMERAS),
            "thumbnails": self._toggle_plane_photos,
        }

    def tick(self) -> None:
        """Follow eye and pointer."""
        self._painter.tick()
        self._brush_cursor.tick()

    def cancel(self) -> bool:
        """Take back the gesture under way; returns whether there was one."""
        return self._painter.cancel()

    def close(self) -> None:
        """Stop listening, and take the cameras away."""
        for disconnect in self._disconnect:
            disconnect()
        self._brush_cursor.close()
        self.frustums.close()

    def mark_cameras(self) -> None:
        """Mark the open, suggested, hovered and painted cameras."""
        state = self._editor.state
        # On a slow renderer half a second of drawing is too much for a hover.
        hover = None if self._cloud.plan.is_slow else state.hover_idx
        suggested = self._editor.suggested
        self.frustums.mark(
            CameraMarks(
                open=state.open_idx,
                suggested=suggested if suggested != state.open_idx else None,
                hover=hover if hover != state.open_idx else None,
                painted=frozenset(self._project.painted_frames),
            )
        )

    def _open(self, shown: ShownCloud) -> None:
        scene = self._project.scene
        self._cloud.open(scene, shown, self._colors)
        self.frustums.open(scene)
        self.mark_cameras()
        self._photos.want_thumbnails(range(min(len(scene.frames), _FIRST_THUMBNAILS)))

    def _index_ready(self, frame_idx: int) -> None:
        if frame_idx == self._editor.state.open_idx:
            self._dim_unseen()

    def _state_changed(self, before: EditorState, after: EditorState) -> None:
        if before.open_idx != after.open_idx or before.only_this_photo != after.only_this_photo:
            self._dim_unseen()
        if before.open_idx != after.open_idx or before.hover_idx != after.hover_idx:
            self.mark_cameras()

    def _thumbnails_changed(self) -> None:
        if len(self._photos.thumbnails) == len(self._project.scene.frames):
            self._update_plane_photos()

    def _toggle_plane_photos(self) -> None:
        self.shows_plane_photos = not self.shows_plane_photos
        self._update_plane_photos()

    def _update_plane_photos(self) -> None:
        self.frustums.show_photos(self.shows_plane_photos, self._photos.thumbnails)

    def _dim_unseen(self) -> None:
        """Dim what the open photo does not see, where the user wants that."""
        state = self._editor.state
        wanted = state.open_idx if state.only_this_photo else None
        index = self._project.index(wanted) if wanted is not None else None
        seen: BoolArray | None = None
        if index is not None:
            if self._seen_of == wanted:
                return
            seen = np.zeros(len(self._project.scene.cloud), dtype=bool)
            seen[index.point] = True
        self._seen_of = wanted if index is not None else None
        self._colors.set_seen(seen)
        self._cloud.changed()
