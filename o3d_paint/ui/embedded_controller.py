"""The paint panel at work in a window of somebody else: the photo, its strip, tools and classes.

The little brother of the project's controller: no menus, no cameras in the 3D view, no folder.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from o3d_paint.core.arrays import FloatArray, IndexArray
from o3d_paint.core.mask import Rect
from o3d_paint.core.views.overlay import PhotoPyramid
from o3d_paint.core.views.shown_cloud import shown_colors
from o3d_paint.project.borrowed import Loan
from o3d_paint.project.coverage import Coverage
from o3d_paint.project.jobs import Mailbox, Worker
from o3d_paint.project.project import Project
from o3d_paint.project.tools import TOOLS
from o3d_paint.ui import models
from o3d_paint.ui.canvas_style import CanvasActions
from o3d_paint.ui.class_actions import ClassHandlers
from o3d_paint.ui.cloud_colors import CloudColors
from o3d_paint.ui.commands import tooltip_of
from o3d_paint.ui.editor import Editor, EditorState
from o3d_paint.ui.guard import Guard
from o3d_paint.ui.host_cloud import HostCloud
from o3d_paint.ui.host_window import HostWindow
from o3d_paint.ui.panels.class_panel import ClassActions, ClassPanel
from o3d_paint.ui.panels.photo_strip import PhotoStrip
from o3d_paint.ui.panels.tool_options import ToolActions, ToolOptions
from o3d_paint.ui.photo_canvas import PhotoCanvas
from o3d_paint.ui.photo_loader import PhotoLoader
from o3d_paint.ui.photo_overlays import PhotoOverlays

__all__ = ["EmbeddedController"]

_COUNT_EVERY_S = 0.25
_ANSWERS_S = 0.02
_TOOLS = frozenset(TOOLS)


class EmbeddedController:
    """Panels, project and the host's 3D view, wired together.

    Args:
        window: The host's gui.Window.
        scene_widget: The host's gui.SceneWidget.
        project: What is painted.
        offset: (3,) what the host subtracts from the scene's coordinates.
        point_size: Of the cloud in the host's view, device pixels.
        guard: For callbacks.
    """

    def __init__(
        self,
        window: Any,
        scene_widget: Any,
        project: Project,
        *,
        offset: FloatArray,
        point_size: float,
        guard: Guard,
    ) -> None:
        self.project = project
        self.editor = Editor(project)
        self.coverage: Coverage | None = None
        self._mailbox = Mailbox()
        self._loan = Loan(project, self._mailbox.post)
        self._workers = [Worker(self._mailbox.post, name=f"o3d-paint-{n}") for n in ("p", "g")]
        self.canvas = PhotoCanvas(self._canvas_actions())
        self._options = ToolOptions(
            self._tool_actions(), tooltips={i: tooltip_of(i) for i in (*TOOLS, "protect", "ghost")}
        )
        self._strip = PhotoStrip(self.editor.open_photo, lambda i: self.editor.view(hover_idx=i))
        self._classes = ClassPanel(self._class_actions())
        self.window = HostWindow(
            window,
            {
                "options": self._options,
                "canvas": self.canvas,
                "classes": self._classes,
                "strip": self._strip,
            },
            guard,
        )
        self.classes = ClassHandlers(self)  # type: ignore[arg-type]  # all that it asks is here
        self._colors = CloudColors(
            project, self.editor.state.look, shown_colors(project.scene.cloud)
        )
        self.cloud = HostCloud(
            scene_widget,
            project.scene,
            self._colors,
            name="o3d_paint cloud",
            offset=offset,
            point_size=point_size,
        )
        self._photos = PhotoLoader(
            project.scene,
            self._workers[0],
            photo_ready=self._photo_ready,
            thumbnail_ready=lambda _: self.refresh(),
            failed=guard.report,
        )
        self._overlays = PhotoOverlays(self.editor, self._workers[1], failed=guard.report)
        self._are_models_stale = self._are_counts_stale = True
        self._counted_at = 0.0
        self._disconnect = self._connect(guard)
        self.editor.open_photo(0)

    @property
    def is_painting(self) -> bool:
        """Whether a button is down on the photo."""
        return self.window.panel_host("canvas").is_held

    @property
    def is_counted(self) -> bool:
        """Whether the figures are those of this moment."""
        return not self._are_counts_stale

    def refresh(self) -> None:
        """Feed the panels at the next tick."""
        self._are_models_stale = True

    def tick(self) -> bool:
        """Do what was put off; returns whether the 3D view has to be drawn."""
        self._mailbox.run_pending(_ANSWERS_S)
        now = time.monotonic()
        if self._are_counts_stale and now - self._counted_at >= _COUNT_EVERY_S:
            counted = self.project.count_on()
            if counted is not None:
                self.coverage, self._counted_at = counted, now
                self._are_counts_stale, self._are_models_stale = False, True
        self._overlays.tick(is_painting=self.is_painting)
        if self._are_models_stale:
            self._are_models_stale = False
            self._feed()
        return self.cloud.tick(is_painting=self.is_painting)

    def close(self) -> None:
        """Stop, take the cloud away, give the project back with all its paint."""
        self.editor.cancel()
        for disconnect in self._disconnect:
            disconnect()
        self._overlays.close()
        for worker in self._workers:
            worker.close()
        self._loan.end()
        self.cloud.close()

    def handlers(self) -> dict[str, Callable[[], object]]:
        """Return what keys do, by command id."""
        editor, project = self.editor, self.project
        return {
            "undo": project.undo,
            "redo": project.redo,
            **{tool: partial(editor.choose_tool, tool) for tool in TOOLS},
            "confirm": editor.confirm,
            "step_back": editor.step_back,
            "smaller": partial(editor.step_radius, -1),
            "bigger": partial(editor.step_radius, 1),
            "much_smaller": partial(editor.step_radius, -4),
            "much_bigger": partial(editor.step_radius, 4),
            "protect": partial(self._toggle, "protect"),
            "ghost": partial(self._toggle, "ghost"),
            "less_opacity": lambda: editor.set_opacity(editor.state.opacity - 0.1),
            "more_opacity": lambda: editor.set_opacity(editor.state.opacity + 0.1),
            "color_mode": editor.next_mode,
            "fit_photo": self.canvas.fit_photo,
            "previous_photo": partial(editor.step_photo, -1),
            "next_in_order": partial(editor.step_photo, 1),
            "swap_class": editor.swap_class,
            "classes": self.classes.search,
            "add_class": self.classes.add,
            "cancel": self._cancel,
            **{f"class_{n}": partial(editor.choose_nth_class, n - 1) for n in range(1, 19)},
        }

    def _cancel(self) -> None:
        if self.window.popups.popup is not None:
            self.window.popups.dismiss()
        else:
            self.editor.cancel()

    def _connect(self, guard: Guard) -> list[Callable[[], None]]:
        project, editor = self.project, self.editor
        return [
            project.mask_changed.connect(self._mask_changed),
            project.labels_changed.connect(self._labels_changed),
            project.taxonomy_changed.connect(self._taxonomy_changed),
            project.settings_changed.connect(self._taxonomy_changed),
            project.history_changed.connect(self._history_changed),
            project.fused_changed.connect(self._fused_changed),
            editor.state_changed.connect(self._state_changed),
            editor.sketch_changed.connect(lambda: self.canvas.set_sketch(editor.sketch)),
            self._overlays.changed.connect(self._guides_changed),
            editor.features.failed.connect(guard.report),
        ]

    def _mask_changed(self, frame_idx: int, rect: Rect) -> None:
        if frame_idx == self.editor.state.open_idx:
            self.canvas.refresh(rect)

    def _labels_changed(self, points: IndexArray) -> None:
        self._colors.refresh(points)
        self.cloud.recolored()
        self._are_counts_stale = True

    def _taxonomy_changed(self) -> None:
        self._colors.set_look(self.editor.state.look)
        self.canvas.set_style(models.canvas_style(self.editor))
        self.window.set_class_count(len(self.project.taxonomy))
        self._are_counts_stale = True
        self.refresh()

    def _history_changed(self) -> None:
        self._are_counts_stale = True
        self.refresh()

    def _fused_changed(self) -> None:
        self._colors.restart()
        self._history_changed()

    def _state_changed(self, before: EditorState, after: EditorState) -> None:
        if before.open_idx != after.open_idx:
            self._show_photo(after.open_idx)
        if after.hover_idx is not None and before.hover_idx != after.hover_idx:
            self._photos.prefetch(after.hover_idx)
        if before.look != after.look:
            self._colors.set_look(after.look)
        self.canvas.set_style(models.canvas_style(self.editor))
        self.refresh()

    def _guides_changed(self) -> None:
        self.canvas.set_ghost(self._overlays.ghost)

    def _show_photo(self, frame_idx: int | None) -> None:
        if frame_idx is None:
            self.canvas.set_photo(None, None)
            return
        self.canvas.set_photo(frame_idx, self.project.mask(frame_idx))
        photo = self._photos.photo(frame_idx)
        if photo is not None:
            self.canvas.set_picture(photo)
            self.window.panel_host("canvas").update()

    def _photo_ready(self, frame_idx: int, photo: PhotoPyramid) -> None:
        if frame_idx == self.editor.state.open_idx:
            self.canvas.set_picture(photo)

    def _feed(self) -> None:
        editor = self.editor
        self._options.set_model(models.options_state(editor, _TOOLS))
        self._classes.set_model(models.class_state(editor, self.coverage))
        self._strip.set_model(models.strip_state(editor, self._photos.thumbnails))
        self._photos.want_thumbnails(self._strip.wanted)

    def _toggle(self, option: str) -> None:
        viewing = self.editor.state
        if option == "protect":
            self.editor.view(protect=not viewing.protect)
        elif option == "ghost":
            self.editor.view(has_ghost=not viewing.has_ghost)

    def _tool_actions(self) -> ToolActions:
        editor = self.editor
        return ToolActions(
            select_tool=editor.choose_tool,
            toggle_option=self._toggle,
            set_size=editor.set_radius,
            set_opacity=editor.set_opacity,
        )

    def _class_actions(self) -> ClassActions:
        return ClassActions(
            select=lambda i: self.classes.select(i),
            toggle_hidden=lambda i: self.classes.toggle_hidden(i),
            toggle_locked=lambda i: self.classes.toggle_locked(i),
            rename=lambda i: self.classes.rename(i),
            recolor=lambda i: self.classes.recolor(i),
            open_menu=lambda i, x, y: self.classes.open_menu(i, x, y),
            add=lambda: self.classes.add(),
            move=lambda i, position: self.classes.move(i, position),
        )

    def _canvas_actions(self) -> CanvasActions:
        editor = self.editor
        return CanvasActions(
            press=lambda u, v, erasing, is_double, grip: editor.press(
                u, v, erasing, is_double=is_double, grip=grip
            ),
            drag=editor.drag,
            release=editor.release,
            pick=lambda u, v: editor.choose_class(editor.class_at(u, v)),
            brush_steps=editor.step_radius,
            hover=lambda at: editor.hover(*at) if at is not None else None,
        )
