"""One project being painted in a window of somebody else: no menus, no cameras, no folder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.views.shown_cloud import shown_colors
from o3d_paint.project.borrowed import Loan
from o3d_paint.project.jobs import Mailbox, Worker
from o3d_paint.project.project import Project
from o3d_paint.project.tools import TOOLS
from o3d_paint.ui.cloud_colors import CloudColors
from o3d_paint.ui.command_handlers import edit_handlers, paint_handlers
from o3d_paint.ui.commands import command_of
from o3d_paint.ui.editor import Editor
from o3d_paint.ui.extra_tools import ExtraTools
from o3d_paint.ui.files import FileDialogs
from o3d_paint.ui.guard import Guard
from o3d_paint.ui.host_cloud import HostCloud
from o3d_paint.ui.host_window import HostWindow
from o3d_paint.ui.layout import Place
from o3d_paint.ui.notices import BackgroundWork, Notices
from o3d_paint.ui.paint_controller import PaintController
from o3d_paint.ui.paint_panels import empty_panels, more_heights
from o3d_paint.ui.photo_actions import photo_handlers

__all__ = ["EmbeddedController"]

_ANSWERS_S = 0.02


class EmbeddedController:
    """The panels of painting, with the host's 3D view.

    Args:
        native: The host's gui.Window.
        scene_widget: The host's gui.SceneWidget.
        project: What is painted.
        offset: (3,) what the host subtracts from the scene's coordinates.
        point_size: Of the cloud in the host's view, device pixels.

    Attributes:
        guard: Wraps the callbacks of the host's window.
        window: The panels in it.
    """

    def __init__(
        self,
        native: Any,
        scene_widget: Any,
        project: Project,
        *,
        offset: FloatArray,
        point_size: float,
    ) -> None:
        # Errors go to the log of the host's program too, which Guard writes to.
        self.guard = guard = Guard(lambda text: self.window.toast(text, "error"))
        self._is_open = True
        self.window = HostWindow(native, empty_panels(), guard, more=more_heights())
        self._mailbox = Mailbox()
        post = self._mailbox.post
        self._loan = Loan(project, post)
        self._workers = [Worker(post, name=f"o3d-paint-{n}") for n in ("photos", "overlays")]
        self.project = project
        self.editor = Editor(project, lambda: Worker(post, name="o3d-paint-tool"))
        self._notices = Notices(self.window.toast, guard.report)
        self._said = ""
        colors = CloudColors(project, self.editor.state.look, shown_colors(project.scene.cloud))
        self.cloud = HostCloud(
            scene_widget,
            project.scene,
            colors,
            name="o3d_paint cloud",
            offset=offset,
            point_size=point_size,
        )
        self.paint = PaintController(
            self.editor,
            self.window,
            self.cloud,
            colors,
            notices=self._notices,
            photo_worker=self._workers[0],
            overlay_worker=self._workers[1],
            run_command=self._run_command,
            tools=frozenset(name for name, tool in TOOLS.items() if not tool.is_of_3d_view),
        )
        self.window.set_class_count(len(project.taxonomy))
        self._files = FileDialogs(self.window)
        self._extra_tools = ExtraTools(
            self.editor,
            self.window,
            notices=self._notices,
            background=BackgroundWork(self._workers[0], self._notices),
            files=self._files,
            regions=None,
        )
        self._handlers = self._make_handlers()
        self._stop_telling = self._notices.changed.connect(self._tell)
        self.editor.open_photo(0)

    @property
    def photo(self) -> int | None:
        """Position of the open photo."""
        return self.editor.state.open_idx

    def open_photo(self, frame_idx: int) -> None:
        """Open a photo by its position."""
        self.editor.open_photo(frame_idx)

    def photo_rect(self) -> tuple[float, float, float, float]:
        """Return where the open photo lies in the window: left, top, width, height."""
        view, place = self.paint.panels.canvas.viewport, self.window.place_of("canvas")
        if view is None:
            return (float(place.x), float(place.y), 0.0, 0.0)
        height, width = (side * view.zoom for side in view.photo_shape)
        return (place.x + view.left, place.y + view.top, width, height)

    def place(self, place: Place) -> None:
        """Lay all panels out in a rectangle of the window."""
        self.window.place(place)

    def left(self) -> None:
        """The pointer is over something of the host."""
        self.window.left()

    def tick(self) -> bool:
        """Do what was put off; returns whether the window has to be drawn."""
        if not self._is_open:
            return False
        self._mailbox.run_pending(_ANSWERS_S)
        return self.window.tick(must_draw=self.paint.tick())

    def key(self, event: Any) -> bool:
        """Take a key event (gui.KeyEvent); returns whether it was used."""
        if not self._is_open:
            return False
        key = self.window.converted(event)
        if key is None:
            return self.window.popups.popup is not None
        if key.key == "Space":
            self.paint.panels.canvas.is_space_held = key.is_down
            return True
        command = command_of(key)
        handler = self._handlers.get(command.command_id) if command is not None else None
        if handler is None or not key.is_down:
            return False
        handler()
        return True

    def close(self) -> None:
        """Stop, take the cloud away, give the project back with all its paint; may come twice."""
        if not self._is_open:
            return
        self._is_open = False
        self.window.show(False)
        self.editor.cancel()
        self._stop_telling()
        self._extra_tools.close()
        self.paint.close()
        for worker in self._workers:
            worker.close()
        self._loan.end()

    def _make_handlers(self) -> dict[str, Callable[[], object]]:
        editor, notices = self.editor, self._notices
        canvas, overlays = self.paint.panels.canvas, self.paint.overlays
        return {
            **paint_handlers(editor, canvas, self.paint.classes),
            **edit_handlers(editor, canvas, overlays, notices, class_of_spot=lambda: 0),
            **photo_handlers(editor, overlays, notices),
            **self._extra_tools.handlers(),
            "cancel": self._cancel,
        }

    def _run_command(self, command_id: str) -> None:
        handler = self._handlers.get(command_id)
        if handler is not None:
            handler()
            self.window.redraw()

    def _cancel(self) -> None:
        if self._files.is_open:
            self._files.cancel()
        elif self.window.popups.popup is not None:
            self.window.popups.dismiss()
        else:
            self.editor.cancel()

    def _tell(self) -> None:
        """There is no status bar here: what it would say passes over the photo."""
        if self._notices.message != self._said:
            self._said = self._notices.message
            if self._said:
                self.window.toast(self._said)
