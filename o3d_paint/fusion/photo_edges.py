"""Where a photo changes: how strongly colour, direction or depth jump at each pixel.

Strokes spill over borders; borders show. `edge_strength` measures in units in which 1 is a change
that people see as a border, equation (1) of `assets/docs/fusion.md`.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import BoolArray, FloatArray
from o3d_paint.core.scene import Frame

__all__ = ["EDGE_UNIT", "EdgeMap", "edge_strength", "working_shape"]

EdgeMap = npt.NDArray[np.uint8]
"""(h, w) strength of edges at the working size, in steps of `EDGE_UNIT`, 255 for more."""

EDGE_UNIT = 1 / 32
"""One step of an edge map: strengths beyond 8 are alike, since no stroke crosses them."""

# The side of a square photo at which strokes are looked at. Spills of people are fractions of the
# picture, not pixels of the file; the measurements behind all figures here were made at this size.
_WORKING_SIDE = 518
# Lightness counts half: exposure and shade change it more than hue.
_LIGHTNESS = 0.5
_BLUR = 1.0  # pixels; more than the grain of a photo, less than a pole
# What counts as one: 8 of CIE Lab over two pixels, a bend of 0.15 in 1 - |cosine| over six pixels,
# a second difference of 2 % of the inverse depth. On a made scene and two real captures pixels
# beyond an edge of 2 of these were wrong in .22 to .39 of cases, those before in .004 to .05.
_COLOR, _BEND, _JUMP = 8.0, 0.15, 0.02
_BEND_REACH, _NORMAL_REACH = 3, 2


def working_shape(height: int, width: int) -> tuple[int, int]:
    """Return the (h, w) at which a photo or mask of this size is looked at."""
    scale = _WORKING_SIDE / float(np.sqrt(height * width))
    return max(8, round(height * scale)), max(8, round(width * scale))


def edge_strength(frame: Frame) -> EdgeMap:
    """Measure where a photo, and its depth where there is one, change.

    Args:
        frame: The photo with its camera.

    Returns:
        (h, w) of the working shape of the photo's mask.
    """
    h, w = working_shape(*frame.mask_shape)
    squared = _color_change(frame, h, w) / np.float32(_COLOR**2)
    if frame.depth is not None:
        depth = cv2.resize(frame.depth, (w, h), interpolation=cv2.INTER_NEAREST_EXACT)
        known = np.isfinite(depth) & (depth > 0)
        depth = np.where(known, depth, 0).astype(np.float32)
        squared += (_bend(frame, depth, known) / np.float32(_BEND)) ** 2
        squared += (_jump(depth, known) / np.float32(_JUMP)) ** 2
    strength = np.sqrt(squared) / np.float32(EDGE_UNIT)
    edges: EdgeMap = np.minimum(np.rint(strength), 255).astype(np.uint8)
    return edges


def _color_change(frame: Frame, h: int, w: int) -> FloatArray:
    """Return (h, w) squared change of colour over two pixels, the larger of both directions."""
    pixels = frame.photo.pixels()
    way = cv2.INTER_AREA if pixels.shape[1] > w else cv2.INTER_LINEAR
    small = cv2.resize(pixels, (w, h), interpolation=way)
    lab = cv2.cvtColor(small.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2Lab)
    lab[..., 0] *= _LIGHTNESS
    lab = cv2.GaussianBlur(lab, (0, 0), _BLUR)
    change = np.zeros((h, w), dtype=np.float32)
    change[:, 1:-1] = np.square(lab[:, 2:] - lab[:, :-2]).sum(axis=2)
    down = np.square(lab[2:] - lab[:-2]).sum(axis=2)
    np.maximum(change[1:-1], down, out=change[1:-1])
    return change


def _bend(frame: Frame, depth: FloatArray, known: BoolArray) -> FloatArray:
    """Return (h, w) 1 - |cosine| of the normals three pixels to either side."""
    h, w = depth.shape
    camera = frame.camera.resized(w, h)
    x = (np.arange(w, dtype=np.float32) - np.float32(camera.cx)) / np.float32(camera.fx)
    y = (np.arange(h, dtype=np.float32) - np.float32(camera.cy)) / np.float32(camera.fy)
    place = np.stack([depth * x, depth * y[:, None], depth], axis=2)
    k = _NORMAL_REACH
    right, down = np.zeros_like(place), np.zeros_like(place)
    right[:, k:-k] = place[:, 2 * k :] - place[:, : -2 * k]
    down[k:-k] = place[2 * k :] - place[: -2 * k]
    normal = np.cross(right, down)
    normal /= np.maximum(np.linalg.norm(normal, axis=2, keepdims=True), np.float32(1e-12))
    bend = np.zeros((h, w), dtype=np.float32)
    k = _BEND_REACH
    for axis in (0, 1):
        n, out = np.moveaxis(normal, axis, 0), np.moveaxis(bend, axis, 0)
        ok: BoolArray = np.moveaxis(known, axis, 0)
        cosine = np.einsum("ijk,ijk->ij", n[2 * k :], n[: -2 * k])
        here = np.where(ok[2 * k :] & ok[: -2 * k], 1 - np.abs(cosine), 0)
        np.maximum(out[k:-k], here, out=out[k:-k])
    return bend


def _jump(depth: FloatArray, known: BoolArray) -> FloatArray:
    """Return (h, w) second difference of the inverse depth, relative to it; 0 on any plane."""
    near = np.where(known, 1 / np.maximum(depth, np.float32(1e-9)), 0).astype(np.float32)
    jump = np.zeros(depth.shape, dtype=np.float32)
    for axis in (0, 1):
        n, out = np.moveaxis(near, axis, 0), np.moveaxis(jump, axis, 0)
        ok: BoolArray = np.moveaxis(known, axis, 0)
        second = np.abs(n[2:] - 2 * n[1:-1] + n[:-2])
        relative = second / np.maximum(n[1:-1], np.float32(1e-9))
        here = np.where(ok[2:] & ok[1:-1] & ok[:-2], relative, 0)
        np.maximum(out[1:-1], here, out=out[1:-1])
    return jump
