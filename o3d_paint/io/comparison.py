"""Labels of one file held against those of another."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from o3d_paint.core.arrays import FloatArray, IdArray
from o3d_paint.core.metrics import Scores, labels_of_nearest, same_points, score
from o3d_paint.core.taxonomy import LabelClass, Taxonomy, next_color
from o3d_paint.errors import FormatError, PaintError, SceneError
from o3d_paint.io.clouds.registry import read_cloud
from o3d_paint.io.mask_formats.pictures import class_table

__all__ = ["Comparison", "LabelsFile", "Matching", "compare_files", "read_labels"]

Matching = Literal["order", "nearest"]
# Coordinates kept as 32-bit floats are off by up to this share of the largest one.
_FLOAT32_STEP = 2.0**-22
_SHOWN = 5


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """What came of it.

    Attributes:
        scores: Prediction against truth.
        taxonomy: The classes that either file names or uses.
        matching: By which points were paired: their order, or the nearest one.
        notes: What else was noticed, one sentence each.
    """

    scores: Scores
    taxonomy: Taxonomy
    matching: Matching
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class LabelsFile:
    """Labels of a file, with points where it has them.

    Attributes:
        labels: (N,) class ids.
        names: Of the classes, where the file has them.
        xyz: (N, 3) points; None where it has none.
    """

    labels: IdArray
    names: dict[int, str]
    xyz: FloatArray | None = None


def compare_files(
    predicted: Path, truth: Path, *, matching: Matching | None = None, reach: float = np.inf
) -> Comparison:
    """Compare the labels of two files, point by point of the truth.

    Args:
        predicted: A cloud of any format that can be read, or an NPY file of labels in order.
        truth: The same.
        matching: None takes the order where both hold the same points, else the nearest point.
        reach: Farthest that a nearest point may lie, in the files' units.

    Raises:
        FormatError: A file cannot be read.
        SceneError: A file has no labels, or the two cannot be matched that way.
    """
    found, wanted = read_labels(predicted), read_labels(truth)
    chosen = matching or _matching(found, wanted)
    labels, notes = _renamed(found, wanted)
    if chosen == "order":
        if len(labels) != len(wanted.labels):
            msg = (
                f"{predicted} has {len(labels):,} points and {truth} {len(wanted.labels):,}:"
                " expected as many in the same order, or coordinates to match the nearest"
            )
            raise SceneError(msg)
    elif found.xyz is None or wanted.xyz is None:
        bare = predicted if found.xyz is None else truth
        msg = f"{bare} has labels without coordinates: it can only be matched by order"
        raise SceneError(msg)
    else:
        labels = labels_of_nearest(found.xyz, labels, at=wanted.xyz, reach=reach)
    scores = score(labels, wanted.labels)
    unknown = int(np.count_nonzero(wanted.labels == 0))
    if unknown:
        notes.insert(0, f"{unknown:,} points without a true label are left out.")
    names = {**_names_in(found, wanted), **wanted.names}
    return Comparison(scores, _taxonomy(scores, names), chosen, tuple(notes))


def read_labels(path: Path) -> LabelsFile:
    """Read the labels of a cloud of any format, or of an NPY file in order.

    Raises:
        FormatError: It cannot be read.
        SceneError: It has no labels.
    """
    if path.suffix.lower() == ".npy":
        try:
            values = np.load(path, allow_pickle=False)
        except (OSError, ValueError) as error:
            msg = f"{path} cannot be read ({error}): expected an NPY file of labels"
            raise FormatError(msg) from error
        if values.ndim != 1 or values.dtype.kind not in "ui" or values.max(initial=0) > 65535:
            msg = f"{path} holds {values.dtype} {values.shape}: expected (N,) class ids to 65535"
            raise FormatError(msg)
        # Written beside the labels by this program's own export.
        names: dict[int, str] = {}
        with suppress(PaintError):
            names = class_table(path.parent)[0]
        return LabelsFile(np.maximum(values, 0).astype(np.uint16), names)
    cloud = read_cloud(path)
    if cloud.labels is None:
        msg = f"{path} has no labels: expected a column such as 'label' or 'classification'"
        raise SceneError(msg)
    return LabelsFile(cloud.labels, dict(cloud.names), cloud.xyz)


def _matching(found: LabelsFile, wanted: LabelsFile) -> Matching:
    """Return how two files are matched unless the user says."""
    if found.xyz is None or wanted.xyz is None:
        return "order"
    largest = float(np.abs(wanted.xyz).max(initial=0))
    same = same_points(found.xyz, wanted.xyz, tolerance=_FLOAT32_STEP * largest)
    return "order" if same else "nearest"


def _renamed(found: LabelsFile, wanted: LabelsFile) -> tuple[IdArray, list[str]]:
    """Return the predicted labels in the ids of the truth, and how classes were matched."""
    table = np.arange(1 << 16, dtype=np.uint16)
    for old, new in _new_ids(found, wanted).items():
        table[old] = new
    renamed: IdArray = table[found.labels]
    if found.names and wanted.names:
        known = {_folded(name) for name in wanted.names.values()}
        strangers = sorted(n for n in found.names.values() if _folded(n) not in known)
        if not strangers:
            return renamed, []
        listed = ", ".join(strangers[:_SHOWN]) + (" …" if len(strangers) > _SHOWN else "")
        return renamed, [f"The truth has no class of the name {listed}: these count as wrong."]
    if not found.names and not wanted.names:
        who = "Neither file names its classes"
    else:
        who = f"The {'truth' if found.names else 'prediction'} does not name its classes"
    return renamed, [f"{who}: their numbers are compared as they are."]


def _new_ids(found: LabelsFile, wanted: LabelsFile) -> dict[int, int]:
    """Return the id in the truth of each predicted class; one of its own where it has none."""
    if not wanted.names:
        return {}
    ids = {_folded(name): i for i, name in wanted.names.items()}
    taken = {*ids.values(), *np.flatnonzero(np.bincount(wanted.labels)).tolist(), *found.names}
    new = {}
    for old, name in found.names.items():
        if _folded(name) in ids:
            new[old] = ids[_folded(name)]
        elif old in wanted.names or (wanted.labels == old).any():
            new[old] = max(taken) + 1
            taken.add(new[old])
    return new


def _names_in(found: LabelsFile, wanted: LabelsFile) -> dict[int, str]:
    """Return the names of the predicted classes by their ids in the truth."""
    new = _new_ids(found, wanted)
    return {new.get(old, old): name for old, name in found.names.items()}


def _folded(name: str) -> str:
    return name.strip().casefold()


def _taxonomy(scores: Scores, names: dict[int, str]) -> Taxonomy:
    """Return a class for each id that occurs."""
    classes: list[LabelClass] = []
    for class_id in (int(i) for i in scores.class_ids):
        name = names.get(class_id, f"class {class_id}").strip() or f"class {class_id}"
        if Taxonomy(tuple(classes)).find(name) is not None:
            name = f"{name} ({class_id})"
        classes.append(LabelClass(class_id, name, next_color([c.color for c in classes])))
    return Taxonomy(tuple(classes))
