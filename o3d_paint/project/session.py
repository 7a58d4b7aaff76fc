"""One sitting with a project folder: open, work, save, save elsewhere, close.

::

    session = open_session(scene, folder, post=window_post)   # or without post: all inline
    session.project ...                                       # saves itself after every step
    session.messages    what to tell the user now, one sentence each
    session.read_only   why nothing is saved here (held by another, read-only disk), or None
    session.problem     why the latest work is in memory only, or None
    session.save()      Ctrl+S;  .save(wait=True) raises StorageError
    session.save_as(folder) · session.tick() (now and then, for retries) · session.close()
    with open_session(...) as session: ...                    # closes by itself

`read_project` gives commands a project to look at, without lock and without writing.
"""

from __future__ import annotations

import itertools
import os
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from o3d_paint.core.scene import Scene
from o3d_paint.core.taxonomy import LabelClass, Taxonomy
from o3d_paint.errors import StorageError
from o3d_paint.project.autosave import Autosave
from o3d_paint.project.jobs import InlineJobs, Jobs, Post, Worker
from o3d_paint.project.layout import SUFFIX, Layout, is_project
from o3d_paint.project.loaded import Loaded
from o3d_paint.project.lock import FolderLock
from o3d_paint.project.opening import (
    Prepared,
    keep_pieces,
    lock_folder,
    prepare_session,
    remove_unused,
)
from o3d_paint.project.project import Project
from o3d_paint.project.reading import passed_over, project_of, read_project, scene_path_of

__all__ = [
    "Prepared",
    "Session",
    "Workers",
    "open_session",
    "passed_over",
    "prepare_session",
    "read_project",
    "scene_path_of",
]


@dataclass(slots=True)
class Workers:
    """Who works: on what takes long, on files, and on waiting for the disk."""

    compute: Jobs
    disk: Jobs
    settler: Jobs


class Session:
    """A project and the folder that keeps it; use `open_session`."""

    def __init__(
        self,
        project: Project,
        layout: Layout,
        *,
        workers: Workers,
        scene_path: Path | None,
        messages: Iterable[str],
    ) -> None:
        """Begin without saving."""
        self.project = project
        self.messages: tuple[str, ...] = tuple(messages)
        self.read_only: str | None = None
        self._layout = layout
        self._workers = workers
        self._scene_path = scene_path
        self._lock: FolderLock | None = None
        self._autosave: Autosave | None = None
        self._is_new = False

    @property
    def folder(self) -> Path:
        """Where the project is kept."""
        return self._layout.root

    @property
    def free_folder(self) -> Path:
        """A folder to suggest for `save_as`."""
        root = self.folder
        return root.with_name(f"{root.stem}-2{root.suffix}")

    @property
    def unsaved_words(self) -> str:
        """How to say in two words that nothing is written here."""
        return "read-only"

    @property
    def problem(self) -> StorageError | None:
        """Why the latest work is in memory only; None while all is safe or nothing was done."""
        return None if self._autosave is None else self._autosave.problem

    def save(self, *, wait: bool = False, then: Callable[[], None] | None = None) -> None:
        """Write everything now and keep it as one of the last five states.

        Args:
            wait: Block until it is done; else the project's ``saved`` or ``save_failed`` tell.
            then: Called once everything is on disk, and not if that fails.

        Raises:
            StorageError: The folder is read-only here, or (with ``wait``) cannot be written.
        """
        if self._autosave is None:
            msg = f'{self.read_only or "the session is closed"}: use "Save as…"'
            raise StorageError(msg)
        self._autosave.save(wait=wait, then=then)

    def save_as(self, folder: Path) -> None:
        """Save everything into another folder and go on there.

        Raises:
            StorageError: It holds a project already, or cannot be written; the session goes on
                as before.
        """
        layout = Layout(folder)
        if is_project(folder):
            msg = f"{folder} holds a project already: choose another name"
            raise StorageError(msg)
        lock = lock_folder(layout)
        autosave = self._new_autosave(layout, Loaded(self.project.taxonomy))
        try:
            autosave.begin(whole=True)
        except StorageError:
            autosave.stop()
            lock.release()
            raise
        self._let_go()
        self._layout, self._lock, self._autosave = layout, lock, autosave
        self.read_only, self._is_new = None, False

    def tick(self) -> None:
        """Try again to save, should that have failed; for a window's idle moments."""
        if self._autosave is not None:
            self._autosave.retry()

    def close(self) -> None:
        """Save everything and let go of the folder; may be called twice.

        Raises:
            StorageError: The latest work cannot be saved. The session stays open, so that it can
                be saved elsewhere; `abandon` closes it all the same.
        """
        self.project.end_stroke()
        if self._autosave is not None and (self._autosave.has_recorded or self.problem):
            self._autosave.save(wait=True)
        self.abandon()

    def abandon(self) -> None:
        """End without saving again; every finished step is safe."""
        unused = self._is_new and self._autosave is not None and not self._autosave.has_recorded
        self._let_go()
        for jobs in (self._workers.disk, self._workers.settler):
            jobs.close(drain=True)
        self.project.close()
        if unused:
            remove_unused(self._layout)

    def __enter__(self) -> Session:
        """Return the session, for ``with open_session(...) as session``."""
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Save everything and let go of the folder.

        What was done before an error is saved too; that it cannot be does not hide the error.

        Raises:
            StorageError: The latest work cannot be saved.
        """
        try:
            self.close()
        except StorageError:
            self.abandon()
            if error is None:
                raise

    def start(self, loaded: Loaded, lock: FolderLock, *, is_new: bool) -> None:
        """Keep the folder in step from now on.

        Args:
            loaded: What was read from it under the lock.
            lock: On the folder; let go when the session closes.
            is_new: Whether the folder was made for this session.
        """
        self._lock, self._is_new = lock, is_new
        if lock.recovered is not None:
            count = loaded.replayed
            steps = "1 step was" if count == 1 else f"{count} steps were"
            found = f"{steps} brought back" if count else "nothing had to be brought back"
            self.messages = (
                *self.messages,
                f"the last session of {lock.recovered} ended unexpectedly: {found}",
            )
        try:
            keep_pieces(self._layout, loaded)
        except (OSError, StorageError, sqlite3.Error) as error:
            self._let_go()
            self.make_read_only(f"damaged files cannot be kept aside ({error})")
            return
        self._autosave = self._new_autosave(self._layout, loaded)
        try:
            # A new folder gets its list of classes before the first stroke can refer to it.
            touched = set(loaded.masks) if loaded.replayed else None
            self._autosave.begin(whole=loaded.is_to_be_written, touched=touched)
            self._layout.keep_original()
        except (OSError, StorageError) as error:
            self.messages = (*self.messages, str(error))

    def make_read_only(self, reason: str) -> None:
        """Say why nothing is saved here."""
        self.read_only = reason
        self.messages = (*self.messages, f"{reason}: opened read-only, changes are not saved")

    def _new_autosave(self, layout: Layout, loaded: Loaded) -> Autosave:
        return Autosave(
            self.project,
            layout,
            disk=self._workers.disk,
            settler=self._workers.settler,
            scene_path=self._scene_path,
            loaded=loaded,
            place=self._place_anew,
        )

    def _place_anew(self) -> tuple[Layout, str]:
        """Return where to go on when the folder was moved, deleted or replaced.

        Nothing that is there by now is written over.

        Raises:
            StorageError: It cannot be written to.
        """
        root, layout = self._layout.root, self._layout
        if not root.parent.is_dir():
            msg = (
                f"{root} is gone, and the folder that it was in: your work is kept in memory;"
                ' choose another folder with "Save as…"'
            )
            raise StorageError(msg)
        what = f"{root} was moved or deleted while it was open"
        if self._lock is not None and self._lock.is_in_place:
            if layout.database.exists():
                aside = layout.set_aside(layout.database)
                what = f"{layout.database} was replaced while it was open (that is in {aside} now)"
            else:
                what = f"{layout.database} was moved or deleted while it was open"
            return layout, f"{what}: everything is written anew there"
        if os.path.lexists(root):
            what = f"{root} is another folder than the one that was opened, and is left as it is"
            number = itertools.count(2)
            while os.path.lexists(root):
                root = self.folder.with_name(f"{self.folder.stem}-{next(number)}{SUFFIX}")
        layout = Layout(root)
        lock = lock_folder(layout)
        if self._lock is not None:
            self._lock.release()
        self._layout, self._lock = layout, lock
        return layout, f"{what}: everything is written anew in {root}"

    def _let_go(self) -> None:
        if self._autosave is not None:
            self._autosave.stop()
            self._workers.disk.call(_nothing)
        if self._lock is not None:
            self._lock.release()
        self._autosave, self._lock = None, None


def open_session(
    scene: Scene,
    folder: Path | str,
    *,
    post: Post | None = None,
    classes: Taxonomy | Iterable[str | LabelClass] | None = None,
    scene_path: Path | str | None = None,
    prepared: Prepared | None = None,
) -> Session:
    """Open the project in a folder, or begin one.

    Args:
        scene: What is painted.
        folder: Of the project; made where it is absent.
        post: Runs closures on the UI thread; None does everything inline.
        classes: Of a new project.
        scene_path: The scene's file, noted in the project; None keeps what is noted there.
        prepared: What `prepare_session` returned for this scene and folder.

    Raises:
        ProjectError: A newer version of the program wrote it.
    """
    ready = prepared or prepare_session(scene, Path(folder), classes=classes)
    layout = Layout(Path(folder))
    workers = Workers(InlineJobs(), InlineJobs(), InlineJobs())
    if post is not None:
        workers = Workers(
            Worker(post, name="o3d-paint-compute"),
            Worker(post, name="o3d-paint-disk"),
            Worker(post, name="o3d-paint-journal"),
        )
    project = project_of(scene, ready.loaded, layout, jobs=workers.compute)
    noted = Path(ready.loaded.scene_path) if ready.loaded.scene_path else None
    session = Session(
        project,
        layout,
        workers=workers,
        scene_path=noted if scene_path is None else Path(scene_path),
        messages=ready.loaded.messages,
    )
    if isinstance(ready.lock, FolderLock):
        session.start(ready.loaded, ready.lock, is_new=ready.is_new)
    else:
        session.make_read_only(str(ready.lock))
    return session


def _nothing() -> None:
    """Give a worker something to end with."""
