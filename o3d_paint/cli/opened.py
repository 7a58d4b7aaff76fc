"""A project opened to look at, for the commands that make something of it: nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from o3d_paint.cli.outputs import ask_before_overwriting
from o3d_paint.cli.terminal import note, progress_of

if TYPE_CHECKING:
    from o3d_paint.core.scene import Scene
    from o3d_paint.io.exporters.labelled import LabelledScene
    from o3d_paint.io.scene import LoadOptions
    from o3d_paint.project.project import Project

__all__ = [
    "FolderOption",
    "Opened",
    "PaintedOnlyOption",
    "ProjectArgument",
    "SceneOption",
    "ask_before_filling",
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
    bool,
    typer.Option("--painted-only", help="Leave out what was accepted or derived from the paint."),
]


@dataclass(frozen=True, slots=True)
class Opened:
    """A project and where it came from.

    Attributes:
        project: The work; changes to it are lost.
        scene: What was painted.
        inputs: Files that were read and are never written over.
    """

    project: Project
    scene: Scene
    inputs: tuple[Path, ...]


def open_project(folder: Path, *, scene: Path | None, options: LoadOptions, quiet: bool) -> Opened:
    """Read a project and its scene.

    Raises:
        PaintError: One of them cannot be read.
    """
    from o3d_paint.errors import ProjectError
    from o3d_paint.io.scene import load_scene
    from o3d_paint.project.scene_options import completed_options
    from o3d_paint.project.session import passed_over, read_project, scene_path_of

    if not (folder / "project.json").is_file():
        msg = f"{folder} is no project folder: it has no project.json"
        raise ProjectError(msg)
    source = scene if scene is not None else scene_path_of(folder)
    note([] if scene is not None else passed_over(folder, source), quiet=quiet)
    options = completed_options(options, folder)
    with progress_of("Reading", quiet=quiet) as told:
        loaded = load_scene(source, options, progress=told)
        work, messages = read_project(folder, loaded)
    note([f"{m[:1].upper()}{m[1:]}." for m in messages], quiet=quiet)
    inputs = (source,) if options.cloud is None else (source, options.cloud)
    return Opened(work, loaded, inputs)


def ask_before_filling(folder: Path, *, overwrite: bool) -> None:
    """Let the user decide about a folder that has something in it already.

    Raises:
        StorageError: Nobody can be asked.
        typer.Exit: The answer is no.
    """
    is_filled = folder.is_dir() and any(folder.iterdir())
    ask_before_overwriting([folder] if is_filled else [], overwrite=overwrite)


def fully_labelled(opened: Opened, *, painted_only: bool, quiet: bool) -> LabelledScene:
    """Return the scene with its labels; what is not fused is fused now.

    Raises:
        SceneError: Nothing is painted.
    """
    from o3d_paint.errors import SceneError
    from o3d_paint.project.report import labelled_scene

    work = opened.project
    if not work.has_paint and not (len(work.accepted) and not painted_only):
        msg = f"nothing is painted on {opened.scene.name}: paint a photo first"
        raise SceneError(msg)
    if painted_only:
        work.complete_indexes()
    elif work.has_paint and (work.fusion is None or work.paint_is_newer):
        was_fused = work.fusion is not None
        with progress_of("Fusing", quiet=quiet) as told:
            told(0.0, "")
            work.fuse()
        state = "had changed since it was fused" if was_fused else "was not fused"
        note([f"The paint {state} in the project, so it was for this."], quiet=quiet)
    else:
        work.show_fused(True)
    return labelled_scene(work, painted_only=painted_only)
