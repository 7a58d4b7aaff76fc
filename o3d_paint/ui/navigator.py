"""The mouse in the 3D view: turn, move, come closer; click a camera or a spot of the cloud."""

from __future__ import annotations

import time

import numpy as np

from o3d_paint.core.views.pick import pick_point
from o3d_paint.ui.cloud_painter import CloudPainter
from o3d_paint.ui.cloud_view import CloudView
from o3d_paint.ui.editor import Editor
from o3d_paint.ui.events import PointerEvent
from o3d_paint.ui.frustum_layer import FrustumLayer
from o3d_paint.ui.notices import Notices
from o3d_paint.ui.photo_canvas import PhotoCanvas
from o3d_paint.ui.photo_suggester import PhotoSuggester

__all__ = ["Navigator"]

_CLICK_PX = 5.0
_PICK_PX = 8.0
_HOVER_EVERY_S = 0.03
_LOOK_EVERY_S = 0.1


class Navigator:
    """Follows the pointer over the 3D view of one project.

    Args:
        editor: What the user does.
        view: The 3D view.
        frustums: The cameras in it.
        painter: The brush and lasso in it.
        suggester: Knows which photo sees a spot best.
        canvas: Shows the spot on the photo.
        notices: Says what lies under the pointer.

    Attributes:
        spot_class: Class of the point under the pointer; 0 for none.
    """

    def __init__(
        self,
        editor: Editor,
        view: CloudView,
        frustums: FrustumLayer,
        *,
        painter: CloudPainter,
        suggester: PhotoSuggester,
        canvas: PhotoCanvas,
        notices: Notices,
    ) -> None:
        self._editor = editor
        self._project = editor.project
        self._view, self._frustums, self._painter = view, frustums, painter
        self._suggester, self._canvas, self._notices = suggester, canvas, notices
        self.spot_class = 0
        self._pressed: tuple[float, float] | None = None
        self._last = (0.0, 0.0)
        self._is_drag = False
        self._hovered_at = self._looked_at = 0.0
        self._is_spot = False

    def pointer(self, event: PointerEvent) -> str:
        """Take an event; returns what to say about the spot."""
        if self._view.eye is None:
            return ""
        if self._paint(event):
            return ""
        if event.kind == "leave":
            self._over_spot(None)
            self._editor.view(hover_idx=None)
        elif event.kind == "move":
            self._hover(event)
        elif event.kind == "wheel":
            self._wheel(event)
        elif event.kind == "down":
            # No time limit: on a slow renderer the release arrives whole frames later.
            self._pressed = (event.x, event.y)
            self._last, self._is_drag = (event.x, event.y), False
            if event.is_double and event.button == "left":
                self._set_pivot(event)
        elif event.kind == "drag":
            self._drag(event)
        elif event.kind == "up":
            self._up(event)
        return self._words()

    def _paint(self, event: PointerEvent) -> bool:
        """Give an event to the 3D tool; returns whether it took it."""
        painter = self._painter
        if event.kind == "down":
            is_free = not self._canvas.is_space_held and not event.modifiers
            if not (painter.is_active and is_free and event.button in ("left", "right")):
                return False
            self._pressed = None
            painter.press(event.x, event.y, erases=event.button == "right")
        elif not painter.is_busy or self._pressed is not None:
            return False
        elif event.kind == "drag":
            painter.drag(event.x, event.y)
        elif event.kind == "up":
            painter.release()
        else:
            return False
        return True

    def _words(self) -> str:
        hover = self._editor.state.hover_idx
        if hover is None or self._is_spot:
            return ""
        frames = self._project.scene.frames
        state = "painted" if hover in self._project.painted_frames else "not painted"
        return f"photo {hover + 1}/{len(frames)} · {frames[hover].name} · {state}"

    def _hover(self, event: PointerEvent) -> None:
        now = time.monotonic()
        if now - self._hovered_at >= _HOVER_EVERY_S:
            self._hovered_at = now
            frame_idx = self._frustums.pick(event.x, event.y)
            if frame_idx is not None:
                self._over_spot(None)
                self._editor.view(hover_idx=frame_idx)
            elif now - self._looked_at >= _LOOK_EVERY_S:
                self._looked_at = now
                self._over_spot(self._point_at(event))

    def _over_spot(self, point: int | None) -> None:
        """The pointer is over a point of the cloud: say what it is, mark who sees it best."""
        was_spot, self._is_spot = self._is_spot, point is not None
        if point is None:
            if not was_spot:
                self._editor.view(hover_idx=None)
                return
            self.spot_class = 0
            self._editor.view(hover_idx=None)
            self._notices.say("")
            return
        project = self._project
        label = int(project.labels_of(np.array([point], dtype=np.int32))[0])
        self.spot_class = label
        name = project.taxonomy.get(label).name if label in project.taxonomy else "unlabelled"
        best = self._suggester.best_view(project.scene.cloud.xyz[point])
        self._editor.view(hover_idx=None if best is None else best.frame_idx)
        seen = "" if best is None else f" · best seen in photo {best.frame_idx + 1} (Ctrl+click)"
        self._notices.say(name + seen)

    def _wheel(self, event: PointerEvent) -> None:
        cloud = self._view
        if "ctrl" in event.modifiers:
            cloud.resize_points(1.15**event.wheel)
        elif cloud.eye is not None:
            cloud.look(cloud.eye.nearer(event.wheel))

    def _drag(self, event: PointerEvent) -> None:
        cloud = self._view
        if self._pressed is None or cloud.eye is None:
            return
        x, y = self._pressed
        if not self._is_drag and np.hypot(event.x - x, event.y - y) <= _CLICK_PX:
            return
        if not self._is_drag:
            self._editor.view(hover_idx=None)
        self._is_drag = True
        dx, dy = event.x - self._last[0], event.y - self._last[1]
        self._last = (event.x, event.y)
        height = cloud.size[1]
        turns = event.button == "left" and "shift" not in event.modifiers
        # With a 3D tool the left button paints, so the middle one turns.
        turns |= event.button == "middle" and self._painter.is_active and not event.modifiers
        if turns:
            cloud.look(cloud.eye.turned(dx, dy, height=height))
        else:
            cloud.look(cloud.eye.moved(dx, dy, height=height))

    def _up(self, event: PointerEvent) -> None:
        pressed, self._pressed = self._pressed, None
        if pressed is None or self._is_drag or event.button != "left":
            return
        if "ctrl" in event.modifiers:
            self._open_best(event)
            return
        if "alt" in event.modifiers:
            self._over_spot(self._point_at(event))
            self._editor.choose_class(self.spot_class)
            return
        frame_idx = self._frustums.pick(event.x, event.y)
        if frame_idx is not None:
            self._editor.open_photo(frame_idx)

    def _point_at(self, event: PointerEvent) -> int | None:
        cloud = self._view
        points, positions = cloud.pickable
        found = pick_point(
            (event.x, event.y),
            points,
            screen_from_world=cloud.screen_from_world,
            size=cloud.size,
            radius=_PICK_PX,
        )
        return None if found is None else int(positions[found])

    def _set_pivot(self, event: PointerEvent) -> None:
        cloud = self._view
        # A double click on a camera opens it, as the first of the two clicks did already.
        if self._frustums.pick(event.x, event.y) is not None or cloud.eye is None:
            return
        point = self._point_at(event)
        if point is not None:
            xyz = self._project.scene.cloud.xyz[point] - cloud.center
            cloud.fly(cloud.eye.around(xyz))

    def _open_best(self, event: PointerEvent) -> None:
        point = self._point_at(event)
        if point is None:
            return
        found = self._suggester.best_view(self._project.scene.cloud.xyz[point])
        if found is None:
            self._notices.toast("No photo shows this spot")
            return
        self._editor.open_photo(found.frame_idx)
        self._canvas.center_on(*found.pixel, 2.0)
