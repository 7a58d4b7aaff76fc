"""Parts of a labelled scene: some classes only, or one file for each class."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from o3d_paint.core.arrays import BoolArray
from o3d_paint.core.scene import FileRows, PointCloud
from o3d_paint.core.taxonomy import Taxonomy
from o3d_paint.errors import SceneError, TaxonomyError
from o3d_paint.io.exporters.labelled import LabelledScene
from o3d_paint.io.file_names import distinct_names, same_file_key

__all__ = [
    "class_ids_of",
    "exported_parts",
    "file_stem",
    "only_classes",
    "split_names",
    "split_paths",
    "without_unlabelled",
]

_UNLABELLED = "unlabelled"
_LONGEST = 200  # bytes; names of files end at 255


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
    """Return the points of some classes, in their order; 0 means unlabelled points.

    To those belong the rows of the cloud's file that hold no point.
    """
    return _selected(labelled, np.isin(labelled.labels, class_ids), nowhere=0 in class_ids)


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
    """Return a file for each class that has points, as `split_names` has them."""
    names = split_names(path, labelled.taxonomy)
    return {i: names[i] for i in np.unique(labelled.labels).tolist()}


def split_names(path: Path, taxonomy: Taxonomy) -> dict[int, Path]:
    """Return the file of each class by id: ``out.ply`` becomes ``out_roof.ply``.

    Unlabelled points (0) get ``out_unlabelled.ply``. Names that would meet get their id behind,
    also where only a disk that ignores case or composition would take them for one.
    """
    stems = {c.class_id: file_stem(c.name) for c in taxonomy}
    keys = Counter(map(same_file_key, [_UNLABELLED, *stems.values()]))
    others = [i for i, stem in stems.items() if keys[same_file_key(stem)] > 1]
    names = {0: _UNLABELLED, **stems}
    kept = [name for i, name in names.items() if i not in set(others)]
    marked = [f"{stems[i]}_{i}" for i in others]
    found = distinct_names(marked, longest=_LONGEST, marks=["_"] * len(others), taken=kept)
    names |= dict(zip(others, found, strict=True))
    return {i: path.with_name(f"{path.stem}_{n}{path.suffix}") for i, n in names.items()}


def file_stem(name: str) -> str:
    """Return a class name as part of a file name that every system takes."""
    stem = re.sub(r"[^\w-]+", "_", name.strip().casefold()).strip("_")
    return stem[:60] or "class"


def _selected(labelled: LabelledScene, kept: BoolArray, *, nowhere: bool = False) -> LabelledScene:
    """Return the points that are kept, with the rows of the file whose point is nowhere or not."""
    cloud, rows = labelled.scene.cloud, labelled.scene.rows
    part = PointCloud(cloud.xyz[kept], cloud.rgb[kept])
    written = kept if rows is None else np.full(rows.count, nowhere)
    if rows is not None:
        written[rows.of_points] = kept
    numbers = labelled.file_rows
    file_rows = np.flatnonzero(written) if numbers is None else numbers[written]
    if rows is not None:
        places = (np.cumsum(written) - 1)[rows.of_points[kept]]
        rows = FileRows(places, len(file_rows)) if len(file_rows) > len(places) else None
    return LabelledScene(
        replace(labelled.scene, cloud=part, rows=rows),
        labelled.taxonomy,
        labelled.labels[kept],
        labelled.source[kept],
        None if labelled.confidence is None else labelled.confidence[kept],
        None if labelled.votes is None else labelled.votes[kept],
        file_rows,
    )
