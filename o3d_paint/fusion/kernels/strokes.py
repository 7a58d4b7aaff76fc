"""Compiled loops over painted pixels; import late (numba)."""

from __future__ import annotations

from typing import Any

import numpy as np

from o3d_paint.core.arrays import BoolArray, FloatArray
from o3d_paint.core.kernels.jit import Ints, kernel

__all__ = ["barriers", "rim_pixels", "vote_weights"]


@kernel
def rim_pixels(mask: Ints) -> Any:
    """Return (h, w) uint8: 0 where a pixel has a neighbour of another label, else 1."""
    h, w = mask.shape
    out = np.ones((h, w), dtype=np.uint8)
    for y in range(h):
        for x in range(w):
            if x + 1 < w and mask[y, x] != mask[y, x + 1]:
                out[y, x] = out[y, x + 1] = 0
            if y + 1 < h and mask[y, x] != mask[y + 1, x]:
                out[y, x] = out[y + 1, x] = 0
    return out


@kernel
def barriers(mask: Ints, edges: Ints, core: BoolArray) -> Any:
    """Return (h, w) uint8 the lowest barrier between each painted pixel and its stroke's core.

    The barrier of a path is the strongest edge on it, both ends included; paths stay in pixels of
    one label and step along lines and columns. 255 where there is none, and at unpainted pixels.
    A flood in order of height, as watersheds are computed (Meyer 1991).
    """
    h, w = mask.shape
    out: Any = np.full((h, w), 255, dtype=np.uint8)
    head: Any = np.full(256, -1, dtype=np.int32)
    following: Any = np.full(h * w, -1, dtype=np.int32)
    for y in range(h):
        for x in range(w):
            if core[y, x] and mask[y, x] > 0:
                p = y * w + x
                height = edges[y, x]
                out[y, x] = height
                following[p] = head[height]
                head[height] = p
    for height in range(255):
        while head[height] >= 0:
            p = head[height]
            head[height] = following[p]
            y, x = p // w, p % w
            for k in range(4):
                ny = y + (1 if k == 0 else -1 if k == 1 else 0)
                nx = x + (1 if k == 2 else -1 if k == 3 else 0)
                if ny < 0 or nx < 0 or ny >= h or nx >= w or mask[ny, nx] != mask[y, x]:
                    continue
                higher: Any = max(np.int64(edges[ny, nx]), height)
                # Heights only rise, so whoever comes first to a pixel comes by the lowest way.
                if out[ny, nx] == 255 and higher < 255:
                    out[ny, nx] = higher
                    q = ny * w + nx
                    following[q] = head[higher]
                    head[higher] = q
    return out


@kernel
def vote_weights(
    points: Ints,
    labels: Ints,
    xyz: FloatArray,
    cam_from_world: FloatArray,
    lens: FloatArray,
    mask: Ints,
    weights: FloatArray,
    unseen: int,
) -> Any:
    """Return (K,) uint8 weights of votes, 255 for 1, by the pixels that show their points.

    ``lens`` is fx, fy, and cx, cy plus half a pixel, of the small mask (h, w) that ``weights``
    belong to. Where it shows another label than the vote has, the highest weight of its label among
    the pixels around counts; without any, ``unseen``.
    """
    h, w = mask.shape
    out: Any = np.empty(len(labels), dtype=np.uint8)
    place = np.zeros(3)
    for i in range(len(labels)):
        for a in range(3):
            place[a] = cam_from_world[a, 3]
            for b in range(3):
                place[a] += cam_from_world[a, b] * xyz[points[i], b]
        z = max(place[2], 1e-12)
        x = min(max(np.int64(np.floor(lens[0] * place[0] / z + lens[2])), 0), w - 1)
        y = min(max(np.int64(np.floor(lens[1] * place[1] / z + lens[3])), 0), h - 1)
        best = np.float32(-1.0)
        if mask[y, x] == labels[i]:
            best = weights[y, x]
        else:
            for ny in range(max(y - 1, 0), min(y + 2, h)):
                for nx in range(max(x - 1, 0), min(x + 2, w)):
                    if mask[ny, nx] == labels[i] and weights[ny, nx] > best:
                        best = weights[ny, nx]
        out[i] = unseen if best < 0 else max(1, np.int64(best * 255.0 + 0.5))
    return out
