"""NumPy arrays as masks, in an NPY or NPZ file.

(F, H, W) ids are masks of all photos in order, read a photo at a time. A single (H, W) array is one
photo's mask, and several of them in an archive are named after photos; (M, H, W) bool is one
photo's regions, as Segment Anything returns them.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import IdArray
from o3d_paint.core.taxonomy import MAX_CLASS_ID
from o3d_paint.errors import FormatError
from o3d_paint.io.findings import Findings
from o3d_paint.io.mask_formats.mask_set import VOID, MaskSet, PhotoMask
from o3d_paint.io.mask_formats.runs import Runs, painted_largest_first
from o3d_paint.io.npy import Layers, open_npy
from o3d_paint.io.npz import NpzArchive

__all__ = ["read"]

_KEYS = ("masks", "mask", "labels", "segmentation", "arr_0")

Stack = Layers | npt.NDArray[np.generic]


def read(path: Path, *, is_folder: bool = False) -> MaskSet:
    """Read an NPY or NPZ file.

    Args:
        path: The file.
        is_folder: Whether it is an archive of files, so that their names say something.

    Raises:
        FormatError: It is damaged, or the array is not one of the shapes above.
        SceneError: It would not fit into memory.
    """
    if path.suffix.lower() == ".npy":
        return _of_stack(open_npy(path), path)
    # Open until the last mask is read.
    archive = NpzArchive(path)
    key = next((k for k in _KEYS if k in archive.keys), None)
    if key is None and len(archive.keys) == 1:
        key = archive.keys[0]
    if key is None or (is_folder and len(archive.headers[key].shape) == 2):
        return _of_photos(archive)
    header = archive.headers[key]
    if len(header.shape) == 3 and not header.fortran_order:
        return _of_stack(archive.layers(key), path)
    archive.require_memory([key])
    return _of_stack(archive.read(key), path)


def _of_stack(array: Stack, path: Path) -> MaskSet:
    shape = array.shape
    if 0 in shape:
        # A shape may promise billions of masks without a pixel, for which no byte is needed.
        msg = f"{path} holds an array of shape {shape}, without a pixel: write it again"
        raise FormatError(msg)
    if array.dtype == bool and len(shape) == 3:
        return _of_regions(array, path)
    if len(shape) not in (2, 3) or array.dtype.kind not in "uib":
        msg = (
            f"{path} holds {array.dtype} of shape {shape}: expected whole numbers (H, W) for"
            " one photo, or (photos, H, W)"
        )
        raise FormatError(msg)
    findings = Findings()
    if isinstance(array, np.ndarray) and array.ndim == 2:
        mask = PhotoMask(path.stem, partial(_ids, array, path, findings), file=path.name)
        return MaskSet("array", (mask,), findings=findings)
    masks = tuple(
        PhotoMask(f"{i:03d}", partial(_layer, array, i, path, findings)) for i in range(shape[0])
    )
    return MaskSet("stack of masks", masks, is_in_order=True, findings=findings)


def _of_regions(array: Stack, path: Path) -> MaskSet:
    """Return one photo's regions, kept as runs; at most as many as there are ids."""
    count = min(array.shape[0], MAX_CLASS_ID)
    regions = [Runs.of_coverage(array[i].astype(bool)) for i in range(count)]
    shape = (int(array.shape[1]), int(array.shape[2]))
    paint = partial(painted_largest_first, shape, list(enumerate(regions, start=1)))
    mask = PhotoMask(path.stem, paint, lambda: (r.coverage() for r in regions), file=path.name)
    return MaskSet("stack of regions", (mask,), has_classes=False)


def _of_photos(archive: NpzArchive) -> MaskSet:
    """Return the (H, W) arrays of an archive, each the mask of the photo that it is named after."""
    findings = Findings()
    masks = []
    for key in archive.keys:
        header = archive.headers[key]
        if len(header.shape) == 2 and header.dtype.kind in "uib" and 0 not in header.shape:
            masks.append(PhotoMask(key, partial(_member, archive, key, findings)))
        else:
            what = f"{key!r}, {header.dtype} of shape {header.shape}"
            findings.leave_out("array", "that is no (H, W) of whole numbers", what)
    if not masks:
        msg = f"{archive.path} has none of {list(_KEYS)}: found {list(archive.keys)[:8]}"
        raise FormatError(msg)
    return MaskSet("arrays", tuple(masks), findings=findings)


def _member(archive: NpzArchive, key: str, findings: Findings) -> IdArray:
    archive.require_memory([key])
    return _ids(archive.read(key), Path(f"{archive.path}:{key}"), findings)


def _layer(array: Stack, position: int, path: Path, findings: Findings) -> IdArray:
    return _ids(array[position], path, findings)


def _ids(array: npt.NDArray[np.generic], path: Path, findings: Findings) -> IdArray:
    """Return numbers as ids; those below 0 and the largest of a large type are of no class.

    Raises:
        FormatError: Other numbers are beyond what ids can be.
    """
    low, high = int(array.min(initial=0)), int(array.max(initial=0))
    if low >= 0 and high <= MAX_CLASS_ID:
        return array.astype(np.uint16)
    numbers: npt.NDArray[Any] = array
    is_void = numbers < 0
    if high > MAX_CLASS_ID and high == np.iinfo(numbers.dtype).max:
        is_void |= numbers == high
    rest = int(numbers.max(initial=0, where=~is_void))
    if rest > MAX_CLASS_ID:
        msg = f"{path} holds values from {low} to {rest}: class ids go from 0 to {MAX_CLASS_ID}"
        raise FormatError(msg)
    for value in np.unique(array[is_void])[:3].tolist():
        findings.call_void(str(value))
    ids = array.astype(np.uint16)
    ids[is_void] = VOID
    return ids
