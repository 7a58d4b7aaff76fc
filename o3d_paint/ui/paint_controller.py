"""One project being painted: it listens to project and editor, and feeds panels and 3D view.

The program's window and the paint panel in somebody else's window both work through it. Everything
here runs on the UI thread. Nothing is computed in a callback of the toolkit beyond what the hand
must see at once; the rest is noted and done in `tick`.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from o3d_paint.core.arrays import IndexArray
from o3d_paint.core.mask import Rect
from o3d_paint.core.views.heat import heat_colors
from o3d_paint.core.views.overlay import PhotoPyramid
from o3d_paint.project.coverage import Coverage
from o3d_paint.project.jobs import Worker
from o3d_paint.project.signals import Signal
from o3d_paint.ui import models
from o3d_paint.ui.class_actions import ClassHandlers
from o3d_paint.ui.cloud_colors import CloudColors
from o3d_paint.ui.editor import Editor, EditorState
from o3d_paint.ui.frames import LabelledView, PaintFrame
from o3d_paint.ui.idle_queue import IdleQueue
from o3d_paint.ui.notices import Notices
from o3d_paint.ui.paint_panels import PaintPanels
from o3d_paint.ui.panel_spec import PanelParts
from o3d_paint.ui.photo_loader import PhotoLoader
from o3d_paint.ui.photo_overlays import PhotoOverlays

__all__ = ["PaintController"]

_COUNT_EVERY_S = 0.25
_IDLE_S = 0.004


class PaintController:
    """Panels, editor and 3D view of one project, wired together.

    Args:
        editor: What the user does with the project.
        frame: The window.
        view: Its 3D view.
        colors: Of the view's points.
        notices: Tells the user.
        photo_worker: Reads photos.
        overlay_worker: Draws what lies over photos.
        run_command: Does a command by its id.
        tools: Ids of the tools that there are here.

    Attributes:
        coverage: How much is painted and fused, once it was counted.
        idle: What waits for a moment without events.
        counting: Told when figures are counted anew, to add others to ``idle``.
        feeding: Told when the panels are given what they say, to feed others.
        thumbnails_changed: Told when another thumbnail has arrived.
    """

    def __init__(
        self,
        editor: Editor,
        frame: PaintFrame,
        view: LabelledView,
        colors: CloudColors,
        *,
        notices: Notices,
        photo_worker: Worker,
        overlay_worker: Worker,
        run_command: Callable[[str], None],
        tools: frozenset[str],
    ) -> None:
        self.editor, self.project = editor, editor.project
        self.colors = colors
        self._frame, self._view = frame, view
        self.coverage: Coverage | None = None
        self.idle = IdleQueue()
        self.counting: Signal[[]] = Signal()
        self.feeding: Signal[[]] = Signal()
        self.thumbnails_changed: Signal[[]] = Signal()
        self.photos = PhotoLoader(
            self.project.scene,
            photo_worker,
            photo_ready=self._photo_ready,
            thumbnail_ready=self._thumbnail_ready,
            failed=notices.report,
        )
        self.overlays = PhotoOverlays(editor, overlay_worker, failed=notices.report)
        self.classes = ClassHandlers(editor, frame, lambda: self.coverage)
        parts = PanelParts(editor, self.classes, run_command, tools)
        self.panels = PaintPanels(parts, self.overlays)
        self.panels.show_in(frame)
        self.panels.canvas.set_style(models.canvas_style(editor))
        self._are_panels_stale = self._are_counts_stale = True
        self._counted_at = 0.0
        self._is_preparing = False
        self._disconnect = self._connect(notices)

    @property
    def is_counted(self) -> bool:
        """Whether the figures are those of this moment."""
        return not self._are_counts_stale and self.idle.are_done

    @property
    def is_painting(self) -> bool:
        """Whether a button is down on the photo."""
        return self._frame.panel_host("canvas").is_held

    def refresh(self) -> None:
        """Feed the panels at the next tick."""
        self._are_panels_stale = True

    def tick(self) -> bool:
        """Do what was put off; returns whether the 3D view was drawn."""
        now = time.monotonic()
        if self._are_counts_stale and now - self._counted_at >= _COUNT_EVERY_S:
            self._are_counts_stale = False
            self.idle.add("coverage", self._count)
            self.counting.emit()
        self.idle.work(_IDLE_S)
        if self.idle.are_done:
            self.overlays.tick(is_painting=self.is_painting)
        if self._are_panels_stale:
            self._are_panels_stale = False
            self.panels.feed(self.coverage, self.photos.thumbnails)
            self.photos.want_thumbnails(self.panels.wanted_photos)
            self.feeding.emit()
        self._view.plan.is_hand_near = self.panels.canvas.cursor is not None
        return self._view.tick(is_painting=self.is_painting)

    def close(self) -> None:
        """Stop listening, and take the cloud out of the 3D view."""
        for disconnect in self._disconnect:
            disconnect()
        self.idle.clear()
        self.overlays.close()
        self._view.close()
        self.panels.canvas.set_photo(None, None)

    def _connect(self, notices: Notices) -> list[Callable[[], None]]:
        project, editor = self.project, self.editor
        return [
            project.mask_changed.connect(self._mask_changed),
            project.labels_changed.connect(self._labels_changed),
            project.taxonomy_changed.connect(self._taxonomy_changed),
            project.settings_changed.connect(self._taxonomy_changed),
            project.history_changed.connect(self._history_changed),
            project.fused_changed.connect(self._fused_changed),
            editor.state_changed.connect(self._state_changed),
            editor.sketch_changed.connect(self._sketch_changed),
            self.overlays.changed.connect(self._overlays_changed),
            editor.features.failed.connect(notices.report),
            notices.changed.connect(self.refresh),
        ]

    # What the project says

    def _mask_changed(self, frame_idx: int, rect: Rect) -> None:
        if frame_idx == self.editor.state.open_idx:
            self.panels.canvas.refresh(rect)

    def _labels_changed(self, points: IndexArray) -> None:
        self.colors.refresh(points)
        self._view.recolored()
        self._are_counts_stale = True

    def _taxonomy_changed(self) -> None:
        self.colors.set_look(self.editor.state.look)
        self.panels.canvas.set_style(models.canvas_style(self.editor))
        self._frame.set_class_count(len(self.project.taxonomy))
        self._are_counts_stale = True
        self.refresh()

    def _history_changed(self) -> None:
        self._are_counts_stale = True
        if self.editor.state.heat is not None:
            # Votes can change where no label does.
            self.colors.restart()
            self._view.changed()
        self.refresh()

    def _fused_changed(self) -> None:
        self.colors.restart()
        self._are_counts_stale = True
        self.refresh()

    # What the user does

    def _state_changed(self, before: EditorState, after: EditorState) -> None:
        if before.open_idx != after.open_idx:
            self._show_photo(after.open_idx)
        if after.hover_idx is not None and before.hover_idx != after.hover_idx:
            self.photos.prefetch(after.hover_idx)
        if before.look != after.look:
            self.colors.set_look(after.look)
            self._view.changed()
        if before.heat != after.heat:
            self.colors.set_heat(after.heat)
            self._view.changed()
        self.panels.canvas.set_style(models.canvas_style(self.editor))
        self.refresh()

    def _show_photo(self, frame_idx: int | None) -> None:
        """Show a photo in the paint panel; None for none."""
        canvas = self.panels.canvas
        if frame_idx is None:
            canvas.set_photo(None, None)
        else:
            self._view.wait_for_photo()
            canvas.set_photo(frame_idx, self.project.mask(frame_idx))
            photo = self.photos.photo(frame_idx)
            if photo is not None:
                canvas.set_picture(photo)
        self.panels.show_canvas(self._frame, has_photo=frame_idx is not None)
        # Before the toolkit draws for the click itself: a frame with the photo before costs as
        # much.
        self._frame.panel_host("canvas").update()

    def _sketch_changed(self) -> None:
        self.panels.canvas.set_sketch(self.editor.sketch)
        if self.editor.is_preparing != self._is_preparing:
            self._is_preparing = self.editor.is_preparing
            self.refresh()

    def _overlays_changed(self) -> None:
        canvas, overlays, heat = self.panels.canvas, self.overlays, self.editor.state.heat
        canvas.set_ghost(overlays.ghost)
        if heat is None or overlays.heat is None:
            canvas.set_heat(None)
        else:
            canvas.set_heat((overlays.heat, heat_colors(heat)))

    def _photo_ready(self, frame_idx: int, photo: PhotoPyramid) -> None:
        if frame_idx == self.editor.state.open_idx:
            self.panels.canvas.set_picture(photo)

    def _thumbnail_ready(self, _frame_idx: int) -> None:
        self.refresh()
        self.thumbnails_changed.emit()

    def _count(self) -> None:
        counted = self.project.count_on()
        if counted is None:
            self.idle.add("coverage", self._count)
            return
        self.coverage, self._counted_at = counted, time.monotonic()
        self.refresh()
