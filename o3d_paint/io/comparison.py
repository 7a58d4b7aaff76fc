"""Labels of one file held against those of another."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from o3d_paint.core.arrays import FloatArray, IdArray
from o3d_paint.core.metrics import Scores, labels_of_nearest, same_points, score
from o3d_paint.core.taxonomy import LabelClass, Taxonomy, next_color
from o3d_paint.errors import FormatError, PaintError, SceneError
from o3d_paint.io.clouds.registry import read_cloud
from o3d_paint.io.mask_formats.class_table import class_table
from o3d_paint.io.mask_formats.files import FolderFiles
from o3d_paint.io.npz import read_npy

__all__ = ["Comparison", "LabelsFile", "Matching", "compare_files", "read_labels"]

Matching = Literal["order", "nearest"]
# Coordinates kept as 32-bit floats are off by up to this share of the largest one.
_FLOAT32_STEP = 2.0**-22
_SHOWN = 5
_CLASS_LIST = "classes.json"


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

    def somewhere(self) -> tuple[FloatArray, IdArray]:
        """Return the points that are not nowhere (NaN), and their labels."""
        assert self.xyz is not None
        finite = np.isfinite(self.xyz).all(axis=1)
        return self.xyz[finite], self.labels[finite]


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
    labels, names = _renamed(found, wanted)
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
        # What is nowhere is nobody's neighbour.
        xyz, ids = replace(found, labels=labels).somewhere()
        at, truths = wanted.somewhere()
        labels = labels_of_nearest(xyz, ids, at=at, reach=reach)
        wanted = replace(wanted, labels=truths)
    scores = score(labels, wanted.labels)
    notes = []
    unknown = int(np.count_nonzero(wanted.labels == 0))
    if unknown:
        notes.append(f"{unknown:,} points without a true label are left out.")
    notes += _about_names(predicted, found, truth, wanted)
    return Comparison(scores, _taxonomy(scores, names), chosen, tuple(notes))


def read_labels(path: Path) -> LabelsFile:
    """Read the labels of a cloud of any format, or of an NPY file in order.

    Raises:
        FormatError: It cannot be read.
        SceneError: It has no labels.
    """
    if path.suffix.lower() == ".npy":
        values = read_npy(path)
        if values.ndim != 1 or values.dtype.kind not in "ui" or values.max(initial=0) > 65535:
            msg = f"{path} holds {values.dtype} {values.shape}: expected (N,) class ids to 65535"
            raise FormatError(msg)
        # Written beside the labels by this program's own export.
        names: dict[int, str] = {}
        if (path.parent / _CLASS_LIST).is_file():
            with suppress(PaintError):
                table = class_table(FolderFiles(path.parent, [_CLASS_LIST]), "")
                names = {} if table.shift else dict(table.names)
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
    (here, _), (there, _) = found.somewhere(), wanted.somewhere()
    largest = float(np.abs(there).max(initial=0))
    same = len(found.xyz) == len(wanted.xyz) and same_points(
        here, there, tolerance=_FLOAT32_STEP * largest
    )
    return "order" if same else "nearest"


def _about_names(predicted: Path, found: LabelsFile, truth: Path, wanted: LabelsFile) -> list[str]:
    """Return a sentence where classes do not meet by name: by numbers alone, or not at all."""
    bare = [str(p) for p, f in ((predicted, found), (truth, wanted)) if not f.names]
    if not bare:
        known = {name.strip().casefold() for name in wanted.names.values()}
        lost = sorted(n for n in found.names.values() if n.strip().casefold() not in known)
        if not lost:
            return []
        listed = ", ".join(lost[:_SHOWN]) + (" …" if len(lost) > _SHOWN else "")
        return [f"{truth} has no class of the name {listed}: points of it count as wrong."]
    verb = "says" if len(bare) == 1 else "say"
    return [f"{' and '.join(bare)} {verb} no names of classes, so their numbers were compared."]


def _renamed(found: LabelsFile, wanted: LabelsFile) -> tuple[IdArray, dict[int, str]]:
    """Return the predicted labels in the ids of the truth, and the names of all ids.

    Where both name their classes, one that the truth has not gets an id that the truth has not.
    """
    if not (found.names and wanted.names):
        return found.labels, {**found.names, **wanted.names}
    ids = {name.strip().casefold(): i for i, name in wanted.names.items()}
    taken = {*wanted.names, *np.unique(wanted.labels).tolist()}
    names = dict(wanted.names)
    table = np.arange(1 << 16, dtype=np.uint16)
    for old, name in found.names.items():
        new = ids.get(name.strip().casefold())
        if new is None:
            new = old if old not in taken else next(i for i in range(1, 1 << 16) if i not in taken)
            names[new] = name
        taken.add(new)
        table[old] = new
    renamed: IdArray = table[found.labels]
    return renamed, names


def _taxonomy(scores: Scores, names: dict[int, str]) -> Taxonomy:
    """Return a class for each id that occurs."""
    classes: list[LabelClass] = []
    for class_id in (int(i) for i in scores.class_ids):
        name = names.get(class_id, f"class {class_id}").strip() or f"class {class_id}"
        if Taxonomy(tuple(classes)).find(name) is not None:
            name = f"{name} ({class_id})"
        classes.append(LabelClass(class_id, name, next_color([c.color for c in classes])))
    return Taxonomy(tuple(classes))
