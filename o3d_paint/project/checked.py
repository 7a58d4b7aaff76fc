"""What callers hand to painting verbs: checked, and brought into the form that the work keeps."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import IdArray

__all__ = ["fitted", "require_pixels", "whole_ids"]

_FARTHEST = 1e12  # pixels; positions beyond are no whole numbers that a computer can count


def require_pixels(*values: float) -> None:
    """Check that positions are numbers of pixels.

    Raises:
        ValueError: One is NaN, infinite or farther off than any photo reaches.
    """
    odd = [v for v in values if not abs(v) < _FARTHEST]
    if odd:
        msg = f"positions and radius must be finite numbers of mask pixels, got {odd[0]:g}"
        raise ValueError(msg)


def whole_ids(values: IdArray | int) -> npt.NDArray[np.generic]:
    """Return an array of whole numbers from 0 to 65535, as a caller gave them.

    Raises:
        ValueError: It holds something else, such as probabilities.
    """
    ids = np.asarray(values)
    if ids.dtype.kind not in "buif":
        msg = f"class ids must be whole numbers, got values of type {ids.dtype}"
        raise ValueError(msg)
    is_odd = (ids < 0) | (ids > np.iinfo(np.uint16).max)
    if ids.dtype.kind == "f":
        is_odd |= ids != np.trunc(ids)  # NaN too
    if is_odd.any():
        found = ids.ravel()[np.argmax(is_odd)]
        msg = f"expected class ids 0 to 65535 in whole numbers, got {found:g}"
        raise ValueError(msg)
    return ids


def fitted(mask: npt.NDArray[np.generic], shape: tuple[int, int]) -> IdArray:
    """Return a mask at another resolution of the same aspect, each pixel from its nearest one.

    Raises:
        ValueError: The aspects differ by more than a pixel's rounding, or it is no picture.
    """
    if mask.ndim != 2 or mask.size == 0:
        msg = f"a mask must be (H, W) of class ids 0 to 65535, got shape {mask.shape}"
        raise ValueError(msg)
    height, width = mask.shape
    if abs(width * shape[0] - height * shape[1]) > max(shape[0] + height, shape[1] + width):
        msg = f"a mask of shape {mask.shape} has another aspect than {shape}"
        raise ValueError(msg)
    if mask.shape == shape:
        return mask.astype(np.uint16)
    rows = np.minimum(((np.arange(shape[0]) + 0.5) * height / shape[0]).astype(int), height - 1)
    columns = np.minimum(((np.arange(shape[1]) + 0.5) * width / shape[1]).astype(int), width - 1)
    fitted: IdArray = mask[rows[:, None], columns[None, :]].astype(np.uint16)
    return fitted
