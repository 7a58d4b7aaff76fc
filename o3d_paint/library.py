"""The engine without a window, for scripts and notebooks: what ``import o3d_paint as op`` offers.

::

    scene = op.load("scene.npz")
    project = op.Project(scene, classes=["floor", "wall"])
    project.paint(3, op.Stroke(np.array([[400, 300], [700, 320]]), radius=25, class_id=1))
    labels = project.fuse()                    # (N,) class ids, 0 where unlabelled
    op.export(project, "out.glb")
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from o3d_paint.core.scene import Scene
from o3d_paint.io import exporters, mask_exporters
from o3d_paint.io.exporters.labelled import ExportOptions, LabelledScene
from o3d_paint.io.mask_exporters import Written
from o3d_paint.io.scene import LoadOptions, load_scene
from o3d_paint.project.project import Project
from o3d_paint.project.report import labelled_scene

__all__ = ["export", "load", "show", "write_masks"]

Progress = Callable[[float, str], None]


def load(
    path: Path | str, options: LoadOptions | None = None, *, progress: Progress | None = None
) -> Scene:
    """Read a scene of any format that the program knows.

    Args:
        path: File or folder.
        options: What is to be said about it: direction of poses, what is up, trust.
        progress: Told the share done and the stage; may raise to cancel.

    Raises:
        PaintError: It cannot be read.
    """
    return load_scene(path, options, progress=progress)


def export(
    work: Project | LabelledScene, path: Path | str, options: ExportOptions | None = None
) -> list[str]:
    """Write labels in the format of the file's ending, whole or not at all.

    Args:
        work: A project, with its fused labels where it has them; or labels of any origin.
        path: Such as ``out.ply``, ``out.glb`` or ``labels.npy``.
        options: Colours and more.

    Returns:
        What the format could not keep, one sentence each.

    Raises:
        PaintError: The ending is unknown, or the file cannot be written.
    """
    return exporters.export(_labelled(work), path, options)


def write_masks(
    work: Project | LabelledScene,
    target: Path | str,
    format_name: str = "png",
    *,
    photos: bool = False,
    min_region: int | None = None,
    progress: Progress | None = None,
) -> Written:
    """Write a mask for every photo, painted or not, from the labels of the cloud.

    Args:
        work: A project, with its fused labels where it has them; or labels of any origin.
        target: Folder, or the file where the format is one file.
        format_name: ``png``, ``coco``, ``cvat`` or ``yolo``.
        photos: Writes the photos as well.
        min_region: Pixels that a region has at least in YOLO's data sets; None for one in 20,000
            of the photo's pixels, 0 for all regions.
        progress: Told the share done and the stage; may raise to cancel.

    Raises:
        PaintError: There is no such format, or something cannot be written.
    """
    return mask_exporters.write_masks(
        _labelled(work),
        target,
        format_name,
        photos=photos,
        min_region=min_region,
        progress=progress,
    )


def show(work: Project | Scene) -> None:
    """Open a project, or a scene to begin one, in a window.

    Raises:
        DisplayError: No window can be opened here.
    """
    # Imported by name: the window's types are not part of the library's contract.
    app = import_module("o3d_paint.ui.app")
    app.show(work if isinstance(work, Project) else Project(work))


def _labelled(work: Project | LabelledScene) -> LabelledScene:
    if isinstance(work, LabelledScene):
        return work
    work.complete_indexes()
    return labelled_scene(work)
