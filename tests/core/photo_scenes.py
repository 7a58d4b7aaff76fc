"""Small pictures whose every pixel is known, for the tests of the selection tools."""

from __future__ import annotations

import numpy as np

from o3d_paint.core.camera import Camera
from o3d_paint.core.scene import ArrayPhoto, Frame

SIZE = 180
BOX = (slice(60, 130), slice(50, 120))


def frame_of(photo: np.ndarray, depth: np.ndarray | None) -> Frame:
    h, w = photo.shape[:2] if depth is None else depth.shape
    camera = Camera(w * 1.1, w * 1.1, (w - 1) / 2, (h - 1) / 2, w, h)
    return Frame("photo", camera, np.eye(4), ArrayPhoto(photo), depth)


def checkers(size: int, *, seed: int = 0, tile: int = 9) -> np.ndarray:
    """A texture of strong colours that says nothing about objects."""
    rng = np.random.default_rng(seed)
    count = size // tile + 1
    tiles = rng.integers(60, 200, (count, count, 3))
    return np.kron(tiles, np.ones((tile, tile, 1)))[:size, :size].astype(np.uint8)


def box_truth(size: int = SIZE) -> np.ndarray:
    truth = np.zeros((size, size), bool)
    truth[BOX] = True
    return truth


def box_depth() -> np.ndarray:
    """A box that stands a third of the way before a slanted wall."""
    v, u = np.mgrid[0:SIZE, 0:SIZE]
    wall = 1 / (0.33 + 0.0004 * u + 0.0002 * v)
    return np.where(box_truth(), 2.0, wall).astype(np.float32)


def plain(truth: np.ndarray, *, noise: int = 4) -> np.ndarray:
    """Two plain colours, one of them where ``truth``."""
    rng = np.random.default_rng(1)
    picture = np.where(truth[..., None], (180, 60, 50), (90, 120, 150))
    return np.clip(picture + rng.integers(-noise, noise + 1, picture.shape), 0, 255).astype(
        np.uint8
    )


def window_in_a_wall() -> tuple[np.ndarray, np.ndarray, Frame]:
    """A wall with a barred window, three pixels each bar; truth with bars, the bars, the photo."""
    wall, bars = np.zeros((2, SIZE, SIZE), bool)
    wall[30:150, 25:155] = True
    wall[60:110, 60:110] = False
    bars[84:87, 60:110] = bars[60:110, 84:87] = True
    depth = 1 / (0.45 + 0.0006 * np.arange(SIZE)) + np.where(wall | bars, 0, 1.2)
    colors = np.where(wall[..., None], (180, 150, 110), (90, 100, 80))
    colors = np.where(bars[..., None], (215, 215, 205), colors)
    return wall | bars, bars, noisy_frame(colors, depth)


def door_ajar() -> tuple[np.ndarray, np.ndarray, Frame]:
    """A wall on a floor, its door of another colour and ajar; truth with door, door, photo."""
    wall, door = np.zeros((2, SIZE, SIZE), bool)
    wall[30:140, 20:160] = True
    wall[70:140, 80:122] = False
    door[70:140, 80:108] = True
    v, u = np.mgrid[0:SIZE, 0:SIZE]
    depth = np.where(v < 140, 3.2, 100 / np.maximum(v - 90, 1))
    depth = np.where(wall, 2.0, np.where(door, 2 - 1.2 * (u - 80) / (1.1 * SIZE), depth))
    colors = np.where((v < 140)[..., None], (60, 55, 50), (80, 140, 60))
    colors = np.where((v < 30)[..., None], (150, 170, 190), colors)
    colors = np.where(wall[..., None], (180, 150, 110), colors)
    colors = np.where(door[..., None], (40, 80, 95), colors)
    return wall | door, door, noisy_frame(colors, depth)


def noisy_frame(colors: np.ndarray, depth: np.ndarray) -> Frame:
    """A photo with eight steps of noise, and depth with a fifth of a percent."""
    rng = np.random.default_rng(0)
    measured = depth * (1 + rng.normal(0, 0.002, depth.shape))
    photo = np.clip(colors + rng.integers(-8, 9, colors.shape), 0, 255).astype(np.uint8)
    return frame_of(photo, measured.astype(np.float32))


def whole(shape: tuple[int, int], rect, coverage: np.ndarray) -> np.ndarray:
    """The coverage as a mask of the whole photo."""
    mask = np.zeros(shape, bool)
    mask[rect.slices] = coverage
    return mask


def iou(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / (a | b).sum())


def enlarged(truth: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A truth brought to the resolution of the mask, pixel centres kept."""
    v = (np.arange(shape[0]) * 2 + 1) * truth.shape[0] // (2 * shape[0])
    u = (np.arange(shape[1]) * 2 + 1) * truth.shape[1] // (2 * shape[1])
    return truth[v[:, None], u[None, :]]
