"""The first half of opening a project: lock the folder, read it, keep what is damaged."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from o3d_paint.core.scene import Scene
from o3d_paint.core.taxonomy import LabelClass, Taxonomy
from o3d_paint.errors import StorageError
from o3d_paint.io.part_files import remove_dead_parts
from o3d_paint.io.store import make_folder
from o3d_paint.project.database import wal_of
from o3d_paint.project.foreign import move_foreign_aside
from o3d_paint.project.layout import Layout
from o3d_paint.project.loaded import Loaded
from o3d_paint.project.loading import load_folder
from o3d_paint.project.lock import FolderLock, Holder
from o3d_paint.project.mask_file import PointLabels, write_layer, write_mask
from o3d_paint.project.project import taxonomy_of
from o3d_paint.project.states import keep_state
from o3d_paint.project.store import Store

__all__ = ["Prepared", "keep_pieces", "lock_folder", "prepare_session", "remove_unused"]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A folder that was locked and read.

    Attributes:
        loaded: What it remembers.
        lock: On it, or why it cannot be locked.
        is_new: Whether it was made for this.
    """

    loaded: Loaded
    lock: FolderLock | StorageError
    is_new: bool

    def release(self) -> None:
        """Let go of the folder, where no session was opened after all."""
        if isinstance(self.lock, FolderLock):
            self.lock.release()


def prepare_session(
    scene: Scene,
    folder: Path,
    *,
    classes: Taxonomy | Iterable[str | LabelClass] | None = None,
) -> Prepared:
    """Lock and read a folder: what takes long about `open_session`, for any thread.

    Raises:
        ProjectError: A newer version of the program wrote it.
    """
    is_new = not folder.exists()
    told: list[str] = []
    try:
        lock: FolderLock | StorageError = lock_folder(Layout(folder), told)
    except StorageError as error:
        lock = error
    try:
        wanted = None if classes is None else taxonomy_of(classes)
        loaded = load_folder(folder, scene, classes=wanted)
        loaded.messages[:0] = told
    except BaseException:
        if isinstance(lock, FolderLock):
            lock.release()
        raise
    return Prepared(loaded, lock, is_new)


def lock_folder(layout: Layout, told: list[str] | None = None) -> FolderLock:
    """Make a folder if need be, lock it, and move out of the way what no project has.

    Args:
        layout: The folder.
        told: Gets what to tell the user.

    Raises:
        StorageError: Somebody else holds it, or it cannot be written to.
    """
    make_folder(layout.root)
    try:
        lock = FolderLock.acquire(layout.root)
    except OSError as error:
        msg = f"cannot write to {layout.root} ({error.strerror or error})"
        raise StorageError(msg) from error
    if isinstance(lock, Holder):
        msg = f"{layout.root} is open already, by {lock}"
        raise StorageError(msg)
    try:
        moved = move_foreign_aside(layout)
        # None that this program makes: what such a journal would put back comes from elsewhere.
        for ending in ("-journal", "-shm"):
            path = layout.database.with_name(layout.database.name + ending)
            if path.exists():
                layout.set_aside(path)
                moved.append(f"{path.name} is no part of a project: it was moved to aside")
        for folder in (layout.root, layout.states):
            remove_dead_parts(folder)
    except BaseException:
        lock.release()
        raise
    if told is not None:
        told += moved
    return lock


def keep_pieces(layout: Layout, loaded: Loaded) -> None:
    """Copy what is damaged or does not fit under other names, before all is written anew.

    Raises:
        OSError: Something cannot be kept.
        StorageError: Something cannot be kept.
        sqlite3.Error: Something cannot be kept.
    """
    newer = [p for p in loaded.newer if not any(layout.aside.glob(f"*-{p.name}"))]
    for path in dict.fromkeys((*loaded.damaged, *newer)):
        with contextlib.suppress(FileNotFoundError):
            layout.set_aside(path, move=False)
    is_sound = loaded.number and not loaded.damaged and not loaded.is_old
    if is_sound and loaded.is_to_be_written:
        Store(layout).close()  # folds in what a killed program left
        keep_state(layout)
    for name, piece in loaded.misfits.items():
        if isinstance(piece, PointLabels):
            write_layer(layout.aside_name(name), piece)
        else:
            mask, photo = piece
            write_mask(layout.aside_name(name), mask.unpacked(), loaded.taxonomy, photo=photo)


def remove_unused(layout: Layout) -> None:
    """Remove a folder that was made for a sitting in which nothing was done."""
    with contextlib.suppress(OSError):
        layout.database.unlink()
        wal_of(layout.database).unlink(missing_ok=True)
        layout.root.rmdir()
