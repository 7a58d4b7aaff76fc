"""Starting the window anew before the machine runs out of memory.

Mesa's software renderer loses some 2.4 MB with every frame that Open3D shows (measured with Mesa
22.3: a copy of a shader, whatever is drawn), which is gigabytes after an hour of painting. Nothing
in the program can give that back. All work is on disk at any moment, so the process is replaced by
a fresh one that shows the same photo from the same side; the user is told.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from o3d_paint.child_process import program_command
from o3d_paint.core.views.orbit import Eye
from o3d_paint.io.memory import available_bytes, human_size

if TYPE_CHECKING:
    from o3d_paint.ui.main_window import MainWindow

__all__ = ["MemoryWatch", "command_for", "must_restart", "resume", "start_anew"]

_VARIABLE = "O3D_PAINT_RESUME"
_EVERY_S = 5.0
_IDLE_S = 3.0
_GROWN = 2 << 30
_LEAST_FREE = 1 << 30


def must_restart(grown: int, available: int) -> bool:
    """Return whether memory is so short, and so much of it our own growth, that a restart helps.

    Args:
        grown: Bytes taken since the scene was opened.
        available: Bytes that are left.
    """
    return grown >= _GROWN and available < max(_LEAST_FREE, grown // 4)


class MemoryWatch:
    """Looks now and then how much memory is left.

    Args:
        window: The window; it is asked to quit, which saves.
    """

    def __init__(self, main: MainWindow) -> None:
        self._main = main
        self._first: tuple[Path, Path] | None = None
        self._next = 0.0
        self._baseline: int | None = None
        self._opened: Path | None = None
        self.command: list[str] | None = None

    def tick(self) -> None:
        """Look, and start anew where that must be and nobody is at work."""
        resume(self._main)
        now = time.monotonic()
        controller = self._main.controller
        if now < self._next or controller is None:
            return
        self._next = now + _EVERY_S
        own = _own_bytes()
        if own is None:
            return
        if self._baseline is None or self._opened != self._main.scene_path:
            if self._baseline is None and self._main.scene_path is not None:
                self._first = (self._main.scene_path, controller.session.folder)
            self._baseline, self._opened = own, self._main.scene_path
        idle = now - self._main.window.last_input >= _IDLE_S
        if not must_restart(own - self._baseline, available_bytes()) or not idle:
            return
        if self._main.scene_path is not None and not controller.project.is_stroking:
            self._restart(own)

    def _restart(self, own: int) -> None:
        main, controller = self._main, self._main.controller
        assert controller is not None
        eye = main.window.cloud.eye
        state = {
            "why": f"The software renderer had taken {human_size(own)}: the window was started"
            " anew, nothing is lost",
            "photo": controller.editor.state.open_idx,
            "class_id": controller.editor.state.class_id,
            "eye": None if eye is None else [*eye.position.tolist(), *eye.pivot.tolist(), eye.fov],
        }
        assert main.scene_path is not None
        command = command_for(main.scene_path, controller.session.folder, self._first)
        main.quit()
        if main.exit_code == 0:
            os.environ[_VARIABLE] = json.dumps(state)
            self.command = command


def resume(main: MainWindow) -> None:
    """Show what the process before this one showed, if there was one."""
    controller = main.controller
    text = os.environ.pop(_VARIABLE, "") if controller is not None else ""
    if not text or controller is None:
        return
    state = json.loads(text)
    main.window.toast(str(state["why"]), "info")
    controller.editor.choose_class(int(state["class_id"]))
    frame_idx, eye = state["photo"], state["eye"]
    if frame_idx is not None and 0 <= int(frame_idx) < len(controller.project.scene.frames):
        controller.editor.open_photo(int(frame_idx))
    if eye is not None:
        position, pivot = np.array(eye[:3]), np.array(eye[3:6])
        main.window.cloud.look(Eye(position, pivot, controller.project.scene.up, float(eye[6])))


def start_anew(command: list[str]) -> NoReturn:
    """Replace this process."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(command[0], command)


def command_for(scene: Path, folder: Path, first: tuple[Path, Path] | None) -> list[str]:
    """Return the command that opens a scene with its project.

    Args:
        scene: The scene's file.
        folder: Of its project.
        first: What this process showed first. If that is the same and was named in its command,
            the command is the same too, with all that the user said about the scene.
    """
    named = {Path(word).absolute() for word in sys.orig_argv[1:]}
    if first == (scene, folder) and scene in named:
        words = sys.orig_argv[1:]
        if words[:2] == ["-m", "o3d_paint"]:
            return program_command(*words[2:])
        return [sys.executable, *words]
    return program_command("open", str(scene), "--project", str(folder))


def _own_bytes() -> int | None:
    """Return the resident memory of this process; None where the system does not tell so."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")
