"""Icons as coverage bitmaps, resampled from the shipped pictures and cached."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from PIL import Image

from o3d_paint.assets import asset
from o3d_paint.core.arrays import RgbArray

__all__ = ["app_icon", "icon_bitmap"]


@lru_cache(maxsize=512)
def icon_bitmap(name: str, size: int) -> RgbArray:
    """Return an icon as (size, size) uint8 coverage.

    Args:
        name: File name in ``assets/icons`` without its ending.
        size: Edge in device pixels.

    Raises:
        FileNotFoundError: There is no such icon.
    """
    drawn = _alpha_of(name)
    method = cv2.INTER_AREA if size <= drawn.shape[0] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(drawn, (size, size), interpolation=method))


@lru_cache(maxsize=8)
def app_icon(size: int) -> tuple[RgbArray, RgbArray]:
    """Return the program's own icon: (size, size, 3) colours and (size, size) coverage."""
    with Image.open(asset("icons", "o3d-paint.png"), formats=["PNG"]) as image:
        pixels = np.asarray(image.convert("RGBA").resize((size, size), Image.Resampling.LANCZOS))
    return np.ascontiguousarray(pixels[..., :3]), np.ascontiguousarray(pixels[..., 3])


@lru_cache(maxsize=128)
def _alpha_of(name: str) -> RgbArray:
    with Image.open(asset("icons", f"{name}.png"), formats=["PNG"]) as image:
        return np.ascontiguousarray(np.asarray(image.convert("RGBA"))[..., 3])
