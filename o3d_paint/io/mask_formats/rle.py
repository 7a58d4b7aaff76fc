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

__all__ = ["counts_from_mask", "counts_from_text", "mask_from_counts", "text_from_counts"]

_CHARACTER_OFFSET = 48
_SIGN_BIT = 0x10
_MORE_BIT = 0x20


def counts_from_text(text: str | bytes) -> list[int]:
    """Decode the compressed form.

    Raises:
        ValueError: A character is not part of the code, or the text ends in the middle of a count.
    """
    data = text.encode("ascii", errors="replace") if isinstance(text, str) else text
    counts: list[int] = []
    value, shift = 0, 0
    for byte in data:
        code = byte - _CHARACTER_OFFSET
        if not 0 <= code < 64 or shift > 60:
            msg = f"character {chr(byte)!r} is not part of a compressed run length"
            raise ValueError(msg)
        value |= (code & 0x1F) << shift
        shift += 5
        if code & _MORE_BIT:
            continue
        if code & _SIGN_BIT:
            value -= 1 << shift
        counts.append(value + (counts[-2] if len(counts) > 2 else 0))
        value, shift = 0, 0
    if shift:
        msg = "the compressed run lengths end in the middle of a count"
        raise ValueError(msg)
    return counts


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


def mask_from_counts(counts: npt.ArrayLike, shape: tuple[int, int]) -> BoolArray:
    """Return the (H, W) mask of run lengths down the columns.

    Raises:
        ValueError: A count is negative, the counts do not fill the mask, or it is too large.
    """
    runs = np.asarray(counts, dtype=np.int64)
    height, width = shape
    if height < 1 or width < 1 or height * width > MAX_PIXELS:
        msg = f"a mask of {width}x{height} pixels is not possible"
        raise ValueError(msg)
    if runs.ndim != 1 or (runs < 0).any() or (runs > height * width).any():
        msg = "run lengths must be a list of whole numbers from 0 to the mask's area"
        raise ValueError(msg)
    if runs.sum() != height * width:
        msg = f"run lengths add up to {runs.sum()}, the mask has {height * width} pixels"
        raise ValueError(msg)
    values = np.arange(len(runs)) % 2 == 1
    mask: BoolArray = np.repeat(values, runs).reshape(width, height).T
    return mask


def counts_from_mask(mask: BoolArray) -> npt.NDArray[np.int64]:
    """Return the run lengths of an (H, W) mask down the columns, zeros first."""
    flat = np.asarray(mask, dtype=bool).T.reshape(-1)
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    bounds = np.concatenate([[0], changes, [len(flat)]])
    runs = np.diff(bounds)
    return np.concatenate([[0], runs]) if len(flat) and flat[0] else runs
