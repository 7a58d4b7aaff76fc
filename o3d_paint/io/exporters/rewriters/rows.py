"""Which rows of a file are written, piece by piece."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["pieces", "renumbering"]

Rows = npt.NDArray[np.int64]


def pieces(file_rows: Rows | None, start: int, count: int) -> tuple[Rows | slice, slice]:
    """Return what of a piece of a file is written.

    Args:
        file_rows: Ascending rows of the file that are; None where all are.
        start: First row of the piece.
        count: Rows of the piece.

    Returns:
        Rows within the piece, and the slice of the written rows that they are.
    """
    if file_rows is None:
        return slice(0, count), slice(start, start + count)
    first, last = np.searchsorted(file_rows, [start, start + count]).tolist()
    return file_rows[first:last] - start, slice(first, last)


def renumbering(file_rows: Rows | None, count: int) -> Rows:
    """Return (count,) which of the written rows each row of a file is, -1 where it is none."""
    if file_rows is None:
        return np.arange(count)
    numbers = np.full(count, -1, dtype=np.int64)
    numbers[file_rows] = np.arange(len(file_rows))
    return numbers
