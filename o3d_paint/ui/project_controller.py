"""One open project in the window: it listens to the project and feeds the panels.

Everything here runs on the UI thread. Nothing is computed in a callback of the toolkit beyond
what the hand must see at once; the rest is noted and done in `tick`.
"""

from __future__ import annotations

import math
import time
from datetime import datetime

import numpy as np

from o3d_paint.core.arrays import IndexArray
from o3d_paint.core.mask import Rect
from o3d_paint.core.views.heat import heat_colors
from o3d_paint.core.views.orbit import Eye
from o3d_paint.core.views.overlay import PhotoPyramid
from o3d_paint.core.views.shown_cloud import ShownCloud
from o3d_paint.project.coverage import Coverage
from o3d_paint.project.jobs import Post, Worker
from o3d_paint.project.records import Record, RecordKind
from o3d_paint.project.session import Session
from o3d_paint.ui import desk_views, models
from o3d_paint.ui.brush_cursor import BrushCursor
from o3d_paint.ui.cloud_colors import CloudColors
from o3d_paint.ui.cloud_painter import CloudPainter
from o3d_paint.ui.editor import Editor, EditorState
from o3d_paint.ui.frustum_layer import FrustumLayer
from o3d_paint.ui.hold_to_erase import HoldToErase
from o3d_paint.ui.idle_queue import IdleQueue
from o3d_paint.ui.main_panels import MainPanels
from o3d_paint.ui.panels.status_bar import ProgressState
from o3d_paint.ui.photo_loader import PhotoLoader
from o3d_paint.ui.photo_overlays import PhotoOverlays
from o3d_paint.ui.photo_suggester import PhotoSuggester
from o3d_paint.ui.window import Window

__all__ = ["ProjectController"]

_COUNT_EVERY_S = 0.25
_IDLE_S = 0.004
_SLICE_S = 0.012


class ProjectController:
    """A session, shown.

    Args:
        session: Project and folder.
        window: The window.
        panels: All of them.
        worker: For photos.
        shown: The cloud.
        post: Brings what other workers have done to this thread.
    """

    def __init__(
        self,
        session: Session,
        window: Window,
        panels: MainPanels,
        worker: Worker,
        *,
        shown: ShownCloud,
        post: Post,
    ) -> None:
        self.session = session
        self.project = session.project
        self.editor = Editor(session.project, lambda: Worker(post, name="o3d-paint-tool"))
        self.window, self.panels, self.worker = window, panels, worker
        report = window.guard.report
        self.colors = CloudColors(self.project, self.editor.state.look, shown.rgb)
        self.frustums = FrustumLayer(window.cloud)
        self.photos = PhotoLoader(
            self.project.scene,
            worker,
            photo_ready=self._photo_ready,
            thumbnail_ready=self._thumbnail_ready,
            failed=report,
        )
        self._workers = [Worker(post, name=f"o3d-paint-{n}") for n in ("overlays", "sightings")]
        self.overlays = PhotoOverlays(self.editor, self._workers[0], failed=report)
        self.suggester = PhotoSuggester(
            self.editor, self._workers[1], changed=self._suggested, failed=report
        )
        self.painter = CloudPainter(self, self._workers[0])
        self.brush_cursor = BrushCursor(self)
        self.eraser = HoldToErase(self.editor)
        self.spot_class = 0
        self.saving = models.Saving()
        self.fuse_share: float | None = None
        self.message = ""
        self.coverage: Coverage | None = None
        self.conflicts: float | None = None
        self.came_from: Eye | None = None
        self.fuse_text = ""
        self.progress: ProgressState | None = None
        self._are_models_stale = self._are_counts_stale = True
        self._counted_at = 0.0
        self._idle = IdleQueue()
        self.seen_of: int | None = None
        self.shows_plane_photos = True
        self._is_preparing = False
        self.project.slice_s = _SLICE_S
        self._connect()
        desk_views.open_views(self, shown)

    @property
    def is_counted(self) -> bool:
        """Whether the figures are those of this moment."""
        return not self._are_counts_stale and self._idle.are_done

    @property
    def is_painting(self) -> bool:
        """Whether a button is down on the photo."""
        return self.window.panel_host("canvas").is_held

    def tick(self) -> bool:
        """Do what was put off; returns whether the 3D view was drawn."""
        self.session.tick()
        if self.project.is_changing:
            self.project.go_on(_SLICE_S)
            self.refresh()
        now = time.monotonic()
        if self._are_counts_stale and now - self._counted_at >= _COUNT_EVERY_S:
            self._ask_counts()
        self._idle.work(_IDLE_S)
        self.painter.tick()
        self.brush_cursor.tick()
        if self._idle.are_done:
            self.overlays.tick(is_painting=self.is_painting)
        if self._are_models_stale:
            self._are_models_stale = False
            desk_views.feed_panels(self)
        self.window.cloud.plan.is_hand_near = self.panels.canvas.cursor is not None
        return self.window.cloud.tick(is_painting=self.is_painting)

    def cancel(self) -> bool:
        """Take back the gesture under way; returns whether there was one."""
        return self.painter.cancel() or self.editor.cancel()

    def say(self, message: str) -> None:
        """Say something in the status bar."""
        if message != self.message:
            self.message = message
            self.refresh()

    def refresh(self) -> None:
        """Feed the panels at the next tick."""
        self._are_models_stale = True

    def cancel_work(self) -> None:
        """Drop the export or the fusion under way."""
        if self.progress is not None:
            for work in ("export", "evaluation"):
                self.worker.cancel(work)
            self.show_progress(None)
        elif self.project.is_fusing:
            self.project.cancel_fuse()
            self.fuse_share = None
            self.refresh()

    def show_progress(self, text: str | None, share: float = 0.0) -> None:
        """Show how far some work is; None when it is over."""
        self.progress = None if text is None else ProgressState(text, share)
        self.refresh()

    def toggle_plane_photos(self) -> None:
        """Photos on the image planes, or not."""
        self.shows_plane_photos = not self.shows_plane_photos
        self._update_plane_photos()

    def close(self) -> None:
        """Stop listening and empty the 3D view; the session itself stays open."""
        for disconnect in self._disconnect:
            disconnect()
        self.project.slice_s = math.inf
        self._idle.clear()
        self.overlays.close()
        self.suggester.close()
        for worker in self._workers:
            worker.close(timeout=0.0)
        self.brush_cursor.close()
        self.frustums.close()
        self.window.cloud.close()
        self.panels.canvas.set_photo(None, None)
        self.panels.canvas.forget_views()

    def _connect(self) -> None:
        project, editor = self.project, self.editor
        self._disconnect = [
            project.mask_changed.connect(self._mask_changed),
            project.labels_changed.connect(self._labels_changed),
            project.taxonomy_changed.connect(self._taxonomy_changed),
            project.history_changed.connect(self._history_changed),
            project.settings_changed.connect(self._taxonomy_changed),
            project.recorded.connect(self._recorded),
            project.index_ready.connect(self._index_ready),
            project.fused_changed.connect(self._fused_changed),
            project.fuse_progress.connect(self._fuse_progressed),
            project.fuse_failed.connect(self._fuse_failed),
            project.saved.connect(self._saved),
            project.save_failed.connect(self._save_failed),
            editor.state_changed.connect(self._state_changed),
            editor.sketch_changed.connect(self._sketch_changed),
            self.overlays.changed.connect(self._overlays_changed),
            editor.features.failed.connect(self.window.guard.report),
        ]

    # What the project says

    def _mask_changed(self, frame_idx: int, rect: Rect) -> None:
        if frame_idx == self.editor.state.open_idx:
            self.panels.canvas.refresh(rect)

    def _labels_changed(self, points: IndexArray) -> None:
        self.colors.refresh(points)
        self.window.cloud.recolored()
        self._are_counts_stale = True

    def _taxonomy_changed(self) -> None:
        self.colors.set_look(self.editor.state.look)
        self.panels.canvas.set_style(models.canvas_style(self.editor))
        if self.window.class_count != len(self.project.taxonomy):
            self.window.class_count = len(self.project.taxonomy)
            self.window.layout()
        self._are_counts_stale = True
        self.refresh()

    def _history_changed(self) -> None:
        desk_views.mark_cameras(self)
        self.saving = models.Saving("saving…", has_unsaved=True)
        if self.session.read_only is not None:
            self.saving = models.Saving(self.session.unsaved_words, has_unsaved=True)
        elif self.session.problem is None:
            # The journal took the step before this signal.
            self.saving = models.Saving(f"saved {datetime.now():%H:%M}")
        self._are_counts_stale = True
        if self.editor.state.heat is not None:
            # Votes can change where no label does.
            self.colors.restart()
            self.window.cloud.changed()
        self.refresh()

    def _recorded(self, record: Record) -> None:
        if record.kind is RecordKind.DO:
            self.say("")  # it was about something before

    def _index_ready(self, frame_idx: int) -> None:
        if frame_idx == self.editor.state.open_idx:
            desk_views.dim_unseen(self)

    def _fused_changed(self) -> None:
        self.fuse_share = None
        self.colors.restart()
        self._are_counts_stale = True
        self.refresh()

    def _fuse_progressed(self, share: float, text: str) -> None:
        self.fuse_share, self.fuse_text = share, text
        self.refresh()

    def _fuse_failed(self, error: Exception) -> None:
        self.fuse_share = None
        self.refresh()
        self.window.guard.report(error)

    def _saved(self, at: datetime) -> None:
        self.saving = models.Saving(f"saved {at.astimezone():%H:%M}")
        self.refresh()

    def _save_failed(self, error: Exception) -> None:
        self.saving = models.Saving("not saved", has_unsaved=True)
        self.refresh()
        self.window.guard.report(error)

    # What the user does

    def _state_changed(self, before: EditorState, after: EditorState) -> None:
        if before.open_idx != after.open_idx:
            desk_views.show_photo(self, after.open_idx)
        if after.hover_idx is not None and before.hover_idx != after.hover_idx:
            self.photos.prefetch(after.hover_idx)
        if before.look != after.look:
            self.colors.set_look(after.look)
            self.window.cloud.changed()
        if before.heat != after.heat:
            self.colors.set_heat(after.heat)
            self.window.cloud.changed()
        if before.open_idx != after.open_idx or before.only_this_photo != after.only_this_photo:
            desk_views.dim_unseen(self)
        if before.open_idx != after.open_idx or before.hover_idx != after.hover_idx:
            desk_views.mark_cameras(self)
        self.panels.canvas.set_style(models.canvas_style(self.editor))
        self.refresh()

    def _overlays_changed(self) -> None:
        canvas, overlays, heat = self.panels.canvas, self.overlays, self.editor.state.heat
        canvas.set_ghost(overlays.ghost)
        if heat is None or overlays.heat is None:
            canvas.set_heat(None)
        else:
            canvas.set_heat((overlays.heat, heat_colors(heat)))

    def _suggested(self) -> None:
        desk_views.mark_cameras(self)
        self.refresh()

    def _sketch_changed(self) -> None:
        self.panels.canvas.set_sketch(self.editor.sketch)
        if self.editor.is_preparing != self._is_preparing:
            self._is_preparing = self.editor.is_preparing
            self.refresh()

    def _photo_ready(self, frame_idx: int, photo: PhotoPyramid) -> None:
        if frame_idx == self.editor.state.open_idx:
            self.panels.canvas.set_picture(photo)

    def _thumbnail_ready(self, _frame_idx: int) -> None:
        self.refresh()
        if len(self.photos.thumbnails) == len(self.project.scene.frames):
            self._update_plane_photos()

    def _update_plane_photos(self) -> None:
        self.frustums.show_photos(self.shows_plane_photos, self.photos.thumbnails)

    # What the panels show

    def _ask_counts(self) -> None:
        """Have everything counted that the panels say, a piece at a time."""
        self._are_counts_stale = False
        self._idle.add("coverage", self._count)
        if not self.is_painting:
            self._idle.add("conflicts", self._count_conflicts)
            self._idle.add("guidance", self.suggester.refresh)

    def _count(self) -> None:
        counted = self.project.count_on()
        if counted is None:
            self._idle.add("coverage", self._count)
            return
        self.coverage, self._counted_at = counted, time.monotonic()
        self.refresh()

    def _count_conflicts(self) -> None:
        points = max(1, len(self.project.scene.cloud))
        self.conflicts = int(np.count_nonzero(self.project.ballots.conflicts())) / points
        self.refresh()
