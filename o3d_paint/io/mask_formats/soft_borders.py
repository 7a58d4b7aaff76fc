"""Grey masks whose values are no class ids: resized with averages, anti-aliased, or compressed.

Each shade between two classes would become a class of its own. Colour masks with such shades are
refused by their colours; here the values themselves have to tell.
"""

from __future__ import annotations

import cv2
import numpy as np

from o3d_paint.core.arrays import BoolArray, IdArray
from o3d_paint.io.mask_formats.mask_set import InexactMask

__all__ = ["check_values"]

_FEWEST_SHADES = 3
"""Twofold anti-aliasing makes three shades; one or two values without an area are thin things."""
_MOSTLY = 0.5
_MOST_CLASSES = 256
"""Values without an area beyond which they are measurements if most pixels are of such: more than a
byte holds."""
_WIDEST = 15
"""Pixels from one area to the other across a soft border; wider ones are no borders."""


def check_values(values: IdArray, where: str, *, is_compressed: bool) -> None:
    """Check that the values of a grey picture can be class ids.

    Values that fill areas are classes. Others are shades where there are several of them between
    those of areas, most of their pixels have a lower and a higher area close by, and they line the
    borders of areas rather than those touching each other.

    Args:
        values: (H, W) of the picture.
        where: Names it in messages.
        is_compressed: Whether it was stored with losses, by which no third value is what it was.

    Raises:
        InexactMask: They cannot.
    """
    present = np.flatnonzero(np.bincount(values.ravel()))
    if len(present) < 3:
        return
    lowest, highest = cv2.erode(values, np.ones((3, 3))), cv2.dilate(values, np.ones((3, 3)))
    inside = lowest == highest
    is_area = np.zeros(int(present[-1]) + 1, dtype=bool)
    is_area[values[inside]] = True
    shades = present[~is_area[present]]
    if len(shades) > _MOST_CLASSES and not np.mean(is_area[values]) > _MOSTLY:
        msg = (
            f"{where} has {len(present):,} values, most of which fill no area, as depths have and"
            " classes have not: give masks whose values are class ids"
        )
        raise InexactMask(msg)
    if not is_compressed:
        areas = np.flatnonzero(is_area)
        if len(areas) < 2:
            return
        shades = shades[(shades > areas[0]) & (shades < areas[-1])]
        if len(shades) < _FEWEST_SHADES:
            return
        is_shade = ~is_area[values]
        between = _between_areas(values, is_shade)
        if between < _MOSTLY * is_shade.sum() or not _lines_borders(values, is_shade):
            return
    some = ", ".join(map(str, np.flatnonzero(is_area)[:3]))
    msg = (
        f"{where} has {len(present)} values, {len(shades)} of them shades beside those that fill"
        f" areas ({some or 'none does'}), as soft or compressed borders have them: save masks"
        " without smoothing and as PNG, not JPEG, and resize them by nearest pixel"
    )
    raise InexactMask(msg)


def _between_areas(values: IdArray, is_shade: BoolArray) -> int:
    """Return the pixels of shades that have a lower and a higher area close by."""
    window = np.ones((_WIDEST, _WIDEST))
    lower = cv2.erode(np.where(is_shade, np.uint16(65_535), values), window)
    higher = cv2.dilate(np.where(is_shade, np.uint16(0), values), window)
    return int(np.count_nonzero((lower < values) & (values < higher) & is_shade))


def _lines_borders(values: IdArray, is_shade: BoolArray) -> bool:
    """Return whether fewer neighbours of two areas touch than are parted by shades."""
    soft = sharp = 0
    for first, second in (
        (np.s_[:, 1:], np.s_[:, :-1]),
        (np.s_[1:], np.s_[:-1]),
    ):
        differ = values[first] != values[second]
        with_shade = differ & (is_shade[first] | is_shade[second])
        soft += int(np.count_nonzero(with_shade))
        sharp += int(np.count_nonzero(differ)) - int(np.count_nonzero(with_shade))
    return soft >= sharp
