"""A project opened to look at, for the commands that make something of it: nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from o3d_paint.cli.options import load_options
from o3d_paint.cli.terminal import note, progress_of

if TYPE_CHECKING:
    from o3d_paint.core.scene import Scene
    from o3d_paint.io.exporters.labelled import LabelledScene
    from o3d_paint.project.project import Project

__all__ = [
    "FolderOption",
    "Opened",
    "PaintedOnlyOption",
    "ProjectArgument",
    "SceneOption",
    "fully_labelled",
    "open_project",
]

ProjectArgument = Annotated[
    Path, typer.Argument(metavar="PROJECT", help="Project folder, such as scene.o3dpaint.")
]
SceneOption = Annotated[
    Path | None,
    typer.Option("--scene", help="The scene, where it is no longer where it was painted."),
]
FolderOption = Annotated[
    Path, typer.Option("-o", "--output", metavar="DIR", help="Where the files go.")
]
PaintedOnlyOption = Annotated[
    bool, typer.Option("--painted-only", help="Leave out what was derived from the paint.")
]


@dataclass(frozen=True, slots=True)
class Opened:
    """A project and where it came from.

    Attributes:
        project: The work; changes to it are lost.
        scene: What was painted.
        scene_path: The scene's file or folder.
    """

    project: Project
    scene: Scene
    scene_path: Path


def open_project(
    folder: Path,
    *,
    scene: Path | None,
    images: Path | None,
    memory_limit: str | None,
    quiet: bool,
) -> Opened:
    """Read a project and its scene.

    Raises:
        PaintError: One of them cannot be read.
    """
    from o3d_paint.errors import ProjectError
    from o3d_paint.io.scene import load_scene
    from o3d_paint.project.session import read_project, scene_path_of

    if not (folder / "project.json").is_file():
        msg = f"{folder} is no project folder: it has no project.json"
        raise ProjectError(msg)
    source = scene if scene is not None else scene_path_of(folder)
    options = load_options(images=images, memory_limit=memory_limit)
    with progress_of("Reading", quiet=quiet) as told:
        loaded = load_scene(source, options, progress=told)
        work, messages = read_project(folder, loaded)
    note([f"{m[:1].upper()}{m[1:]}." for m in messages], quiet=quiet)
    return Opened(work, loaded, source)


def fully_labelled(opened: Opened, *, painted_only: bool, quiet: bool) -> LabelledScene:
    """Return the scene with its labels; what was never fused is fused now.

    Raises:
        SceneError: Nothing is painted.
    """
    from o3d_paint.errors import SceneError
    from o3d_paint.project.report import labelled_scene

    work = opened.project
    if not work.has_paint:
        msg = f"nothing is painted on {opened.scene.name}: paint a photo first"
        raise SceneError(msg)
    if painted_only:
        work.complete_indexes()
        work.show_fused(False)
    elif work.fusion is None:
        with progress_of("Fusing", quiet=quiet) as told:
            told(0.0, "")
            work.fuse()
        note(["The paint was not fused in the project, so it was for this."], quiet=quiet)
    else:
        work.show_fused(True)
    return labelled_scene(work)
