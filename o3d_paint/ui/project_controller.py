"""One open project in the program's window: all that is there beside painting on photos.

Cameras, brush and lasso in the 3D view, suggestions, fusing, saving, exports and reports are made
here, each with what it needs and no more. Painting itself is `o3d_paint.ui.paint_controller`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

import numpy as np

from o3d_paint.core.views.heat import HEAT_TITLES
from o3d_paint.core.views.shown_cloud import ShownCloud
from o3d_paint.project.jobs import Post, Worker
from o3d_paint.project.records import Record, RecordKind
from o3d_paint.project.session import Session
from o3d_paint.project.tools import TOOLS
from o3d_paint.ui import dialogs, models
from o3d_paint.ui.cloud_colors import CloudColors
from o3d_paint.ui.command_handlers import edit_handlers, paint_handlers
from o3d_paint.ui.editor import Editor
from o3d_paint.ui.events import PointerEvent
from o3d_paint.ui.exports import Exports
from o3d_paint.ui.extra_tools import ExtraTools
from o3d_paint.ui.files import FileDialogs
from o3d_paint.ui.fuse_commands import FuseCommands
from o3d_paint.ui.held_tool import HeldTool
from o3d_paint.ui.main_panels import MainPanels
from o3d_paint.ui.notices import BackgroundWork, Notices
from o3d_paint.ui.paint_controller import PaintController
from o3d_paint.ui.panels.status_bar import ProgressState
from o3d_paint.ui.photo_actions import photo_handlers, suggestion_handlers
from o3d_paint.ui.photo_suggester import PhotoSuggester
from o3d_paint.ui.project_saving import save_project, save_project_as
from o3d_paint.ui.reports import Reports
from o3d_paint.ui.scene_view import SceneView
from o3d_paint.ui.viewpoint import Viewpoint
from o3d_paint.ui.window import Window

__all__ = ["ProjectController"]

_SLICE_S = 0.012


class ProjectController:
    """A session, shown.

    Args:
        session: Project and folder.
        window: The window.
        bars: Its toolbar and status bar.
        files: Asks for names of files.
        worker: For photos and all that is written.
        shown: The cloud.
        post: Brings what other workers have done to this thread.
        run_command: Does a command by its id.
        scene_path: The scene's file; None where there is none.
        regions: Regions for its photos that were named at the start.

    Attributes:
        handlers: What commands do, by id.
        releases: What letting a held key go does, by the id of its command.
    """

    def __init__(
        self,
        session: Session,
        window: Window,
        bars: MainPanels,
        *,
        files: FileDialogs,
        worker: Worker,
        shown: ShownCloud,
        post: Post,
        run_command: Callable[[str], None],
        scene_path: Path | None,
        regions: Path | None = None,
    ) -> None:
        self.session, self.project = session, session.project
        self._window, self._bars = window, bars
        self.editor = Editor(session.project, lambda: Worker(post, name="o3d-paint-tool"))
        report = window.guard.report
        self.notices = Notices(window.toast, report)
        self._background = BackgroundWork(worker, self.notices)
        self._workers = [Worker(post, name=f"o3d-paint-{n}") for n in ("overlays", "sightings")]
        colors = CloudColors(self.project, self.editor.state.look, shown.rgb)
        self.paint = PaintController(
            self.editor,
            window,
            window.cloud,
            colors,
            notices=self.notices,
            photo_worker=worker,
            overlay_worker=self._workers[0],
            run_command=run_command,
            tools=frozenset(TOOLS),
        )
        self.suggester = PhotoSuggester(
            self.editor, self._workers[1], changed=self._suggested, failed=report
        )
        self.scene_view = SceneView(
            self.paint,
            window,
            self.suggester,
            notices=self.notices,
            worker=self._workers[0],
            shown=shown,
        )
        self._fusing = FuseCommands(self.project, self.notices)
        self.saving = models.Saving()
        self.conflicts: float | None = None
        self.project.slice_s = _SLICE_S
        self._disconnect = self._connect()
        self._extra_tools = self._make_extra_tools(files, regions)
        held = {name: HeldTool(self.editor, name) for name, tool in TOOLS.items() if tool.is_held}
        self.handlers = {
            **self._paint_handlers(),
            **self._file_handlers(files, scene_path),
            **{name: tool.press for name, tool in held.items()},
        }
        self.releases: dict[str, Callable[[], object]] = {
            "peek": lambda: self.editor.view(is_peeking=False),
            **{name: tool.release for name, tool in held.items()},
        }
        window.set_class_count(len(self.project.taxonomy))
        window.layout()
        self.notices.say(dialogs.scene_line(self.project.scene))

    @property
    def folder(self) -> Path:
        """Of the project."""
        return self.session.folder

    @property
    def title(self) -> str:
        """Name of the scene, with a mark while something is not saved."""
        return f"{'• ' if self.saving.has_unsaved else ''}{self.project.scene.name}"

    @property
    def viewpoint(self) -> Viewpoint:
        """What is shown."""
        state = self.editor.state
        return Viewpoint(state.open_idx, state.class_id, self.scene_view.eye)

    def look_from(self, viewpoint: Viewpoint) -> None:
        """Show what another window showed of the same scene."""
        self.editor.choose_class(viewpoint.class_id)
        if viewpoint.photo in range(len(self.project.scene.frames)):
            self.editor.open_photo(viewpoint.photo)
        if viewpoint.eye is not None:
            self.scene_view.look_from(viewpoint.eye)

    @property
    def checked_commands(self) -> frozenset[str]:
        """Commands that menus tick."""
        return models.checked_commands(
            self.editor,
            has_cameras=self.scene_view.frustums.are_shown,
            has_plane_photos=self.scene_view.shows_plane_photos,
        )

    def pointer(self, event: PointerEvent) -> str:
        """Take an event of the 3D view; returns what to say about the spot."""
        return self.scene_view.pointer(event)

    def hold_space(self, is_held: bool) -> None:
        """While Space is held, dragging moves the photo and turns the 3D view."""
        self.paint.panels.canvas.is_space_held = is_held

    def tick(self) -> bool:
        """Do what was put off; returns whether the 3D view was drawn."""
        self.session.tick()
        if self.project.is_changing:
            self.project.go_on(_SLICE_S)
            self.paint.refresh()
        self.scene_view.tick()
        return self.paint.tick()

    def cancel(self) -> None:
        """End what is under way, nearest first: the gesture, an export, the fusion."""
        if self.scene_view.cancel() or self.editor.cancel():
            return
        if not self._background.cancel():
            self._fusing.cancel()

    def abandon(self) -> None:
        """Let the session end without what could not be saved; the window ends too."""
        self.session.abandon()

    def close(self) -> None:
        """Save, stop listening and empty the 3D view.

        Raises:
            StorageError: The latest work cannot be saved; all stays as it is.
        """
        self.session.close()
        for disconnect in self._disconnect:
            disconnect()
        self.project.slice_s = math.inf
        self._extra_tools.close()
        self._fusing.close()
        self.suggester.close()
        self.scene_view.close()
        self.paint.close()
        for worker in self._workers:
            worker.close(timeout=0.0)

    def save_elsewhere(self) -> None:
        """Ask for another folder and save everything there."""
        save_project_as(self.session, self._window.popups, self.notices)

    # What there is to do

    def _make_extra_tools(self, files: FileDialogs, regions: Path | None) -> ExtraTools:
        return ExtraTools(
            self.editor,
            self._window,
            notices=self.notices,
            background=self._background,
            files=files,
            regions=regions,
        )

    def _paint_handlers(self) -> dict[str, Callable[[], object]]:
        editor, overlays, notices = self.editor, self.paint.overlays, self.notices
        canvas = self.paint.panels.canvas
        return {
            **paint_handlers(editor, canvas, self.paint.classes),
            **edit_handlers(
                editor,
                canvas,
                overlays,
                notices,
                class_of_spot=lambda: self.scene_view.class_of_spot,
            ),
            **self.scene_view.handlers(),
            **photo_handlers(editor, overlays, notices),
            **suggestion_handlers(editor, self.suggester, canvas, notices),
            **self._fusing.handlers(),
            **self._extra_tools.handlers(),
            "cycle_panels": self._window.cycle_mode,
        }

    def _file_handlers(
        self, files: FileDialogs, scene_path: Path | None
    ) -> dict[str, Callable[[], object]]:
        popups, notices, background = self._window.popups, self.notices, self._background
        exports = Exports(
            self.project,
            self._window,
            notices=notices,
            background=background,
            files=files,
            scene_path=scene_path,
        )
        reports = Reports(
            self.editor,
            self._window,
            self.paint.panels.canvas,
            notices=notices,
            background=background,
            files=files,
            scene_path=scene_path,
        )
        return {
            "save_ply": partial(exports.save_as, ".ply"),
            "save_glb": partial(exports.save_as, ".glb"),
            "export": exports.open_menu,
            "statistics": reports.statistics,
            "evaluate": reports.evaluate,
            "save": partial(save_project, self.session, popups, notices),
            "save_project_as": self.save_elsewhere,
            "scene_notes": self._show_facts,
        }

    def _show_facts(self) -> None:
        scene = self.project.scene
        facts = dialogs.scene_facts(scene, self.project.fusion_settings)
        dialogs.tell(self._window.popups, f"About {scene.name}", " ".join(facts))

    # What happens

    def _connect(self) -> list[Callable[[], None]]:
        project = self.project
        return [
            project.history_changed.connect(self._history_changed),
            project.recorded.connect(self._recorded),
            project.saved.connect(self._saved),
            project.save_failed.connect(self._save_failed),
            self.paint.counting.connect(self._count_others),
            self.paint.feeding.connect(self._feed_bars),
        ]

    def _history_changed(self) -> None:
        self.saving = models.Saving("saving…", has_unsaved=True)
        if self.session.read_only is not None:
            self.saving = models.Saving(self.session.unsaved_words, has_unsaved=True)
        elif self.session.problem is None:
            # The journal took the step before this signal.
            self.saving = models.Saving(f"saved {datetime.now():%H:%M}")
        self.paint.refresh()

    def _recorded(self, record: Record) -> None:
        if record.kind is RecordKind.DO:
            self.notices.say("")  # it was about something before

    def _saved(self, at: datetime) -> None:
        self.saving = models.Saving(f"saved {at.astimezone():%H:%M}")
        self.paint.refresh()

    def _save_failed(self, error: Exception) -> None:
        self.saving = models.Saving("not saved", has_unsaved=True)
        self.paint.refresh()
        self.notices.report(error)

    def _suggested(self) -> None:
        self.scene_view.mark_cameras()
        self.paint.refresh()

    # What the bars show

    def _count_others(self) -> None:
        """Have conflicts and suggestions counted anew, a piece at a time."""
        if not self.paint.is_painting:
            self.paint.idle.add("conflicts", self._count_conflicts)
            self.paint.idle.add("suggestion", self.suggester.refresh)

    def _count_conflicts(self) -> None:
        points = max(1, len(self.project.scene.cloud))
        self.conflicts = int(np.count_nonzero(self.project.ballots.conflicts())) / points
        self.paint.refresh()

    def _feed_bars(self) -> None:
        editor, heat = self.editor, self.editor.state.heat
        self._bars.toolbar.set_model(models.toolbar_state(editor, fuse_share=self._fusing.share))
        self._bars.status.set_model(
            models.status_state(
                editor,
                self.paint.coverage,
                conflicts=self.conflicts,
                saving=self.saving,
                message=self.notices.message if heat is None else HEAT_TITLES[heat],
                progress=self._progress,
            )
        )

    @property
    def _progress(self) -> ProgressState | None:
        """What the status bar says is under way."""
        if self.project.is_changing:
            return ProgressState("Relabelling", self.project.share, is_cancellable=False)
        shown = self._fusing.progress or self.notices.progress
        if shown is None and self.editor.is_preparing:
            return ProgressState("Preparing the photo", is_cancellable=False)
        return shown
