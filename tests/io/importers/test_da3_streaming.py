"""The output folder of DA3 Streaming, made from a capture with known truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from o3d_paint.core.camera import inverse
from o3d_paint.errors import FormatError, SceneError
from o3d_paint.io.scene import LoadOptions, load_scene
from tests.io.ball_on_floor import arrays


@pytest.fixture
def data():
    return arrays(photos=12)[0]


@pytest.fixture
def folder(tmp_path: Path, data) -> Path:
    root = tmp_path / "run"
    (root / "results_output").mkdir(parents=True)
    lines = []
    for i, depth in enumerate(data["depth"]):
        np.savez(
            root / "results_output" / f"frame_{i}.npz",
            image=data["processed_images"][i], depth=depth,
            conf=np.where(depth > 0, 4.0, 0.0).astype(np.float32),
            intrinsics=data["intrinsics"][i],
        )  # fmt: skip
        pose = np.eye(4)
        pose[:3] = data["extrinsics"][i]
        lines.append(" ".join(repr(float(v)) for v in inverse(pose).ravel()))
    (root / "camera_poses.txt").write_text("\n".join(lines))
    return root


@pytest.mark.parametrize("below", ["", "results_output"])
def test_frames_in_the_order_of_their_numbers(folder, data, below):
    scene = load_scene(folder / below)
    assert [f.name for f in scene.frames] == [f"{i:03d}" for i in range(12)]
    for i, frame in enumerate(scene.frames):
        np.testing.assert_array_equal(frame.depth, data["depth"][i])
        np.testing.assert_array_equal(frame.photo.pixels(), data["processed_images"][i])
        np.testing.assert_allclose(frame.cam_from_world[:3], data["extrinsics"][i], atol=1e-5)
        np.testing.assert_allclose(frame.camera.matrix, data["intrinsics"][i], rtol=1e-6)
    assert scene.frames[0].confidence.max() == 5.0
    assert any("camera to world" in n for n in scene.notes)
    assert len(scene.cloud) == np.count_nonzero(data["depth"])


def test_every_k_th_frame_and_photos_of_a_folder(folder, tmp_path, data):
    assert [f.name for f in load_scene(folder, LoadOptions(every=5)).frames] == [
        "000",
        "005",
        "010",
    ]
    photos = tmp_path / "photos"
    photos.mkdir()
    for i, picture in enumerate(data["processed_images"]):
        Image.fromarray(np.kron(picture, np.ones((4, 4, 1), np.uint8))).save(photos / f"p{i}.png")
    scene = load_scene(folder, LoadOptions(images=photos))
    assert [f.name for f in scene.frames] == [f"p{i}" for i in range(12)]
    assert scene.frames[3].photo.pixels().shape == (160, 240, 3)


def test_a_run_that_is_not_finished(folder):
    poses = (folder / "camera_poses.txt").read_text().splitlines()
    (folder / "camera_poses.txt").write_text("\n".join(poses[:7]))
    scene = load_scene(folder)
    assert [f.name for f in scene.frames] == [f"{i:03d}" for i in range(7)]
    assert any("5 photos are left out" in n and "has 7 poses" in n for n in scene.notes)
    (folder / "camera_poses.txt").write_text("\n".join(poses))
    last = folder / "results_output" / "frame_11.npz"
    last.write_bytes(last.read_bytes()[:300])
    scene = load_scene(folder)
    assert len(scene.frames) == 11
    assert any("frame_11.npz" in n and "not finished yet" in n for n in scene.notes)
    (folder / "camera_poses.txt").write_text(" ".join(["nan"] * 16))
    with pytest.raises(SceneError, match=r"no photo that can be used"):
        load_scene(folder)


def test_lost_frames_are_left_out(folder):
    poses = (folder / "camera_poses.txt").read_text().splitlines()
    poses[4] = " ".join(["nan"] * 16)
    (folder / "camera_poses.txt").write_text("\n".join(poses))
    scene = load_scene(folder)
    assert "004" not in [f.name for f in scene.frames]
    assert any("left out because it has no valid pose: frame_4.npz" in n for n in scene.notes)


@pytest.mark.parametrize("key", ["image", "depth", "intrinsics"])
def test_a_frame_without_an_array(folder, key):
    path = folder / "results_output" / "frame_3.npz"
    with np.load(path) as frame:
        kept = {k: v for k, v in frame.items() if k != key}
    np.savez(path, **kept)
    scene = load_scene(folder)
    assert len(scene.frames) == 11
    assert any(f"has no '{key}'" in n for n in scene.notes)


def test_forced_on_what_it_is_not(tmp_path):
    with pytest.raises(FormatError, match="results_output"):
        load_scene(tmp_path, LoadOptions(format_name="da3-streaming"))
