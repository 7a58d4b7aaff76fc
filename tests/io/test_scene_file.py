"""A scene of any kind, written as one NPZ and read back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from o3d_paint.core.scene import ArrayPhoto, FileRows, Frame
from o3d_paint.errors import FormatError, SceneError
from o3d_paint.io.scene import LoadOptions, load_scene
from o3d_paint.io.scene_file import write_scene
from tests.io.ball_on_floor import arrays, save, with_points


@pytest.fixture
def scene(tmp_path):
    return load_scene(save(tmp_path / "a.npz", with_points(arrays()[0])))


def assert_same(found, expected):
    np.testing.assert_array_equal(found.cloud.xyz, expected.cloud.xyz)
    np.testing.assert_array_equal(found.cloud.rgb, expected.cloud.rgb)
    assert [f.name for f in found.frames] == [f.name for f in expected.frames]
    for a, b in zip(found.frames, expected.frames, strict=True):
        np.testing.assert_array_equal(a.cam_from_world, b.cam_from_world)
        np.testing.assert_array_equal(a.photo.pixels(), b.photo.pixels())
        assert (a.depth is None) == (b.depth is None)
        if a.depth is not None and b.depth is not None:
            np.testing.assert_array_equal(a.depth, b.depth)
            np.testing.assert_array_equal(a.camera.matrix, b.camera.matrix)
        assert (a.confidence is None) == (b.confidence is None)
        if a.confidence is not None and b.confidence is not None:
            np.testing.assert_array_equal(a.confidence, b.confidence)
    np.testing.assert_allclose(found.up, expected.up, atol=1e-12)
    assert found.spacing == expected.spacing
    assert found.rule == expected.rule


def test_what_is_written_is_read_back_the_same(tmp_path, scene):
    assert write_scene(scene, tmp_path / "b.npz") == []
    assert_same(load_scene(tmp_path / "b.npz"), scene)


def test_the_keys_are_those_of_the_published_kit(tmp_path, scene):
    write_scene(scene, tmp_path / "b.npz")
    with np.load(tmp_path / "b.npz", allow_pickle=False) as kit:
        assert kit["depth"].shape == (4, 40, 60)
        assert kit["depth"].dtype == np.float32
        assert kit["extrinsics"].shape == (4, 3, 4)
        assert kit["processed_images"].dtype == np.uint8
        assert kit["colors_3d"].dtype == np.float32
        assert kit["colors_3d"].max() <= 1


def test_large_coordinates_photos_of_their_own_size_and_labels(tmp_path):
    data = arrays(offset=(500_000.0, 4_600_000.0, 300.0))[0]
    plain = load_scene(save(tmp_path / "a.npz", data))
    big = [np.kron(f.photo.pixels(), np.ones((3, 3, 1), np.uint8)) for f in plain.frames]
    frames = tuple(
        replace(f, photo=ArrayPhoto(p), name=f"Foto ö {i}")
        for i, (f, p) in enumerate(zip(plain.frames, big, strict=True))
    )
    labels = (np.arange(len(plain.cloud)) % 3).astype(np.uint16)
    scene = replace(plain, frames=frames, labels=labels, label_names={1: "roof", 2: "wäll"})
    write_scene(scene, tmp_path / "b.npz")
    found = load_scene(tmp_path / "b.npz")
    assert_same(found, scene)
    np.testing.assert_array_equal(found.labels, labels)
    assert found.label_names == {1: "roof", 2: "wäll"}


def test_a_direction_that_the_user_forced_stays(tmp_path):
    data = arrays()[0]
    wrong = load_scene(save(tmp_path / "a.npz", data), LoadOptions(convention="c2w"))
    write_scene(wrong, tmp_path / "b.npz")
    assert_same(load_scene(tmp_path / "b.npz"), wrong)


def test_photos_without_depth_stay_without(tmp_path, scene):
    h, w = scene.frames[1].depth.shape
    bare = Frame("bare", scene.frames[1].camera, scene.frames[1].cam_from_world,
                 scene.frames[1].photo)  # fmt: skip
    mixed = replace(scene, frames=(scene.frames[0], bare, *scene.frames[2:]))
    write_scene(mixed, tmp_path / "b.npz")
    found = load_scene(tmp_path / "b.npz")
    assert_same(found, mixed)
    assert (found.frames[1].camera.width, found.frames[1].camera.height) == (w, h)
    none = replace(scene, frames=tuple(replace(f, depth=None, confidence=None)
                                       for f in scene.frames))  # fmt: skip
    write_scene(none, tmp_path / "c.npz")
    assert all(f.depth is None for f in load_scene(tmp_path / "c.npz").frames)


def test_photos_of_several_sizes_are_padded_and_project_as_before(tmp_path, scene):
    first = scene.frames[0]
    small = Frame(
        "small", first.camera.resized(30, 20), first.cam_from_world,
        ArrayPhoto(first.photo.pixels()[::2, ::2].copy()), first.depth[::2, ::2].copy(),
    )  # fmt: skip
    mixed = replace(scene, frames=(small, *scene.frames[1:]))
    notes = write_scene(mixed, tmp_path / "b.npz")
    assert "60x40" in notes[0]
    found = load_scene(tmp_path / "b.npz")
    np.testing.assert_array_equal(found.frames[0].depth[:20, :30], small.depth)
    assert not found.frames[0].depth[20:].any()
    np.testing.assert_array_equal(found.frames[0].photo.pixels()[:20, :30], small.photo.pixels())
    np.testing.assert_array_equal(found.frames[0].camera.matrix, small.camera.matrix)
    np.testing.assert_array_equal(found.frames[2].photo.pixels(), scene.frames[2].photo.pixels())


def test_photos_of_several_sizes_come_back_as_they_were(tmp_path, scene):
    """Upright and lying photos, with depth of several sizes, smaller and none."""
    frames = []
    for i, frame in enumerate(scene.frames):
        pixels, depth, confidence = frame.photo.pixels(), frame.depth, frame.confidence
        camera = frame.camera
        if i % 2:
            pixels, depth = np.rot90(pixels).copy(), np.rot90(depth).copy()
            confidence = np.rot90(confidence).copy()
            camera = replace(
                camera, width=40, height=60, fx=camera.fy, fy=camera.fx, cx=camera.cy, cy=camera.cx
            )
        pixels = np.kron(pixels, np.ones((3, 3, 1), np.uint8))
        if i == 2:
            depth, confidence = None, None
            camera = camera.resized(pixels.shape[1], pixels.shape[0])
        photo = ArrayPhoto(pixels, other_turn=(1, 8, 3, 6)[i])
        frames.append(Frame(f"p{i}", camera, frame.cam_from_world, photo, depth, confidence))
    mixed = replace(scene, frames=tuple(frames))
    assert "180x180" in write_scene(mixed, tmp_path / "b.npz")[0]
    found = load_scene(tmp_path / "b.npz")
    assert_same(found, mixed)
    assert [f.photo.other_turn for f in found.frames] == [1, 8, 3, 6]
    assert [f.mask_shape for f in found.frames] == [f.mask_shape for f in mixed.frames]
    np.testing.assert_allclose(found.frames[2].camera.matrix, frames[2].camera.matrix)
    # Full photos from a folder go by name, whatever their shape.
    (tmp_path / "photos").mkdir()
    for f in frames:
        Image.fromarray(f.photo.pixels()).save(tmp_path / "photos" / f"{f.name}.png")
    write_scene(mixed, tmp_path / "small.npz", longest_side=60)
    small = load_scene(tmp_path / "small.npz")
    assert [f.photo.width for f in small.frames] == [60, 40, 60, 40]
    full = load_scene(tmp_path / "small.npz", LoadOptions(images=tmp_path / "photos"))
    assert [f.photo.width for f in full.frames] == [180, 120, 180, 120]


def test_rows_that_hold_no_point_come_back(tmp_path, scene):
    rows = FileRows(np.arange(len(scene.cloud)) * 2 + 1, 2 * len(scene.cloud) + 5)
    labels = (np.arange(len(scene.cloud)) % 3).astype(np.uint16)
    sparse = replace(scene, rows=rows, labels=labels, label_names={1: "a", 2: "b"})
    write_scene(sparse, tmp_path / "b.npz")
    found = load_scene(tmp_path / "b.npz")
    assert_same(found, sparse)
    np.testing.assert_array_equal(found.labels, labels)
    assert found.rows is not None
    assert found.rows.count == rows.count
    np.testing.assert_array_equal(found.rows.of_points, rows.of_points)


def test_photos_can_be_made_smaller(tmp_path, scene):
    write_scene(scene, tmp_path / "b.npz", longest_side=30)
    found = load_scene(tmp_path / "b.npz")
    assert found.frames[0].photo.pixels().shape == (20, 30, 3)
    np.testing.assert_array_equal(found.frames[0].depth, scene.frames[0].depth)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("names", np.array(["a", "a", "b", "c"]), "differently"),
        ("names", np.arange(4), "'names' must be a list"),
        ("names", np.array(["a"]), "'names' has 1 photos"),
        ("up", np.zeros(2), "'up'"),
        ("labels", np.zeros((2, 2)), "'labels'"),
        ("labels", np.zeros(5, np.uint16), "one a point"),
        ("label_names", np.array(["x"]), "'label_ids'"),
        ("photo_sizes", np.zeros((4, 2)), "'photo_sizes' has shape"),
        ("photo_sizes", np.full((4, 2), 99), "'photo_sizes' does not fit"),
        ("photo_sizes", np.full((3, 2), 9), "'photo_sizes' does not fit"),
        ("map_sizes", np.full((4, 2), -1), "'map_sizes' must be 0"),
        ("other_turns", np.full(4, 9), "'other_turns' must be 1 to 8"),
        ("other_turns", np.full(2, 3), "'other_turns' has 2 values"),
    ],
)
def test_own_keys_that_are_malformed_are_named(tmp_path, scene, key, value, message):
    write_scene(scene, tmp_path / "b.npz")
    with np.load(tmp_path / "b.npz") as arrays_of:
        data = {**arrays_of, key: value}
    np.savez(tmp_path / "c.npz", **data)
    with pytest.raises((FormatError, SceneError), match=message):
        load_scene(tmp_path / "c.npz")
