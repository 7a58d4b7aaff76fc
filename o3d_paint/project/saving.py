"""A project in memory as a folder that everything opens: the window, commands, the library."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

from o3d_paint.errors import PaintError, ProjectError, StorageError
from o3d_paint.io.exporters import exporters
from o3d_paint.io.project_folders import refuse_inside_project
from o3d_paint.io.scene import LoadOptions
from o3d_paint.project.autosave import Autosave
from o3d_paint.project.document_in import document_in
from o3d_paint.project.fitting import fit_scene
from o3d_paint.project.jobs import InlineJobs
from o3d_paint.project.layout import Layout, is_project
from o3d_paint.project.loaded import Loaded
from o3d_paint.project.opening import lock_folder
from o3d_paint.project.project import Project
from o3d_paint.project.scene_options import SETTING, kept_options
from o3d_paint.project.states import keep_state
from o3d_paint.project.store import Store

__all__ = ["check_project_folder", "save_project"]


def check_project_folder(folder: Path, *, inputs: Iterable[Path] = ()) -> bool:
    """Return whether a project is there already; refuse what no project can be written to.

    Args:
        folder: Where one is to be written.
        inputs: What is read: none of it is written into.

    Raises:
        StorageError: It is a file, holds files of something else, or lies within another project.
    """
    if folder.suffix.lower() in exporters():
        msg = f"{folder} is the name of a labelled cloud: a project is a folder, scene.o3dpaint"
        raise StorageError(msg)
    refuse_inside_project(folder.parent)
    if folder.exists() and not folder.is_dir():
        msg = f"{folder} is a file: a project is a folder, choose another name"
        raise StorageError(msg)
    if not folder.resolve().parent.is_dir():
        msg = f"cannot write {folder}: there is no folder {folder.parent}, make it first"
        raise StorageError(msg)
    if is_project(folder):
        return True
    if any(folder.resolve() == path.resolve() for path in inputs):
        msg = f"{folder} is being read and would be written into: choose another name"
        raise StorageError(msg)
    if folder.is_dir() and any(folder.iterdir()):
        msg = f"{folder} holds files of something else: choose a folder that is new or empty"
        raise StorageError(msg)
    return False


def save_project(
    project: Project,
    folder: Path | str,
    *,
    scene_path: Path | str | None = None,
    options: LoadOptions | None = None,
    replace: bool = False,
) -> Path:
    """Write a project into a folder of its own, its fused labels with it; whole or not at all.

    Args:
        project: Stays as it is.
        folder: New or empty; or a project of the same scene, with ``replace``.
        scene_path: The scene's file, noted in the project; None for where the scene was read from.
        options: How the scene was read; opened from the folder it is read so again.
        replace: Whether a project of the same scene gives way. What it held is kept among its last
            five states, which ``o3d-paint recover`` puts back.

    Returns:
        The folder.

    Raises:
        ProjectError: The folder holds the project of another scene.
        StorageError: It holds a project and ``replace`` is not set, or something else; it is open
            in a window, or cannot be written.
    """
    root = Path(folder)
    number = 0
    if check_project_folder(root):
        if not replace:
            msg = f"{root} holds a project already: choose another name, or replace it"
            raise StorageError(msg)
        number = _number_of_same_scene(root, project)
    project.end_stroke()
    if options is not None:
        project.set_setting(SETTING, kept_options(options))
    source = scene_path if scene_path is not None else next(iter(project.scene.sources), None)
    layout = Layout(root)
    lock = lock_folder(layout)
    try:
        if number:
            _keep(layout)
        _write(project, layout, number=number, scene_path=None if source is None else Path(source))
    finally:
        lock.release()
    return root


def _number_of_same_scene(root: Path, project: Project) -> int:
    """Return the number of the last checkpoint of a project that is about the same scene.

    Raises:
        ProjectError: It is about another one.
    """
    document = document_in(root)
    fit = fit_scene(document, project.scene)
    fitting = sum(place is not None for place in fit.frames)
    if not fit.cloud or 2 * fitting < len(fit.frames):
        about = f"{document.num_points:,} points, {len(document.photos)} photos"
        msg = (
            f"{root} is the project of another scene ({document.scene_name}: {about}): choose"
            " another name"
        )
        raise ProjectError(msg)
    return max(1, document.number)


def _keep(layout: Layout) -> None:
    """Keep what a project holds among its states.

    Raises:
        StorageError: It cannot be kept.
    """
    try:
        if not layout.is_old:
            Store(layout).close()  # folds in what a killed program left
            keep_state(layout)
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or error
        msg = f"what {layout.root} holds cannot be kept ({reason}): choose another name"
        raise StorageError(msg) from error


def _write(project: Project, layout: Layout, *, number: int, scene_path: Path | None) -> None:
    """Write everything as one checkpoint."""
    inline = InlineJobs()
    autosave = Autosave(
        project,
        layout,
        disk=inline,
        settler=inline,
        scene_path=scene_path,
        loaded=Loaded(project.taxonomy, number=number),
        place=_nowhere,
    )
    try:
        autosave.begin(whole=True)
        layout.keep_original()
    except (OSError, PaintError) as error:
        # The message speaks of a window; here nothing is kept in memory.
        cause = error.__cause__
        reason = str(cause) if isinstance(cause, PaintError) else str(error).partition(":")[0]
        raise StorageError(reason) from error
    finally:
        autosave.stop()


def _nowhere() -> tuple[Layout, str]:
    msg = "the folder was moved or deleted meanwhile"
    raise StorageError(msg)
