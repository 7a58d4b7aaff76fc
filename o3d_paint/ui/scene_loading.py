"""Reading a scene beside the window, with its progress shown; a failure keeps what is open."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as StillReading
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from o3d_paint.core.scene import Scene
from o3d_paint.core.taxonomy import Taxonomy
from o3d_paint.core.views.shown_cloud import ShownCloud
from o3d_paint.io.scene import LoadOptions, load_scene
from o3d_paint.project.jobs import Mailbox, Report, Worker
from o3d_paint.project.layout import project_folder
from o3d_paint.project.opening import Prepared, prepare_session
from o3d_paint.project.photo_tools import has_photo_tools
from o3d_paint.project.scene_options import completed_options
from o3d_paint.ui.panels.status_bar import ProgressState

__all__ = ["LoadedScene", "SceneHost", "SceneLoading", "SceneReading"]

_KEY = "scene"
_Read = tuple[Scene, Path, LoadOptions]
_LOOK_EVERY_S = 0.1


class SceneReading:
    """A scene that is being read before there is a window to tell how far it is."""

    def __init__(self, path: Path, options: LoadOptions, project: Path | None = None) -> None:
        """Start reading, on a thread of its own.

        Args:
            path: The scene.
            options: What the user said about it; what the project remembers completes it.
            project: Folder of its project; None for the usual one.
        """
        self.path = path.absolute()
        self.options = options
        self._project = project
        self._progress = (0.0, "")
        self._scene: Future[Scene] = Future()
        # A daemon: where no window can be opened, nobody waits for the scene.
        threading.Thread(target=self._run, name="o3d-paint-first-scene", daemon=True).start()

    def result(self, report: Report) -> Scene:
        """Wait for the scene, and tell meanwhile how far it is.

        Raises:
            JobCancelled: Nobody wants it any more.
            PaintError: It cannot be read.
        """
        while True:
            report(*self._progress)
            try:
                return self._scene.result(_LOOK_EVERY_S)
            except StillReading:
                if self._scene.done():
                    raise

    def _run(self) -> None:
        try:
            folder = project_folder(self.path, self._project)[0]
            self.options = completed_options(self.options, folder)
            self._scene.set_result(load_scene(self.path, self.options, progress=self._note))
        except BaseException as error:
            self._scene.set_exception(error)

    def _note(self, share: float, stage: str = "") -> None:
        self._progress = (share, stage)


@dataclass(frozen=True, slots=True, eq=False)
class LoadedScene:
    """A scene with the folder of its project, read beside the window.

    Attributes:
        scene: What was read.
        shown: Its cloud for the 3D view.
        path: From where.
        folder: Where its project is kept.
        note: Why that is not the usual place; None where it is.
        prepared: The project, locked and read; None where the window holds that folder itself.
        options: How it was read.
    """

    scene: Scene
    shown: ShownCloud
    path: Path
    folder: Path
    note: str | None
    prepared: Prepared | None
    options: LoadOptions


class SceneHost(Protocol):
    """Who shows scenes that were loaded."""

    @property
    def project_folder(self) -> Path | None:
        """The folder of the open project; None while nothing is open."""

    @property
    def first_classes(self) -> Taxonomy | None:
        """Classes of projects that begin here; None for the published five."""

    def take_project(self) -> Path | None:
        """Return the project folder that the user named for the first scene, once."""

    def show_loading(self, progress: ProgressState | None) -> None:
        """Show how far loading is; None when it is over."""

    def open_scene(self, loaded: LoadedScene) -> None:
        """Show a scene in place of the open one."""

    def report(self, error: Exception) -> None:
        """Tell the user of an error."""


class SceneLoading:
    """Loads one scene at a time for a window."""

    def __init__(self, host: SceneHost, mailbox: Mailbox, options: LoadOptions) -> None:
        """Load with what the user said about scenes."""
        self._host = host
        self._options = options
        self._worker = Worker(mailbox.post, name="o3d-paint-loader")
        self.error: Exception | None = None
        self.is_first = True

    @property
    def is_loading(self) -> bool:
        """Whether a scene is on its way."""
        return self._worker.is_running(_KEY)

    def open(self, path: Path) -> None:
        """Read a scene and show it."""
        resolved = path.absolute()
        limit = self._options.memory_limit
        given = self._options if self.is_first else LoadOptions(memory_limit=limit)

        def work(report: Report) -> _Read:
            options = completed_options(given, project_folder(resolved)[0])
            return load_scene(resolved, options, progress=report), resolved, options

        self._start(resolved.name, work)

    def open_reading(self, reading: SceneReading) -> None:
        """Show a scene whose reading began before the window."""

        def work(report: Report) -> _Read:
            return reading.result(report), reading.path, reading.options

        self._start(reading.path.name, work)

    def open_sample(self) -> None:
        """Make the sample scene if need be, read and show it."""

        def work(report: Report) -> _Read:
            from o3d_paint.io.sample import sample_scene_path

            report(0.0, "made for the first time, some seconds")
            path = sample_scene_path()
            return load_scene(path, progress=report), path, LoadOptions()

        self._start("the sample scene", work)

    def close(self) -> None:
        """Read nothing any more."""
        self._worker.close()

    def tick(self) -> None:
        """Nothing is polled: workers answer through the mailbox."""

    def _start(self, name: str, read: Callable[[Report], _Read]) -> None:
        chosen, held = self._host.take_project(), self._host.project_folder
        classes = self._host.first_classes

        def work(report: Report) -> LoadedScene:
            scene, path, options = read(report)
            folder, note = project_folder(path, chosen)
            prepared = None if folder == held else prepare_session(scene, folder, classes=classes)
            if classes and prepared and prepared.loaded.number:
                note = f"{folder.name} has classes already: those of --taxonomy are left out"
            # What the window would wait for: the points as they are shown, the search for plug-ins.
            has_photo_tools()
            shown = ShownCloud.of(scene.cloud)
            return LoadedScene(scene, shown, path, folder, note, prepared, options)

        self._progressed(0.0, f"Reading {name}")
        self._worker.submit(
            _KEY,
            work,
            done=self._done,
            failed=self._failed,
            progressed=lambda share, stage: self._progressed(share, f"{name}: {stage}"),
        )

    def _progressed(self, share: float, text: str) -> None:
        self._host.show_loading(ProgressState(text, share, is_cancellable=False))

    def _done(self, loaded: LoadedScene) -> None:
        self._host.show_loading(None)
        self._host.open_scene(loaded)
        self.is_first = False

    def _failed(self, error: Exception) -> None:
        self._host.show_loading(None)
        if self.is_first and self._host.project_folder is None:
            self.error = error
        self._host.report(error)
