"""Starting the window, its loop, and its end."""

from __future__ import annotations

import faulthandler
import logging
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import NoReturn

from o3d_paint.errors import FormatError, PaintError
from o3d_paint.io.scene import LoadOptions
from o3d_paint.ui.preflight import Preflight

__all__ = ["run"]

_DEFAULT_SIZE = (1600, 1000)
_SIZE_VARIABLE = "O3D_PAINT_WINDOW"


def run(path: Path | None, *, options: LoadOptions, project: Path | None = None) -> int:
    """Open the window and paint until the user closes it. Ends the process.

    Args:
        path: The scene; None shows what can be opened.
        options: What the user said about it.
        project: Folder of its project; None for the usual one.

    Returns:
        Never, once a window was open: Open3D's own way out can abort or hang.

    Raises:
        DisplayError: No window can be opened.
        FormatError: There is no such file.
        PaintError: The scene named at the start cannot be read.
    """
    # Before any file dialog changes the working directory.
    scene_path = path.absolute() if path is not None else None
    if scene_path is not None and not scene_path.exists():
        msg = f"{path} does not exist: name a scene file or folder"
        raise FormatError(msg)
    Preflight.start().require()
    faulthandler.enable()
    _end(_loop(scene_path, options, project.absolute() if project is not None else None))


def _loop(path: Path | None, options: LoadOptions, project: Path | None) -> int:
    """Run the window; returns the exit code."""
    import open3d as o3d
    from open3d.visualization import gui

    from o3d_paint.project.jobs import Mailbox
    from o3d_paint.ui.guard import start_log
    from o3d_paint.ui.main_window import MainWindow
    from o3d_paint.ui.state_dump import StateDump

    start_log()
    o3d.utility.set_verbosity_level(o3d.utility.VerbosityLevel.Error)
    application = gui.Application.instance
    application.initialize()
    window = MainWindow(Mailbox(), size=_window_size(), options=options, project=project)
    stop = _StopRequest()
    if path is not None:
        window.loading.open(path)
    dump = StateDump.from_environment(window)
    try:
        while window.exit_code is None:
            is_open = application.run_one_tick()
            if dump is not None:
                dump.tick()
            if window.loading.error is not None:
                raise window.loading.error
            if stop.is_asked or not is_open:
                stop.is_asked = False
                window.quit()
    except PaintError as error:
        sys.stderr.write(f"o3d-paint: {error}\n")
        return 1
    except Exception:
        logging.getLogger("o3d_paint").exception("the window's loop failed")
        window.quit()
        return 1
    return window.exit_code


class _StopRequest:
    """Ctrl+C and SIGTERM, noted for the loop: a handler must not touch the window."""

    def __init__(self) -> None:
        """Listen to both signals."""
        self.is_asked = False
        signal.signal(signal.SIGINT, self._on_signal)
        signal.signal(signal.SIGTERM, self._on_signal)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.is_asked = True


def _window_size() -> tuple[int, int]:
    """Return the size that the environment asks for ("1280x720"), else a large one."""
    text = os.environ.get(_SIZE_VARIABLE, "")
    try:
        width, height = (int(part) for part in text.split("x"))
    except ValueError:
        return _DEFAULT_SIZE
    return max(320, width), max(240, height)


def _end(code: int) -> NoReturn:
    """End the process at once: with a window that was open, Open3D aborts or hangs otherwise."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
