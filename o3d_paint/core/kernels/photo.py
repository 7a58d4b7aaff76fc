"""Compiled loops over the pixels of a photo; import late (numba)."""

from __future__ import annotations

import numpy as np

from o3d_paint.core.arrays import BoolArray, FloatArray
from o3d_paint.core.kernels.jit import Ints, kernel

__all__ = ["choose_planes", "cluster_pixels", "connected_pieces", "fit_thin", "neighbor_pairs"]

_THIN_NOISES = 3.0
"""A window that is off by as many times the noise does not explain a pixel."""
_THIN_BAND, _THIN_LEAST = 0.01, 6.0
"""How alike the nearness of companions is, as a share, and how much of them it takes."""


@kernel
def choose_planes(
    nearness: FloatArray, valid: BoolArray, planes: FloatArray, reach: int
) -> FloatArray:
    """Give each pixel the best of nine windows around it, so that none straddles a crease.

    Args:
        nearness: (h, w) inverse depth.
        valid: (h, w) where it is known.
        planes: (h, w, 4) fit of the window about each pixel: value, slopes along x and y, rms
            residual; a negative residual where there is no fit.
        reach: Distance of the windows' centres in pixels.

    Returns:
        (h, w, 3) value at the pixel and slopes; the measured value and no slope where none fits.
    """
    h, w = nearness.shape
    chosen = np.zeros((h, w, 3), np.float32)
    for y in range(h):
        for x in range(w):
            if not valid[y, x]:
                continue
            chosen[y, x, 0] = nearness[y, x]
            best = np.inf
            for dy in (0, -reach, reach):
                for dx in (0, -reach, reach):
                    v, u = y + dy, x + dx
                    if v < 0 or u < 0 or v >= h or u >= w or planes[v, u, 3] < 0:
                        continue
                    value = planes[v, u, 0] - planes[v, u, 1] * dx - planes[v, u, 2] * dy
                    cost = planes[v, u, 3] + 0.5 * abs(value - nearness[y, x])
                    if dy == 0 and dx == 0:
                        cost *= 0.8
                    if cost < best:
                        best = cost
                        chosen[y, x, 0] = value
                        chosen[y, x, 1] = planes[v, u, 1]
                        chosen[y, x, 2] = planes[v, u, 2]
    return chosen


@kernel
def fit_thin(
    nearness: FloatArray, valid: BoolArray, chosen: FloatArray, noise: float, reach: int
) -> FloatArray:
    """Fit pixels that no window explains to those near them that are as far away.

    Bars and rods are thinner than any window. A pixel that flies between two surfaces has too few
    companions and stays on the surface that it was put onto.

    Args:
        nearness: (h, w) inverse depth.
        valid: (h, w) where it is known.
        chosen: (h, w, 3) value at the pixel and slopes, of the windows.
        noise: Typical share by which depth is off.
        reach: Distance of companions in pixels.

    Returns:
        (h, w, 3) as ``chosen``, with thin things in their places.
    """
    h, w = nearness.shape
    fitted = chosen.copy()
    for y in range(h):
        for x in range(w):
            own = nearness[y, x]
            if valid[y, x] and abs(chosen[y, x, 0] - own) > _THIN_NOISES * noise * own:
                companions, value, along_x, along_y = _plane_of_companions(
                    nearness, valid, y, x, _THIN_BAND + noise, reach
                )
                if companions >= _THIN_LEAST:
                    fitted[y, x, 0] = value
                    fitted[y, x, 1] = along_x
                    fitted[y, x, 2] = along_y
    return fitted


@kernel
def _plane_of_companions(
    nearness: FloatArray, valid: BoolArray, y: int, x: int, band: float, reach: int
) -> tuple[float, float, float, float]:
    """Return how many pixels nearby are alike, and value and slopes of the plane through them."""
    h, w = nearness.shape
    own = nearness[y, x]
    n = sx = sy = sz = sxx = sxy = syy = sxz = syz = 0.0
    for v in range(max(0, y - reach), min(h, y + reach + 1)):
        for u in range(max(0, x - reach), min(w, x + reach + 1)):
            off = (nearness[v, u] / own - 1) / band
            if not valid[v, u] or abs(off) > 1:
                continue
            dx, dy, dz = float(u - x), float(v - y), nearness[v, u] - own
            k = (1 - off * off) ** 2
            n += k
            sx, sy, sz = sx + k * dx, sy + k * dy, sz + k * dz
            sxx, sxy, syy = sxx + k * dx * dx, sxy + k * dx * dy, syy + k * dy * dy
            sxz, syz = sxz + k * dx * dz, syz + k * dy * dz
    sx, sy, sz = sx / n, sy / n, sz / n
    # A pixel of spread keeps bars from fitting any slope across them.
    var_x, var_y, cov_xy = sxx / n - sx * sx + 1, syy / n - sy * sy + 1, sxy / n - sx * sy
    cov_xz, cov_yz = sxz / n - sx * sz, syz / n - sy * sz
    determinant = var_x * var_y - cov_xy * cov_xy
    a = (var_y * cov_xz - cov_xy * cov_yz) / determinant
    b = (var_x * cov_yz - cov_xy * cov_xz) / determinant
    return n, own + sz - a * sx - b * sy, a, b


@kernel
def _distance(
    features: FloatArray, y: int, x: int, center: FloatArray, k: int, pull: float, limit: float
) -> float:
    """Return how badly a pixel fits a cluster, or anything above the limit once that is passed."""
    dy, dx = y - center[k, 10], x - center[k, 11]
    d: float = (dy * dy + dx * dx) * pull
    if d > limit:
        return d
    for c in range(3):
        d += (features[y, x, c] - center[k, c]) ** 2 / 36.0
    if d > limit:
        return d
    if (features[y, x, 9] > 0.5) != (center[k, 9] > 0.5):
        return d + 50.0
    if features[y, x, 9] > 0.5:
        expected = center[k, 3] + center[k, 4] * dx + center[k, 5] * dy
        gap = (features[y, x, 3] - expected) / features[y, x, 3]
        d += min(gap * gap / 0.0009, 25.0)
        for c in range(6, 9):
            d += (features[y, x, c] - center[k, c]) ** 2 / 0.49
    return d


@kernel
def cluster_pixels(features: FloatArray, step: int, rounds: int) -> Ints:
    """Group pixels into compact clusters of like colour and surface (SLIC, Achanta 2012).

    Args:
        features: (h, w, 10) Lab, inverse depth, its slopes along x and y, normal, 1 where these
            four are known.
        step: Spacing of the clusters in pixels.
        rounds: Times that clusters are moved to their pixels' mean.

    Returns:
        (h, w) int32 cluster of each pixel.
    """
    h, w, size = features.shape
    rows, columns = (h + step - 1) // step, (w + step - 1) // step
    count = rows * columns
    center = np.zeros((count, size + 2))
    for k in range(count):
        y = min(h - 1, int((k // columns + 0.5) * h / rows))
        x = min(w - 1, int((k % columns + 0.5) * w / columns))
        center[k, :size] = features[y, x]
        center[k, size], center[k, size + 1] = y, x
    owner = np.zeros((h, w), np.int32)
    pull = 3.0 / (step * step)
    for _ in range(rounds):
        total = np.zeros((count, size + 3))
        for y in range(h):
            row = y * rows // h
            for x in range(w):
                column = x * columns // w
                winner = row * columns + column
                best = _distance(features, y, x, center, winner, pull, np.inf)
                for i in range(max(0, row - 1), min(rows, row + 2)):
                    for j in range(max(0, column - 1), min(columns, column + 2)):
                        d = _distance(features, y, x, center, i * columns + j, pull, best)
                        if d < best:
                            best, winner = d, i * columns + j
                owner[y, x] = winner
                _add(total[winner], features[y, x], y, x)
        _move(center, total)
    return owner


@kernel
def _add(total: FloatArray, pixel: FloatArray, y: int, x: int) -> None:
    """Add a pixel to the sums of its cluster; what lies on no surface adds no geometry."""
    size = len(pixel)
    for c in range(3):
        total[c] += pixel[c]
    if pixel[9] > 0.5:
        for c in range(3, 10):
            total[c] += pixel[c]
    total[size] += y
    total[size + 1] += x
    total[size + 2] += 1


@kernel
def _move(center: FloatArray, total: FloatArray) -> None:
    """Move every cluster to the mean of its pixels; an empty one stays."""
    size = center.shape[1] - 2
    for k in range(len(center)):
        pixels, measured = total[k, size + 2], total[k, 9]
        if pixels == 0:
            continue
        for c in range(3):
            center[k, c] = total[k, c] / pixels
        if measured > 0:
            for c in range(3, 9):
                center[k, c] = total[k, c] / measured
            length = np.sqrt(center[k, 6] ** 2 + center[k, 7] ** 2 + center[k, 8] ** 2) + 1e-12
            for c in range(6, 9):
                center[k, c] /= length
        center[k, 9] = measured / pixels
        center[k, size] = total[k, size] / pixels
        center[k, size + 1] = total[k, size + 1] / pixels


@kernel
def connected_pieces(owner: Ints, least: int) -> tuple[Ints, int]:
    """Number the 4-connected pieces of each cluster; small ones join a piece beside them.

    Args:
        owner: (h, w) cluster of each pixel.
        least: Fewest pixels of a piece of its own.

    Returns:
        (h, w) int32 piece of each pixel, 0 to count - 1, and the count.
    """
    h, w = owner.shape
    piece = np.full((h, w), -1, np.int32)
    queue = np.zeros((h * w, 2), np.int32)
    count = 0
    for y0 in range(h):
        for x0 in range(w):
            if piece[y0, x0] >= 0:
                continue
            piece[y0, x0] = count
            queue[0, 0], queue[0, 1] = y0, x0
            head, tail, beside = 0, 1, -1
            while head < tail:
                y, x = np.int64(queue[head, 0]), np.int64(queue[head, 1])
                head += 1
                for v, u in ((y, x + 1), (y, x - 1), (y + 1, x), (y - 1, x)):
                    if v < 0 or u < 0 or v >= h or u >= w:
                        continue
                    if piece[v, u] < 0 and owner[v, u] == owner[y0, x0]:
                        piece[v, u] = count
                        queue[tail, 0], queue[tail, 1] = v, u
                        tail += 1
                    elif piece[v, u] >= 0 and piece[v, u] != count:
                        beside = piece[v, u]
            if tail < least and beside >= 0:
                for k in range(tail):
                    piece[queue[k, 0], queue[k, 1]] = beside
            else:
                count += 1
    return piece, count


@kernel
def neighbor_pairs(piece: Ints, count: int) -> Ints:
    """Return (B,) ``low * count + high`` of the two pieces at every pixel border between two."""
    h, w = piece.shape
    pairs = np.zeros(2 * h * w, np.int64)
    found = 0
    for y in range(h):
        for x in range(w):
            a = np.int64(piece[y, x])
            for v, u in ((y, x + 1), (y + 1, x)):
                if v < h and u < w and piece[v, u] != a:
                    b = np.int64(piece[v, u])
                    pairs[found] = min(a, b) * count + max(a, b)
                    found += 1
    return pairs[:found]
