"""NPZ files as five estimators write them, made from one capture with known truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from o3d_paint.core.camera import inverse
from o3d_paint.errors import SceneError
from o3d_paint.io.sample import Sample, SampleOptions, generate_sample
from o3d_paint.io.scene import LoadOptions, load_scene


@pytest.fixture(scope="module")
def sample() -> Sample:
    return generate_sample(SampleOptions(resolution=96, photos=5))


def _poses(sample: Sample) -> np.ndarray:
    poses = np.tile(np.eye(4), (len(sample.photos), 1, 1))
    poses[:, :3] = sample.extrinsics
    return poses


def _point_map(sample: Sample) -> np.ndarray:
    height, width = sample.depth.shape[1:]
    v, u = np.mgrid[0:height, 0:width]
    pixels = np.stack([u, v, np.ones_like(u)], axis=-1).astype(np.float64)
    maps = []
    for depth, matrix, pose in zip(sample.depth, sample.intrinsics, _poses(sample), strict=True):
        points_cam = pixels @ np.linalg.inv(matrix).T * depth[..., None]
        world_from_cam = inverse(pose)
        maps.append(points_cam @ world_from_cam[:3, :3].T + world_from_cam[:3, 3])
    return np.stack(maps)


def _file(name: str, sample: Sample) -> dict[str, np.ndarray]:
    images = sample.photos.astype(np.float32) / 255
    unbounded = np.exp(4 * sample.confidence) + 1
    world_from_cam = np.stack([inverse(p) for p in _poses(sample)])
    common = {"extrinsics": sample.extrinsics, "intrinsics": sample.intrinsics}
    files = {
        "Depth-Anything-3 npz": {
            "image": sample.photos, "depth": sample.depth, "conf": unbounded, **common
        },
        "Depth-Anything-3 app": {
            "images": sample.photos, "depths": sample.depth, "conf": unbounded, **common
        },
        "VGGT": {
            "pose_enc": np.zeros((5, 9)), "depth": sample.depth[..., None],
            "depth_conf": unbounded, "world_points": _point_map(sample),
            "images": images.transpose(0, 3, 1, 2), "extrinsic": sample.extrinsics,
            "intrinsic": sample.intrinsics,
        },
        "MapAnything": {
            "extrinsic": world_from_cam, "intrinsic": sample.intrinsics,
            "world_points": _point_map(sample), "conf": unbounded, "images": images,
            "depth": sample.depth[..., None], "final_mask": sample.depth > 0,
        },
        "Pi3": {
            "points": _point_map(sample), "camera_poses": world_from_cam,
            "conf": sample.confidence[..., None], "images": images,
        },
    }  # fmt: skip
    return files[name]


@pytest.mark.parametrize(
    "name", ["Depth-Anything-3 npz", "Depth-Anything-3 app", "VGGT", "MapAnything", "Pi3"]
)
def test_each_estimator_gives_the_same_cameras_and_depths(
    tmp_path: Path, sample: Sample, name: str
) -> None:
    path = tmp_path / "predictions.npz"
    np.savez(path, **_file(name, sample))
    scene = load_scene(path)
    assert len(scene.frames) == 5
    for i, frame in enumerate(scene.frames):
        assert np.allclose(frame.cam_from_world, _poses(sample)[i], atol=1e-5)
        assert frame.depth is not None
        assert np.allclose(frame.depth, sample.depth[i], rtol=1e-4, atol=1e-5)
        assert np.allclose(frame.camera.matrix, sample.intrinsics[i], rtol=1e-3)
        assert (frame.photo.pixels() == sample.photos[i]).all()


def test_points_on_no_cameras_rays_are_refused(tmp_path: Path, sample: Sample) -> None:
    arrays = _file("Pi3", sample)
    arrays["points"] = np.zeros_like(arrays["points"])
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(SceneError, match=r"the first of 5 for this.*photo 0 lie on no pinhole"):
        load_scene(tmp_path / "a.npz")


def test_a_photo_of_pi3_that_failed_is_left_out(tmp_path: Path, sample: Sample) -> None:
    arrays = _file("Pi3", sample)
    arrays["points"] = np.array(arrays["points"])
    arrays["camera_poses"] = np.array(arrays["camera_poses"])
    arrays["points"][1], arrays["camera_poses"][3, 0, 0] = 0, np.nan
    np.savez(tmp_path / "a.npz", **arrays)
    scene = load_scene(tmp_path / "a.npz")
    assert [f.name for f in scene.frames] == ["000", "002", "004"]
    assert any("'001'" in n and "no pinhole camera's rays" in n for n in scene.notes)
    assert any("'003'" in n and "'camera_poses'[3] is not finite" in n for n in scene.notes)


def test_pi3_arrays_of_different_sizes_are_refused(tmp_path: Path, sample: Sample) -> None:
    arrays = _file("Pi3", sample)
    arrays["camera_poses"] = arrays["camera_poses"][:4]
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(SceneError, match="differ in photos or size"):
        load_scene(tmp_path / "a.npz")


def test_the_condition_file_of_pi3x_with_its_photos(captures: Path) -> None:
    room = captures / "pi3_room" / "examples" / "room"
    scene = load_scene(room / "condition.npz", LoadOptions(images=room / "rgb"))
    assert len(scene.frames) == 8
    assert any("camera to world" in n for n in scene.notes)


def test_pixels_that_mapanything_marks_as_not_valid_make_no_points(
    tmp_path: Path, sample: Sample
) -> None:
    arrays = _file("MapAnything", sample)
    valid = np.array(arrays["final_mask"])
    valid[:, : valid.shape[1] // 2] = False
    arrays["final_mask"] = valid
    np.savez(tmp_path / "predictions.npz", **arrays)
    scene = load_scene(tmp_path / "predictions.npz")
    for i, frame in enumerate(scene.frames):
        assert frame.depth is not None
        assert not frame.depth[~valid[i]].any()
        assert (frame.depth[valid[i]] > 0).all()
    assert any("marked as not valid" in n for n in scene.notes)
    arrays["final_mask"] = valid[:, 1:]
    np.savez(tmp_path / "predictions.npz", **arrays)
    with pytest.raises(SceneError, match="'final_mask' has shape"):
        load_scene(tmp_path / "predictions.npz")


def test_what_is_said_of_reversed_poses_is_true_of_the_key(tmp_path: Path, sample: Sample) -> None:
    np.savez(tmp_path / "m.npz", **_file("MapAnything", sample))
    notes = " ".join(load_scene(tmp_path / "m.npz").notes)
    assert "camera to world" in notes
    assert "how MapAnything writes 'extrinsic'" in notes
    assert "format says" not in notes
    np.savez(tmp_path / "v.npz", **_file("VGGT", sample))
    assert "MapAnything" not in " ".join(load_scene(tmp_path / "v.npz").notes)
    arrays = _file("Depth-Anything-3 npz", sample)
    arrays["extrinsics"] = np.stack([inverse(pose) for pose in _poses(sample)])
    np.savez(tmp_path / "d.npz", **arrays)
    notes = " ".join(load_scene(tmp_path / "d.npz").notes)
    assert "key 'extrinsics' usually hold them the other way" in notes
