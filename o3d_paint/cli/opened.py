"""A project opened to look at, for the commands that make something of it: nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from o3d_paint.cli.answer import Answer
from o3d_paint.cli.places import WRITING
from o3d_paint.cli.without_effect import without_effect

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
    "fully_labelled",
    "numbers_without_effect",
    "open_project",
    "scene_and_project",
]

ProjectArgument = Annotated[
    Path, typer.Argument(metavar="PROJECT", help="Project folder, such as scene.o3dpaint.")
]
SceneOption = Annotated[
    Path | None,
    typer.Option("--scene", help="The scene, where it is no longer where it was painted."),
]
FolderOption = Annotated[
    Path,
    typer.Option(
        "-o", "--output", metavar="DIR", help="Where the files go.", rich_help_panel=WRITING
    ),
]
PaintedOnlyOption = Annotated[
    bool,
    typer.Option(
        "--painted-only",
        help="Leave out what was accepted or derived from the paint.",
        rich_help_panel=WRITING,
    ),
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


def scene_and_project(given: Path) -> tuple[Path, Path | None]:
    """Return the scene that is meant, and the project where one was given in its place.

    Raises:
        ProjectError: It is a project whose scene is not there.
    """
    from o3d_paint.errors import FormatError, ProjectError
    from o3d_paint.project.layout import is_project
    from o3d_paint.project.session import scene_path_of

    if not is_project(given):
        return given, None
    try:
        return scene_path_of(given), given
    except FormatError as error:
        reason = str(error).partition(":")[0]
        msg = f"{reason}: give the scene itself, and {given} with --project"
        raise ProjectError(msg) from error


def open_project(
    folder: Path, *, scene: Path | None, options: LoadOptions, answer: Answer
) -> Opened:
    """Read a project and its scene.

    Raises:
        PaintError: One of them cannot be read.
    """
    from o3d_paint.io.scene import load_scene
    from o3d_paint.project.scene_options import completed_options
    from o3d_paint.project.session import read_project

    source = source_of(folder, scene, answer)
    options = completed_options(options, folder)
    with answer.progress("Reading") as told:
        loaded = load_scene(source, options, progress=told)
        answer.reads(loaded.sources)
        work, messages = read_project(folder, loaded)
    answer.note(f"{m[:1].upper()}{m[1:]}." for m in messages)
    answer.note(numbers_without_effect(options, loaded))
    return Opened(work, loaded, (source, *map(Path, loaded.sources)))


def numbers_without_effect(options: LoadOptions, scene: Scene) -> list[str]:
    """Return a sentence about options for numbers of labels, where a scene has none.

    Args:
        options: How the scene was read; no masks beside it.
        scene: The scene.
    """
    turned = {"--turn-masks": options.turn_masks is not None}
    notes = without_effect(turned, "here: it is for the masks that fuse reads")
    if scene.labels is not None:
        return notes
    given = {"--ignore": bool(options.ignore), "--first-id": options.first_id is not None}
    return notes + without_effect(given, "on a cloud without labels")


def source_of(folder: Path, scene: Path | None, answer: Answer) -> Path:
    """Return the scene of a project: the one that was named, or the one that it notes.

    Where that is not the one beside it, it is said.

    Raises:
        ProjectError: It is no project.
        FormatError: Its scene is not there.
    """
    from o3d_paint.errors import ProjectError
    from o3d_paint.project.layout import is_project
    from o3d_paint.project.session import passed_over, scene_path_of

    if not is_project(folder):
        msg = f"{folder} is no project folder: it has no project.sqlite"
        raise ProjectError(msg)
    if scene is not None:
        return scene
    source = scene_path_of(folder)
    answer.note(passed_over(folder, source))
    return source


def fully_labelled(opened: Opened, *, painted_only: bool, answer: Answer) -> LabelledScene:
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
        with answer.progress("Fusing") as told:
            told(0.0, "")
            work.fuse()
        state = "had changed since it was fused" if was_fused else "was not fused"
        answer.note([f"The paint {state} in the project, so it was for this."])
    else:
        work.show_fused(True)
    return labelled_scene(work, painted_only=painted_only)
