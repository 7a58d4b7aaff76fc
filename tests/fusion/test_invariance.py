"""Labels do not depend on what says nothing about them: density, order, resolution, how many."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from o3d_paint.core.camera import Camera
from o3d_paint.core.confidence import ConfidenceRule
from o3d_paint.core.evidence import Evidence, FrameVotes
from o3d_paint.core.scene import ArrayPhoto, Frame, PointCloud, Scene
from o3d_paint.fusion.fuse import fuse
from o3d_paint.fusion.graph import build_graph
from o3d_paint.project.project import Project
from tests.fusion.flat_scenes import FlatScene, disc, flat_scene, rectangle

pytestmark = pytest.mark.compiled

GAUDY = np.array([[180, 60, 40], [60, 60, 180], [60, 150, 60], [170, 160, 60]])
GREY = (128, 128, 128)


def votes(frame_idx, points, label):
    points = np.asarray(points, dtype=np.int32)
    return FrameVotes(frame_idx, points, np.full(len(points), label, dtype=np.uint16))


def around(xyz, x, y, radius):
    return np.flatnonzero(np.linalg.norm(xyz[:, :2] - (x, y), axis=1) < radius)


def evenly(rng, count, width, height):
    """Points of a jittered grid: even, and not in line."""
    columns = int(np.sqrt(count * width / height))
    rows = count // columns
    x, y = np.meshgrid(np.arange(columns) + 0.5, np.arange(rows) + 0.5)
    step = width / columns, height / rows
    flat = np.stack([x.ravel(), y.ravel()], axis=1) + rng.uniform(-0.4, 0.4, (columns * rows, 2))
    return np.column_stack([flat * step, np.zeros(len(flat))])


@pytest.mark.parametrize("ratio", [4, 16])
def test_the_border_between_two_strokes_stays_where_one_side_is_denser(ratio):
    rng = np.random.default_rng(0)
    left, right = evenly(rng, 12_000 * ratio, 2, 2), evenly(rng, 12_000, 2, 2)
    right[:, 0] += 2
    xyz = np.concatenate([left, right])
    cloud = PointCloud(xyz, np.full((len(xyz), 3), 120, dtype=np.uint8))
    graph = build_graph(cloud, nodes=6000)
    strokes = (
        votes(0, around(xyz, 0.6, 1, 0.3), 1), votes(1, around(xyz, 3.4, 1, 0.3), 2),
    )  # fmt: skip
    labels = fuse(cloud, Evidence(len(xyz), strokes), graph=graph).labels
    # The border in each of many lanes along x: how much of the lane is labelled 1.
    for lane in np.linspace(0.2, 1.8, 9):
        inside = np.abs(xyz[:, 1] - lane) < 0.1
        edges = np.linspace(1, 3, 201)
        all_here, _ = np.histogram(xyz[inside, 0], edges)
        first, _ = np.histogram(xyz[inside & (labels == 1), 0], edges)
        share = first[all_here > 0] / all_here[all_here > 0]
        border = 1 + 2 * share.mean()
        assert abs(border - 2) <= graph.size * 1.1


def quarters(count=60_000, photos=3, seed=0):
    """Four coloured boards and dabs of several photos on each."""
    rng = np.random.default_rng(seed)
    xyz = rng.random((count, 3)) * [12, 4, 0]
    truth = (xyz[:, 0] // 3 + 1).astype(np.uint16)
    rgb = np.clip(GAUDY[truth - 1] + rng.normal(0, 3, (count, 3)), 0, 255).astype(np.uint8)
    frames = []
    for k in range(photos):
        seen = np.sort(
            np.concatenate(
                [around(xyz, 1.5 + 3 * i + 0.1 * k, 1.5 + 0.2 * k, 0.35) for i in range(4)]
            )
        )
        frames.append(FrameVotes(k, seen.astype(np.int32), truth[seen]))
    return PointCloud(xyz, rgb), truth, tuple(frames)


def test_the_order_of_points_and_photos_changes_nothing():
    cloud, _, frames = quarters()
    fusion = fuse(cloud, Evidence(len(cloud), frames))
    order = np.random.default_rng(1).permutation(len(cloud))
    new_of = np.argsort(order).astype(np.int32)
    mixed = []
    for place, frame in enumerate(reversed(frames)):
        points = new_of[frame.points]
        by_point = np.argsort(points)
        mixed.append(FrameVotes(place, points[by_point], frame.labels[by_point]))
    again = fuse(PointCloud(cloud.xyz[order], cloud.rgb[order]), Evidence(len(cloud), tuple(mixed)))
    np.testing.assert_array_equal(again.labels, fusion.labels[order])
    np.testing.assert_allclose(again.confidence, fusion.confidence[order], atol=1e-5)


def small_scene() -> FlatScene:
    return flat_scene(rectangle((4, 2.5), 2, 2), [GREY, (150, 110, 90)], points=50_000)


def test_the_order_of_photos_of_a_scene_changes_nothing():
    made = small_scene()
    labels = made.fused().labels
    turned = replace(made.scene, frames=made.scene.frames[::-1])
    again = replace(made, scene=turned, masks=made.masks[::-1]).fused().labels
    assert (labels != again).mean() <= 1e-4


def moved(mask, by):
    """Return the mask resampled by part of a pixel, to the nearest pixel."""
    h, w = mask.shape
    large = cv2.resize(mask, (w * 4, h * 4), interpolation=cv2.INTER_NEAREST)
    step = round(4 * by)
    return np.roll(large, (step, step), axis=(0, 1))[2::4, 2::4].copy()


@pytest.mark.parametrize("by", [-0.5, 0.5])
def test_masks_that_are_resampled_by_half_a_pixel_label_alike(by):
    rng = np.random.default_rng(2)
    made = small_scene()
    strokes = []
    for mask in made.masks:
        painted = np.zeros(mask.shape, dtype=np.uint8)
        for _ in range(14):
            start, end = rng.integers(20, (700, 460), (2, 2))
            end = start + (end - start) // 4
            cv2.line(painted, start.tolist(), end.tolist(), 1, int(rng.integers(10, 24)))
        strokes.append(np.where(painted > 0, mask, 0).astype(np.uint16))
    labels = made.fused(strokes).labels
    again = made.fused([moved(mask, by) for mask in strokes]).labels
    assert (labels != again).mean() <= 0.005


def test_masks_of_another_size_label_alike():
    made = small_scene()
    h, w = made.masks[0].shape
    twice = [cv2.resize(m, (2 * w, 2 * h), interpolation=cv2.INTER_NEAREST) for m in made.masks]
    project = Project(made.scene, classes=["a", "b"])
    for frame_idx, mask in enumerate(twice):
        project.set_mask(frame_idx, mask)
    assert (project.fuse() != made.fused().labels).mean() <= 0.005


def test_more_photos_of_the_same_paint_cost_nothing():
    """Sloppy discs that spill over a border of colour, seen by ever more photos."""
    rng = np.random.default_rng(3)
    cloud, truth, _ = quarters(40_000)
    spots = [(1.5 + 3 * i + d, 2 + e) for i in range(4) for d, e in ((1.3, 0.8), (0, -0.5))]
    right = {}
    for photos in (5, 10, 25, 50):
        frames = []
        for k in range(photos):
            labels = np.zeros(len(cloud), dtype=np.uint16)
            for x, y in spots:
                points = around(cloud.xyz, x, y, 0.4)
                labels[points] = int(x // 3) + 1
            seen = np.flatnonzero(labels)
            seen = seen[rng.random(len(seen)) < 0.8].astype(np.int32)
            frames.append(FrameVotes(k, seen, labels[seen]))
        fusion = fuse(cloud, Evidence(len(cloud), tuple(frames)))
        right[photos] = (fusion.labels == truth).mean()
    assert right[50] >= right[5] - 0.002, right
    assert right[25] >= right[5] - 0.002, right


@pytest.mark.parametrize("radius", [0.05, 0.15, 0.35])
def test_one_more_dab_that_is_right_never_costs(radius):
    cloud, truth, frames = quarters(100_000, photos=1)
    alone = fuse(cloud, Evidence(len(cloud), frames))
    layer = np.zeros(len(cloud), dtype=np.uint16)
    for i in range(4):
        layer[around(cloud.xyz, 0.6 + 3 * i, 3.3, radius)] = i + 1
    both = fuse(cloud, Evidence(len(cloud), frames, layer), graph=alone.graph)
    assert (both.labels == truth).mean() >= 0.995
    assert (both.labels == truth).mean() >= (alone.labels == truth).mean() - 0.002
    one = np.where(layer == 2, layer, 0).astype(np.uint16)
    some = fuse(cloud, Evidence(len(cloud), frames, one), graph=alone.graph)
    assert (some.labels == truth).mean() >= 0.995
    assert (some.confidence >= alone.confidence - 0.05).mean() > 0.99


def test_the_3d_brush_alone_labels_boards():
    cloud, truth, _ = quarters(100_000)
    layer = np.zeros(len(cloud), dtype=np.uint16)
    for i in range(4):
        layer[around(cloud.xyz, 1.5 + 3 * i, 2, 0.35)] = i + 1
    frame = Frame(
        "0", Camera(500, 500, 319.5, 239.5, 640, 480), np.eye(4),
        ArrayPhoto(np.zeros((480, 640, 3), dtype=np.uint8)),
    )  # fmt: skip
    rule = ConfidenceRule(None, inclusive=True, reason="all")
    scene = Scene("boards", cloud, (frame,), rule, 0.01, np.array([0, 0, 1.0]), metric=True)
    project = Project(scene, classes=list("abcd"))
    for i in range(1, 5):
        project.set_layer(np.flatnonzero(layer == i), i)
    assert (project.fuse() == truth).mean() >= 0.995


def island(rng, gap, size=1.0):
    return rng.random((6000, 3)) * size + [6 + gap, 0, 0]


@pytest.mark.parametrize("gap", [10.0, 30.0, 300.0])
def test_what_stands_far_away_and_unpainted_is_not_labelled_by_default(gap):
    rng = np.random.default_rng(4)
    plane = rng.random((60_000, 3)) * [6, 6, 0]
    xyz = np.concatenate([plane, island(rng, gap)])
    cloud = PointCloud(xyz, np.full((len(xyz), 3), 130, dtype=np.uint8))
    left, right = np.flatnonzero(xyz[:, 0] < 2), np.flatnonzero((xyz[:, 0] > 4) & (xyz[:, 0] < 6))
    fusion = fuse(cloud, Evidence(len(xyz), (votes(0, left, 1), votes(1, right, 2))))
    shown = fusion.shown(fusion.settings.min_confidence)
    assert not shown.labels[60_000:].any()
    assert (shown.labels[:60_000] > 0).mean() > 0.95
    assert (fusion.labels[60_000:] > 0).all()


def test_what_stands_far_away_is_labelled_where_it_is_painted():
    rng = np.random.default_rng(5)
    plane = rng.random((40_000, 3)) * [6, 6, 0]
    xyz = np.concatenate([plane, island(rng, 30.0)])
    cloud = PointCloud(xyz, np.full((len(xyz), 3), 130, dtype=np.uint8))
    there = 40_000 + np.flatnonzero(rng.random(6000) < 0.05)
    fusion = fuse(cloud, Evidence(len(xyz), (votes(0, np.arange(20_000), 1), votes(1, there, 2))))
    shown = fusion.shown(fusion.settings.min_confidence)
    assert (shown.labels[40_000:] == 2).mean() > 0.97


@pytest.mark.parametrize("count", [5000, 21_000])
def test_a_cloud_of_one_colour_keeps_a_painted_class(count):
    made = flat_scene(disc((2.5, 1.5), 0.3), [GREY, (200, 80, 60)], width=5, height=3, points=count)
    grey = np.full((count, 3), 127, dtype=np.uint8)
    colorless = replace(made.scene, cloud=PointCloud(made.scene.cloud.xyz, grey))
    labels = replace(made, scene=colorless).fused().labels
    assert (labels == made.truth).mean() >= 0.995
    kept = made.kept(labels)
    assert kept[2] >= 0.97
