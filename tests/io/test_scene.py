from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from o3d_paint.core.camera import transform
from o3d_paint.errors import FormatError, SceneError
from o3d_paint.io.scene import LoadOptions, load_scene
from tests.io.ball_on_floor import arrays, save, with_points


@pytest.fixture
def data():
    return arrays()[0]


def test_a_kit_file_comes_in_whole(tmp_path, data):
    kit = with_points(data)
    scene = load_scene(save(tmp_path / "kit.npz", kit))
    np.testing.assert_array_equal(scene.cloud.xyz, kit["points_3d"])
    np.testing.assert_array_equal(scene.cloud.rgb, np.rint(kit["colors_3d"] * 255))
    assert [f.name for f in scene.frames] == ["000", "001", "002", "003"]
    for i, frame in enumerate(scene.frames):
        np.testing.assert_array_equal(frame.depth, data["depth"][i])
        np.testing.assert_array_equal(frame.confidence, data["conf"][i])
        np.testing.assert_array_equal(frame.photo.pixels(), data["processed_images"][i])
        np.testing.assert_allclose(frame.cam_from_world[:3], data["extrinsics"][i], atol=1e-6)
        np.testing.assert_allclose(frame.camera.matrix, data["intrinsics"][i])
    assert scene.name == "kit"
    assert scene.metric
    np.testing.assert_allclose(scene.up, (0, 0, 1), atol=0.01)
    assert scene.rule.threshold == 0.4


def test_depth_anything_npz_makes_its_points_by_the_rule(tmp_path, data):
    da3 = {
        "image": data["processed_images"],
        "depth": data["depth"],
        "conf": np.where(data["depth"] > 0, 3.0, 1.0).astype(np.float32),
        "intrinsics": data["intrinsics"],
        "extrinsics": data["extrinsics"],
    }
    da3["conf"][0] = 1.01
    scene = load_scene(save(tmp_path / "results.npz", da3))
    expected = with_points({k: v[1:] for k, v in data.items()})["points_3d"]
    np.testing.assert_allclose(scene.cloud.xyz, expected, atol=1e-5)
    assert scene.rule.threshold >= 1.05
    colors = np.concatenate(
        [i[d > 0] for i, d in zip(da3["image"][1:], da3["depth"][1:], strict=True)]
    )
    np.testing.assert_array_equal(scene.cloud.rgb, colors)


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update(
            extrinsics=np.concatenate([d["extrinsics"], np.tile([[[0, 0, 0, 1]]], (4, 1, 1))], 1)
        ),
        lambda d: d.update(exts=d.pop("extrinsics"), ixts=d.pop("intrinsics")),
        lambda d: d.update(depths=d.pop("depth")[..., None], images=d.pop("processed_images")),
        lambda d: d.update(
            processed_images=d["processed_images"].transpose(0, 3, 1, 2) / np.float32(255)
        ),
        lambda d: d.update(depth=d["depth"].astype(">f8"), conf=d["conf"].astype(np.float16)),
        lambda d: d.update(intrinsics=d["intrinsics"][0]),
        lambda d: d.update(depth=np.asfortranarray(d["depth"])),
        lambda d: d.update(camera_poses=np.linalg.inv(four(d.pop("extrinsics")))),
    ],
    ids=["4x4", "exts", "app", "nchw floats", "byte order", "one camera", "fortran", "c2w key"],
)
def test_other_spellings_of_the_same(tmp_path, data, change):
    plain = load_scene(save(tmp_path / "a.npz", data))
    change(data)
    other = load_scene(save(tmp_path / "b.npz", data))
    np.testing.assert_allclose(other.cloud.xyz, plain.cloud.xyz, atol=1e-5)
    np.testing.assert_array_equal(other.cloud.rgb, plain.cloud.rgb)


def four(poses):
    return np.concatenate([poses, np.tile([[[0, 0, 0, 1]]], (len(poses), 1, 1))], axis=1)


def test_poses_the_wrong_way_round_are_noticed_and_can_be_forced(tmp_path, data):
    right = load_scene(save(tmp_path / "a.npz", data))
    data["extrinsics"] = np.linalg.inv(four(data["extrinsics"]))[:, :3]
    path = save(tmp_path / "b.npz", data)
    found = load_scene(path)
    np.testing.assert_allclose(found.cloud.xyz, right.cloud.xyz, atol=1e-5)
    assert any("camera to world" in n for n in found.notes)
    told = load_scene(path, LoadOptions(convention="c2w"))
    np.testing.assert_allclose(told.cloud.xyz, right.cloud.xyz, atol=1e-5)
    wrong = load_scene(path, LoadOptions(convention="w2c"))
    assert np.abs(wrong.cloud.xyz - right.cloud.xyz).max() > 1
    assert any("as you said" in n for n in wrong.notes)


def test_the_convention_of_a_camera_to_world_key_can_be_stated(tmp_path, data):
    right = load_scene(save(tmp_path / "a.npz", data))
    data["c2w"] = np.linalg.inv(four(data.pop("extrinsics")))
    told = load_scene(save(tmp_path / "b.npz", data), LoadOptions(convention="c2w"))
    np.testing.assert_allclose(told.cloud.xyz, right.cloud.xyz, atol=1e-5)


def test_intrinsics_of_another_resolution_are_scaled(tmp_path, data):
    right = load_scene(save(tmp_path / "a.npz", data))
    data["intrinsics"] = data["intrinsics"] * np.float32([[3], [3], [1]])
    found = load_scene(save(tmp_path / "b.npz", data))
    assert any("times as wide" in n for n in found.notes)
    assert found.frames[0].camera.fx == pytest.approx(right.frames[0].camera.fx, rel=0.03)


def test_an_off_centre_camera_is_left_alone(tmp_path, data):
    data["intrinsics"][:, 0, 2] *= 1.3
    found = load_scene(save(tmp_path / "b.npz", data))
    assert found.frames[0].camera.cx == pytest.approx(data["intrinsics"][0, 0, 2])


def test_units_that_are_no_metres_are_said(tmp_path):
    scene = load_scene(save(tmp_path / "a.npz", arrays(scale=0.01)[0]))
    assert not scene.metric
    assert any("spacing" in n for n in scene.notes)


def test_mini_npz_takes_photos_from_a_folder(tmp_path, data):
    images = data.pop("processed_images")
    path = save(tmp_path / "mini.npz", data)
    with pytest.raises(SceneError, match="--images"):
        load_scene(path)
    folder = tmp_path / "photos"
    folder.mkdir()
    for i, image in enumerate(images):
        big = Image.fromarray(image).resize((180, 120), Image.Resampling.NEAREST)
        big.save(folder / f"IMG_{[2, 10, 11, 100][i]}.png")
    scene = load_scene(path, LoadOptions(images=folder))
    assert [f.name for f in scene.frames] == ["IMG_2", "IMG_10", "IMG_11", "IMG_100"]
    assert scene.frames[0].photo.pixels().shape == (120, 180, 3)
    np.testing.assert_array_equal(scene.frames[2].photo.pixels()[1::3, 1::3], images[2])
    (folder / "IMG_100.png").unlink()
    with pytest.raises(SceneError, match=r"3 photos .* 4 depth maps"):
        load_scene(path, LoadOptions(images=folder))
    Image.new("RGB", (100, 100)).save(folder / "IMG_100.png")
    left = load_scene(path, LoadOptions(images=folder))
    assert [f.name for f in left.frames] == ["IMG_2", "IMG_10", "IMG_11"]
    assert any("IMG_100" in note for note in left.notes)


def test_a_photo_turned_by_its_note_is_turned_only_if_that_fits(tmp_path, data):
    images = data.pop("processed_images")
    path = save(tmp_path / "mini.npz", data)
    exif = Image.Exif()
    exif[0x0112] = 6
    for i, image in enumerate(images):
        # As cameras do: the pixels lie on their side and the note says how to turn them.
        lying = np.rot90(image, 1) if i < 2 else image
        Image.fromarray(lying).save(tmp_path / f"{i}.png", exif=exif)
    scene = load_scene(path, LoadOptions(images=tmp_path))
    for i in range(4):
        np.testing.assert_array_equal(scene.frames[i].photo.pixels(), images[i])


def test_thresholds_given_by_the_user(tmp_path, data):
    data["conf"] = np.linspace(0, 1, data["depth"].size, dtype=np.float32).reshape(
        data["depth"].shape
    )
    path = save(tmp_path / "a.npz", data)
    above = load_scene(path, LoadOptions(conf_thresh=0.75))
    assert len(above.cloud) == np.count_nonzero((data["conf"] > 0.75) & (data["depth"] > 0))
    share = load_scene(path, LoadOptions(conf_percentile=90))
    expected = np.percentile(data["conf"][data["depth"] > 0], 90)
    assert share.rule.threshold == pytest.approx(expected, abs=0.001)
    assert len(share.cloud) == pytest.approx(np.count_nonzero(data["depth"] > 0) / 10, rel=0.01)
    with pytest.raises(ValueError, match="not both"):
        load_scene(path, LoadOptions(conf_thresh=1, conf_percentile=1))
    with pytest.raises(SceneError, match="no depth pixel is trusted"):
        load_scene(path, LoadOptions(conf_thresh=2))


def test_up_can_be_given(tmp_path, data):
    path = save(tmp_path / "a.npz", data)
    np.testing.assert_allclose(load_scene(path, LoadOptions(up=(0, 2, 0))).up, (0, 1, 0))


def test_large_coordinates_keep_millimetres(tmp_path):
    offset = (500_000.0, 4_600_000.0, 300.0)
    near = load_scene(save(tmp_path / "a.npz", arrays()[0])).cloud.xyz
    far = load_scene(save(tmp_path / "b.npz", arrays(offset=offset)[0])).cloud.xyz
    assert np.abs(far - offset - near).max() < 1e-4


def test_unknown_depth_is_no_point(tmp_path, data):
    data["depth"][0, 20:30, 20:30] = [np.nan, np.inf, -1, 0, -np.inf] * 2
    scene = load_scene(save(tmp_path / "a.npz", data))
    assert np.isfinite(scene.cloud.xyz).all()
    assert any("80 depth values" in n for n in scene.notes)
    assert (scene.frames[0].depth[20:30, 20:30] == 0).all()


def test_points_project_onto_their_own_depth(tmp_path, data):
    scene = load_scene(save(tmp_path / "a.npz", data))
    frame = scene.frames[0]
    n = int(((data["conf"][0] > 0.4) & (data["depth"][0] > 0)).sum())
    cam = transform(frame.cam_from_world, scene.cloud.xyz[:n])
    uv = np.floor(frame.camera.project(cam) + 0.5).astype(int)
    np.testing.assert_allclose(data["depth"][0][uv[:, 1], uv[:, 0]], cam[:, 2], rtol=1e-5)


def without(key):
    return lambda d: d.pop(key)


def replaced(key, change):
    return lambda d: d.update({key: change(d[key])})


def put(key, where, value):
    def change(d):
        d[key][where] = value

    return change


BROKEN = {
    "no depth": (without("depth"), r"no 'depth'"),
    "misspelt": (lambda d: d.update(dpeth=d.pop("depth")), r"'dpeth' misspelt"),
    "no intrinsics": (without("intrinsics"), r"no 'intrinsics'"),
    "no extrinsics": (without("extrinsics"), r"no 'extrinsics'"),
    "no photos": (without("processed_images"), r"--images"),
    "depth of integers": (
        replaced("depth", lambda a: a.astype(np.uint16)),
        r"'depth' has shape \(4, 40, 60\) of uint16",
    ),
    "depth of five axes": (replaced("depth", lambda a: a[None, None]), r"'depth' has shape"),
    "conf of another size": (replaced("conf", lambda a: a[:, ::2]), r"'conf' has shape"),
    "fewer poses": (
        replaced("extrinsics", lambda a: a[:3]),
        r"'extrinsics' has 3 photos but 'depth' has 4",
    ),
    "fewer intrinsics": (
        replaced("intrinsics", lambda a: a[:3]),
        r"'intrinsics' has 3 photos but 'depth' has 4",
    ),
    "fewer photos": (
        replaced("processed_images", lambda a: a[:3]),
        r"'processed_images' has 3 photos but 'depth' has 4",
    ),
    "photos of strings": (
        replaced("processed_images", lambda a: a.astype("U3")),
        r"'processed_images' has shape",
    ),
    "photos of another shape": (
        replaced("processed_images", lambda a: a[:, :, :20]),
        r"same field of view",
    ),
    "nan pose": (
        put("extrinsics", (slice(None), 0, 0), np.nan),
        r"'extrinsics' holds 4 values that are not finite",
    ),
    "nan intrinsics": (
        put("intrinsics", (slice(None), 0, 0), np.nan),
        r"'intrinsics' holds 4 values",
    ),
    "singular intrinsics": (put("intrinsics", (slice(None), 1, 1), 0), r"'intrinsics'\[0\] is"),
    "scaled pose": (
        replaced("extrinsics", lambda a: a * 2),
        r"'extrinsics'\[0\] is not a rotation",
    ),
    "mirrored pose": (
        replaced("extrinsics", lambda a: a * np.float32([[-1], [1], [1]])),
        r"not a rotation",
    ),
    "no depth anywhere": (replaced("depth", lambda a: a * 0), r"no positive depth"),
    "no photos at all": (
        lambda d: d.update({k: v[:0] for k, v in d.items()}),
        r"no photos|no positive depth",
    ),
    "nan point": (
        lambda d: d.update(points_3d=np.full((5, 3), np.nan)),
        r"'points_3d' holds 15 values",
    ),
    "no points": (lambda d: d.update(points_3d=np.zeros((0, 3))), r"'points_3d' holds no points"),
    "flat points": (
        lambda d: d.update(points_3d=np.zeros((5, 2))),
        r"'points_3d' has shape \(5, 2\)",
    ),
    "fewer colours": (
        lambda d: d.update(points_3d=np.zeros((5, 3)), colors_3d=np.zeros((4, 3))),
        r"'colors_3d' has shape",
    ),
    "pickled": (
        replaced("extrinsics", lambda a: a.astype(object)),
        r"'extrinsics' holds pickled Python objects",
    ),
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (put("extrinsics", (1, 0, 3), -np.inf), r"'extrinsics'[1] is not finite"),
        (put("extrinsics", (1, 0, 0), 5), r"'extrinsics'[1] is not a rotation"),
        (put("intrinsics", (1, 0, 0), np.nan), r"'intrinsics'[1] is not finite"),
        (put("intrinsics", (1, 1, 1), 0), r"'intrinsics'[1] is [["),
    ],
)
def test_one_broken_photo_is_left_out_and_named(tmp_path, data, change, message):
    change(data)
    scene = load_scene(save(tmp_path / "a.npz", data))
    assert [f.name for f in scene.frames] == ["000", "002", "003"]
    assert any("1 photo is left out" in n and message in n for n in scene.notes)
    assert len(scene.cloud) == np.count_nonzero(np.delete(data["depth"], 1, axis=0))


@pytest.mark.parametrize("case", BROKEN)
def test_broken_input_is_one_sentence(tmp_path, data, case):
    change, message = BROKEN[case]
    change(data)
    path = save(tmp_path / "my scene.npz", data)
    with pytest.raises((SceneError, FormatError), match=message) as caught:
        load_scene(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_pickles_beside_the_needed_arrays_do_no_harm(tmp_path, data):
    data["pose_enc_list"] = np.array([{"a": 1}, None], dtype=object)
    assert len(load_scene(save(tmp_path / "a.npz", data)).frames) == 4
