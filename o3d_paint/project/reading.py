"""A project to look at: read without lock and without writing anything."""

from __future__ import annotations

from pathlib import Path

from o3d_paint.core.scene import Scene
from o3d_paint.errors import FormatError
from o3d_paint.io.files import reading
from o3d_paint.project.document_in import document_in
from o3d_paint.project.fused_file import read_fusion
from o3d_paint.project.jobs import Jobs
from o3d_paint.project.layout import Layout
from o3d_paint.project.loaded import Loaded
from o3d_paint.project.loading import load_folder
from o3d_paint.project.noted_paths import found_again, is_passed_over
from o3d_paint.project.project import Project

__all__ = ["passed_over", "project_of", "read_project", "scene_path_of"]


def read_project(
    folder: Path, scene: Scene, *, jobs: Jobs | None = None
) -> tuple[Project, tuple[str, ...]]:
    """Return the project in a folder without locking or writing anything, and what to tell.

    Raises:
        ProjectError: A newer version of the program wrote it.
    """
    loaded = load_folder(folder, scene)
    project = project_of(scene, loaded, Layout(folder), jobs=jobs)
    return project, tuple(loaded.messages)


def scene_path_of(folder: Path) -> Path:
    """Return the scene that a project was painted on, where it still is.

    What lies beside the project goes before the place that it notes, which may be another
    computer's, or a sender's choice.

    Raises:
        FormatError: The project or its scene cannot be found.
        ProjectError: A newer version of the program wrote it.
    """
    with reading(folder):
        noted = document_in(folder).scene_path
    found = found_again(noted, folder)
    if found is None:
        msg = f"the scene of {folder} is neither beside the project nor {noted or 'noted in it'}"
        raise FormatError(f"{msg}: name it with --scene")
    return found


def passed_over(folder: Path, scene: Path) -> list[str]:
    """Return a sentence where a project names another scene than the one beside it.

    Args:
        folder: Of the project.
        scene: What `scene_path_of` returned.
    """
    with reading(folder):
        noted = document_in(folder).scene_path
    if not is_passed_over(noted, folder, scene):
        return []
    return [
        f"{scene} lies beside the project and is read; the project names {noted}, which is there,"
        " too: choose it with --scene."
    ]


def project_of(scene: Scene, loaded: Loaded, layout: Layout, *, jobs: Jobs | None) -> Project:
    """Make a project of what was loaded from a folder."""
    project = Project(scene, loaded.taxonomy, jobs=jobs)
    with reading(layout.root):
        if loaded.is_fused(layout):
            _restore_fusion(project, loaded, layout)
        elif loaded.fusion:
            loaded.messages.append(f"{layout.fused.name} is missing: fuse again")
    project.restore(
        masks=loaded.masks,
        layer=loaded.layer,
        accepted=loaded.accepted,
        history=(loaded.history.done, loaded.history.undone),
        settings=loaded.settings,
        hidden=loaded.hidden,
        locked=loaded.locked,
    )
    return project


def _restore_fusion(project: Project, loaded: Loaded, layout: Layout) -> None:
    """Take over the fused layer of a folder, if it belongs to this cloud; else say so."""
    try:
        found = read_fusion(layout.fused, project.scene)
    except FormatError as error:
        loaded.messages.append(f"{error}; the fused labels are lost, fuse again")
        return
    if found is None:
        return
    fusion, known, number = found
    heirs = loaded.heirs.get(number, loaded.heirs.get(loaded.fusion))
    project.restore_fusion(fusion, known=known, shown=loaded.fused_shown, heirs=heirs)
    if number != loaded.fusion:
        loaded.messages.append(
            "what was fused last was not on the disk yet when the program ended: the labels of the"
            " fusion before show; fuse again"
        )
    if project.fusion_is_outdated:
        loaded.messages.append(
            "an earlier version of the program fused this project: its labels stay as they are"
            " until it is fused again"
        )
