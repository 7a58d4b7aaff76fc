from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from o3d_paint.core.camera import Camera
from o3d_paint.core.scene import ArrayPhoto, Frame
from o3d_paint.fusion.article import ArticleOptions, article_labels
from tests.core.naive import naive_article

H, W = 24, 32
K = np.array([[30.0, 0, 15.5], [0, 29.0, 11.5], [0, 0, 1]])


def pose(rng):
    rotation, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    cam_from_world = np.eye(4)
    cam_from_world[:3, :3] = rotation * np.sign(np.linalg.det(rotation))
    cam_from_world[:3, 3] = rng.normal(size=3) * 0.2
    return cam_from_world


def frame(name, cam_from_world, depth, conf):
    photo = ArrayPhoto(np.zeros((H, W, 3), dtype=np.uint8))
    return Frame(name, Camera.from_matrix(K, W, H), cam_from_world, photo, depth, conf)


def capture(rng, num_frames, depth_range=(0.3, 1.2)):
    """Frames with smooth depth, random confidence and blocky masks."""
    painted = []
    for _ in range(num_frames):
        v, u = np.mgrid[0:H, 0:W]
        wave = np.sin(u / 5 + rng.random() * 6) * np.cos(v / 4) * 0.5 + 0.5
        depth = (depth_range[0] + wave * (depth_range[1] - depth_range[0])).astype(np.float32)
        conf = rng.random((H, W)).astype(np.float32)
        mask = np.kron(rng.integers(0, 4, (H // 8, W // 8)), np.ones((8, 8))).astype(np.uint16)
        painted.append((K, pose(rng), depth, conf, mask))
    return painted


def back_projection(painted):
    points = [
        frame(str(i), p, depth, conf).back_project()[0]
        for i, (_, p, depth, conf, _) in enumerate(painted)
    ]
    return np.concatenate(points)


def run(xyz, painted, options=None, positions=None):
    pairs = [(frame(str(i), p, d, c), m) for i, (_, p, d, c, m) in enumerate(painted)]
    return article_labels(xyz, pairs, options, camera_positions=positions)


def test_later_photos_win_and_the_last_pixel_wins_within_a_photo():
    rng = np.random.default_rng(1)
    _, where, depth, conf, mask = capture(rng, 1)[0]
    conf[:] = 1
    first = (K, where, depth, conf, np.full_like(mask, 1))
    second = (K, where, depth, conf, np.full_like(mask, 2))
    xyz = back_projection([first])
    assert set(run(xyz, [first, second]).labels) == {2}
    assert set(run(xyz, [second, first]).labels) == {1}
    one_point = xyz[:1]
    mask[0, 0], mask[0, 1] = 3, 4  # a wide tolerance sends both to the one point
    wide = ArticleOptions(tolerance=10.0)
    late = run(one_point, [(K, where, depth, conf, mask * (mask > 2))], wide)
    assert late.labels[0] == mask[np.nonzero(mask > 2)][-1]


def test_labels_beyond_five_units_of_every_camera_are_dropped():
    rng = np.random.default_rng(2)
    painted = capture(rng, 1, depth_range=(4.0, 6.0))
    painted[0][4][:] = 1
    painted[0][3][:] = 1
    xyz = back_projection(painted)
    near = np.linalg.norm(xyz - frame("", *painted[0][1:4]).position, axis=1) <= 5.0
    assert 0 < near.sum() < len(xyz)
    np.testing.assert_array_equal(run(xyz, painted).source == 1, near)
    everywhere = run(xyz, painted, positions=xyz[::10])
    assert (everywhere.source == 1).all()


def test_confidence_is_strictly_above_and_may_be_missing():
    rng = np.random.default_rng(4)
    _, where, depth, conf, mask = capture(rng, 1)[0]
    mask[:], conf[:] = 1, 0.4
    xyz = back_projection([(K, where, depth, conf, mask)])
    assert not run(xyz, [(K, where, depth, conf, mask)]).labels.any()
    without = article_labels(xyz, [(frame("a", where, depth, None), mask)])
    assert (without.source == 1).all()


def test_masks_of_any_resolution_are_read_at_the_nearest_pixel():
    rng = np.random.default_rng(5)
    painted = capture(rng, 1)
    kernel = np.ones((5, 5), dtype=np.uint16)
    _, where, depth, conf, mask = painted[0]
    large = (K, where, depth, conf, np.kron(mask, kernel))
    xyz = back_projection(painted)
    np.testing.assert_array_equal(run(xyz, [large]).labels, run(xyz, painted).labels)


def test_nothing_painted_and_depth_that_is_missing():
    rng = np.random.default_rng(6)
    _, where, depth, conf, mask = capture(rng, 1)[0]
    assert not run(np.zeros((0, 3)), [(K, where, depth, conf, mask)]).labels.size
    assert not article_labels(np.zeros((4, 3)), []).labels.any()
    broken = depth.copy()
    broken[::2] = np.nan
    assert run(back_projection([(K, where, depth, conf, mask)]), [(K, where, broken, conf, mask)])
    with pytest.raises(ValueError, match="'b' has no depth"):
        article_labels(np.zeros((4, 3)), [(frame("b", where, None, None), mask)])
    with pytest.raises(ValueError, match="tolerance"):
        article_labels(np.zeros((4, 3)), [], ArticleOptions(tolerance=0.0))


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    kind=st.sampled_from(["back-projection", "thinned", "jittered", "doubled"]),
    num_frames=st.integers(1, 3),
)
def test_labels_are_those_of_the_naive_method(seed, kind, num_frames):
    rng = np.random.default_rng(seed)
    painted = capture(rng, num_frames)
    xyz = back_projection(painted)
    if kind == "thinned":
        xyz = xyz[rng.random(len(xyz)) < 0.3]
    elif kind == "jittered":
        xyz = xyz + rng.normal(0, 0.004, xyz.shape)
    elif kind == "doubled":  # every nearest point is tied
        xyz = np.concatenate([xyz, xyz])[rng.permutation(2 * len(xyz))]
    positions = np.array([frame("", p, d, c).position for _, p, d, c, _ in painted])
    transferred, fused = naive_article(xyz, painted, positions)
    result = run(xyz, painted)
    np.testing.assert_array_equal(result.labels, fused)
    np.testing.assert_array_equal(result.source == 1, transferred > 0)
    np.testing.assert_array_equal(result.source == 2, (transferred == 0) & (fused > 0))


def test_progress_runs_to_one_and_every_stage_is_timed():
    painted = capture(np.random.default_rng(7), 1)
    pairs = [(frame("a", p, d, c), m) for _, p, d, c, m in painted]
    told = []
    xyz = back_projection(painted)
    options = ArticleOptions(batch_size=200)
    result = article_labels(xyz, pairs, options, progress=lambda f, stage: told.append((f, stage)))
    shares = [f for f, _ in told]
    assert told[0] == (0.1, "transferring")
    assert shares == sorted(shares)
    assert 0.1 < shares[1] < shares[-1]
    assert shares[-1] == pytest.approx(1.0)
    assert set(result.seconds) == {"project", "transfer", "vote"}
    assert all(0 <= s < 60 for s in result.seconds.values())
    assert result.source.dtype == np.uint8
    assert result.labels.dtype == np.uint16


def test_a_point_as_far_as_the_tolerance_is_not_labelled():
    photo = ArrayPhoto(np.zeros((1, 1, 3), dtype=np.uint8))
    depth = np.array([[0.5]], dtype=np.float32)
    one = Frame("a", Camera(1.0, 1.0, 0.0, 0.0, 1, 1), np.eye(4), photo, depth)
    mask = np.array([[3]], dtype=np.uint16)
    options = ArticleOptions(tolerance=0.25, min_neighbors=9)
    for z, label in ((0.5, 3), (0.74, 3), (0.75, 0), (0.76, 0), (0.26, 3), (0.25, 0)):
        found = article_labels(np.array([[0, 0, z]]), [(one, mask)], options)
        assert found.labels.tolist() == [label]
        assert found.source.tolist() == [int(label > 0)]
    for distance, label in ((0.5, 3), (0.49, 0)):
        near = ArticleOptions(tolerance=0.25, max_camera_distance=distance, min_neighbors=9)
        found = article_labels(np.array([[0, 0, 0.5]]), [(one, mask)], near)
        assert found.labels.tolist() == [label]


def test_two_points_as_far_as_the_tolerance_are_not_labelled():
    photo = ArrayPhoto(np.zeros((1, 1, 3), dtype=np.uint8))
    depth = np.array([[0.5]], dtype=np.float32)
    one = Frame("a", Camera(1.0, 1.0, 0.0, 0.0, 1, 1), np.eye(4), photo, depth)
    mask = np.array([[3]], dtype=np.uint16)
    xyz = np.array([[0.25, 0, 0.5], [-0.25, 0, 0.5], [5, 0, 0.5]])
    options = ArticleOptions(tolerance=0.25, min_neighbors=9)
    assert article_labels(xyz, [(one, mask)], options).labels.tolist() == [0, 0, 0]
    wider = ArticleOptions(tolerance=0.2500001, min_neighbors=9)
    assert np.count_nonzero(article_labels(xyz, [(one, mask)], wider).labels) == 1
