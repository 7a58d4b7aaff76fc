"""The loop that finds records of varying length in bytes; imported late: numba takes its time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from o3d_paint.core.kernels.jit import Ints, kernel

__all__ = ["segment_starts"]


@kernel
def segment_starts(
    data: npt.NDArray[np.uint8],
    position: int,
    fixed: Ints,
    count_size: Ints,
    item_size: Ints,
    is_big_endian: bool,
    starts: Ints,
) -> int:
    """Find where the scalars of each record lie, between lists of any length.

    Args:
        data: (B,) bytes.
        position: Where the first record begins.
        fixed: (S,) bytes of the scalars before each list, and behind the last one.
        count_size: (S - 1,) bytes of each list's length.
        item_size: (S - 1,) bytes of each of its items.
        is_big_endian: Byte order of the lengths.
        starts: (N, S) written: where each run of scalars begins.

    Returns:
        Where the byte behind the last record lies; -1 where the data end before.
    """
    end = len(data)
    for record in range(len(starts)):
        for segment in range(len(fixed)):
            starts[record, segment] = position
            position += fixed[segment]
            if segment == len(count_size):
                continue
            size = count_size[segment]
            if position + size > end:
                return -1
            length = 0
            for k in range(size):
                byte = data[position + (k if is_big_endian else size - 1 - k)]
                length = length * 256 + int(byte)
            position += size + length * item_size[segment]
            if position > end or length < 0:
                return -1
        if position > end:
            return -1
    return position
