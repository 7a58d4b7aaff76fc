"""From options to a sample scene."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from o3d_paint.io.sample.accessories import build_scene
from o3d_paint.io.sample.builder import Vector
from o3d_paint.io.sample.light import Lighting, build_lighting
from o3d_paint.io.sample.options import CLOUD_CONFIDENCE, TABLE, Sample, SampleOptions
from o3d_paint.io.sample.render import Studio
from o3d_paint.io.sample.sensor import measure_depth, photograph, rate_confidence
from o3d_paint.io.sample.shapes import Solid, turned

_ORBIT = 1.8
_HEIGHTS = (0.68, 1.16, 0.94)
_FIELD_OF_VIEW_DEG = 52.0
_CONFIDENCE_REACH = 9.0
"""Distance in sizes at which confidence has fallen to 1/e."""


@dataclass(frozen=True, slots=True, eq=False)
class _Shot:
    """One finished photo: the rows of a `Sample` that belong to it."""

    photo: NDArray[np.uint8]
    depth: NDArray[np.float32]
    confidence: NDArray[np.float32]
    truth: NDArray[np.uint8]
    true_depth: NDArray[np.float32]


def generate_sample(options: SampleOptions | None = None) -> Sample:
    """Makes a toy assembly and photographs it; equal options give equal bytes."""
    options = options or SampleOptions()
    solids, centers = build_scene(options)
    studio = _studio(solids, options)
    matrix = intrinsic_matrix(options.resolution)
    poses = orbit(options, centers) if options.poses is None else np.asarray(options.poses)
    poses = poses.astype(np.float32).astype(np.float64)
    shots = [_shoot(studio, pose, matrix, options, idx) for idx, pose in enumerate(poses)]
    return _assemble(shots, matrix, poses)


def intrinsic_matrix(resolution: int) -> NDArray[np.float64]:
    """Returns (3, 3) intrinsics whose principal point is pixel (W - 1) / 2, float32 values."""
    focal = resolution / 2 / np.tan(np.radians(_FIELD_OF_VIEW_DEG / 2))
    middle = (resolution - 1) / 2
    matrix = np.array([[focal, 0, middle], [0, focal, middle], [0, 0, 1]])
    return matrix.astype(np.float32).astype(np.float64)


def orbit(options: SampleOptions, centers: list[Vector]) -> NDArray[np.float64]:
    """Returns ``cam_from_world`` (F, 4, 4) on uneven rings about the houses, dealt in turn."""
    rng = np.random.default_rng([options.seed, 2])
    start = rng.uniform(0, 2 * np.pi)
    rounds = -(-options.photos // len(centers))
    poses = np.zeros((options.photos, 4, 4))
    for idx in range(options.photos):
        turn, house = divmod(idx, len(centers))
        step = 2 * np.pi / rounds
        angle = start + step * (turn + rng.uniform(-0.22, 0.22)) + house
        radius = _ORBIT * rng.uniform(0.96, 1.04)
        height = _HEIGHTS[turn % len(_HEIGHTS)] * rng.uniform(0.96, 1.04)
        offset = np.array([np.cos(angle) * radius, np.sin(angle) * radius, height])
        target = np.array([0, 0, 0.12]) + rng.uniform(-0.04, 0.04, size=3)
        center = np.array(centers[house])
        poses[idx] = look_at(center + offset * options.size, center + target * options.size)
    return poses


def look_at(eye: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns ``cam_from_world`` (4, 4) of an upright camera; world z is up, OpenCV axes."""
    forward = (target - eye) / np.linalg.norm(target - eye)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(forward, right), forward])
    pose = np.eye(4)
    pose[:3, :3] = rotation
    pose[:3, 3] = -rotation @ eye
    return pose


def back_project(
    depth: NDArray[np.float32], matrix: NDArray[np.float64], cam_from_world: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Returns the world point of every pixel, (H * W, 3), integer (u, v) at pixel centres."""
    v, u = np.mgrid[0 : depth.shape[0], 0 : depth.shape[1]]
    z = depth.ravel().astype(np.float64)
    x = (u.ravel() - matrix[0, 2]) / matrix[0, 0] * z
    y = (v.ravel() - matrix[1, 2]) / matrix[1, 1] * z
    in_camera = np.stack([x, y, z], axis=1) - cam_from_world[:3, 3]
    return turned(in_camera, cam_from_world[:3, :3])


def _studio(solids: list[Solid], options: SampleOptions) -> Studio:
    corners = np.concatenate([solid.corners for solid in solids]).astype(np.float64)
    low, high = corners.min(axis=0), corners.max(axis=0)
    low[2] = -0.08 * options.size
    lighting = Lighting(None, (), options.size)
    if options.shadows:
        detail = min(max(options.resolution / 518, 0.2), 1.0)
        lighting = build_lighting(solids, low, high, size=options.size, detail=detail)
    fade = 1.0 if options.mono else options.fade
    middle = ((low + high) / 2).astype(np.float32)
    return Studio(solids, lighting, options.size, fade, middle)


def _shoot(
    studio: Studio,
    cam_from_world: NDArray[np.float64],
    matrix: NDArray[np.float64],
    options: SampleOptions,
    photo_idx: int,
) -> _Shot:
    rng = np.random.default_rng([options.seed, 3, photo_idx])
    render = studio.render(cam_from_world, matrix, options.resolution, smooth=options.smooth)
    class_of_solid = np.array([solid.class_id for solid in studio.solids] + [0], dtype=np.uint8)
    truth = class_of_solid[render.solid]
    photo = photograph(render.color, rng)
    depth, _ = measure_depth(render.depth, rng, options.noise)
    reach = _CONFIDENCE_REACH * options.size
    confidence = rate_confidence(render.depth, render.cosine, truth == TABLE, rng, reach)
    exact = np.where(np.isfinite(render.depth), render.depth, 0).astype(np.float32)
    return _Shot(photo, depth, confidence, truth, exact)


def _assemble(
    shots: list[_Shot], matrix: NDArray[np.float64], poses: NDArray[np.float64]
) -> Sample:
    photos = np.stack([shot.photo for shot in shots])
    confidence = np.stack([shot.confidence for shot in shots])
    truth = np.stack([shot.truth for shot in shots])
    kept = confidence > CLOUD_CONFIDENCE
    points = [
        back_project(shot.depth, matrix, pose)[keep.ravel()]
        for shot, pose, keep in zip(shots, poses, kept, strict=True)
    ]
    return Sample(
        photos=photos,
        depth=np.stack([shot.depth for shot in shots]),
        confidence=confidence,
        intrinsics=np.repeat(matrix[None].astype(np.float32), len(shots), axis=0),
        extrinsics=poses[:, :3].astype(np.float32),
        truth_pixels=truth,
        points=np.concatenate(points),
        colors=photos[kept],
        truth_points=truth[kept],
        pixel_of_point=np.flatnonzero(kept),
        true_depth=np.stack([shot.true_depth for shot in shots]),
    )
