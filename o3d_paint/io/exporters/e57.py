"""E57: one scan for each class, named after it, since the standard has no labels. Needs ``e57``."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from types import ModuleType

import numpy as np

from o3d_paint.core.taxonomy import Taxonomy
from o3d_paint.io.disk_errors import unwritable
from o3d_paint.io.exporters.labelled import ExportOptions, LabelledScene, point_colors
from o3d_paint.io.exporters.selection import only_classes
from o3d_paint.io.extras import require
from o3d_paint.io.part_files import part_folder
from o3d_paint.io.store import move_into_place, refuse_overwriting
from o3d_paint.plain_text import printable

__all__ = ["require_e57", "write_e57"]


_AXES = ("cartesianX", "cartesianY", "cartesianZ")
_CHANNELS = ("colorRed", "colorGreen", "colorBlue")
_NO_ROTATION = np.array([1.0, 0.0, 0.0, 0.0])


def require_e57(path: Path) -> ModuleType:
    """Return pye57.

    Raises:
        MissingExtraError: It is not installed.
    """
    return require("pye57", extra="e57", purpose=f"writing {path.name}")


def write_e57(labelled: LabelledScene, path: Path, options: ExportOptions) -> None:
    """Write an E57; points are stored relative to their mean, so that UTM keeps millimetres.

    Raises:
        MissingExtraError: pye57 is not installed.
        StorageError: The file cannot be written.
    """
    pye57 = require_e57(path)
    refuse_overwriting(path, options.inputs)
    try:
        # The library writes to names only, so the file is made beside and moved when it is whole.
        with part_folder(path.absolute().parent) as folder:
            made = folder / "cloud.e57"
            _write_scans(labelled, made, options, pye57)
            move_into_place(made, path, inputs=options.inputs)
    except OSError as error:
        raise unwritable(path, error) from error


def _write_scans(
    labelled: LabelledScene, made: Path, options: ExportOptions, pye57: ModuleType
) -> None:
    """Write a scan for each class that has points.

    Raises:
        OSError: The disk is full.
    """
    file = pye57.E57(str(made), mode="w")
    try:
        for class_id in np.unique(labelled.labels).tolist():
            part = only_classes(labelled, [class_id])
            center = np.round(part.scene.cloud.xyz.mean(axis=0))
            local = (part.scene.cloud.xyz - center).T
            colors = point_colors(part, options).T
            file.write_scan_raw(
                dict(zip((*_AXES, *_CHANNELS), (*local, *colors), strict=True)),
                name=_name(labelled.taxonomy, class_id),
                rotation=_NO_ROTATION,
                translation=center,
            )
        file.close()
    except pye57.libe57.E57Exception as error:
        # Else the library tries once more while the object is collected, and complains on the
        # terminal.
        file.image_file.cancel()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error


def _name(taxonomy: Taxonomy, class_id: int) -> str:
    """Return the name of a class as XML can hold it."""
    return printable(taxonomy.get(class_id).name) if class_id else "unlabelled"
