"""Starting the window, its loop, and its end."""

from __future__ import annotations

import faulthandler
import logging
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

from o3d_paint.errors import FormatError, PaintError
from o3d_paint.io.scene import LoadOptions
from o3d_paint.ui.preflight import Preflight
from o3d_paint.ui.window_settings import load_window_settings

if TYPE_CHECKING:
    from o3d_paint.core.taxonomy import Taxonomy
    from o3d_paint.project.jobs import Mailbox
    from o3d_paint.project.project import Project
    from o3d_paint.ui.main_window import MainWindow
    from o3d_paint.ui.scene_loading import SceneReading

__all__ = ["run", "show"]

_DEFAULT_SIZE = (1600, 1000)
_MAX_LAST_TICKS = 200
_SIZE_VARIABLE = "O3D_PAINT_WINDOW"


def run(
    path: Path | None,
    *,
    options: LoadOptions,
    project: Path | None = None,
    classes: Taxonomy | None = None,
    regions: Path | None = None,
) -> int:
    """Open the window and paint until the user closes it. Ends the process.

    Args:
        path: The scene; None shows what can be opened.
        options: What the user said about it.
        project: Folder of its project; None for the usual one.
        classes: Of projects that begin here; None for the published five.
        regions: Regions without classes for its photos.

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
    if regions is not None and not regions.exists():
        msg = f"{regions} does not exist: name a file or folder of regions"
        raise FormatError(msg)
    trial = Preflight.start()
    folder = project.absolute() if project is not None else None
    reading = _reading(scene_path, options, folder)
    trial.require()
    faulthandler.enable()

    def make(mailbox: Mailbox) -> MainWindow:
        from o3d_paint.ui.main_window import MainWindow

        main = MainWindow(
            mailbox,
            size=_window_size(),
            options=options,
            project=folder,
            first_classes=classes,
            first_regions=regions.absolute() if regions is not None else None,
        )
        if reading is not None:
            main.loading.open_reading(reading)
        return main

    _end(_exit_code(make))


def show(project: Project) -> None:
    """Open a project in a window, and come back when the user closes it.

    Nothing is written unless the user saves; what was painted is in the project. To be called on
    the main thread, and not from within a program that runs Open3D windows of its own: those put
    the paint panel into a window with `o3d_paint.ui.attach`.

    Args:
        project: Stays open, with all paint in its cloud.

    Raises:
        DisplayError: No window can be opened.
        KeyboardInterrupt: Ctrl+C closed it.
    """
    Preflight.start().require()

    def make(mailbox: Mailbox) -> MainWindow:
        from o3d_paint.ui.main_window import MainWindow

        options = LoadOptions()
        main = MainWindow(mailbox, size=_window_size(), options=options, project=None)
        main.open_project(project)
        return main

    folder = Path.cwd()
    try:
        with _StopRequest() as stop:
            main = _loop(make, stop)
            main.release()
            _close(main)
        if stop.number:
            # The window was closed by a signal that was meant for the script.
            signal.raise_signal(stop.number)
    finally:
        # File dialogs of the toolkit change it.
        os.chdir(folder)


def _reading(path: Path | None, options: LoadOptions, project: Path | None) -> SceneReading | None:
    """Begin to read the scene while the trial and the toolkit start."""
    if path is None:
        return None
    from o3d_paint.ui.scene_loading import SceneReading

    return SceneReading(path, options, project)


def _exit_code(make: Callable[[Mailbox], MainWindow]) -> int:
    """Run the window of the program; returns its exit code."""
    from o3d_paint.ui.memory_watch import MemoryWatch, start_anew

    watches: list[MemoryWatch] = []

    def watched(mailbox: Mailbox) -> MainWindow:
        main = make(mailbox)
        watches.append(MemoryWatch(main))
        return main

    try:
        with _StopRequest() as stop:
            code = _loop(watched, stop, on_tick=lambda: watches[0].tick()).exit_code
    except PaintError as error:
        sys.stderr.write(f"o3d-paint: {error}\n")
        return 1
    except Exception:
        logging.getLogger("o3d_paint").exception("the window's loop failed")
        return 1
    if watches and watches[0].command is not None:
        logging.shutdown()
        start_anew(watches[0].command)
    return code if code is not None else 1


def _loop(
    make: Callable[[Mailbox], MainWindow],
    stop: _StopRequest,
    *,
    on_tick: Callable[[], None] | None = None,
) -> MainWindow:
    """Run a window until the user has closed it.

    Raises:
        PaintError: The scene named at the start cannot be read.
    """
    import open3d as o3d
    from open3d.visualization import gui

    from o3d_paint.log_file import start_log
    from o3d_paint.project.jobs import Mailbox
    from o3d_paint.ui.state_dump import StateDump

    start_log()
    o3d.utility.set_verbosity_level(o3d.utility.VerbosityLevel.Error)
    application = gui.Application.instance
    application.initialize()
    main = make(Mailbox())
    dump = StateDump.from_environment(main)
    try:
        while main.exit_code is None:
            is_open = application.run_one_tick()
            if dump is not None:
                dump.tick()
            if on_tick is not None:
                on_tick()
            if main.loading.error is not None:
                raise main.loading.error
            if stop.is_asked or not is_open:
                stop.is_asked = False
                main.quit()
    except PaintError:
        raise
    except BaseException:
        main.quit()
        raise
    if dump is not None:
        dump.close()
    return main


def _close(main: MainWindow) -> None:
    """Take an open window off the screen, as Open3D survives it: not from within a tick."""
    from open3d.visualization import gui

    application = gui.Application.instance
    application.post_to_main_thread(main.window.native, main.window.close)
    for _ in range(_MAX_LAST_TICKS):
        if not application.run_one_tick():
            return


class _StopRequest:
    """Signals that ask to end, noted for the loop: a handler must not touch the window."""

    def __init__(self) -> None:
        """Listen to nothing yet."""
        self.is_asked = False
        self.number = 0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> _StopRequest:
        """Listen to Ctrl+C, to a polite kill, and to a terminal or session that is closed."""
        names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
        for number in (getattr(signal, n) for n in names if hasattr(signal, n)):
            if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
                self._before[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *_error: object) -> None:
        """Leave them to whoever had them before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self.is_asked, self.number = True, number


def _window_size() -> tuple[int, int]:
    """Return the size that the environment asks for ("1280x720"), else that of the last time."""
    text = os.environ.get(_SIZE_VARIABLE, "")
    try:
        width, height = (int(part) for part in text.split("x"))
    except ValueError:
        return load_window_settings().size or _DEFAULT_SIZE
    return max(320, width), max(240, height)


def _end(code: int) -> NoReturn:
    """End the process at once: with a window that was open, Open3D aborts or hangs otherwise."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
