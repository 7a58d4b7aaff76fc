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
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn, Protocol

from o3d_paint.child_process import program_command
from o3d_paint.io.memory import available_bytes, human_size
from o3d_paint.ui.viewpoint import Viewpoint

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


class RestartableWindow(Protocol):
    """A window that can end, and show in another process what it shows now."""

    @property
    def scene_path(self) -> Path | None:
        """The file of the open scene; None where there is none."""

    @property
    def project_folder(self) -> Path | None:
        """The folder of the open project; None while nothing is open."""

    @property
    def exit_code(self) -> int | None:
        """0 once it has saved everything and may end."""

    @property
    def idle_s(self) -> float:
        """Seconds since the user did anything."""

    @property
    def is_stroking(self) -> bool:
        """Whether a stroke is under way."""

    @property
    def viewpoint(self) -> Viewpoint | None:
        """What it shows; None while nothing is open."""

    def look_from(self, viewpoint: Viewpoint) -> None:
        """Show it."""

    def toast(self, text: str) -> None:
        """Show a message for a moment."""

    def quit(self) -> None:
        """Save everything and end."""


class MemoryWatch:
    """Looks now and then how much memory is left.

    Args:
        window: The window; it is asked to quit, which saves.
    """

    def __init__(self, window: RestartableWindow) -> None:
        self._window = window
        self._first: tuple[Path, Path] | None = None
        self._next = 0.0
        self._baseline: int | None = None
        self._opened: Path | None = None
        self.command: list[str] | None = None

    def tick(self) -> None:
        """Look, and start anew where that must be and nobody is at work."""
        resume(self._window)
        window, now = self._window, time.monotonic()
        folder, scene = window.project_folder, window.scene_path
        if now < self._next or folder is None:
            return
        self._next = now + _EVERY_S
        own = _own_bytes()
        if own is None:
            return
        if self._baseline is None or self._opened != scene:
            if self._baseline is None and scene is not None:
                self._first = (scene, folder)
            self._baseline, self._opened = own, scene
        is_idle = window.idle_s >= _IDLE_S and not window.is_stroking
        if must_restart(own - self._baseline, available_bytes()) and is_idle and scene is not None:
            self._restart(own, scene, folder)

    def _restart(self, own: int, scene: Path, folder: Path) -> None:
        window = self._window
        seen = window.viewpoint
        state = {
            "why": f"The software renderer had taken {human_size(own)}: the window was started"
            " anew, nothing is lost",
            "seen": None if seen is None else asdict(seen),
        }
        command = command_for(scene, folder, self._first)
        window.quit()
        if window.exit_code == 0:
            os.environ[_VARIABLE] = json.dumps(state)
            self.command = command


def resume(window: RestartableWindow) -> None:
    """Show what the process before this one showed, if there was one."""
    text = os.environ.pop(_VARIABLE, "") if window.project_folder is not None else ""
    if not text:
        return
    state = json.loads(text)
    window.toast(str(state["why"]))
    if state["seen"] is not None:
        eye = state["seen"]["eye"]
        seen = Viewpoint(**{**state["seen"], "eye": None if eye is None else tuple(eye)})
        window.look_from(seen)


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
