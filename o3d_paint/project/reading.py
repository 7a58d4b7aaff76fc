"""A project to look at: read without lock and without writing anything."""

from __future__ import annotations

import contextlib
from pathlib import Path

from o3d_paint.core.scene import Scene
from o3d_paint.errors import FormatError
from o3d_paint.project.document import read_document
from o3d_paint.project.fused_file import read_fusion
from o3d_paint.project.jobs import Jobs
from o3d_paint.project.layout import Layout
from o3d_paint.project.loaded import Loaded
from o3d_paint.project.loading import load_folder
from o3d_paint.project.project import Project

__all__ = ["project_of", "read_project", "scene_path_of"]


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

    Raises:
        FormatError: The project or its scene cannot be found.
        ProjectError: A newer version of the program wrote it.
    """
    noted = Path(read_document(Layout(folder).document).scene_path)
    beside = folder.resolve().parent / noted.name
    for path in (noted, beside):
        if noted.name and path.exists():
            return path
    msg = f"the scene of {folder} is neither {noted} nor beside the project: name it with --scene"
    raise FormatError(msg)


def project_of(scene: Scene, loaded: Loaded, layout: Layout, *, jobs: Jobs | None) -> Project:
    """Make a project of what was loaded from a folder."""
    project = Project(scene, loaded.taxonomy, jobs=jobs)
    if loaded.number and layout.fused.exists():
        with contextlib.suppress(FormatError):
            found = read_fusion(layout.fused, scene)
            if found is not None:
                project.restore_fusion(found[0], known=found[1], shown=loaded.fused_shown)
                if project.fusion_is_outdated:
                    loaded.messages.append(
                        "an earlier version of the program fused this project: its labels stay as"
                        " they are until it is fused again"
                    )
    project.restore(
        masks=loaded.masks,
        layer=loaded.layer,
        history=(loaded.history.done, loaded.history.undone),
        settings=loaded.settings,
        hidden=loaded.hidden,
        locked=loaded.locked,
    )
    return project
