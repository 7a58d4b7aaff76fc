"""A scene of any kind, written as one NPZ and read back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from o3d_paint.core.scene import ArrayPhoto, Frame
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
    ],
)
def test_own_keys_that_are_malformed_are_named(tmp_path, scene, key, value, message):
    write_scene(scene, tmp_path / "b.npz")
    with np.load(tmp_path / "b.npz") as arrays_of:
        data = {**arrays_of, key: value}
    np.savez(tmp_path / "c.npz", **data)
    with pytest.raises((FormatError, SceneError), match=message):
        load_scene(tmp_path / "c.npz")
