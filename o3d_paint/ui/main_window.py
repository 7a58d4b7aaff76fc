"""The window of the program: opens scenes, sends commands to whoever does them, and ends."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from o3d_paint.core.taxonomy import Taxonomy
from o3d_paint.core.views.shown_cloud import ShownCloud
from o3d_paint.errors import PaintError
from o3d_paint.io.scene import LoadOptions
from o3d_paint.project.borrowed import BorrowedSession
from o3d_paint.project.jobs import Mailbox, Worker
from o3d_paint.project.project import Project
from o3d_paint.project.scene_options import SETTING, kept_options
from o3d_paint.project.session import Session, open_session
from o3d_paint.ui import dialogs
from o3d_paint.ui.commands import command_of
from o3d_paint.ui.events import KeyEvent, PointerEvent
from o3d_paint.ui.files import FileDialogs
from o3d_paint.ui.main_panels import MainPanels, PanelActions
from o3d_paint.ui.menus import MenuBar
from o3d_paint.ui.paint_panels import more_heights
from o3d_paint.ui.panels.dialog import DialogButton
from o3d_paint.ui.panels.empty_states import WelcomeState
from o3d_paint.ui.panels.status_bar import ProgressState
from o3d_paint.ui.pressed_keys import PressedKeys
from o3d_paint.ui.project_controller import ProjectController
from o3d_paint.ui.scene_loading import LoadedScene, SceneLoading
from o3d_paint.ui.viewpoint import Viewpoint
from o3d_paint.ui.window import DEFAULT_SPLIT, Window
from o3d_paint.ui.window_memory import WindowMemory

__all__ = ["MainWindow"]

_TITLE = "O3D Paint"
_SPACE = "Space"
_ANSWERS_S = 0.02
_ALWAYS = frozenset(
    {
        "open",
        "open_folder",
        "open_recent",
        "open_sample",
        "quit",
        "help",
        "hints",
        "about",
        "cancel",
    }
)


class MainWindow:
    """Everything that lives as long as the program.

    Args:
        mailbox: Brings what workers have done to this thread.
        size: (width, height) in device pixels.
        options: What the user said about scenes.
        project: Folder of the first scene's project; None for the usual one.
        first_classes: Of projects that begin here; None for the published five.
        first_regions: Regions for the photos of the first scene.
    """

    def __init__(
        self,
        mailbox: Mailbox,
        *,
        size: tuple[int, int],
        options: LoadOptions,
        project: Path | None,
        first_classes: Taxonomy | None = None,
        first_regions: Path | None = None,
    ) -> None:
        self.first_classes, self._first_regions = first_classes, first_regions
        self.controller: ProjectController | None = None
        self.exit_code: int | None = None
        self.scene_path: Path | None = None
        self._mailbox = mailbox
        self._project = project
        self._worker = Worker(mailbox.post, name="o3d-paint-photos")
        self._held = PressedKeys(self._let_go)
        self.title = _TITLE
        self.panels = MainPanels(
            PanelActions(
                command=self.run_command,
                move_splitter=self._move_splitter,
                reset_splitter=self._reset_splitter,
                open_recent=lambda path: self.loading.open(Path(path)),
            )
        )
        self.window = Window(self.panels.by_name, more=more_heights(), size=size, title=_TITLE)
        self._memory = WindowMemory(self.window)
        self.files = FileDialogs(self.window)
        self.loading = SceneLoading(self, mailbox, options)
        self.menus = MenuBar(self.run_command, self.window.guard)
        self.menus.connect(self.window.native)
        self._global: dict[str, Callable[[], object]] = {
            "open": partial(self._choose_scene, self.files.choose_scene),
            "open_folder": partial(self._choose_scene, self.files.choose_scene_folder),
            "open_recent": partial(self._memory.choose, self.loading.open),
            "open_sample": self.loading.open_sample,
            "quit": self.quit,
            "help": partial(dialogs.show_help, self.window.popups),
            "hints": partial(dialogs.show_hints, self.window.popups),
            "about": partial(dialogs.show_about, self.window.popups),
            "cancel": self._cancel,
        }
        actions = self.window.actions
        actions.key = self._on_key
        actions.scene_pointer = self._on_scene_pointer
        actions.tick = self._on_tick
        actions.close_wanted = self.quit
        actions.touched = self._on_touched
        self.show_loading(None)
        self.menus.enable(_ALWAYS)

    def run_command(self, command_id: str) -> None:
        """Do what a command says; one that cannot be done now does nothing."""
        handler = self._global.get(command_id)
        if handler is None and self.controller is not None:
            handler = self.controller.handlers.get(command_id)
        if handler is not None:
            handler()
            self.window.redraw()

    @property
    def command_ids(self) -> frozenset[str]:
        """Commands that have a handler now."""
        found = frozenset(self._global)
        return found if self.controller is None else found | frozenset(self.controller.handlers)

    @property
    def project_folder(self) -> Path | None:
        """The folder of the open project."""
        return self.controller.folder if self.controller is not None else None

    @property
    def idle_s(self) -> float:
        """Seconds since the user did anything."""
        return time.monotonic() - self.window.last_input

    @property
    def is_stroking(self) -> bool:
        """Whether a stroke is under way."""
        return self.controller is not None and self.controller.project.is_stroking

    @property
    def viewpoint(self) -> Viewpoint | None:
        """What is shown; None while nothing is open."""
        return None if self.controller is None else self.controller.viewpoint

    def look_from(self, viewpoint: Viewpoint) -> None:
        """Show what another window showed."""
        if self.controller is not None:
            self.controller.look_from(viewpoint)

    def toast(self, text: str) -> None:
        """Show a message for a moment."""
        self.window.toast(text)

    def report(self, error: Exception) -> None:
        """Tell the user of an error."""
        self.window.guard.report(error)

    def take_project(self) -> Path | None:
        """Return the project folder that the user named for the first scene, once."""
        chosen, self._project = self._project, None
        return chosen

    def open_scene(self, loaded: LoadedScene) -> None:
        """Show a scene that was read, with its project, in place of the open one.

        Raises:
            PaintError: The open project cannot be saved, or the new one cannot be opened.
        """
        # Its folder may be the same, and is ours to lock only once.
        self.close_scene()
        path = loaded.path
        session = open_session(
            loaded.scene,
            loaded.folder,
            post=self._mailbox.post,
            classes=self.first_classes,
            scene_path=path,
            prepared=loaded.prepared,
        )
        kept = kept_options(loaded.options)
        # Nothing is kept of a scene that was only looked at.
        session.project.history_changed.connect(lambda: session.project.set_setting(SETTING, kept))
        self._show(session, path, loaded.shown)
        self._memory.opened(loaded.scene, path)
        for sentence in (*([loaded.note] if loaded.note else []), *session.messages):
            self.window.toast(sentence, "info")

    def open_project(self, project: Project) -> None:
        """Show a project that a script made; closing the window gives it back."""
        shown = ShownCloud.of(project.scene.cloud)
        self._show(BorrowedSession(project, post=self._mailbox.post), None, shown)

    def _show(self, session: Session, path: Path | None, shown: ShownCloud) -> None:
        self.scene_path = path
        self.controller = ProjectController(
            session,
            self.window,
            self.panels,
            files=self.files,
            worker=self._worker,
            shown=shown,
            post=self._mailbox.post,
            run_command=self.run_command,
            scene_path=path,
            regions=self._first_regions,
        )
        self._first_regions = None
        # The first index loads the compiled loops; better now than under the first click.
        session.project.request_index(0)
        self.window.panel_host("welcome").show(False)
        self.menus.enable(self.command_ids)

    def close_scene(self) -> None:
        """Save and close the open project.

        Raises:
            StorageError: The latest work cannot be saved; it stays open.
        """
        if self.controller is None:
            return
        self.controller.close()
        self.controller = None
        self.panels.empty(self.window)

    def show_loading(self, progress: ProgressState | None) -> None:
        """Show how far loading is, in place of an empty 3D view or in the status bar."""
        self.panels.welcome.set_model(WelcomeState(self._memory.recent, progress))

    def quit(self) -> None:
        """Save everything and end; a disk that refuses is asked about."""
        self._memory.keep()
        try:
            self.close_scene()
        except PaintError as error:
            self._ask_lose(str(error))
            return
        self.exit_code = 0

    def release(self) -> None:
        """End the threads, so that nothing touches the window any more."""
        self._worker.close()
        self.loading.close()

    def _ask_lose(self, reason: str) -> None:
        buttons = (
            DialogButton("cancel", "Keep working", is_primary=True),
            DialogButton("elsewhere", "Save elsewhere…"),
            DialogButton("lose", "Quit without saving", is_danger=True),
        )

        def answer(button_id: str) -> None:
            if self.controller is None:
                return
            if button_id == "elsewhere":
                self.controller.save_elsewhere()
            elif button_id == "lose":
                self.controller.abandon()
                self.exit_code = 1

        self.window.popups.ask(
            "The latest work is not saved", reason, buttons, answer, icon="triangle-alert"
        )

    def _on_key(self, event: KeyEvent) -> None:
        command, now = command_of(event), time.monotonic()
        name = _SPACE if event.key == _SPACE else command.command_id if command else ""
        if not event.is_down:
            # A modifier that came or went meanwhile makes the key's name another one.
            for held in self._held.names if not name else (name,):
                self._held.up(held)
            return
        if name == _SPACE or name in self._releases:
            is_new = name not in self._held
            self._held.down(name, now)
            if name == _SPACE:
                self._hold_space(True)
            if name == _SPACE or event.is_repeat or not is_new:
                return
        if command is None or (self.files.is_open and command.command_id != "cancel"):
            return
        self.run_command(command.command_id)

    @property
    def _releases(self) -> dict[str, Callable[[], object]]:
        """What letting a held key go does, by command id."""
        return {} if self.controller is None else self.controller.releases

    def _hold_space(self, is_held: bool) -> None:
        if self.controller is not None:
            self.controller.hold_space(is_held)

    def _let_go(self, name: str) -> None:
        if name == _SPACE:
            self._hold_space(False)
        elif name in self._releases:
            self._releases[name]()

    def _on_scene_pointer(self, event: PointerEvent) -> str:
        return "" if self.controller is None else self.controller.pointer(event)

    def _on_tick(self) -> bool:
        self._mailbox.run_pending(_ANSWERS_S)
        self._held.tick(
            time.monotonic(), pressed_at=self.window.pressed_at, is_pressed=self.window.is_pressed
        )
        self.loading.tick()
        self._show_title()
        self._tick_menus()
        return self.controller.tick() if self.controller is not None else False

    def _show_title(self) -> None:
        """Name the scene, with a mark while something is not saved."""
        title = _TITLE
        if self.controller is not None:
            title = f"{self.controller.title} – {_TITLE}"
        if title != self.title:
            self.title = title
            self.window.show_title(title)

    def _tick_menus(self) -> None:
        """Tick in the menus what is chosen and switched on."""
        open_one = self.controller
        self.menus.check(frozenset() if open_one is None else open_one.checked_commands)

    def _on_touched(self) -> None:
        self.window.cloud.plan.touched(time.monotonic())

    def _cancel(self) -> None:
        """Escape: what is under way ends, nearest first; the program never."""
        if self.files.is_open:
            self.files.cancel()
        elif self.window.popups.popup is not None:
            self.window.popups.dismiss()
        elif self.controller is not None:
            self.controller.cancel()

    def _choose_scene(self, ask: Callable[[Path, Callable[[Path], None]], None]) -> None:
        folder = self.scene_path.parent if self.scene_path is not None else Path.cwd()
        ask(folder, self.loading.open)

    def _move_splitter(self, dx: float) -> None:
        """Give the 3D view so many device pixels more."""
        width = max(1, self.window.content.width)
        self.window.split = min(0.85, max(0.15, self.window.split + dx / width))
        self.window.layout()

    def _reset_splitter(self) -> None:
        """Divide the window as at first."""
        self.window.split = DEFAULT_SPLIT
        self.window.layout()
