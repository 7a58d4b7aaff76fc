"""Pictures of a cloud without a window: splats, a z-buffer, and shading from depth alone."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import FloatArray, RgbArray
from o3d_paint.core.camera import Camera, transform
from o3d_paint.core.views.orbit import Eye

__all__ = ["camera_of_eye", "framed", "nearest_points", "render_points", "shade"]

_MAX_RADIUS = 6
_OVERLAP = 0.85
_SHADING = 28.0
_SHADING_RANGE = 3
_DARKEST = 0.35


def camera_of_eye(eye: Eye, width: int, height: int) -> tuple[Camera, npt.NDArray[np.float64]]:
    """Return the camera and the (4, 4) cam_from_world of a view of the orbit."""
    right, upward, forward = eye.axes
    focal = 0.5 * height / np.tan(eye.fov / 2)
    cam_from_world = np.eye(4)
    cam_from_world[:3, :3] = np.stack([right, -upward, forward])
    cam_from_world[:3, 3] = -cam_from_world[:3, :3] @ eye.position
    camera = Camera(focal, focal, (width - 1) / 2, (height - 1) / 2, width, height)
    return camera, cam_from_world


def framed(eye: Eye, xyz: FloatArray, *, size: tuple[int, int], fill: float = 0.9) -> Eye:
    """Return the eye moved until the cloud fills the picture, its outermost points left out.

    Args:
        eye: Looks at the cloud already.
        xyz: (N, 3) world points.
        size: (width, height) of the picture in pixels.
        fill: Share of the picture that the cloud may take.
    """
    sample = xyz[:: max(1, len(xyz) // 100_000)]
    for _ in range(4):
        camera, cam_from_world = camera_of_eye(eye, *size)
        uv = camera.project(transform(cam_from_world, sample))
        uv = uv[np.isfinite(uv).all(axis=1)]
        if not len(uv):
            return eye
        low, high = np.percentile(uv, [0.05, 99.95], axis=0)
        dx, dy = (np.array(size) - 1) / 2 - (low + high) / 2
        eye = eye.moved(float(dx), float(dy), height=size[1])
        share = float(((high - low) / np.array(size)).max()) / fill
        if share > 0:
            eye = eye.nearer(float(np.log(1 / share) / np.log(1 / 0.88)))
    return eye


def nearest_points(
    xyz: FloatArray, camera: Camera, cam_from_world: FloatArray, *, spacing: float
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Draw the cloud into a z-buffer, each point as a disc that closes the gap to its neighbours.

    Args:
        xyz: (N, 3) world points.
        camera: Intrinsics and size of the picture.
        cam_from_world: (4, 4), OpenCV axes.
        spacing: Distance of neighbouring points in scene units.

    Returns:
        (H, W) position of the point that each pixel shows, -1 where none, and (H, W) its depth,
        infinite where none.
    """
    points_cam = transform(cam_from_world, xyz).astype(np.float32)
    z = points_cam[:, 2]
    uv = camera.project(points_cam)
    margin = _MAX_RADIUS
    with np.errstate(invalid="ignore"):
        size = np.array([camera.width, camera.height])
        inside = ((uv > -margin) & (uv < size + margin)).all(axis=1) & (z > 0)
    shown = np.flatnonzero(inside)
    column, row = np.floor(uv[shown] + 0.5).astype(np.int32).T
    footprint = np.rint(_OVERLAP * spacing * abs(camera.fx) / z[shown])
    radius = np.clip(footprint, 0, _MAX_RADIUS).astype(np.int32)
    offset = np.arange(-_MAX_RADIUS, _MAX_RADIUS + 1)
    reach = np.ceil(np.hypot(*np.meshgrid(offset, offset)) - 0.3).astype(np.int32)
    drawn = np.full((camera.height, camera.width), -1, dtype=np.int64)
    depth = np.full((camera.height, camera.width), np.inf, dtype=np.float32)
    from o3d_paint.core.kernels.splat import draw_discs

    draw_discs(row, column, z[shown], radius, reach, drawn, depth)
    if len(shown):
        drawn = np.where(drawn < 0, -1, shown[drawn])
    return drawn, depth


def shade(depth: FloatArray) -> FloatArray:
    """Return (H, W) brightness 0..1: pixels behind their surroundings are darker (eye-dome)."""
    with np.errstate(divide="ignore"):
        distance = np.log2(np.where(np.isfinite(depth), depth, np.nan)).astype(np.float32)
    farthest = np.nanmax(distance) if np.isfinite(distance).any() else 0.0
    distance = np.where(np.isfinite(distance), distance, farthest).astype(np.float32)
    # Stray points throw no rings of shadow, and sparse ones catch none from each other.
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (11, 11))
    casting = cv2.morphologyEx(distance, cv2.MORPH_CLOSE, disc)
    response = np.zeros_like(distance)
    for dy, dx in ((0, 1), (1, 0), (0, -1), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1)):
        shift = np.array([[1, 0, dx * _SHADING_RANGE], [0, 1, dy * _SHADING_RANGE]], np.float32)
        size = (distance.shape[1], distance.shape[0])
        moved = cv2.warpAffine(casting, shift, size, borderMode=cv2.BORDER_REPLICATE)
        response += np.maximum(0, distance - moved)
    brightness: FloatArray = np.maximum(_DARKEST, np.exp(-_SHADING * response / 8))
    return brightness


def render_points(
    xyz: FloatArray,
    colors: list[RgbArray],
    eye: Eye,
    *,
    size: tuple[int, int],
    spacing: float,
    background: tuple[int, int, int] = (255, 255, 255),
) -> list[RgbArray]:
    """Return pictures of a cloud from one place, one for each set of colours.

    Args:
        xyz: (N, 3) world points.
        colors: (N, 3) sRGB each.
        eye: From where.
        size: (width, height) of the pictures in pixels.
        spacing: Distance of neighbouring points in scene units.
        background: sRGB where no point is.
    """
    width, height = size
    # Drawn at twice the size: averaging four pixels smooths edges and gaps.
    camera, cam_from_world = camera_of_eye(eye, 2 * width, 2 * height)
    point, depth = nearest_points(xyz, camera, cam_from_world, spacing=spacing)
    brightness = shade(depth)[..., None]
    empty = point < 0
    pictures = []
    for rgb in colors:
        picture = rgb[np.maximum(point, 0)].astype(np.float32) * brightness
        picture[empty] = background
        small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
        pictures.append(np.rint(small).astype(np.uint8))
    return pictures
