"""Masks whose empty pixels say something: that nothing there is of their classes.

A class of its own stands for that while labels spread, so that those of the masks end where photos
show something else; afterwards it is taken out again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import IdArray
from o3d_paint.core.packed_masks import PackedMasks
from o3d_paint.core.taxonomy import MAX_CLASS_ID, Taxonomy

__all__ = ["as_class", "filled", "without"]

NAME = "background"
"""Of the class that stands for it in a project."""

_Value = TypeVar("_Value", bound=np.generic)


def filled(
    masks: Mapping[int, IdArray], background: Mapping[int, IdArray], taxonomy: Taxonomy
) -> tuple[Mapping[int, IdArray], int]:
    """Return masks whose background has an id of its own, and that id, 0 where there is none.

    Args:
        masks: (H, W) ids by position of the photo.
        background: (H, W) 1 by position of the photo, where nothing is of a class.
        taxonomy: The classes of the masks.
    """
    if not background:
        return masks, 0
    rest = next(i for i in range(MAX_CLASS_ID, 0, -1) if i not in taxonomy)
    whole = PackedMasks()
    for i, mask in masks.items():
        empty = background.get(i)
        whole[i] = mask if empty is None else np.where((mask == 0) & (empty > 0), rest, mask)
    return whole, rest


def as_class(
    masks: Mapping[int, IdArray], background: Mapping[int, IdArray], taxonomy: Taxonomy
) -> tuple[Mapping[int, IdArray], Taxonomy, list[str]]:
    """Return masks whose background is painted with a class of its own, for a project to keep.

    Args:
        masks: (H, W) ids by position of the photo.
        background: (H, W) 1 by position of the photo, where nothing is of a class.
        taxonomy: The classes of the masks.

    Returns:
        The masks, all classes (that of the background last), and a sentence about it.
    """
    whole, rest = filled(masks, background, taxonomy)
    if not rest:
        return masks, taxonomy, []
    name = NAME if taxonomy.find(NAME) is None else f"{NAME} of the masks"
    classes = taxonomy.add(name)
    class_id = classes.classes[-1].class_id
    painted = PackedMasks()
    for i, mask in whole.items():
        painted[i] = np.where(mask == rest, class_id, mask).astype(np.uint16)
    note = f"What the masks leave empty is painted with the class {name!r} in the project."
    return painted, classes, [note]


def without(values: npt.NDArray[_Value], labels: IdArray, rest: int) -> npt.NDArray[_Value]:
    """Return (N,) values with 0 where labels are those of the background."""
    if not rest:
        return values
    return np.where(labels == rest, 0, values).astype(values.dtype)
