"""Photos that are suggested against photos evenly spaced along the trajectory.

A synthetic room (a box with furniture, in which the cameras stand) is seen from the poses of the
HoloLens capture, every fifth of them: a walk that dwells here and hurries there. The poses come
from ``O3D_PAINT_CAPTURES`` or ``../shared/data``; without them a made-up walk of the same kind is
used. The painter labels rightly whatever a photo shows. Counted is how many photos it takes until
90 % of the points are confident (labelled by fusion with confidence of 0.7 or more), and, beside
it, until 90 % are painted.

*Suggested*: the first photo and every next one by `core.suggest`, each after fusing what the
photos before it say. *Evenly spaced*: the smallest k for which k photos at equal steps suffice.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from o3d_paint.core.camera import Camera
from o3d_paint.core.confidence import absolute_rule
from o3d_paint.core.evidence import Evidence, FrameVotes
from o3d_paint.core.scene import ArrayPhoto, Frame, PointCloud
from o3d_paint.core.views.suggest import CONFIDENT, Sightings, build_sightings, suggest, unsettled
from o3d_paint.core.visibility import DepthTolerance, build_pixel_index
from o3d_paint.fusion.fuse import fuse
from o3d_paint.fusion.graph import Graph, build_graph

CAMERA = Camera(110.0, 110.0, 79.5, 52.5, 160, 106)
RULE = absolute_rule(0.4)
TARGET = 0.9
POINTS = 150_000
COLORS = np.array(
    [[90, 90, 95], [150, 140, 120], [200, 195, 185], [120, 70, 40], [60, 90, 130], [70, 110, 60]]
)
FLOOR, CEILING, WALL, FURNITURE = 1, 3, 2, (4, 5, 6)


@dataclass(frozen=True)
class Room:
    """A room as a scene, with the true class of every point."""

    cloud: PointCloud
    truth: NDArray[np.uint16]
    frames: tuple[Frame, ...]
    votes: tuple[FrameVotes, ...]
    sightings: Sightings
    graph: Graph


def main(arguments: list[str]) -> int:
    """Prints how many photos each choice needs."""
    parser = argparse.ArgumentParser(prog="bench.py suggest", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    options = parser.parse_args(arguments)
    world_from_cam = captured_walk()
    if world_from_cam is None:
        print("no HoloLens poses (set O3D_PAINT_CAPTURES): a made-up walk instead")
    print(f"{'room':<6}{'counted':<12}{'suggested':>10}{'evenly spaced':>15}{'ratio':>8}")
    for seed in options.seeds:
        walk = made_up_walk(seed) if world_from_cam is None else world_from_cam
        room = build_room(walk, seed)
        for name, covered in (("confident", confident), ("painted", painted)):
            one, other = by_suggestion(room, covered), by_spacing(room, covered)
            print(f"{seed:<6}{name:<12}{one:>10}{other:>15}{one / other:>8.2f}", flush=True)
    print(f"{len(room.frames)} photos, {len(room.cloud):,} points")
    return 0


def captured_walk() -> NDArray[np.float64] | None:
    """Returns (F, 4, 4) world-from-camera poses of the capture, or None without it."""
    here = Path(__file__).resolve().parents[2]
    folder = Path(os.environ.get("O3D_PAINT_CAPTURES") or here.parent / "shared" / "data")
    path = folder / "hololens_dvmvs" / "poses_all.txt"
    return np.loadtxt(path).reshape(-1, 4, 4)[::5] if path.is_file() else None


def made_up_walk(seed: int) -> NDArray[np.float64]:
    """Returns poses of a walk around a room that dwells at three places; y is up."""
    rng = np.random.default_rng([seed, 3])
    pace = np.full(75, 1.0)
    for start in (5, 30, 55):
        pace[start : start + 15] = 0.08
    angle = np.cumsum(pace) / pace.sum() * 1.7 * np.pi
    poses = np.tile(np.eye(4), (75, 1, 1))
    for idx, turn in enumerate(angle):
        yaw, pitch = turn + 0.7 + rng.normal(0, 0.15), 0.25 + rng.normal(0, 0.08)
        forward = np.array([np.cos(yaw) * np.cos(pitch), -np.sin(pitch), np.sin(yaw)])
        forward /= np.linalg.norm(forward)
        right = np.cross(forward, [0.0, 1.0, 0.0])
        right /= np.linalg.norm(right)
        poses[idx, :3, :3] = np.stack([right, np.cross(forward, right), forward], axis=1)
        poses[idx, :3, 3] = [2.5 * np.cos(turn), 0.05, 3.0 * np.sin(turn)]
    return poses


def build_room(walk: NDArray[np.float64], seed: int) -> Room:
    """Builds the room around a walk, photographs it and lists what each photo shows."""
    rng = np.random.default_rng(seed)
    boxes, classes = furnish(walk[:, :3, 3], rng)
    depths, labels = zip(*(cast(pose, boxes, classes) for pose in walk), strict=True)
    noisy = [(d * (1 + rng.normal(0, 0.003, d.shape))).astype(np.float32) for d in depths]
    photo = ArrayPhoto(np.zeros((CAMERA.height, CAMERA.width, 3), np.uint8))
    frames = tuple(
        Frame(str(i), CAMERA, np.linalg.inv(pose), photo, depth)
        for i, (pose, depth) in enumerate(zip(walk, noisy, strict=True))
    )
    xyz = np.concatenate([frame.back_project()[0] for frame in frames])
    truth = np.concatenate([label.ravel() for label in labels]).astype(np.uint16)
    # One point per cell, so that dwelling does not make a corner denser.
    cells = np.unique(np.floor(xyz / 0.03).astype(np.int64), axis=0, return_index=True)[1]
    chosen = rng.choice(cells, min(POINTS, len(cells)), replace=False)
    xyz, truth = xyz[chosen], truth[chosen]
    rgb = np.clip(COLORS[truth - 1] + rng.normal(0, 12, xyz.shape), 0, 255).astype(np.uint8)
    cloud = PointCloud(xyz, rgb)
    spacing = float(np.median(cKDTree(xyz).query(xyz[::50], 2)[0][:, 1]))
    tolerance = DepthTolerance(2 * spacing)
    votes = []
    for i, frame in enumerate(frames):
        index = build_pixel_index(frame, xyz, rule=RULE, tolerance=tolerance, spacing=spacing)
        points = np.sort(index.point)
        votes.append(FrameVotes(i, points, truth[points]))
    sightings = build_sightings(frames, xyz, rule=RULE, tolerance=tolerance, spacing=spacing)
    return Room(cloud, truth, frames, tuple(votes), sightings, build_graph(cloud))


def furnish(
    positions: NDArray[np.float64], rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """Returns boxes (B, 2, 3) low and high, the room first, and their classes; y is up."""
    low = positions.min(axis=0) - np.array([1.8, 1.6, 1.8])
    high = positions.max(axis=0) + np.array([1.8, 0.9, 1.8])
    boxes, classes = [np.stack([low, high])], [WALL]
    while len(boxes) < 25:
        size = rng.uniform([0.4, 0.4, 0.4], [1.4, 1.9, 1.4])
        corner = rng.uniform(low, high - size)
        corner[1] = low[1]
        gap = np.maximum(corner - positions, positions - corner - size)[:, [0, 2]].max(axis=1)
        if gap.min() > 0.4:
            boxes.append(np.stack([corner, corner + size]))
            classes.append(rng.choice(FURNITURE))
    return np.stack(boxes), np.array(classes, np.uint8)


def cast(
    world_from_cam: NDArray[np.float64], boxes: NDArray[np.float64], classes: NDArray[np.uint8]
) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """Returns z-depth and class of every pixel of a photo."""
    v, u = np.mgrid[0 : CAMERA.height, 0 : CAMERA.width]
    rays = np.stack(
        [(u - CAMERA.cx) / CAMERA.fx, (v - CAMERA.cy) / CAMERA.fy, np.ones(u.shape)], axis=-1
    )
    directions = rays @ world_from_cam[:3, :3].T
    origin = world_from_cam[:3, 3]
    with np.errstate(divide="ignore"):
        sides = (boxes[:, :, None, None] - origin) / directions
    enter, leave = sides.min(axis=1).max(axis=-1), sides.max(axis=1).min(axis=-1)
    depth = np.where((enter < leave) & (enter > 0), enter, np.inf)
    depth[0] = leave[0]
    first = depth.argmin(axis=0)
    nearest = depth.min(axis=0)
    height = origin[1] + nearest * directions[..., 1]
    shell = np.full(first.shape, WALL)
    shell[height < boxes[0, 0, 1] + 1e-6] = FLOOR
    shell[height > boxes[0, 1, 1] - 1e-6] = CEILING
    return nearest, np.where(first == 0, shell, classes[first]).astype(np.uint8)


Measure = Callable[[Room, list[int]], NDArray[np.float32]]


def confident(room: Room, chosen: list[int]) -> NDArray[np.float32]:
    """Returns (N,) the confidence that fusion has after painting some photos."""
    return fuse(room.cloud, evidence_of(room, chosen), graph=room.graph).confidence


def painted(room: Room, chosen: list[int]) -> NDArray[np.float32]:
    """Returns (N,) 1 where some photos say something, else 0."""
    return (evidence_of(room, chosen).labels() > 0).astype(np.float32)


def evidence_of(room: Room, chosen: list[int]) -> Evidence:
    """Returns what the painter says on some photos."""
    return Evidence(len(room.cloud), tuple(room.votes[i] for i in sorted(chosen)))


def by_suggestion(room: Room, measure: Measure) -> int:
    """Returns how many suggested photos reach the target."""
    chosen: list[int] = []
    confidence = np.zeros(len(room.cloud), np.float32)
    while (confidence >= CONFIDENT).mean() < TARGET:
        found = suggest(
            room.sightings, unsettled(confidence[room.sightings.sample]), exclude=chosen
        )
        if not found:
            return len(room.frames)
        chosen.append(found[0].frame_idx)
        confidence = measure(room, chosen)
    return len(chosen)


def by_spacing(room: Room, measure: Measure) -> int:
    """Returns how many evenly spaced photos reach the target."""
    count = len(room.frames)
    for k in range(1, count + 1):
        chosen = sorted(set(np.linspace(0, count - 1, k).round().astype(int).tolist()))
        if (measure(room, chosen) >= CONFIDENT).mean() >= TARGET:
            return k
    return count
