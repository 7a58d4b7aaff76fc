"""The engine without a window, for scripts and notebooks: what ``import o3d_paint as op`` offers.

::

    scene = op.load("scene.npz")
    project = op.Project(scene, classes=["floor", "wall"])
    project.paint(3, op.Stroke(np.array([[400, 300], [700, 320]]), radius=25, class_id=1))
    labels = project.fuse()                    # (N,) class ids, 0 where unlabelled
    op.export(project, "out.glb")

    project = op.Project.from_masks(scene, "masks/")           # or {photo: (H, W) ids}
    project.fuse()
    op.save(project, "scene.o3dpaint")         # opens in the window and by every command
    op.statistics(project)                     # points, area, photos, sure and unsure by class
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path

import numpy as np

from o3d_paint.core import metrics
from o3d_paint.core.arrays import IdArray
from o3d_paint.core.metrics import Scores
from o3d_paint.core.scene import Scene
from o3d_paint.core.statistics import ClassStatistics
from o3d_paint.core.taxonomy import LabelClass, Taxonomy
from o3d_paint.io import exporters, mask_exporters, masks
from o3d_paint.io.clouds.registry import read_cloud
from o3d_paint.io.comparison import compare_files, read_labels
from o3d_paint.io.exporters.labelled import ExportOptions, LabelledScene
from o3d_paint.io.exporters.selection import exported_parts
from o3d_paint.io.mask_exporters import Written
from o3d_paint.io.masks import MaskImport
from o3d_paint.io.scene import LoadOptions, load_scene
from o3d_paint.project.project import Project, taxonomy_of
from o3d_paint.project.report import labelled_scene
from o3d_paint.project.saving import save_project
from o3d_paint.project.statistics import statistics as counted

__all__ = ["export", "load", "load_masks", "save", "score", "show", "statistics", "write_masks"]

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


def load_masks(
    path: Path | str,
    scene: Scene,
    classes: Taxonomy | Iterable[str | LabelClass] | None = None,
) -> MaskImport:
    """Read masks of any known format for the photos of a scene.

    `Project.from_masks` makes a project of them at once.

    Args:
        path: File or folder.
        scene: Whose photos.
        classes: Those that are known; names in the file are looked up among them and unknown
            ones added.

    Returns:
        ``masks`` (H, W) by position of the photo, their ``taxonomy``, and ``notes``.

    Raises:
        PaintError: They cannot be read, or none belongs to a photo.
    """
    return masks.load_masks(path, scene, None if classes is None else taxonomy_of(classes))


def export(
    work: Project | LabelledScene,
    path: Path | str,
    options: ExportOptions | None = None,
    *,
    only: str | int | Iterable[str | int] = (),
    split: bool = False,
    drop_unlabelled: bool = False,
) -> list[str]:
    """Write labels in the format of the file's ending, whole or not at all.

    Args:
        work: A project, with its fused labels where it has them; or labels of any origin.
        path: Such as ``out.ply``, ``out.glb`` or ``labels.npy``.
        options: Colours and more.
        only: Names or ids of the classes to write, or one of them; none for all.
        split: Writes a file for each class: ``out_roof.ply``, ``out_walls.ply`` …
        drop_unlabelled: Leaves out points without a label.

    Returns:
        What the format could not keep, one sentence each.

    Raises:
        PaintError: The ending is unknown, there is no such class or no point of it, or a file
            cannot be written.
    """
    # A missing library is said before anything is made.
    exporters.require_libraries(Path(path))
    wanted = [only] if isinstance(only, str | int) else only
    parts = exported_parts(
        _labelled(work),
        [Path(path)],
        only=[str(name) for name in wanted],
        split=split,
        drop_unlabelled=drop_unlabelled,
    )
    notes = [exporters.export(part, target, options) for target, part in parts]
    return list(dict.fromkeys(sentence for listed in notes for sentence in listed))


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
        target: Folder, or the file where the format is one file; never that of masks which the
            project was made from.
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
        masks_read=work.masks_read if isinstance(work, Project) else (),
        progress=progress,
    )


def save(
    project: Project,
    folder: Path | str,
    *,
    scene_path: Path | str | None = None,
    options: LoadOptions | None = None,
    replace: bool = False,
) -> Path:
    """Write a project as a folder that the window and every command open; see `save_project`.

    `open_session` keeps a folder in step with the work instead.
    """
    return save_project(project, folder, scene_path=scene_path, options=options, replace=replace)


def statistics(work: Project | LabelledScene | Path | str) -> tuple[ClassStatistics, ...]:
    """Return points, share, area, photos, sure and unsure points of each class.

    Args:
        work: A project as it shows, labels of any origin, or the file of a labelled cloud.

    Returns:
        A line for each class in their order, and one of id 0 for unlabelled points. What nothing
        tells is None.

    Raises:
        PaintError: The file cannot be read.
    """
    return counted(read_cloud(work) if isinstance(work, (Path, str)) else work)


def score(
    work: Project | LabelledScene | IdArray | Path | str,
    truth: LabelledScene | IdArray | Path | str,
) -> Scores:
    """Compare labels with the truth: accuracy, IoU of each class, mean IoU, confusion.

    Args:
        work: A project as it shows, labels of any origin, (N,) ids, or a file of them.
        truth: (N,) ids in the order of the points, 0 where unknown; or a file, if ``work`` is one
            as well: then points are paired by place where they are not the same.

    Raises:
        PaintError: A file cannot be read.
        ValueError: The numbers of points differ.
    """
    if isinstance(truth, (Path, str)):
        if isinstance(work, (Path, str)):
            return compare_files(Path(work), Path(truth)).scores
        truth = _ids_in(Path(truth))
    found = _ids_in(Path(work)) if isinstance(work, (Path, str)) else _ids_of(work)
    return metrics.score(found, _ids_of(truth))


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


def _ids_of(work: Project | LabelledScene | IdArray) -> IdArray:
    if isinstance(work, (Project, LabelledScene)):
        return np.asarray(_labelled(work).labels)
    return np.asarray(work)


def _ids_in(path: Path) -> IdArray:
    """Return the labels of a file in its order."""
    return read_labels(path).labels
