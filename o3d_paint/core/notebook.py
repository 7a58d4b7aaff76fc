"""What a notebook shows of an object: its facts as a table, and a small picture of points."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from html import escape

import cv2
import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import FloatArray, RgbArray
from o3d_paint.core.geometry import robust_bounds

__all__ = ["histogram_picture", "oblique_picture", "summary_html"]

# Points that are drawn: at 400 x 260 pixels more do not show, and a cell answers in some 50 ms.
_MOST_DRAWN = 200_000
_WIDTH, _HEIGHT = 400, 260
_BACKGROUND = 245
_BAR = (0, 119, 187)
# Degrees around the axis that points up, and down from the horizontal: rooms and houses show two
# sides and what lies on top.
_AROUND, _DOWN = 35.0, 30.0


def oblique_picture(xyz: FloatArray, rgb: RgbArray, up: FloatArray) -> RgbArray:
    """Draw points from above and aside, in parallel projection.

    Args:
        xyz: (N, 3) points; those that are nowhere are left out, as are far outliers.
        rgb: (N, 3) uint8 sRGB.
        up: (3,) unit vector.

    Returns:
        (260, 400, 3) uint8 sRGB.
    """
    picture = np.full((_HEIGHT, _WIDTH, 3), _BACKGROUND, dtype=np.uint8)
    step = max(1, len(xyz) // _MOST_DRAWN)
    points, colors = xyz[::step], rgb[::step]
    somewhere = np.isfinite(points).all(axis=1)
    if not somewhere.any():
        return picture
    low, high = robust_bounds(points[somewhere])
    somewhere &= ((points >= low) & (points <= high)).all(axis=1)
    points, colors = points[somewhere] - (low + high) / 2, colors[somewhere]
    if not len(points):
        return picture
    right, upward, forward = _axes(up)
    across = np.stack([points @ right, -(points @ upward)], axis=1)
    center = (across.min(axis=0) + across.max(axis=0)) / 2
    extent = np.maximum(np.ptp(across, axis=0), 1e-12)
    scale = 0.94 * min(_WIDTH / extent[0], _HEIGHT / extent[1])
    pixel = np.rint((across - center) * scale + (_WIDTH / 2, _HEIGHT / 2)).astype(np.intp)
    far_first = np.argsort(-(points @ forward), kind="stable")
    x = np.clip(pixel[far_first, 0], 0, _WIDTH - 2)
    y = np.clip(pixel[far_first, 1], 0, _HEIGHT - 2)
    for dy in (0, 1):
        for dx in (0, 1):
            picture[y + dy, x + dx] = colors[far_first]
    return picture


def histogram_picture(counts: npt.NDArray[np.integer]) -> RgbArray:
    """Draw counts as bars from left to right.

    Args:
        counts: (B,) at most 100 of them.

    Returns:
        (260, 400, 3) uint8 sRGB.
    """
    picture = np.full((_HEIGHT, _WIDTH, 3), _BACKGROUND, dtype=np.uint8)
    edges = np.linspace(10, _WIDTH - 10, len(counts) + 1).astype(int)
    tops = (_HEIGHT - 20) * counts / max(1, int(counts.max(initial=0)))
    for left, right, top in zip(edges[:-1], edges[1:], tops, strict=True):
        picture[_HEIGHT - 10 - int(np.ceil(top)) : _HEIGHT - 10, left : right - 2] = _BAR
    return picture


def summary_html(title: str, facts: Mapping[str, str], picture: RgbArray | None = None) -> str:
    """Return a table of facts, and a picture beside it, as HTML that runs nothing.

    Args:
        title: What it is.
        facts: Texts by name; both are escaped, since they may come from files.
        picture: (H, W, 3) uint8 sRGB.
    """
    rows = "".join(
        f"<tr><th style='text-align:left'>{escape(name)}</th>"
        f"<td style='text-align:left'>{escape(text)}</td></tr>"
        for name, text in facts.items()
    )
    table = f"<table><caption>{escape(title)}</caption>{rows}</table>"
    if picture is None:
        return f"<div>{table}</div>"
    _, encoded = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    data = base64.b64encode(encoded.tobytes()).decode()
    image = f"<img alt='{escape(title, quote=True)}' src='data:image/png;base64,{data}'>"
    return f"<div style='display:flex;gap:1em;align-items:center'>{image}{table}</div>"


def _axes(up: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return right, upward and forward (3,) of the view in the world."""
    z = np.asarray(up, dtype=np.float64) / np.linalg.norm(up)
    aside = np.eye(3)[np.argmin(np.abs(z))]
    x = np.cross(aside, z)
    x /= np.linalg.norm(x)
    y = np.cross(z, x)
    around, down = np.radians([_AROUND, _DOWN])
    level = np.cos(around) * y + np.sin(around) * x
    right = np.cos(around) * x - np.sin(around) * y
    forward = np.cos(down) * level - np.sin(down) * z
    return right, np.cross(right, forward), forward
