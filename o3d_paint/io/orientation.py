"""Which way up pictures are: EXIF's codes, and how a picture seen the other way is laid back.

A camera stores its pixels as they come and notes how it was held. Most programs show and annotate
the picture upright; those that compute take the pixels as they lie. Source: tag 0x0112 of EXIF 2.3.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from o3d_paint.core.scene import Photo

__all__ = ["AS_IT_LIES", "inverse_turn", "is_quarter", "other_turn", "turn_name", "turned"]

_Scalar = TypeVar("_Scalar", bound=np.generic)

AS_IT_LIES = 1
"""The code of a picture that needs no turn."""
_RIGHT, _LEFT = 6, 8
_NAMES = {
    1: "as they lie",
    2: "mirrored left to right",
    3: "turned upside down",
    4: "mirrored top to bottom",
    5: "mirrored and turned left",
    6: "turned right by a quarter",
    7: "mirrored and turned right",
    8: "turned left by a quarter",
}


def turned(picture: npt.NDArray[_Scalar], code: int) -> npt.NDArray[_Scalar]:
    """Return an (H, W, ...) picture as EXIF's code asks for it to be shown.

    Args:
        picture: Pixels as they lie.
        code: 1 to 8; from 5 on height and width change places.
    """
    lines = picture.swapaxes(0, 1) if is_quarter(code) else picture
    if code in (3, 4, 7, 8):
        lines = lines[::-1]
    if code in (2, 3, 6, 7):
        lines = lines[:, ::-1]
    return lines


def inverse_turn(code: int) -> int:
    """Return the code that takes a turn back: only the two quarter turns are not their own."""
    return {_RIGHT: _LEFT, _LEFT: _RIGHT}.get(code, code)


def is_quarter(code: int) -> bool:
    """Return whether height and width change places."""
    return code >= 5


def turn_name(code: int) -> str:
    """Return what a code does, for people."""
    return _NAMES[code]


def other_turn(photo: Photo) -> int:
    """Return the code that lays a picture of a photo seen the other way onto the photo.

    Where the scene has the pixels as they lie, that is one seen upright; where it has the photo
    upright, one seen as it lies. 1 where both are the same, or nothing is known.
    """
    while (source := getattr(photo, "source", None)) is not None:
        photo = source
    return int(getattr(photo, "other_turn", AS_IT_LIES))
