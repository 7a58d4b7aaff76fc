"""What the window shows, as JSON for tests: they then need not guess where things lie.

Only with ``O3D_PAINT_TEST_STATE=file`` in the environment; the file is replaced at every change
and gone once the window is closed.
A file of the same name that ends in ``.reset`` starts the measurement of holds anew.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from o3d_paint.core.label_source import ACCEPTED, FUSED, PAINTED
from o3d_paint.core.views.frustum import screen_points
from o3d_paint.ui.panels.item_panel import ItemPanel

if TYPE_CHECKING:
    from o3d_paint.ui.main_window import MainWindow
    from o3d_paint.ui.project_controller import ProjectController

__all__ = ["StateDump"]

_VARIABLE = "O3D_PAINT_TEST_STATE"
_STILL_TRUE_S = 0.2


class StateDump:
    """Writes the state of a window to a file whenever it changed, and that it is still so."""

    def __init__(self, main: MainWindow, path: Path) -> None:
        """Write to a path."""
        self._main = main
        self._path = path
        self._reset = path.with_suffix(".reset")
        self._last = ""
        self._written = 0.0
        self._ticks = 0

    @classmethod
    def from_environment(cls, main: MainWindow) -> StateDump | None:
        """Return a dump if the environment asks for one."""
        name = os.environ.get(_VARIABLE)
        return cls(main, Path(name).absolute()) if name else None

    def tick(self) -> None:
        """Write what changed, every few ticks."""
        self._ticks += 1
        if self._ticks % 5:
            return
        if self._reset.exists():
            self._reset.unlink()
            self._main.window.guard.callback_times.reset()
        state, now = self.state(), time.monotonic()
        text = json.dumps(state, indent=1)
        if text == self._last and now - self._written < _STILL_TRUE_S:
            return
        self._last, self._written = text, now
        beside = self._path.with_suffix(".part")
        beside.write_text(json.dumps({**state, "at": now}, indent=1))
        os.replace(beside, self._path)

    def close(self) -> None:
        """Take the file away: its window is no more, and another may follow."""
        self._path.unlink(missing_ok=True)

    def state(self) -> dict[str, Any]:
        """Return the state; positions are device pixels of the window."""
        main = self._main
        window = main.window
        state: dict[str, Any] = {
            "is_open": main.controller is not None,
            "is_loading": main.loading.is_loading,
            "window_at": [window.native.os_frame.x, window.native.os_frame.y],
            "popup": type(window.popups.popup).__name__ if window.popups.popup else None,
            "tip": window.hosts["tooltip"].visible,
            "field": window.popups.text_field.text_value
            if window.popups.text_field.visible
            else None,
            "file_dialog": main.files.is_open,
            "takes_keys": not window.hides_keys,
            "toasts": [t.text for t in window.toasts],
            "holds_ms": _milliseconds(window.guard.callback_times.longest_s),
            "holds_wall_ms": _milliseconds(window.guard.callback_times.longest_wall_s),
            "panels": {},
            "items": {},
        }
        for name, host in window.hosts.items():
            if not host.visible:
                continue
            frame = host.frame
            state["panels"][name] = [frame.x, frame.y, frame.width, frame.height]
            if isinstance(host.panel, ItemPanel):
                for item in host.panel.items:
                    box = item.box
                    x, y = (box.x0 + box.x1) // 2, (box.y0 + box.y1) // 2
                    state["items"][f"{name}/{item.key}"] = [frame.x + x, frame.y + y]
        if main.controller is not None:
            state |= self._controller_state()
        return state

    def _controller_state(self) -> dict[str, Any]:
        controller = self._main.controller
        assert controller is not None
        return (
            _editor_state(controller) | _project_state(controller) | self._screen_state(controller)
        )

    def _screen_state(self, controller: ProjectController) -> dict[str, Any]:
        cloud, view = self._main.window.cloud, controller.paint.panels.canvas.viewport
        scene, eye, frustums = cloud.widget.frame, cloud.eye, controller.scene_view.frustums
        return {
            "title": self._main.title,
            "checked": sorted(self._main.menus.checked),
            "message": controller.notices.message,
            "panels_shown": self._main.window.mode,
            "has_cameras": frustums.are_shown,
            "has_plane_photos": controller.scene_view.shows_plane_photos,
            "camera_size": round(
                float(np.ptp(controller.scene_view.frustums.corners(0), axis=0).max()), 4
            )
            if controller.project.scene.frames
            else 0.0,
            "has_picture": controller.paint.panels.canvas.has_picture,
            "commands": sorted(self._main.command_ids),
            "folder": str(controller.session.folder),
            "point_size": cloud.point_size,
            "has_overlay": cloud.overlay.visible,
            "is_slow": cloud.plan.is_slow,
            "frame_s": round(cloud.plan.full_s, 3),
            "is_measured": cloud.is_measured,
            "scene": [scene.x, scene.y, scene.width, scene.height],
            "cameras": self._cameras(),
            "viewport": None if view is None else [view.zoom, view.left, view.top],
            "eye": [] if eye is None else np.round(eye.position, 4).tolist(),
        }

    def _cameras(self) -> list[list[int]]:
        """Return where the middle of each camera's image plane lies."""
        controller = self._main.controller
        assert controller is not None
        frame = self._main.window.cloud.widget.frame
        count = len(controller.project.scene.frames)
        if not count or self._main.window.cloud.eye is None:
            return []
        centers = np.stack(
            [controller.scene_view.frustums.corners(i)[1:5].mean(axis=0) for i in range(count)]
        )
        cloud = self._main.window.cloud
        points, depth = screen_points(centers, cloud.screen_from_world, cloud.size)
        points = np.where(depth[:, None] > 0, points, -1)
        return [[int(frame.x + x), int(frame.y + y)] for x, y in points]


def _milliseconds(times: dict[str, float]) -> dict[str, float]:
    return {name: round(seconds * 1000, 1) for name, seconds in times.items()}


def _editor_state(controller: ProjectController) -> dict[str, Any]:
    """Return what the user has chosen to see and to do."""
    shown, project, ghost = (
        controller.editor.state,
        controller.project,
        controller.paint.overlays.ghost,
    )
    opened, sketch = shown.open_idx, controller.editor.sketch
    mask = np.zeros((0, 0)) if opened is None else project.mask(opened)
    return {
        "photo": opened,
        "hover": shown.hover_idx,
        "class_id": shown.class_id,
        "tool": shown.tool,
        "is_gesturing": controller.editor.is_painting,
        "radius": round(controller.editor.radius, 2),
        "opacity": round(shown.opacity, 3),
        "mode": shown.look.mode,
        "only_this_photo": shown.only_this_photo,
        "protect": shown.protect,
        "through": shown.through,
        "has_ghost": shown.has_ghost,
        "hidden": sorted(project.hidden),
        "locked": sorted(project.locked),
        "is_peeking": shown.is_peeking,
        "has_index": opened is not None and project.index(opened) is not None,
        "heat": shown.heat,
        "ghost": 0 if ghost is None else int(np.isin(ghost.source, (PAINTED, FUSED)).sum()),
        "accepted_pixels": 0 if ghost is None else int((ghost.source == ACCEPTED).sum()),
        "regions": sorted(controller.editor.regions.frames),
        "has_area": sketch is not None and sketch.area is not None,
        "corners": 0 if sketch is None else sketch.num_corners,
        "mask_shape": None if opened is None else list(mask.shape),
        "photo_pixels": int(np.count_nonzero(mask)),
        "class_pixels": int(np.count_nonzero(mask == shown.class_id)),
    }


def _project_state(controller: ProjectController) -> dict[str, Any]:
    """Return what is painted, counted and suggested."""
    project, counts, suggestion = (
        controller.project,
        controller.paint.coverage,
        controller.editor.suggestion,
    )
    return {
        "painted": counts.painted if counts else 0,
        "accepted": counts.accepted if counts else 0,
        "fused": counts.fused if counts else 0,
        "fused_shown": project.fused_shown,
        "is_fusing": project.is_fusing,
        "fusion": id(project.fusion),
        "min_confidence": project.min_confidence,
        "undo": project.history.undo_name,
        "redo": project.history.redo_name,
        "steps": len(project.history.done),
        "classes": [[c.class_id, c.name, list(c.color)] for c in project.taxonomy],
        "num_points": len(project.scene.cloud),
        "painted_frames": list(project.painted_frames),
        "conflicts": controller.conflicts,
        "suggested": controller.editor.suggested,
        "gain": suggestion.points if suggestion else 0,
        "coverage": counts is not None,
        "is_counted": controller.paint.is_counted,
    }
