"""Parts of a labelled scene: some classes only, or one file for each class."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from o3d_paint.core.arrays import BoolArray
from o3d_paint.core.scene import PointCloud
from o3d_paint.core.taxonomy import Taxonomy
from o3d_paint.errors import SceneError, TaxonomyError
from o3d_paint.io.exporters.labelled import LabelledScene

__all__ = [
    "class_ids_of",
    "exported_parts",
    "file_stem",
    "only_classes",
    "split_path",
    "split_paths",
    "without_unlabelled",
]

_UNLABELLED = "unlabelled"


def class_ids_of(names: Sequence[str], taxonomy: Taxonomy) -> list[int]:
    """Return the ids of class names or numbers that a user gave.

    Raises:
        TaxonomyError: There is no such class.
    """
    ids = []
    for name in names:
        found = taxonomy.find(name)
        if found is None and name.strip().isdecimal() and int(name) in taxonomy:
            found = taxonomy.get(int(name))
        if found is None:
            known = ", ".join(repr(c.name) for c in taxonomy)
            msg = f"there is no class {name!r}: the classes are {known or 'none'}"
            raise TaxonomyError(msg)
        ids.append(found.class_id)
    return ids


def only_classes(labelled: LabelledScene, class_ids: Sequence[int]) -> LabelledScene:
    """Return the points of some classes, in their order; 0 means unlabelled points."""
    return _selected(labelled, np.isin(labelled.labels, class_ids))


def without_unlabelled(labelled: LabelledScene) -> LabelledScene:
    """Return the points that have a label, in their order."""
    return _selected(labelled, labelled.labels > 0)


def exported_parts(
    labelled: LabelledScene,
    paths: Sequence[Path],
    *,
    only: Sequence[str] = (),
    split: bool = False,
    drop_unlabelled: bool = False,
) -> list[tuple[Path, LabelledScene]]:
    """Return what goes into which file.

    Args:
        labelled: Cloud and labels.
        paths: Files as they were named.
        only: Names or numbers of classes; none takes all.
        split: Whether each class gets a file of its own.
        drop_unlabelled: Whether points without a label are left out.

    Raises:
        SceneError: No point is left.
        TaxonomyError: There is no such class.
    """
    part = labelled
    if only:
        part = only_classes(part, class_ids_of(only, labelled.taxonomy))
    elif drop_unlabelled:
        part = without_unlabelled(part)
    if paths and not len(part.labels):
        wanted = f"of class {', '.join(only)}" if only else "labelled"
        msg = f"no point is {wanted}, so there is nothing to write: paint some first"
        raise SceneError(msg)
    if not split:
        return [(path, part) for path in paths]
    return [
        (target, only_classes(part, [class_id]))
        for path in paths
        for class_id, target in split_paths(part, path).items()
    ]


def split_paths(labelled: LabelledScene, path: Path) -> dict[int, Path]:
    """Return a file for each class that has points, as `split_path` names them."""
    found = np.unique(labelled.labels).tolist()
    return {i: split_path(path, labelled.taxonomy, i) for i in found}


def split_path(path: Path, taxonomy: Taxonomy, class_id: int) -> Path:
    """Return the file of a class: ``out.ply`` becomes ``out_roof.ply``.

    Unlabelled points (0) get ``out_unlabelled.ply``. Names that would meet get their id behind.
    """
    stems = {c.class_id: file_stem(c.name) for c in taxonomy}
    stem = stems[class_id] if class_id else _UNLABELLED
    if class_id and [_UNLABELLED, *stems.values()].count(stem) > 1:
        stem = f"{stem}_{class_id}"
    return path.with_name(f"{path.stem}_{stem}{path.suffix}")


def file_stem(name: str) -> str:
    """Return a class name as part of a file name that every system takes."""
    stem = re.sub(r"[^\w-]+", "_", name.strip().casefold()).strip("_")
    return stem[:60] or "class"


def _selected(labelled: LabelledScene, kept: BoolArray) -> LabelledScene:
    cloud = labelled.scene.cloud
    part = PointCloud(cloud.xyz[kept], cloud.rgb[kept])
    return LabelledScene(
        replace(labelled.scene, cloud=part),
        labelled.taxonomy,
        labelled.labels[kept],
        labelled.source[kept],
        None if labelled.confidence is None else labelled.confidence[kept],
        None if labelled.votes is None else labelled.votes[kept],
    )
