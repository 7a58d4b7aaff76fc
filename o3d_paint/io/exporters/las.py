"""Labelled clouds as LAS 1.4 and LAZ, written by laspy. Needs the extra ``las``.

Source: ASPRS LAS specification 1.4 R15, point format 7. The extra dimension ``label`` is the full
class id. ``classification`` holds the standard's code where a class has a standard name, else the
codes from 64 on, which the standard leaves to users; unlabelled is 0. A variable length record
of the user id `CLASSES_VLR` holds the class list as JSON.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from types import ModuleType

import numpy as np
import numpy.typing as npt

from o3d_paint.core.taxonomy import Taxonomy
from o3d_paint.io.class_list import class_list
from o3d_paint.io.exporters.labelled import ExportOptions, LabelledScene, point_colors
from o3d_paint.io.extras import LAZ_LIBRARIES, require, require_any
from o3d_paint.io.own_records import CLASSES_VLR
from o3d_paint.io.store import replacing
from o3d_paint.io.taxonomy_file import find_taxonomy

__all__ = [
    "SOURCE_NAMES",
    "BorrowedFile",
    "classification_codes",
    "require_las",
    "require_laz",
    "standard_code",
    "write_las",
    "write_laz",
]

_MAX_RECORD = 65_535
_FIRST_USER_CODE = 64
_LAST_USER_CODE = 255
_UNASSIGNED = 1
_SPACING_STEPS = 1000.0
_LARGEST_STEP = 1e-3
_16_BIT = 257
SOURCE_NAMES = "0 none 1 paint 2 fused 3 accept"  # 32 bytes at most
_FURTHER_NAMES = {
    "vegetation": 5,
    "low point": 7,
    "noise": 7,
    "road": 11,
    "wire - guard": 13,
    "wire - conductor": 14,
    "bridge": 17,
}
"""What classes are called beside the names of the standard, which are those of ``asprs``."""


def write_las(labelled: LabelledScene, path: Path, options: ExportOptions) -> None:
    """Write a LAS file.

    Raises:
        MissingExtraError: laspy is not installed.
        StorageError: The file cannot be written.
    """
    _write(labelled, path, options, is_compressed=False)


def write_laz(labelled: LabelledScene, path: Path, options: ExportOptions) -> None:
    """Write a LAZ file.

    Raises:
        MissingExtraError: laspy is not installed.
        StorageError: The file cannot be written.
    """
    _write(labelled, path, options, is_compressed=True)


def require_las(path: Path) -> ModuleType:
    """Return laspy.

    Raises:
        MissingExtraError: It is not installed.
    """
    return require("laspy", extra="las", purpose=f"writing {path.name}")


def require_laz(path: Path) -> ModuleType:
    """Return laspy, where a library is there that it compresses with.

    Raises:
        MissingExtraError: One of them is not installed.
    """
    laspy = require_las(path)
    require_any(LAZ_LIBRARIES, extra="las", purpose=f"writing {path.name}")
    return laspy


def classification_codes(taxonomy: Taxonomy) -> npt.NDArray[np.uint8]:
    """Return (max id + 1,) the LAS classification of every class id; unknown ids are 1."""
    size = max((c.class_id for c in taxonomy), default=0) + 1
    codes = np.full(size, _UNASSIGNED, dtype=np.uint8)
    codes[0] = 0
    code = _FIRST_USER_CODE
    for label_class in taxonomy:
        standard = standard_code(label_class.name)
        if standard is not None:
            codes[label_class.class_id] = standard
        elif code <= _LAST_USER_CODE:
            codes[label_class.class_id] = code
            code += 1
    return codes


def standard_code(name: str) -> int | None:
    """Return the code that the standard gives a class of a name; None where it knows none."""
    return _standard_codes().get(name.strip().casefold())


@cache
def _standard_codes() -> dict[str, int]:
    found = {c.name.casefold(): c.class_id for c in find_taxonomy("asprs").taxonomy}
    return found | _FURTHER_NAMES


def _write(
    labelled: LabelledScene, path: Path, options: ExportOptions, *, is_compressed: bool
) -> None:
    laspy = require_laz(path) if is_compressed else require_las(path)
    xyz = labelled.scene.cloud.xyz
    header = laspy.LasHeader(version="1.4", point_format=7)
    header.scales = _scales(labelled)
    header.offsets = np.floor(xyz.min(axis=0)) if len(xyz) else np.zeros(3)
    header.add_extra_dim(laspy.ExtraBytesParams("label", np.uint16, "class id"))
    header.add_extra_dim(laspy.ExtraBytesParams("source", np.uint8, SOURCE_NAMES))
    if labelled.confidence is not None:
        header.add_extra_dim(laspy.ExtraBytesParams("confidence", np.float32, "of the label"))
    classes = json.dumps(class_list(labelled.taxonomy)).encode()
    if len(classes) <= _MAX_RECORD:
        header.vlrs.append(laspy.VLR(CLASSES_VLR, 1, "class list (JSON)", classes))
    points = laspy.LasData(header)
    points.xyz = xyz
    points.red, points.green, points.blue = (
        point_colors(labelled, options).T.astype(np.uint16) * _16_BIT
    )
    codes = classification_codes(labelled.taxonomy)
    points.classification = codes[np.where(labelled.labels < len(codes), labelled.labels, 0)]
    points["label"], points["source"] = labelled.labels, labelled.source
    if labelled.confidence is not None:
        points["confidence"] = labelled.confidence
    with replacing(path, inputs=options.inputs) as file:
        points.write(BorrowedFile(file), do_compress=is_compressed)


def _scales(labelled: LabelledScene) -> npt.NDArray[np.float64]:
    """Return the step of the stored integers: a thousandth of the spacing, never over a mm.

    Coarser only where the cloud would not fit into 31 bits.
    """
    xyz = labelled.scene.cloud.xyz
    fine = min(_LARGEST_STEP, labelled.scene.spacing / _SPACING_STEPS)
    step = 10.0 ** np.floor(np.log10(fine)) if fine > 0 else _LARGEST_STEP
    extent = float(np.ptp(xyz, axis=0).max()) + 1 if len(xyz) else 1.0
    while extent / step > np.iinfo(np.int32).max:
        step *= 10
    return np.full(3, step)


class BorrowedFile:
    """A file that stays open when a writer that was lent it closes what it writes to."""

    def __init__(self, file: object) -> None:
        self._file = file

    def __getattr__(self, name: str) -> object:
        return getattr(self._file, name)

    def close(self) -> None:
        """Leave closing to the owner."""
