"""The labels of the cloud as a mask of any photo.

Only points that the photo shows speak (`visibility`); each pixel takes the label that most of its
points have. Pixels that no point fell into are filled from a neighbour whose surface lies at the
same depth, so that labels never run across a jump.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import FloatArray, IdArray
from o3d_paint.core.confidence import ConfidenceRule
from o3d_paint.core.scene import Frame
from o3d_paint.core.visibility import DepthTolerance, PixelIndex, build_pixel_index

__all__ = ["mask_from_points", "reproject_labels"]

HOLE_REACH = 6
"""Pixels of the working resolution over which holes are filled."""
_LONG_SIDE_WITHOUT_DEPTH = 640
_UNKNOWN = -1
# Known pixels of the eight around a hole before it is closed; rounds, each of which takes a pixel
# off its rim.
_AROUND, _PINHOLE_ROUNDS = 5, 4


def reproject_labels(
    frame: Frame,
    xyz: FloatArray,
    labels: IdArray,
    *,
    rule: ConfidenceRule,
    tolerance: DepthTolerance,
    spacing: float,
    shape: tuple[int, int] | None = None,
) -> IdArray:
    """Draw the labels of a cloud into a photo.

    Args:
        frame: The photo.
        xyz: (N, 3) world points of the whole cloud, so that what hides is known.
        labels: (N,) class ids; points with 0 take part and leave their pixels unlabelled.
        rule: Which depth pixels are trusted.
        tolerance: How far depth and point may differ.
        spacing: Point spacing in scene units.
        shape: (H, W) of the result; that of the depth map by default, or of the photo reduced to
            640 pixels where there is none.

    Returns:
        (H, W) uint16 mask, 0 where no labelled point is seen.
    """
    index = build_pixel_index(frame, xyz, rule=rule, tolerance=tolerance, spacing=spacing)
    return mask_from_points(frame, index, labels, xyz=xyz, tolerance=tolerance, shape=shape)


def mask_from_points(
    frame: Frame,
    index: PixelIndex,
    labels: IdArray,
    *,
    xyz: FloatArray,
    tolerance: DepthTolerance,
    shape: tuple[int, int] | None = None,
) -> IdArray:
    """Draw the labels of points whose visibility is known already.

    Args:
        frame: The photo.
        index: Its visible points.
        labels: (N,) class ids of the whole cloud.
        xyz: (N, 3) world points of the whole cloud.
        tolerance: How far neighbouring depths may differ for a label to pass.
        shape: As for `reproject_labels`.
    """
    working = _working_shape(frame, index.shape)
    pixel = _resized_pixels(index, working)
    drawn = _majority(pixel, labels[index.point], working)
    depth = frame.depth if frame.depth is not None else _drawn_depth(frame, xyz, index, working)
    surface = _without_pinholes(np.asarray(depth, dtype=np.float32), tolerance)
    filled = _fill_holes(drawn, surface, tolerance)
    mask = np.maximum(filled, 0).astype(np.uint16)
    if shape is None or shape == working:
        return mask
    return np.asarray(
        cv2.resize(mask, (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST_EXACT),
        dtype=np.uint16,
    )


def _working_shape(frame: Frame, mask_shape: tuple[int, int]) -> tuple[int, int]:
    """Return the (h, w) at which labels are drawn."""
    if frame.depth is not None:
        return int(frame.depth.shape[0]), int(frame.depth.shape[1])
    scale = min(1.0, _LONG_SIDE_WITHOUT_DEPTH / max(mask_shape))
    return max(1, round(mask_shape[0] * scale)), max(1, round(mask_shape[1] * scale))


def _resized_pixels(index: PixelIndex, shape: tuple[int, int]) -> npt.NDArray[np.int64]:
    """Return (V,) the row-major pixel of each visible point at another resolution."""
    (mask_h, mask_w), (h, w) = index.shape, shape
    # Wider than the pixels themselves: classes are packed behind them.
    line, column = np.divmod(index.pixel.astype(np.int64), mask_w)
    return np.asarray((2 * line + 1) * h // (2 * mask_h) * w + (2 * column + 1) * w // (2 * mask_w))


def _majority(
    pixel: npt.NDArray[np.int64], labels: IdArray, shape: tuple[int, int]
) -> npt.NDArray[np.int32]:
    """Return (h, w) the label most frequent in each pixel, ties to the lowest; -1 without points.

    An unlabelled point gives way to labelled ones: what is known of a pixel is shown.
    """
    drawn = np.full(shape[0] * shape[1], _UNKNOWN, dtype=np.int32)
    drawn[pixel] = 0
    labelled = labels > 0
    pairs = pixel[labelled] << 16 | labels[labelled]
    pairs.sort()
    starts = np.flatnonzero(np.concatenate([[True], pairs[1:] != pairs[:-1]])[: len(pairs)])
    count = np.diff(np.append(starts, len(pairs)))
    place, label = pairs[starts] >> 16, pairs[starts] & 0xFFFF
    # Written in ascending order of votes, so that the most frequent label stays.
    order = np.lexsort((-label, count))
    drawn[place[order]] = label[order]
    return np.asarray(drawn.reshape(shape))


def _drawn_depth(
    frame: Frame, xyz: FloatArray, index: PixelIndex, shape: tuple[int, int]
) -> npt.NDArray[np.float32]:
    """Return (h, w) the nearest depth of the visible points, spread over the holes between them."""
    rotation, offset = frame.cam_from_world[2, :3], frame.cam_from_world[2, 3]
    z = (xyz[index.point] @ rotation + offset).astype(np.float32)
    depth = np.full(shape[0] * shape[1], np.inf, dtype=np.float32)
    np.minimum.at(depth, _resized_pixels(index, shape), z)
    drawn = depth.reshape(shape)
    # A closing: holes get the depth of the surface around them, its outline stays in place.
    kernel = np.ones((2 * HOLE_REACH // 3 + 1,) * 2, dtype=np.uint8)
    far = np.float32(np.finfo(np.float32).max)
    near = cv2.erode(np.where(np.isfinite(drawn), drawn, far), kernel, borderValue=float(far))
    closed = cv2.dilate(near, kernel, borderValue=0.0)
    return np.where(closed < far, closed, 0).astype(np.float32)


def _without_pinholes(
    depth: npt.NDArray[np.float32], tolerance: DepthTolerance
) -> npt.NDArray[np.float32]:
    """Return (h, w) depth with small holes closed where all that is around them is one surface.

    Depth cameras leave pixels out, alone or a few together: most of the neighbours of such a pixel
    know their depth, and these agree.
    """
    closed = np.where(np.isfinite(depth) & (depth > 0), depth, np.float32(0))
    box = np.ones((3, 3), dtype=np.uint8)
    far = np.float32(np.finfo(np.float32).max)
    for _ in range(_PINHOLE_ROUNDS):
        known = closed > 0
        count = cv2.boxFilter(known.astype(np.float32), -1, (3, 3), normalize=False)
        nearest = cv2.erode(np.where(known, closed, far), box, borderValue=float(far))
        farthest = cv2.dilate(closed, box, borderValue=0.0)
        mean = cv2.boxFilter(closed, -1, (3, 3), normalize=False) / np.maximum(count, 1)
        limit = np.float32(tolerance.absolute) + np.float32(tolerance.relative) * mean
        is_hole = ~known & (count >= _AROUND) & (farthest - nearest <= 2 * limit)
        if not is_hole.any():
            break
        closed[is_hole] = mean[is_hole]
    return closed


def _fill_holes(
    drawn: npt.NDArray[np.int32], depth: npt.NDArray[np.float32], tolerance: DepthTolerance
) -> npt.NDArray[np.int32]:
    """Let labels pass from pixel to pixel where the depth agrees, a few pixels far."""
    filled = drawn.copy()
    known_depth = np.isfinite(depth) & (depth > 0)
    surface = np.where(known_depth, depth, np.nan)
    limit = np.float32(tolerance.absolute) + np.float32(tolerance.relative) * surface
    for _ in range(HOLE_REACH):
        line, column = np.nonzero((filled == _UNKNOWN) & known_depth)
        if not len(line):
            break
        label, gap = _best_neighbor(filled, surface, line, column=column)
        passes = gap <= limit[line, column]
        if not passes.any():
            break
        filled[line[passes], column[passes]] = label[passes]
    return np.asarray(filled)


def _best_neighbor(
    filled: npt.NDArray[np.int32],
    surface: npt.NDArray[np.float32],
    line: npt.NDArray[np.int64],
    *,
    column: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Return (K,) the label of the neighbour nearest in depth that has one, and the gap to it."""
    h, w = filled.shape
    label = np.full(len(line), _UNKNOWN, dtype=np.int32)
    best = np.full(len(line), np.inf, dtype=np.float32)
    own = surface[line, column]
    for dy, dx in ((-1, 0), (0, -1), (0, 1), (1, 0), (-1, -1), (-1, 1), (1, -1), (1, 1)):
        y, x = np.clip(line + dy, 0, h - 1), np.clip(column + dx, 0, w - 1)
        candidate = filled[y, x]
        gap = np.abs(surface[y, x] - own)
        better = (candidate != _UNKNOWN) & (gap < best)
        label[better], best[better] = candidate[better], gap[better]
    return label, best
