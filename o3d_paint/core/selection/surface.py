"""The surface that a depth map shows: planes fitted to inverse depth, and their normals.

Inverse depth is an affine function of the pixel on any plane, whatever its slant, so a window
about a pixel is fitted exactly. Each pixel takes the best-fitting of nine windows, which keeps
creases sharp and puts flying pixels back onto a surface. What is thinner than a window (bars of a
window, pickets, rods) is fitted to its own pixels alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from o3d_paint.core.arrays import BoolArray, FloatArray
from o3d_paint.core.camera import Camera

__all__ = ["Surface", "fit_surface", "resampled_depth"]

_WINDOW_RADIUS = 3
_LEAST_PIXELS = 6
_JUMP = 1.02
_FALLBACK_NOISE = 0.01
_HOLE_WIDTH = 5


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """A depth map made smooth between its edges.

    Attributes:
        valid: (h, w) where there is a depth.
        nearness: (h, w) float32 inverse depth of the fitted plane, 0 without depth.
        slope: (h, w, 2) float32 its change per pixel along x and y.
        normal: (h, w, 3) float32 unit normals in camera axes, away from the camera; 0 without
            depth.
        residual: (h, w) float32 share by which the measured inverse depth is off the plane of the
            best window; large at flying pixels and on thin things.
        noise: Typical share by which depth is off within a window.
    """

    valid: BoolArray
    nearness: FloatArray
    slope: FloatArray
    normal: FloatArray
    residual: FloatArray
    noise: float


def resampled_depth(depth: FloatArray, shape: tuple[int, int]) -> FloatArray:
    """Bring a depth map to another resolution without mixing near and far; small holes close.

    Sensors leave lines and grids of single pixels without depth, which are no edges of anything.

    Args:
        depth: (h, w), not finite or not positive where unknown.
        shape: (H, W) wanted.

    Returns:
        (H, W) float32, 0 where unknown.
    """
    clean = _closed(np.where(np.isfinite(depth) & (depth > 0), depth, 0).astype(np.float32))
    if clean.shape == shape:
        return clean
    size = (shape[1], shape[0])
    nearest = cv2.resize(clean, size, interpolation=cv2.INTER_NEAREST_EXACT)
    kernel = np.ones((3, 3), np.uint8)
    smooth = cv2.dilate(clean, kernel) <= _JUMP * cv2.erode(clean, kernel)
    linear = cv2.resize(clean, size, interpolation=cv2.INTER_LINEAR)
    inside = cv2.resize(smooth.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST_EXACT)
    return np.asarray(np.where(inside > 0, linear, nearest))


def _closed(depth: FloatArray) -> FloatArray:
    """Give pixels without depth, in holes a few pixels wide, that of the nearest pixel with one."""
    missing = (depth <= 0).astype(np.uint8)
    kernel = np.ones((_HOLE_WIDTH, _HOLE_WIDTH), np.uint8)
    wide = cv2.dilate(cv2.erode(missing, kernel, borderValue=1), kernel)
    holes = (missing > 0) & (wide == 0)
    if not holes.any():
        return depth
    _, nearest = cv2.distanceTransformWithLabels(
        missing, cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
    )
    depth_of = np.zeros(int(nearest.max()) + 1, np.float32)
    depth_of[nearest[missing == 0]] = depth[missing == 0]
    return np.asarray(np.where(holes, depth_of[nearest], depth))


def fit_surface(depth: FloatArray, camera: Camera) -> Surface:
    """Fit planes to a depth map.

    Args:
        depth: (h, w) float32, 0 where unknown.
        camera: Intrinsics at that resolution.
    """
    from o3d_paint.core.kernels.photo import choose_planes, fit_thin

    valid = depth > 0
    nearness = np.where(valid, 1 / np.where(valid, depth, 1), 0).astype(np.float32)
    # Lengths of one keep the sums well-conditioned at any scale of the scene.
    scale = float(np.median(nearness[valid])) if valid.any() else 1.0
    planes = _window_planes(nearness / scale, valid)
    fitted = planes[..., 3] >= 0
    spread = (planes[..., 3] / np.maximum(planes[..., 0], 1e-6))[valid & fitted]
    noise = max(float(np.median(spread)), 1e-4) if len(spread) else _FALLBACK_NOISE
    chosen = choose_planes(nearness / scale, valid, planes, _WINDOW_RADIUS)
    windowed = np.where(valid, np.maximum(chosen[..., 0], 1e-6), 0)
    chosen = fit_thin(nearness / scale, valid, chosen, noise, _WINDOW_RADIUS)
    value = np.where(valid, np.maximum(chosen[..., 0], 1e-6), 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        residual = np.where(valid, np.abs(windowed - nearness / scale) / windowed, 0)
    return Surface(
        valid=valid,
        nearness=(value * scale).astype(np.float32),
        slope=chosen[..., 1:] * np.float32(scale),
        normal=_normals(value, chosen[..., 1:], camera) * valid[..., None],
        residual=residual.astype(np.float32),
        noise=noise,
    )


def _window_planes(nearness: FloatArray, valid: BoolArray) -> FloatArray:
    """Return (h, w, 4) the affine fit of the window about each pixel: value, slopes, residual."""
    size = (2 * _WINDOW_RADIUS + 1,) * 2

    def window_sum(values: FloatArray) -> FloatArray:
        return np.asarray(
            cv2.boxFilter(values, -1, size, normalize=False, borderType=cv2.BORDER_CONSTANT)
        )

    h, w = nearness.shape
    weight = valid.astype(np.float64)
    z = np.where(valid, nearness, 0).astype(np.float64)
    x = np.broadcast_to(np.arange(w) - w / 2.0, (h, w)) * weight
    y = np.broadcast_to((np.arange(h) - h / 2.0)[:, None], (h, w)) * weight
    count = window_sum(weight)
    n = np.maximum(count, 1)
    mean_x, mean_y, mean_z = (window_sum(a) / n for a in (x, y, z))
    # Half a pixel of spread keeps lines and lone pixels from fitting any slope.
    var_x = window_sum(x * x) / n - mean_x**2 + 1e-3
    var_y = window_sum(y * y) / n - mean_y**2 + 1e-3
    cov_xy = window_sum(x * y) / n - mean_x * mean_y
    cov_xz = window_sum(x * z) / n - mean_x * mean_z
    cov_yz = window_sum(y * z) / n - mean_y * mean_z
    var_z = window_sum(z * z) / n - mean_z**2
    determinant = var_x * var_y - cov_xy**2
    slope_x = (var_y * cov_xz - cov_xy * cov_yz) / determinant
    slope_y = (var_x * cov_yz - cov_xy * cov_xz) / determinant
    rest = np.sqrt(np.maximum(var_z - slope_x * cov_xz - slope_y * cov_yz, 0))
    own_x, own_y = np.arange(w) - w / 2.0, (np.arange(h) - h / 2.0)[:, None]
    value = mean_z + slope_x * (own_x - mean_x) + slope_y * (own_y - mean_y)
    rest[count < _LEAST_PIXELS] = -1
    return np.stack([value, slope_x, slope_y, rest], axis=-1).astype(np.float32)


def _normals(value: FloatArray, slope: FloatArray, camera: Camera) -> FloatArray:
    """Return (h, w, 3) float32 unit normals: ``1/z = n · ray / d`` on a plane."""
    h, w = value.shape
    u, v = np.arange(w)[None, :], np.arange(h)[:, None]
    along_z = value - slope[..., 0] * (u - camera.cx) - slope[..., 1] * (v - camera.cy)
    normal = np.stack([slope[..., 0] * camera.fx, slope[..., 1] * camera.fy, along_z], axis=-1)
    length = np.linalg.norm(normal, axis=-1, keepdims=True)
    return np.asarray(normal / np.maximum(length, 1e-12), dtype=np.float32)
