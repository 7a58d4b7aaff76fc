"""LZF, the compression of PCD; imported late: numba takes its time.

Source: M. Lehmann, liblzf, ``lzf_d.c``.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from o3d_paint.core.kernels.jit import kernel

__all__ = ["expand"]


@kernel
def expand(data: npt.NDArray[np.uint8], out: npt.NDArray[np.uint8]) -> int:
    """Expand compressed bytes.

    Args:
        data: (B,) compressed.
        out: (M,) written.

    Returns:
        How many bytes were written; -1 where the data are damaged.
    """
    read, written = 0, 0
    while read < len(data):
        control = int(data[read])
        read += 1
        if control < 32:
            # So many bytes follow as they are.
            length = control + 1
            if read + length > len(data) or written + length > len(out):
                return -1
            for i in range(length):
                out[written + i] = data[read + i]
            read += length
            written += length
            continue
        length = control >> 5
        if length == 7:
            if read >= len(data):
                return -1
            length += int(data[read])
            read += 1
        if read >= len(data):
            return -1
        start = written - ((control & 31) << 8) - int(data[read]) - 1
        read += 1
        length += 2
        if start < 0 or written + length > len(out):
            return -1
        # Byte by byte: a run may repeat what it has just written.
        for i in range(length):
            out[written + i] = out[start + i]
        written += length
    return written
