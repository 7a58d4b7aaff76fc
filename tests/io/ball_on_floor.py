"""A ball on a floor, seen by cameras on a ring: exact depth, z up, units as asked."""

from __future__ import annotations

from pathlib import Path

import numpy as np

RADIUS = 0.5


def look_at_origin(position: np.ndarray) -> np.ndarray:
    """The (4, 4) cam_from_world of a camera held level."""
    forward = -position / np.linalg.norm(position)
    right = np.cross(forward, (0, 0, 1))
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3, :3] = np.stack([right, np.cross(forward, right), forward])
    pose[:3, 3] = -pose[:3, :3] @ position
    return pose


def depth_and_class(k, pose, h, w):
    v, u = np.mgrid[0:h, 0:w].astype(float)
    rays_cam = np.stack([(u - k[0, 2]) / k[0, 0], (v - k[1, 2]) / k[1, 1], np.ones_like(u)], -1)
    rays = rays_cam @ pose[:3, :3]
    origin = -pose[:3, :3].T @ pose[:3, 3]
    with np.errstate(divide="ignore", invalid="ignore"):
        floor = np.where(rays[..., 2] < 0, -origin[2] / rays[..., 2], 0)
    hit = origin + floor[..., None] * rays
    floor = np.where((np.abs(hit[..., :2]) < 1.5).all(-1), floor, 0)
    center = origin - (0, 0, RADIUS)
    a, b = (rays**2).sum(-1), (rays @ center)
    disc = b**2 - a * (center @ center - RADIUS**2)
    ball = np.where(disc > 0, (-b - np.sqrt(np.maximum(disc, 0))) / a, 0)
    depth = np.where(ball > 0, ball, floor)
    return depth, np.where(ball > 0, 2, np.where(floor > 0, 1, 0)).astype(np.uint16)


def arrays(photos=4, h=40, w=60, scale=1.0, offset=(0.0, 0.0, 0.0)):
    """A kit-like dictionary and the (photos, h, w) truth."""
    k = np.array([[1.1 * w, 0, (w - 1) / 2], [0, 1.1 * w, (h - 1) / 2], [0, 0, 1]])
    depths, truths, poses, images = [], [], [], []
    for i in range(photos):
        angle = 0.35 * i
        pose = look_at_origin(np.array([2.6 * np.cos(angle), 2.6 * np.sin(angle), 1.6]))
        depth, truth = depth_and_class(k, pose, h, w)
        pose[:3, 3] *= scale
        pose[:3, 3] -= pose[:3, :3] @ np.asarray(offset)
        depths.append(depth * scale)
        truths.append(truth)
        poses.append(pose[:3])
        images.append(np.array([(9, 9, 9), (90, 140, 60), (200, 40, 30)], np.uint8)[truth])
    depth = np.stack(depths).astype(np.float32)
    rng = np.random.default_rng(0)
    data = {
        "depth": depth,
        "conf": np.where(depth > 0, 0.7, 0.1).astype(np.float32),
        "intrinsics": np.tile(k, (photos, 1, 1)).astype(np.float32),
        "extrinsics": np.stack(poses).astype(np.float64 if any(offset) else np.float32),
        "processed_images": np.stack(images),
    }
    data["processed_images"] += rng.integers(0, 9, data["processed_images"].shape, np.uint8)
    return data, np.stack(truths)


def with_points(data):
    """The same with points_3d and colors_3d, photo by photo, of every pixel with depth."""
    points, colors = [], []
    for d, k, e, image in zip(
        data["depth"], data["intrinsics"], data["extrinsics"], data["processed_images"], strict=True
    ):
        v, u = np.nonzero(d > 0)
        z = d[v, u].astype(float)
        cam = np.stack([(u - k[0, 2]) / k[0, 0] * z, (v - k[1, 2]) / k[1, 1] * z, z], -1)
        points.append((cam - e[:, 3]) @ e[:, :3].astype(float))
        colors.append(image[v, u] / np.float32(255))
    return {**data, "points_3d": np.concatenate(points), "colors_3d": np.concatenate(colors)}


def save(path: Path, data) -> Path:
    np.savez_compressed(path, **data)
    return path
