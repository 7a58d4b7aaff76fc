"""Data sets laid out as their makers do, written here with nothing of the readers under test."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from scipy.spatial.transform import Rotation

from o3d_paint.core.camera import inverse
from o3d_paint.core.consistency import agreement_between
from o3d_paint.errors import FormatError, PaintError, SceneError
from o3d_paint.io.capture import Capture, ImportOptions
from o3d_paint.io.importers import IMPORTERS, read_capture
from o3d_paint.io.scene import LoadOptions, load_scene

COUNT, WIDTH, HEIGHT = 4, 96, 72
K = np.array([[80.0, 0, 47.5], [0, 82.0, 35.5], [0, 0, 1]])
GL = np.diag([1.0, -1.0, -1.0, 1.0])


def _poses() -> np.ndarray:
    poses = np.tile(np.eye(4), (COUNT, 1, 1))
    for i in range(COUNT):
        poses[i, :3, :3] = Rotation.from_euler("yx", [0.15 * i - 0.2, 0.1 * i]).as_matrix()
        poses[i, :3, 3] = (0.3 * i - 0.4, 0.1 * i, -0.2 * i)
    return poses


def _depth(pose: np.ndarray, matrix: np.ndarray = K) -> np.ndarray:
    """Ray-cast a room's corner: the planes z = 3, y = 1 and x = 1.5, seen from inside."""
    v, u = np.mgrid[0:HEIGHT, 0:WIDTH]
    rays_cam = np.stack([u, v, np.ones_like(u)], axis=-1) @ np.linalg.inv(matrix).T
    rays = rays_cam @ pose[:3, :3].T
    distances = [
        np.where(rays[..., axis] > 1e-9, (at - pose[axis, 3]) / rays[..., axis], np.inf)
        for axis, at in ((2, 3.0), (1, 1.0), (0, 1.5))
    ]
    return np.min(distances, axis=0)


def _save_color(path: Path, value: int = 90) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (WIDTH, HEIGHT), (value, 20, 30)).save(path)


def _save_depth(path: Path, depth: np.ndarray, steps_per_metre: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.round(depth * steps_per_metre).astype(np.uint16)
    values[0, 0] = 0
    assert cv2.imwrite(str(path), values)


def _frames(folder: Path) -> None:
    sequence = folder / "seq-01"
    for i, pose in enumerate(_poses()):
        stem = f"frame-{i:06d}"
        _save_color(sequence / f"{stem}.color.png")
        _save_depth(sequence / f"{stem}.depth.png", _depth(pose), 1000)
        np.savetxt(sequence / f"{stem}.pose.txt", pose)
    np.savetxt(folder / "camera-intrinsics.txt", K)


def _tum(folder: Path) -> None:
    lines: dict[str, list[str]] = {"rgb": ["# timestamp filename"], "depth": [], "truth": []}
    for i, pose in enumerate(_poses()):
        _save_color(folder / f"rgb/{i}.png")
        _save_depth(folder / f"depth/{i}.png", _depth(pose), 5000)
        lines["rgb"].append(f"{i}.00 rgb/{i}.png")
        lines["depth"].append(f"{i}.02 depth/{i}.png")
        quaternion = Rotation.from_matrix(pose[:3, :3]).as_quat()
        values = " ".join(str(x) for x in [*pose[:3, 3], *quaternion])
        lines["truth"].append(f"{i}.01 {values}")
    lines["rgb"].append("77.0 rgb/0.png")
    (folder / "rgb.txt").write_text("\n".join(lines["rgb"]))
    (folder / "depth.txt").write_text("\n".join(lines["depth"]))
    (folder / "groundtruth.txt").write_text("\n".join(lines["truth"]))
    (folder / "camera.param").write_text("# fx, fy, cx, cy\n80\n82\n47.5\n35.5\n")


def _redwood(folder: Path) -> None:
    log = []
    for i, pose in enumerate(_poses()):
        _save_color(folder / f"color/{i:05d}.png")
        _save_depth(folder / f"depth/{i:05d}.png", _depth(pose), 1000)
        log.append(f"{i} {i} {i + 1}")
        log.extend(" ".join(str(x) for x in row) for row in pose)
    (folder / "trajectory.log").write_text("\n".join(log) + "\n")
    np.savetxt(folder / "K.txt", K)


def _replica(folder: Path) -> None:
    for i, pose in enumerate(_poses()):
        _save_color(folder / f"results/frame{i:06d}.jpg")
        _save_depth(folder / f"results/depth{i:06d}.png", _depth(pose), 6553.5)
    np.savetxt(folder / "traj.txt", _poses().reshape(COUNT, 16))
    camera = {"w": WIDTH, "h": HEIGHT, "fx": 80, "fy": 82, "cx": 47.5, "cy": 35.5, "scale": 6553.5}
    (folder / "cam_params.json").write_text(json.dumps({"camera": camera}))


def _hololens(folder: Path) -> None:
    for i, pose in enumerate(_poses()):
        _save_color(folder / f"images/{5 * i:05d}.png")
        _save_depth(folder / f"depth/{5 * i:05d}.png", _depth(pose), 1000)
    every = np.tile(np.full((4, 4), 7.0), (5 * COUNT, 1, 1))
    every[::5] = _poses()
    np.savetxt(folder / "poses_all.txt", every.reshape(-1, 16))
    names = [f"somewhere/images/{i:05d}.png" for i in range(5 * COUNT)]
    (folder / "all_images.txt").write_text("\n".join(names))
    np.savetxt(folder / "K.txt", K)


def _scannet(folder: Path) -> None:
    poses = [*_poses(), np.full((4, 4), -np.inf)]
    for i, pose in enumerate(poses):
        _save_color(folder / f"color/{i}.jpg")
        _save_depth(folder / f"depth/{i}.png", _depth(_poses()[0 if i == COUNT else i]), 1000)
        (folder / "pose").mkdir(exist_ok=True)
        np.savetxt(folder / f"pose/{i}.txt", pose)
    full = np.eye(4)
    full[:3, :3] = K
    (folder / "intrinsic").mkdir()
    np.savetxt(folder / "intrinsic/intrinsic_depth.txt", full)


def _nerfstudio(folder: Path) -> None:
    frames = []
    for i, pose in enumerate(_poses()):
        _save_color(folder / f"images/{i}.png")
        _save_depth(folder / f"depth/{i}.png", _depth(pose), 1000)
        record = {"file_path": f"./images/{i}.png", "transform_matrix": (pose @ GL).tolist()}
        frames.append({**record, "depth_file_path": f"depth/{i}.png", "fl_x": 80.0})
    document = {"w": WIDTH, "h": HEIGHT, "fl_y": 82.0, "cx": 48.0, "cy": 36.0, "frames": frames}
    (folder / "transforms.json").write_text(json.dumps(document))


WRITERS: dict[str, Callable[[Path], None]] = {
    "7scenes": _frames,
    "tum": _tum,
    "redwood": _redwood,
    "replica": _replica,
    "hololens": _hololens,
    "scannet": _scannet,
    "nerfstudio": _nerfstudio,
}


def _check(capture: Capture, tolerance: float = 2e-3) -> None:
    assert len(capture.frames) == COUNT
    for frame, pose in zip(capture.frames, _poses(), strict=True):
        assert np.allclose(frame.cam_from_world, inverse(pose), atol=1e-6)
        assert np.allclose(frame.camera.matrix, K)
        assert frame.depth is not None
        assert frame.depth[0, 0] == 0
        assert np.allclose(frame.depth[1:], _depth(pose)[1:], atol=tolerance)
        assert frame.photo.pixels().shape == (HEIGHT, WIDTH, 3)
    assert agreement_between(capture.frames).error < 0.01


@pytest.mark.parametrize("name", WRITERS)
def test_each_layout_is_recognised_and_read(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "capture"
    folder.mkdir()
    WRITERS[name](folder)
    assert [n for n, i in IMPORTERS.items() if n != "rgbd" and i.recognizes(folder)] == [name]
    _check(read_capture(folder, ImportOptions()))


@pytest.mark.parametrize("file", ["intrinsic.json", "camera_intrinsic.json"])
def test_intrinsics_of_open3d_are_read(tmp_path: Path, file: str) -> None:
    import open3d as o3d

    _redwood(tmp_path)
    for text in tmp_path.glob("*.txt"):
        text.unlink()
    (tmp_path / "camera.param").unlink(missing_ok=True)
    camera = o3d.camera.PinholeCameraIntrinsic(WIDTH, HEIGHT, 80.0, 82.0, 47.5, 35.5)
    o3d.io.write_pinhole_camera_intrinsic(str(tmp_path / file), camera)
    capture = read_capture(tmp_path, ImportOptions())
    assert np.allclose(capture.frames[0].camera.matrix, K)


@pytest.mark.parametrize("name", ["7scenes", "redwood", "nerfstudio"])
def test_reversed_poses_are_told_and_read(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "capture"
    folder.mkdir()
    WRITERS[name](folder)
    reversed_folder = tmp_path / "reversed"
    reversed_folder.mkdir()
    poses = _poses()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            f"{__name__}._poses", lambda: np.stack([inverse(p) for p in poses]), raising=True
        )
        patch.setattr(f"{__name__}._depth", lambda p, k=K: _DEPTH(inverse(p), k), raising=True)
        if name == "nerfstudio":
            # Its matrices have OpenGL axes whichever way they run.
            patch.setattr(
                f"{__name__}._poses", lambda: np.stack([GL @ inverse(p) @ GL for p in poses])
            )
            patch.setattr(f"{__name__}._depth", lambda p, k=K: _DEPTH(inverse(GL @ p @ GL), k))
        WRITERS[name](reversed_folder)
    _check(read_capture(reversed_folder, ImportOptions(convention="w2c")))


_DEPTH = _depth


@pytest.mark.parametrize("direction", ["c2w", "w2c"])
@pytest.mark.parametrize("axes", ["cv", "gl"])
@pytest.mark.parametrize("steps", [1000, 5000])
def test_an_unknown_folder_is_read_in_the_way_by_which_its_photos_agree(
    tmp_path: Path, direction: str, axes: str, steps: int
) -> None:
    stored = []
    for i, pose in enumerate(_poses()):
        _save_color(tmp_path / f"rgb/{i}.png")
        _save_depth(tmp_path / f"depth/{i}.png", _depth(pose), steps)
        matrix = pose @ GL if axes == "gl" else pose
        stored.append(inverse(matrix) if direction == "w2c" else matrix)
    np.savetxt(tmp_path / "poses.txt", np.stack(stored)[:, :3].reshape(COUNT, 12))
    np.savetxt(tmp_path / "K.txt", K)
    capture = read_capture(tmp_path, ImportOptions())
    assert capture.convention == direction
    assert any(f"{direction}, {axes} axes" in n and f"1/{steps}" in n for n in capture.notes)
    _check(capture)


def test_when_it_cannot_tell_it_says_what_it_tried(tmp_path: Path) -> None:
    for i in range(3):
        _save_color(tmp_path / f"color/{i}.png")
        _save_depth(tmp_path / f"depth/{i}.png", np.full((HEIGHT, WIDTH), 2.0), 1000)
    np.savetxt(tmp_path / "poses.txt", np.tile(np.eye(4).ravel(), (3, 1)))
    np.savetxt(tmp_path / "K.txt", K)
    with pytest.raises(SceneError, match=r"cannot be told.*1/5000.*--depth-unit"):
        read_capture(tmp_path, ImportOptions())
    capture = read_capture(tmp_path, ImportOptions(depth_unit=0.001, convention="c2w", axes="cv"))
    assert capture.frames[0].depth is not None
    assert capture.frames[0].depth[5, 5] == pytest.approx(2.0)


def test_every_second_photo_is_enough_when_asked(tmp_path: Path) -> None:
    _redwood(tmp_path)
    capture = read_capture(tmp_path, ImportOptions(every=2))
    assert [f.name for f in capture.frames] == ["00000", "00002"]


def test_frames_without_a_pose_are_left_out_and_counted(tmp_path: Path) -> None:
    _scannet(tmp_path)
    notes = read_capture(tmp_path, ImportOptions()).notes
    assert any("1 photo is left out because it has no valid pose" in n for n in notes)


def test_65535_means_unknown(tmp_path: Path) -> None:
    _frames(tmp_path)
    values = np.full((HEIGHT, WIDTH), 65535, dtype=np.uint16)
    cv2.imwrite(str(tmp_path / "seq-01/frame-000001.depth.png"), values)
    depth = read_capture(tmp_path, ImportOptions()).frames[1].depth
    assert depth is not None
    assert not depth.any()


def test_intrinsics_of_a_larger_photo_are_scaled_to_the_depth(tmp_path: Path) -> None:
    _redwood(tmp_path)
    for i in range(COUNT):
        Image.new("RGB", (2 * WIDTH, 2 * HEIGHT)).save(tmp_path / f"color/{i:05d}.png")
    scaled = K.copy()
    scaled[:2] *= 2
    scaled[:2, 2] += 0.5
    np.savetxt(tmp_path / "K.txt", scaled)
    frame = read_capture(tmp_path, ImportOptions()).frames[0]
    assert np.allclose(frame.camera.matrix, K)
    assert frame.photo.width == 2 * WIDTH


@pytest.mark.parametrize(
    ("name", "damage", "found"),
    [
        ("redwood", "color/00001.png", "the photo of this depth picture is not there: 00001.png"),
        ("redwood", "depth/00001.png", "no depth picture has its name: 00001.png"),
        ("7scenes", "seq-01/frame-000001.depth.png", "its depth picture is not there"),
        ("7scenes", "seq-01/frame-000001.color.png", "its colour picture is not there"),
        ("scannet", "depth/1.png", "its depth picture is not there: '1'"),
        ("replica", "results/depth000001.png", "no depth picture has its name: frame000001.jpg"),
        ("replica", "results/frame000001.jpg", "the photo of this depth picture is not there"),
        ("hololens", "depth/00005.png", "its depth picture is not there: '00005'"),
        ("tum", "depth/1.png", "it cannot be read: '1.png'"),
        ("tum", "rgb/1.png", "it cannot be read: '1.png'"),
        ("nerfstudio", "images/1.png", "it is not there: './images/1.png'"),
    ],
)
def test_photos_that_lack_a_picture_are_left_out_and_named(
    tmp_path: Path, name: str, damage: str, found: str
) -> None:
    WRITERS[name](tmp_path)
    (tmp_path / damage).unlink()
    capture = read_capture(tmp_path, ImportOptions())
    assert len(capture.frames) == COUNT - 1
    kept = np.delete(_poses(), 1, axis=0)
    for frame, pose in zip(capture.frames, kept, strict=True):
        assert np.allclose(frame.cam_from_world, inverse(pose), atol=1e-6)
    assert agreement_between(capture.frames).error < 0.01
    assert any(found in note for note in capture.notes), capture.notes


SECOND_PHOTO = {
    "7scenes": "seq-01/frame-000001.color.png",
    "tum": "rgb/1.png",
    "redwood": "color/00001.png",
    "replica": "results/frame000001.jpg",
    "hololens": "images/00005.png",
    "scannet": "color/1.jpg",
    "nerfstudio": "images/1.png",
}


@pytest.mark.parametrize("name", WRITERS)
def test_damaged_pictures_are_left_out_and_nothing_left_is_refused(
    tmp_path: Path, name: str
) -> None:
    WRITERS[name](tmp_path)
    photo = tmp_path / SECOND_PHOTO[name]
    photo.write_bytes(b"no picture")
    capture = read_capture(tmp_path, ImportOptions())
    assert len(capture.frames) == COUNT - 1
    assert any(photo.name in note and "cannot be read" in note for note in capture.notes)
    for path in tmp_path.rglob("*"):
        if path.suffix in (".png", ".jpg"):
            path.write_bytes(b"no picture")
    with pytest.raises(PaintError, match=r"is not a picture|no photo that can be used"):
        read_capture(tmp_path, ImportOptions())


def test_a_photo_that_is_cut_off_behind_its_header_is_left_out(tmp_path: Path) -> None:
    _redwood(tmp_path)
    path = tmp_path / SECOND_PHOTO["redwood"]
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)).save(
        path
    )
    path.write_bytes(path.read_bytes()[:2000])
    scene = load_scene(tmp_path)
    assert [f.name for f in scene.frames] == ["00000", "00002", "00003"]
    assert any("00001 (" in n and "cut off or damaged" in n for n in scene.notes)
    assert len(scene.cloud) == 3 * (HEIGHT * WIDTH - 1)


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("exif", [True, False])
def test_a_turned_photo_is_left_out_with_the_turn_that_would_fit(
    tmp_path: Path, name: str, exif: bool
) -> None:
    WRITERS[name](tmp_path)
    photo = tmp_path / SECOND_PHOTO[name]
    tags = Image.Exif()
    if exif:
        tags[0x0112] = 8
    Image.new("RGB", (HEIGHT, WIDTH)).save(photo, exif=tags)
    capture = read_capture(tmp_path, ImportOptions())
    assert len(capture.frames) == COUNT - 1
    turn = "turned right by a quarter, as its EXIF" if exif else "turned by a quarter it would fit"
    assert any(photo.name in note and turn in note for note in capture.notes), capture.notes


def test_names_in_lists_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "capture"
    folder.mkdir()
    _nerfstudio(folder)
    path = folder / "transforms.json"
    path.write_text(path.read_text().replace("./images/1.png", "../secret.png"))
    with pytest.raises(FormatError, match="lies outside"):
        read_capture(folder, ImportOptions())
    path.unlink()
    _tum(folder)
    (folder / "rgb.txt").write_text("1.0 /etc/passwd\n")
    with pytest.raises(FormatError, match="lies outside"):
        read_capture(folder, ImportOptions())


@pytest.mark.parametrize(
    ("folder", "options", "limit"),
    [
        ("open3d_rgbd", ImportOptions(), 0.005),
        ("nvblox_3dmatch", ImportOptions(), 0.02),
        ("hololens_dvmvs", ImportOptions(every=3), 0.01),
        (
            "slambook2_rgbd/ch12/dense_RGBD/data",
            ImportOptions(intrinsics=(481.2, -480.0, 319.5, 239.5)),
            0.02,
        ),
        (
            "slambook2_rgbd/ch5/rgbd",
            ImportOptions(intrinsics=(518.0, 519.0, 325.5, 253.5)),
            0.02,
        ),
    ],
)
def test_real_captures_agree_between_photos(
    captures: Path, folder: str, options: ImportOptions, limit: float
) -> None:
    capture = read_capture(captures / folder, options)
    assert agreement_between(capture.frames).error < limit


@pytest.mark.parametrize("in_metres", [True, False])
def test_nerfstudio_depth_in_arrays_is_read_as_nerfstudio_does_and_doubts_are_told(
    tmp_path: Path, in_metres: bool
) -> None:
    _nerfstudio(tmp_path)
    file = tmp_path / "transforms.json"
    document = json.loads(file.read_text())
    for i, (record, pose) in enumerate(zip(document["frames"], _poses(), strict=True)):
        record["depth_file_path"] = f"depth/{i}.npy"
        np.save(tmp_path / f"depth/{i}.npy", _depth(pose) * (1 if in_metres else 1000))
    file.write_text(json.dumps(document))
    scene = load_scene(tmp_path)
    assert scene.frames[0].depth is not None
    largest = float(_depth(_poses()[0]).max())
    assert scene.frames[0].depth.max() == pytest.approx(largest * (0.001 if in_metres else 1))
    doubts = [n for n in scene.notes if "try --depth-unit 1." in n]
    assert len(doubts) == in_metres
    told = load_scene(tmp_path, LoadOptions(depth_unit=1 if in_metres else 0.001))
    assert not any("--depth-unit" in n for n in told.notes)
    assert told.frames[0].depth is not None
    assert told.frames[0].depth.max() == pytest.approx(largest)
