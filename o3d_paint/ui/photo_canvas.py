"""The paint panel: the photo with its labels, zoomed and panned, and the brush's outline.

Three pictures of the panel's size: the photo alone, the photo with labels, and that with the brush
outline. A stroke recomposes only the rectangle it touched, a movement only two small squares.
"""

from __future__ import annotations

import cv2
import numpy as np

from o3d_paint.core.arrays import IdArray, RgbArray
from o3d_paint.core.mask import Rect
from o3d_paint.core.views.ghost import Ghost, draw_ghost
from o3d_paint.core.views.overlay import PhotoPyramid, blend_labels, mask_in_view
from o3d_paint.core.views.viewport import Viewport, fit
from o3d_paint.project.gestures import Sketch
from o3d_paint.ui import theme
from o3d_paint.ui.canvas_style import LIGHT, CanvasActions, CanvasStyle
from o3d_paint.ui.events import PointerEvent
from o3d_paint.ui.sketch_view import draw_sketch

__all__ = ["PhotoCanvas"]

_WHEEL_ZOOM = 1.2
_DARK = (0, 0, 0)
_GRIP_PX = 8.0


class PhotoCanvas:
    """A panel with a photo to paint on."""

    tooltip = ""

    def __init__(self, actions: CanvasActions) -> None:
        """Start without a photo."""
        self._actions = actions
        self._shape = (1, 1)
        self._photo: PhotoPyramid | None = None
        self._mask: IdArray | None = None
        self._views: dict[int, Viewport] = {}
        self._frame_idx: int | None = None
        self._view: Viewport | None = None
        nothing = np.zeros((1, 3), dtype=np.uint8)
        self._style = CanvasStyle(nothing, np.zeros(1, dtype=bool))
        self._base: RgbArray = np.zeros((1, 1, 3), dtype=np.uint8)
        self._labelled: RgbArray = self._base.copy()
        self._shown: RgbArray = self._base.copy()
        self._stale = Rect(0, 0, 1, 1)
        self._is_view_stale = True
        self._is_dirty = True
        self._cursor: tuple[float, float] | None = None
        self._ring = Rect(0, 0, 0, 0)
        self._sketch: Sketch | None = None
        self._sketched = Rect(0, 0, 0, 0)
        self._ghost: Ghost | None = None
        self._heat: tuple[IdArray, RgbArray] | None = None
        self._pan_from: tuple[float, float] | None = None
        self._is_tool_down = False
        self.is_space_held = False
        self.modifiers: frozenset[str] = frozenset()

    @property
    def viewport(self) -> Viewport | None:
        """Where the photo lies; None without one."""
        return self._view

    @property
    def has_picture(self) -> bool:
        """Whether the open photo's picture has arrived."""
        return self._photo is not None

    @property
    def is_dirty(self) -> bool:
        """Whether the picture changed since the last `draw`."""
        return self._is_dirty

    @property
    def cursor(self) -> tuple[float, float] | None:
        """The mask position under the pointer, None when it is elsewhere."""
        if self._cursor is None or self._view is None:
            return None
        return self._view.to_photo(*self._cursor)

    def set_photo(self, frame_idx: int | None, mask: IdArray | None) -> None:
        """Show another photo; its picture may come later. Zoom and pan of each are kept."""
        self._frame_idx, self._mask, self._photo = frame_idx, mask, None
        self._view, self._ghost, self._heat, self._sketch = None, None, None, None
        if mask is not None and frame_idx is not None:
            shape = (int(mask.shape[0]), int(mask.shape[1]))
            known = self._views.get(frame_idx)
            self._view = known.resized(self._shape) if known else fit(shape, self._shape)
        self._new_view()

    def set_picture(self, photo: PhotoPyramid) -> None:
        """Take the picture of the open photo."""
        self._photo = photo
        self._new_view()

    def set_style(self, style: CanvasStyle) -> None:
        """Show labels and brush another way."""
        old, self._style = self._style, style
        is_same = (
            old.opacity == style.opacity
            and np.array_equal(old.colors, style.colors)
            and np.array_equal(old.visible, style.visible)
        )
        if not is_same:
            self._stale = Rect.whole(self._shape)
        self._is_dirty = True

    def refresh(self, rect: Rect) -> None:
        """The mask changed inside a rectangle of mask pixels."""
        if self._view is not None:
            self._stale = self._stale.union(self._view.panel_rect(rect, margin=2))
            self._is_dirty = True

    def set_sketch(self, sketch: Sketch | None) -> None:
        """Show a gesture under way, None for none."""
        if sketch is not None or self._sketch is not None:
            self._sketch = sketch
            self._is_dirty = True

    def set_ghost(self, ghost: Ghost | None) -> None:
        """Show what the cloud knows of the open photo, None for nothing."""
        if ghost is not self._ghost:
            self._ghost = ghost
            self._stale = Rect.whole(self._shape)
            self._is_dirty = True

    def set_heat(self, heat: tuple[IdArray, RgbArray] | None) -> None:
        """Show levels (H, W) in their colours in place of labels; None for labels."""
        if heat is not None or self._heat is not None:
            self._heat = heat
            self._stale = Rect.whole(self._shape)
            self._is_dirty = True

    def fit_photo(self) -> None:
        """Show the whole photo."""
        if self._view is not None:
            self._view = fit(self._view.photo_shape, self._shape)
            self._new_view()

    def center_on(self, u: float, v: float, zoom: float) -> None:
        """Bring a mask position to the middle, at so many times the zoom that fits."""
        if self._view is not None:
            whole = fit(self._view.photo_shape, self._shape)
            self._view = self._view.centered_on(u, v, zoom=whole.zoom * zoom)
            self._new_view()

    def zoom(self, factor: float) -> None:
        """Zoom around the pointer, or the middle."""
        if self._view is not None:
            x, y = self._cursor or (self._shape[1] / 2, self._shape[0] / 2)
            self._view = self._view.zoomed(factor, x, y)
            self._new_view()

    def resize(self, width: int, height: int, *, em: float) -> None:
        """Take a new size; what is in the middle stays there."""
        del em
        was_fitted = self._view is not None and self._view == fit(
            self._view.photo_shape, self._shape
        )
        self._shape = (height, width)
        if self._view is not None:
            view = self._view
            resized = view.resized(self._shape)
            self._view = fit(view.photo_shape, self._shape) if was_fitted else resized
        self._new_view()

    def pointer(self, event: PointerEvent) -> None:
        """Paint, pan, zoom, pick."""
        self.modifiers = frozenset(event.modifiers)
        if event.kind == "leave":
            self._move_cursor(None)
            self._actions.hover(None)
            return
        self._move_cursor((event.x, event.y))
        if self._view is None:
            return
        if event.kind == "wheel":
            self._wheel(event)
        elif event.kind == "down":
            self._down(event)
        elif event.kind == "drag":
            self._drag(event)
        elif event.kind == "up":
            self._up()
        elif event.kind == "move":
            self._actions.hover(self.cursor)

    def draw(self) -> RgbArray:
        """Return the panel's picture; the array is the panel's own until the next call."""
        if self._view is None:
            self._shown = np.full((*self._shape, 3), theme.SCENE, dtype=np.uint8)
            self._is_dirty = False
            return self._shown
        if self._is_view_stale:
            self._compose_photo(self._view)
        if not self._stale.is_empty:
            self._compose_labels(self._view, self._stale.clipped(self._shape))
        self._stale = Rect(0, 0, 0, 0)
        self._draw_gesture(self._view)
        self._is_dirty = False
        return self._shown

    def _new_view(self) -> None:
        if self._view is not None and self._frame_idx is not None:
            self._views[self._frame_idx] = self._view
        self._is_view_stale = True
        self._stale = Rect.whole(self._shape)
        self._is_dirty = True

    def _move_cursor(self, cursor: tuple[float, float] | None) -> None:
        if cursor != self._cursor:
            self._cursor = cursor
            self._is_dirty = True

    def _down(self, event: PointerEvent) -> None:
        assert self._view is not None
        u, v = self._view.to_photo(event.x, event.y)
        if event.button == "middle" or (event.button == "left" and self.is_space_held):
            self._pan_from = (event.x, event.y)
        elif event.button == "left" and "alt" in event.modifiers:
            self._actions.pick(u, v)
        elif event.button in ("left", "right"):
            self._is_tool_down = True
            grip = _GRIP_PX / self._view.zoom
            self._actions.press(u, v, event.button == "right", event.is_double, grip)

    def _drag(self, event: PointerEvent) -> None:
        assert self._view is not None
        if self._pan_from is not None:
            dx, dy = event.x - self._pan_from[0], event.y - self._pan_from[1]
            self._pan_from = (event.x, event.y)
            self._view = self._view.panned(dx, dy)
            self._new_view()
        elif self._is_tool_down:
            self._actions.drag(*self._view.to_photo(event.x, event.y))

    def _up(self) -> None:
        was_tool, self._is_tool_down, self._pan_from = self._is_tool_down, False, None
        if was_tool:
            self._actions.release()

    def _wheel(self, event: PointerEvent) -> None:
        assert self._view is not None
        if "ctrl" in event.modifiers:
            self._actions.brush_steps(event.wheel)
        else:
            self._view = self._view.zoomed(_WHEEL_ZOOM**event.wheel, event.x, event.y)
            self._new_view()

    def _compose_photo(self, view: Viewport) -> None:
        if self._photo is None:
            self._base = np.full((*self._shape, 3), theme.SCENE, dtype=np.uint8)
            inside = view.panel_rect(Rect.whole(view.photo_shape), margin=0)
            self._base[inside.slices] = theme.PANEL
        else:
            self._base = self._photo.view(view, theme.SCENE)
        self._labelled = np.zeros_like(self._base)
        self._shown = np.zeros_like(self._base)
        self._is_view_stale = False

    def _compose_labels(self, view: Viewport, rect: Rect) -> None:
        if rect.is_empty or self._mask is None:
            return
        if self._heat is not None:
            self._compose_heat(view, rect, self._heat)
            return
        ids = mask_in_view(self._mask, view, rect)
        style = self._style
        if not style.visible.all():
            known = np.where(ids < len(style.visible), ids, 0)
            ids = np.where(style.visible[known], ids, 0).astype(np.uint16)
        target = self._labelled[rect.slices]
        base = self._base[rect.slices]
        blend_labels(target, base, ids, colors=style.colors, opacity=style.opacity)
        if self._ghost is not None:
            draw_ghost(
                target,
                self._ghost,
                ids,
                viewport=view,
                rect=rect,
                colors=style.colors,
                visible=style.visible,
                opacity=style.opacity,
            )
        self._shown[rect.slices] = target

    def _compose_heat(self, view: Viewport, rect: Rect, heat: tuple[IdArray, RgbArray]) -> None:
        levels = mask_in_view(heat[0], view, rect)
        target, base = self._labelled[rect.slices], self._base[rect.slices]
        blend_labels(target, base, levels, colors=heat[1], opacity=self._style.opacity)
        self._shown[rect.slices] = target

    def _draw_gesture(self, view: Viewport) -> None:
        for old in (self._ring, self._sketched):
            self._shown[old.slices] = self._labelled[old.slices]
        self._ring = self._sketched = Rect(0, 0, 0, 0)
        if self._sketch is not None:
            color = LIGHT
            if 0 < self._sketch.class_id < len(self._style.colors):
                red, green, blue = self._style.colors[self._sketch.class_id]
                color = (int(red), int(green), int(blue))
            self._sketched = draw_sketch(self._shown, self._sketch, view=view, color=color)
        self._draw_ring(view)

    def _draw_ring(self, view: Viewport) -> None:
        if self._cursor is None or self._style.radius is None or self._pan_from is not None:
            return
        radius = max(1.5, self._style.radius * view.zoom)
        x, y = self._cursor
        reach = int(radius) + 4
        rect = Rect(int(x) - reach, int(y) - reach, int(x) + reach + 1, int(y) + reach + 1)
        self._ring = rect.clipped(self._shape)
        center = (round((x) * 16), round((y) * 16))
        for extra, color in ((1.0, _DARK), (0.0, self._style.brush_color)):
            size = round((radius + extra) * 16)
            cv2.circle(self._shown, center, size, color, 1, cv2.LINE_AA, shift=4)
        cv2.circle(self._shown, center, 16, self._style.brush_color, -1, cv2.LINE_AA, shift=4)
