"""The window of the program: opens scenes, sends commands to whoever does them, and ends."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from o3d_paint import __version__
from o3d_paint.core.scene import Scene
from o3d_paint.errors import PaintError
from o3d_paint.io.scene import LoadOptions
from o3d_paint.project.jobs import Mailbox, Worker
from o3d_paint.project.layout import project_folder
from o3d_paint.project.session import open_session
from o3d_paint.ui.actions import desk_handlers, release_handlers
from o3d_paint.ui.class_actions import ClassHandlers
from o3d_paint.ui.commands import command_of, help_rows
from o3d_paint.ui.events import KeyEvent, PointerEvent
from o3d_paint.ui.files import FileDialogs, save_labelled
from o3d_paint.ui.menus import MenuBar
from o3d_paint.ui.navigator import Navigator
from o3d_paint.ui.panels.dialog import DialogButton
from o3d_paint.ui.panels.empty_states import WelcomeState
from o3d_paint.ui.panels.help_overlay import HelpOverlay, HelpRow
from o3d_paint.ui.panels.hints import HintCard
from o3d_paint.ui.panels.status_bar import ProgressState
from o3d_paint.ui.scene_loading import SceneLoading
from o3d_paint.ui.shell import DEFAULT_SPLIT, Shell
from o3d_paint.ui.wall import Wall
from o3d_paint.ui.wall_actions import wall_actions
from o3d_paint.ui.workbench import Workbench

__all__ = ["MainWindow"]

_TITLE = "O3D Paint"
_ALWAYS = frozenset({"open", "open_sample", "quit", "help", "hints", "about", "cancel"})


class MainWindow:
    """Everything that lives as long as the program.

    Args:
        mailbox: Brings what workers have done to this thread.
        size: (width, height) in device pixels.
        options: What the user said about scenes.
        project: Folder of the first scene's project; None for the usual one.
    """

    def __init__(
        self,
        mailbox: Mailbox,
        *,
        size: tuple[int, int],
        options: LoadOptions,
        project: Path | None,
    ) -> None:
        self.desk: Workbench | None = None
        self.exit_code: int | None = None
        self.scene_path: Path | None = None
        self._mailbox = mailbox
        self._project = project
        self._worker = Worker(mailbox.post, name="o3d-paint-photos")
        self._handlers: dict[str, Callable[[], object]] = {}
        self._releases: dict[str, Callable[[], object]] = {}
        self._navigator: Navigator | None = None
        self._held: set[str] = set()
        self.classes: ClassHandlers | None = None
        self.wall = Wall(wall_actions(self))
        self.shell = Shell(self.wall.panels, size=size, title=_TITLE)
        self.files = FileDialogs(self.shell)
        self.loading = SceneLoading(self, mailbox, options)
        self.menus = MenuBar(self.run_command, self.shell.guard)
        self.menus.connect(self.shell.window)
        self._global = {
            "open": self._choose_scene,
            "open_sample": self.loading.open_sample,
            "quit": self.quit,
            "help": self._show_help,
            "hints": self._show_hints,
            "about": self._show_about,
            "cancel": self._cancel,
        }
        actions = self.shell.actions
        actions.key = self._on_key
        actions.scene_pointer = self._on_scene_pointer
        actions.tick = self._on_tick
        actions.close_wanted = self.quit
        actions.touched = self._on_touched
        self.wall.empty()
        self.menus.enable(_ALWAYS)

    def run_command(self, command_id: str) -> None:
        """Do what a command says; one that cannot be done now does nothing."""
        handler = self._global.get(command_id) or self._handlers.get(command_id)
        if handler is not None:
            handler()
            self.shell.redraw()

    @property
    def command_ids(self) -> frozenset[str]:
        """Commands that have a handler now."""
        return frozenset(self._global) | frozenset(self._handlers)

    def open_scene(self, scene: Scene, path: Path | None) -> None:
        """Show a scene that was read, with its project.

        Raises:
            PaintError: Its project cannot be opened; what was open stays.
        """
        folder, note = project_folder(path or Path.cwd() / scene.name, self._project)
        self._project = None
        session = open_session(scene, folder, post=self._mailbox.post, scene_path=path)
        self.close_scene()
        self.scene_path = path
        self.desk = Workbench(session, self.shell, self.wall, self._worker)
        self.classes = ClassHandlers(self.desk)
        self._navigator = Navigator(self.desk)
        self._handlers = {
            **desk_handlers(self.desk, self.classes),
            "save_ply": partial(self._save_as, ".ply"),
            "save_glb": partial(self._save_as, ".glb"),
            "scene_notes": self._show_notes,
        }
        self._releases = release_handlers(self.desk)
        self.shell.panel_host("welcome").show(False)
        self.menus.enable(self.command_ids)
        self.shell.window.title = f"{scene.name} – {_TITLE}"
        for sentence in (*([note] if note else []), *session.messages):
            self.shell.toast(sentence, "info")

    def close_scene(self) -> None:
        """Save and close the open project.

        Raises:
            StorageError: The latest work cannot be saved; it stays open.
        """
        if self.desk is None:
            return
        self.desk.session.close()
        self.desk.close()
        self.desk, self._navigator, self._handlers = None, None, {}

    def show_loading(self, progress: ProgressState | None) -> None:
        """Show how far loading is, in place of an empty 3D view or in the status bar."""
        self.wall.welcome.set_model(WelcomeState(progress=progress))

    def quit(self) -> None:
        """Save everything and end; a disk that refuses is asked about."""
        try:
            self.close_scene()
        except PaintError as error:
            self._ask_lose(str(error))
            return
        self.exit_code = 0

    def _ask_lose(self, reason: str) -> None:
        buttons = (
            DialogButton("cancel", "Keep working", is_primary=True),
            DialogButton("lose", "Quit without saving", is_danger=True),
        )

        def answer(button_id: str) -> None:
            if button_id == "lose":
                self.exit_code = 1

        self.shell.popups.ask(
            "The latest work is not saved", reason, buttons, answer, icon="triangle-alert"
        )

    def _on_key(self, event: KeyEvent) -> None:
        if event.key == "Space":
            self.wall.canvas.is_space_held = event.is_down
            return
        command = command_of(event)
        if not event.is_down:
            for command_id in [c for c in self._held if command is None or c == command.command_id]:
                self._held.discard(command_id)
                self._releases[command_id]()
            return
        if command is None or (self.files.is_open and command.command_id != "cancel"):
            return
        if event.is_repeat and command.command_id in self._releases:
            return
        if command.command_id in self._releases:
            self._held.add(command.command_id)
        self.run_command(command.command_id)

    def _on_scene_pointer(self, event: PointerEvent) -> str:
        return self._navigator.pointer(event) if self._navigator is not None else ""

    def _on_tick(self) -> bool:
        self._mailbox.run_pending()
        self.loading.tick()
        return self.desk.tick() if self.desk is not None else False

    def _on_touched(self) -> None:
        self.shell.cloud.plan.touched(time.monotonic())

    def _cancel(self) -> None:
        """Escape: what is under way ends, nearest first; the program never."""
        if self.files.is_open:
            self.files.cancel()
        elif self.shell.popups.popup is not None:
            self.shell.popups.dismiss()
        elif self.desk is not None and not self.desk.studio.cancel():
            self.desk.cancel_fuse()

    def _choose_scene(self) -> None:
        folder = self.scene_path.parent if self.scene_path is not None else Path.cwd()
        self.files.choose_scene(folder, self.loading.open)

    def _save_as(self, ending: str) -> None:
        if self.desk is None:
            return
        desk, base = self.desk, self.scene_path or Path.cwd() / self.desk.project.scene.name
        suggested = base.with_name(f"{base.stem}_labelled{ending}")
        self.files.choose_target(
            suggested, ending, lambda target: save_labelled(desk, target, self.scene_path)
        )

    def _show_help(self) -> None:
        overlay = HelpOverlay(self.shell.popups.close)
        overlay.set_model([HelpRow(*row) for row in help_rows()])
        self.shell.popups.open(overlay)

    def _show_hints(self) -> None:
        popups = self.shell.popups

        def show(number: int) -> None:
            card.set_model(number)
            popups.refit()

        card = HintCard(show, popups.close)
        card.set_model(0)
        popups.open(card, is_corner=True)

    def _show_about(self) -> None:
        self._tell(_TITLE, f"Version {__version__}. Paint photos, watch the scene become labelled.")

    def _show_notes(self) -> None:
        if self.desk is not None:
            scene = self.desk.project.scene
            unit = "m" if scene.metric else "units"
            facts = (
                f"{len(scene.cloud):,} points, {len(scene.frames)} photos, point spacing"
                f" {scene.spacing:.3g} {unit}.",
                f"Trusted depth: {scene.rule.reason}.",
                *scene.notes,
            )
            self._tell(f"About {scene.name}", " ".join(facts))

    def _tell(self, title: str, text: str) -> None:
        button = DialogButton("cancel", "Close", is_primary=True)
        self.shell.popups.ask(title, text, (button,), lambda _: None, icon="info")

    def splitter_moved(self, dx: float) -> None:
        """Give the 3D view so many device pixels more."""
        width = max(1, self.shell.content.width)
        self.shell.split = min(0.85, max(0.15, self.shell.split + dx / width))
        self.shell.layout()

    def splitter_reset(self) -> None:
        """Divide the window as at first."""
        self.shell.split = DEFAULT_SPLIT
        self.shell.layout()
