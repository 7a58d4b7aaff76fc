"""White dots at known places, photographed by known cameras with any lens: the proof of a reader.

A reader is right where every dot of its straightened photos lies at most half a pixel from where
its cameras see the point.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image

from o3d_paint.core.camera import transform
from o3d_paint.io.capture import Capture
from tests.io.ball_on_floor import look_at_origin

H, W = 240, 320
COUNT = 4
_SIGMA = 1.7
_WINDOW = 8
_APART = 0.085
"""Least distance of two dots in any photo, in normalised coordinates: windows hold one each."""


def poses(count: int = COUNT) -> list[np.ndarray]:
    """World to camera, each tilted about its own axis."""
    found = []
    for i in range(count):
        angle, roll = 0.3 + 0.4 * i, 0.15 * i - 0.2
        pose = look_at_origin(np.array([2.2 * np.cos(angle), 2.2 * np.sin(angle), 1.7]))
        turn = np.eye(4)
        turn[:2, :2] = [[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]]
        found.append(turn @ pose)
    return found


def _apart(poses_of_all: list[np.ndarray]) -> np.ndarray:
    """(N, 3) points, uneven in all directions, no two of which are near in any photo."""
    kept: list[np.ndarray] = []
    for point in np.random.default_rng(3).uniform((-0.8, -0.8, -0.1), (0.8, 0.8, 0.5), (4000, 3)):
        others = np.array([*kept, point])
        if all(
            np.abs(xy := normalized(pose, others)).max() < 0.42
            and (np.linalg.norm(xy[:-1] - xy[-1], axis=1) > _APART).all()
            for pose in poses_of_all
        ):
            kept.append(point)
    return np.array(kept)


def normalized(pose: np.ndarray, points: np.ndarray | None = None) -> np.ndarray:
    """(N, 2) x/z and y/z with OpenCV axes."""
    cam = transform(pose, POINTS if points is None else points)
    return cam[:, :2] / cam[:, 2:]


POINTS = _apart(poses())


def photo(uv: np.ndarray, h: int = H, w: int = W) -> Image.Image:
    """A picture with dots at (N, 2) places, integers at pixel centres."""
    v, u = np.mgrid[0:h, 0:w]
    light = np.zeros((h, w))
    for x, y in uv:
        light += np.exp(-((u - x) ** 2 + (v - y) ** 2) / (2 * _SIGMA**2))
    gray = np.clip(np.round(255 * light), 0, 255).astype(np.uint8)
    return Image.fromarray(np.repeat(gray[:, :, None], 3, axis=2))


def photos(lens: Callable[[np.ndarray], np.ndarray], count: int = COUNT) -> list[Image.Image]:
    """What cameras of a lens see; it makes (N, 2) places of (N, 2) normalised coordinates."""
    return [photo(lens(normalized(pose))) for pose in poses(count)]


def worst_error(capture: Capture, points: np.ndarray = POINTS) -> float:
    """Pixels from the dots to where the cameras see them, at worst; infinite where none is."""
    errors = []
    for frame in capture.frames:
        pixels = frame.photo.pixels()[..., 1].astype(float)
        h, w = pixels.shape
        camera = frame.camera.resized(w, h)
        for u, v in camera.project(transform(frame.cam_from_world, points)):
            if not (np.isfinite([u, v]).all() and 10 < u < w - 11 and 10 < v < h - 11):
                continue
            x, y = round(u), round(v)
            part = pixels[y - _WINDOW : y + _WINDOW + 1, x - _WINDOW : x + _WINDOW + 1]
            ys, xs = np.mgrid[-_WINDOW : _WINDOW + 1, -_WINDOW : _WINDOW + 1]
            if part.sum() < 1000:
                return float("inf")
            at = np.array([(part * xs).sum(), (part * ys).sum()]) / part.sum()
            errors.append(np.linalg.norm(at + np.array([x - u, y - v])))
    return max(errors) if len(errors) > 3 * len(capture.frames) else float("inf")
