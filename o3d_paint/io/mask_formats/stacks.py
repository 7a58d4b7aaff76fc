"""NumPy stacks: (F, H, W) ids for all photos in order, in an NPY or NPZ file.

A single (H, W) array is one photo's mask; (M, H, W) bool is one photo's regions, as Segment
Anything returns them.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import IdArray
from o3d_paint.core.taxonomy import MAX_CLASS_ID
from o3d_paint.errors import FormatError
from o3d_paint.io.mask_formats.mask_set import MaskSet, PhotoMask, paint_largest_first
from o3d_paint.io.npz import NpzArchive, read_npy

__all__ = ["read"]

_KEYS = ("masks", "mask", "labels", "segmentation", "arr_0")


def read(path: Path) -> MaskSet:
    """Read an NPY or NPZ file.

    Raises:
        FormatError: It is damaged, or the array is not one of the shapes above.
        SceneError: It would not fit into memory.
    """
    array = read_npy(path) if path.suffix.lower() == ".npy" else _from_archive(path)
    if 0 in array.shape:
        # A shape may promise billions of masks without a pixel, for which no byte is needed.
        msg = f"{path} holds an array of shape {array.shape}, without a pixel: write it again"
        raise FormatError(msg)
    if array.dtype == bool and array.ndim == 3:
        regions = [(i, array[i - 1]) for i in range(1, min(len(array), MAX_CLASS_ID) + 1)]
        shape = (int(array.shape[1]), int(array.shape[2]))
        paint = partial(paint_largest_first, shape, regions)
        mask = PhotoMask(path.stem, paint, lambda: list(array))
        return MaskSet("stack of regions", (mask,), has_classes=False)
    if array.ndim not in (2, 3) or array.dtype.kind not in "uib":
        msg = (
            f"{path} holds {array.dtype} of shape {array.shape}: expected whole numbers (H, W) for"
            " one photo, or (photos, H, W)"
        )
        raise FormatError(msg)
    if array.ndim == 2:
        return MaskSet("array", (PhotoMask(path.stem, partial(_ids, array, path)),))
    masks = tuple(
        PhotoMask(f"{i:03d}", partial(_ids, layer, path)) for i, layer in enumerate(array)
    )
    return MaskSet("stack of masks", masks, is_in_order=True)


def _from_archive(path: Path) -> npt.NDArray[np.generic]:
    with NpzArchive(path) as archive:
        key = next((k for k in _KEYS if k in archive.keys), None)
        if key is None and len(archive.keys) == 1:
            key = archive.keys[0]
        if key is None:
            msg = f"{path} has none of {list(_KEYS)}: found {list(archive.keys)[:8]}"
            raise FormatError(msg)
        archive.require_memory([key])
        return archive.read(key)


def _ids(array: npt.NDArray[np.generic], path: Path) -> IdArray:
    low, high = int(array.min(initial=0)), int(array.max(initial=0))
    if low < 0 or high > MAX_CLASS_ID:
        msg = f"{path} holds values from {low} to {high}: class ids go from 0 to {MAX_CLASS_ID}"
        raise FormatError(msg)
    return array.astype(np.uint16)
