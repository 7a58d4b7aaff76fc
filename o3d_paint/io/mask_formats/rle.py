"""Run-length encoding of binary masks as COCO defines it.

Runs go down the columns, the first run is zeros. The compressed form packs each count into
characters of five bits, low bits first, with counts from the third on stored as the difference to
the one two before. Source: the COCO API's ``maskApi.c`` (``rleToString``, ``rleFrString``).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import BoolArray
from o3d_paint.io.mask_formats.mask_set import MAX_PIXELS

__all__ = ["checked_counts", "counts_from_mask", "counts_from_text", "text_from_counts"]

_CHARACTER_OFFSET = 48
_SIGN_BIT = 0x10
_MORE_BIT = 0x20
_MOST_DIGITS = 8
"""Of five bits: forty bits hold more than any mask has pixels, and no sum of them overflows."""


def counts_from_text(text: str | bytes) -> npt.NDArray[np.int64]:
    """Decode the compressed form into (K,) counts.

    Raises:
        ValueError: A character is not part of the code, or the text ends in the middle of a count.
    """
    data = text.encode("ascii", errors="replace") if isinstance(text, str) else text
    codes = np.frombuffer(data, dtype=np.uint8).astype(np.int64) - _CHARACTER_OFFSET
    strange = np.flatnonzero((codes < 0) | (codes >= 64))
    if len(strange):
        msg = f"character {chr(data[strange[0]])!r} is not part of a compressed run length"
        raise ValueError(msg)
    last = np.flatnonzero(codes & _MORE_BIT == 0)
    if len(codes) and (not len(last) or last[-1] != len(codes) - 1):
        msg = "the compressed run lengths end in the middle of a count"
        raise ValueError(msg)
    first = np.append(0, last[:-1] + 1) if len(last) else last
    digits = last - first + 1
    if digits.max(initial=0) > _MOST_DIGITS:
        msg = "a compressed run length is longer than any mask"
        raise ValueError(msg)
    shifts = 5 * (np.arange(len(codes)) - np.repeat(first, digits))
    parts = (codes & 0x1F) << shifts
    values = np.add.reduceat(parts, first) if len(first) else parts
    values = values - np.where(codes[last] & _SIGN_BIT, np.int64(1) << 5 * digits, 0)
    # From the fourth count on, what is stored is the difference to the one two before.
    values[1::2] = np.cumsum(values[1::2])
    values[2::2] = np.cumsum(values[2::2])
    return values


def text_from_counts(counts: npt.ArrayLike) -> str:
    """Encode counts in the compressed form."""
    values = np.asarray(counts, dtype=np.int64).tolist()
    characters = []
    for position, count in enumerate(values):
        value = count - values[position - 2] if position > 2 else count
        more = True
        while more:
            code = value & 0x1F
            value >>= 5
            more = value != -1 if code & _SIGN_BIT else value != 0
            characters.append(chr((code | (_MORE_BIT if more else 0)) + _CHARACTER_OFFSET))
    return "".join(characters)


def checked_counts(counts: npt.ArrayLike, shape: tuple[int, int]) -> npt.NDArray[np.int64]:
    """Return run lengths once they are sure to fill an (H, W) mask.

    Raises:
        ValueError: A count is negative, the counts do not fill the mask, or it is too large.
    """
    given = np.asarray(counts)
    height, width = shape
    if height < 1 or width < 1 or height * width > MAX_PIXELS:
        msg = f"a mask of {width}x{height} pixels is not possible"
        raise ValueError(msg)
    is_list = given.ndim == 1 and given.dtype.kind in "iuf"
    is_list = is_list and bool(((given >= 0) & (given <= height * width)).all())
    if not is_list or (given % 1).any():
        msg = "run lengths must be a list of whole numbers from 0 to the mask's area"
        raise ValueError(msg)
    runs = given.astype(np.int64)
    if runs.sum() != height * width:
        msg = f"run lengths add up to {runs.sum()}, the mask has {height * width} pixels"
        raise ValueError(msg)
    return runs


def counts_from_mask(mask: BoolArray) -> npt.NDArray[np.int64]:
    """Return the run lengths of an (H, W) mask down the columns, zeros first."""
    flat = np.asarray(mask, dtype=bool).T.reshape(-1)
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    bounds = np.concatenate([[0], changes, [len(flat)]])
    runs = np.diff(bounds)
    return np.concatenate([[0], runs]) if len(flat) and flat[0] else runs
