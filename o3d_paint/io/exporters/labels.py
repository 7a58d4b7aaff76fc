"""Labels alone: `labels.npy` in the order of the cloud's points, and `classes.json` beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from o3d_paint.io.class_list import class_list
from o3d_paint.io.exporters.labelled import ExportOptions, LabelledScene
from o3d_paint.io.store import refuse_overwriting, replacing, write_json

__all__ = ["write_labels"]


def write_labels(labelled: LabelledScene, path: Path, options: ExportOptions) -> None:
    """Write labels as an (N,) int32 NPY file and the classes as ``classes.json`` in its folder.

    Raises:
        StorageError: A file cannot be written.
    """
    classes = path.parent / "classes.json"
    refuse_overwriting(classes, (*options.inputs, path))
    with replacing(path, inputs=options.inputs) as file:
        np.lib.format.write_array(file, labelled.labels.astype("<i4"), allow_pickle=False)
    write_json(classes, class_list(labelled.taxonomy), inputs=options.inputs)
