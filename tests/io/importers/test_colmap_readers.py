"""COLMAP's models read both ways, by pycolmap and by the program's own reader: one result."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.spatial.transform import Rotation

from o3d_paint.errors import FormatError
from o3d_paint.io.capture import ImportOptions
from o3d_paint.io.importers import colmap
from o3d_paint.io.importers.colmap_files import read_model
from o3d_paint.io.importers.colmap_model import Model
from o3d_paint.io.importers.colmap_readers import model_from_arrays, read_by_any
from o3d_paint.io.isolated import read_isolated
from o3d_paint.io.pycolmap_model import arrays_of, read_limited
from tests.conftest import ROOT

pycolmap = pytest.importorskip("pycolmap", reason="pycolmap is not installed")

SUFFIXES = [".bin", ".txt"]
MODELS = sorted(set(pycolmap.CameraModelId.__members__) - {"INVALID"})
BY_PYCOLMAP = f"Read by pycolmap {pycolmap.__version__}."


def _camera(camera_id: int, model: str = "OPENCV") -> pycolmap.Camera:
    camera = pycolmap.Camera.create_from_model_name(camera_id, model, 90.1, 101, 79)
    if model != "EQUIRECTANGULAR":
        camera.params = np.asarray(camera.params) + 0.001 * np.arange(1, len(camera.params) + 1)
    return camera


def _pose(rng: np.random.Generator) -> pycolmap.Rigid3d:
    quaternion = Rotation.from_rotvec(rng.normal(0, 1, 3)).as_quat()
    return pycolmap.Rigid3d(pycolmap.Rotation3d(quaternion), rng.normal(0, 3, 3))


def _photo(image_id: int, camera_id: int, name: str) -> pycolmap.Image:
    image = pycolmap.Image(name=name, camera_id=camera_id, image_id=image_id)
    image.points2D = pycolmap.Point2DList([pycolmap.Point2D(np.array([1.5, 2.5]))] * 7)
    return image


def _add_points(model: pycolmap.Reconstruction, count: int) -> None:
    rng = np.random.default_rng(6)
    seen = sorted(model.images)[:3]
    for i in range(count):
        track = pycolmap.Track()
        for image_id in seen if i < 7 else []:
            track.add_element(image_id, i)
        color = rng.integers(0, 256, 3).astype(np.uint8)
        model.add_point3D(rng.normal(0, 5, 3), track, color)


def _plain(model: str = "OPENCV", photos: int = 3, points: int = 40) -> pycolmap.Reconstruction:
    rng = np.random.default_rng(7)
    found = pycolmap.Reconstruction()
    found.add_camera_with_trivial_rig(_camera(5, model))
    for i in range(photos):
        found.add_image_with_trivial_frame(_photo(i + 1, 5, f"bäume/{i:04d}.jpg"), _pose(rng))
    _add_points(found, points)
    return found


def _rigged() -> pycolmap.Reconstruction:
    """Return three cameras on one rig, four places."""
    rng = np.random.default_rng(8)
    found = pycolmap.Reconstruction()
    rig = pycolmap.Rig(rig_id=1)
    for i in (1, 2, 3):
        camera = _camera(i, "PINHOLE")
        found.add_camera(camera)
        if i == 1:
            rig.add_ref_sensor(camera.sensor_id)
        else:
            rig.add_sensor(camera.sensor_id, _pose(rng))
    found.add_rig(rig)
    for place in range(4):
        images = [_photo(3 * place + i, i, f"cam{i}/{place}.png") for i in (1, 2, 3)]
        frame = pycolmap.Frame(frame_id=place + 1, rig_id=1, rig_from_world=_pose(rng))
        for image in images:
            frame.add_data_id(image.data_id)
        found.add_frame(frame)
        for image in images:
            image.frame_id = frame.frame_id
            found.add_image(image)
    _add_points(found, 20)
    return found


def _write(model: pycolmap.Reconstruction, folder: Path, suffix: str) -> Path:
    folder.mkdir(parents=True)
    (model.write_binary if suffix == ".bin" else model.write_text)(str(folder))
    return folder


def _assert_alike(folder: Path, suffix: str) -> Model:
    ours, theirs = read_model(folder), model_from_arrays(folder, arrays_of(suffix, folder))
    assert theirs.cameras == ours.cameras
    for one, other in zip(theirs.images, ours.images, strict=True):
        assert (one.name, one.camera_id) == (other.name, other.camera_id)
        assert one.quaternion == pytest.approx(other.quaternion, abs=1e-12)
        assert one.translation == pytest.approx(other.translation, abs=1e-12)
    np.testing.assert_array_equal(theirs.xyz, ours.xyz)
    np.testing.assert_array_equal(theirs.rgb, ours.rgb)
    assert (theirs.xyz.dtype, theirs.rgb.dtype) == (np.float64, np.uint8)
    return theirs


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("model", MODELS)
def test_every_camera_is_read_alike(tmp_path: Path, model: str, suffix: str) -> None:
    folder = _write(_plain(model), tmp_path / "m", suffix)
    found = _assert_alike(folder, suffix)
    assert found.cameras[5].model == model
    assert len(found.images) == 3
    assert len(found.xyz) == 40


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_rigs_are_read_alike(tmp_path: Path, suffix: str) -> None:
    folder = _write(_rigged(), tmp_path / "m", suffix)
    assert (folder / f"rigs{suffix}").is_file()
    found = _assert_alike(folder, suffix)
    truth = {i.name: i.cam_from_world() for i in _rigged().images.values()}
    assert {i.name for i in found.images} == set(truth)
    for image in found.images:
        assert image.translation == pytest.approx(truth[image.name].translation, abs=1e-12)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_models_before_rigs_are_read_alike(tmp_path: Path, suffix: str) -> None:
    folder = _write(_plain(), tmp_path / "m", suffix)
    for name in ("rigs", "frames"):
        (folder / f"{name}{suffix}").unlink()
    _assert_alike(folder, suffix)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_hundreds_of_photos_are_read_alike(tmp_path: Path, suffix: str) -> None:
    folder = _write(_plain(photos=400, points=3000), tmp_path / "m", suffix)
    assert len(_assert_alike(folder, suffix).images) == 400
    model, reader = read_by_any(folder)
    assert reader == BY_PYCOLMAP
    assert len(model.xyz) == 3000


def test_points_come_by_their_ids_whatever_the_files_order(tmp_path: Path) -> None:
    folder = _write(_plain(points=0), tmp_path / "m", ".bin")
    ids = (9, 2, 5, 1)
    records = [struct.pack("<Q3d3BdQ", i, i, 0, float("nan") if i == 5 else 0, i, 0, 0, 0, 0)
               for i in ids]  # fmt: skip
    (folder / "points3D.bin").write_bytes(struct.pack("<Q", 4) + b"".join(records))
    found = _assert_alike(folder, ".bin")
    assert found.xyz[:, 0].tolist() == [1, 2, 9]
    assert found.rgb[:, 0].tolist() == [1, 2, 9]


def _workspace(folder: Path, suffix: str = ".bin") -> Path:
    """Write a model with three small photos; returns the folder of the model."""
    model = _plain()
    for image in model.images.values():
        photo = folder / "images" / image.name
        photo.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (101, 79)).save(photo)
    return _write(model, folder / "sparse" / "0", suffix)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_pycolmap_reads_where_it_is_installed(tmp_path: Path, suffix: str) -> None:
    folder = _workspace(tmp_path, suffix)
    capture = colmap.read(tmp_path, ImportOptions())
    assert capture.notes[0] == f"COLMAP model of 3 photos in {folder}. {BY_PYCOLMAP}"


def _info(workspace: Path, *, start: str = "", path: Path = ROOT) -> str:
    """Return what ``o3d-paint info`` prints of a workspace, in a process of its own."""
    program = f"{start}\nfrom o3d_paint.cli import main\nmain()"
    done = subprocess.run(
        [sys.executable, "-c", program, "info", str(workspace)],
        env={**os.environ, "PYTHONPATH": f"{path}{os.pathsep}{ROOT}", "COLUMNS": "400"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return " ".join(done.stdout.split())


def test_info_says_who_read_it(tmp_path: Path) -> None:
    _workspace(tmp_path)
    assert BY_PYCOLMAP in _info(tmp_path)
    without = _info(tmp_path, start="import sys; sys.modules['pycolmap'] = None")
    assert "Read without pycolmap, which is not installed." in without


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("__version__ = '3.12.0'", "pycolmap 3.12.0 is too old"),
        ("raise ImportError('libGL.so.1: cannot open shared object')", "needs pycolmap"),
    ],
)
def test_a_pycolmap_that_cannot_read_is_passed_over(
    tmp_path: Path, content: str, reason: str
) -> None:
    _workspace(tmp_path / "w")
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "pycolmap.py").write_text(content)
    told = _info(tmp_path / "w", path=tmp_path / "lib")
    assert "Read without pycolmap, which failed: " in told
    assert reason in told


def test_what_pycolmap_dies_of_is_read_all_the_same(tmp_path: Path) -> None:
    """A damaged count of frames.bin keeps pycolmap busy until its processor time is used up."""
    folder = _write(_plain(), tmp_path / "m", ".bin")
    sound = read_model(folder)
    frames = bytearray((folder / "frames.bin").read_bytes())
    frames[8 + 64 : 8 + 68] = b"\xff\xff\xff\xff"
    (folder / "frames.bin").write_bytes(frames)
    model, reader = read_by_any(folder)
    assert reader.startswith("Read without pycolmap, which failed: ")
    assert "makes its reader crash" in reader
    assert model.images == sound.images


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        ("images.bin names without an end", "cut off"),
        ("points3D.bin cut", "cut off"),
        ("points3D.bin of billions", "cut off"),
        ("cameras.bin cut", "cut off"),
    ],
)
def test_a_damaged_model_is_told_by_the_own_reader(
    tmp_path: Path, damage: str, reason: str
) -> None:
    folder = _write(_plain(), tmp_path / "m", ".bin")
    path = folder / damage.split()[0]
    content = path.read_bytes()
    if "names" in damage:
        content = content[: content.index(b".jpg")]
    elif "billions" in damage:
        content = struct.pack("<Q", 1 << 40) + content[8:]
    else:
        content = content[:-3]
    path.write_bytes(content)
    with pytest.raises(FormatError, match=rf"{path.name} is {reason} or damaged at byte \d+"):
        read_by_any(folder)


@pytest.mark.parametrize("name", ["rigs", "frames", "cameras", "images", "points3D"])
def test_what_pycolmap_reads_behind_a_files_end_is_not_believed(tmp_path: Path, name: str) -> None:
    model = _plain(points=7) if name == "points3D" else _rigged()
    folder = _write(model, tmp_path / "m", ".bin")
    path = folder / f"{name}.bin"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(
        FormatError, match=rf"{name}\.bin is cut off: 1 B of its {name} are missing"
    ):
        read_isolated(partial(read_limited, ".bin"), folder)


def test_more_records_than_the_file_has_room_for_are_not_asked_for(tmp_path: Path) -> None:
    folder = _write(_plain(), tmp_path / "m", ".bin")
    (folder / "points3D.bin").write_bytes(struct.pack("<Q", 1 << 60) + bytes(51))
    with pytest.raises(FormatError, match=r"points3D\.bin says that it holds 1152921504606846976"):
        arrays_of(".bin", folder)


def test_poses_that_frames_contradict_are_those_of_images(tmp_path: Path) -> None:
    """Scripts that move a model know cameras, images and points; frames stay as they were."""
    folder = _write(_plain(), tmp_path / "m", ".txt")
    lines = (folder / "images.txt").read_text().splitlines()
    place = next(i for i, line in enumerate(lines) if line.endswith("0000.jpg"))
    words = lines[place].split()
    words[5:8] = ["11", "12", "13"]
    lines[place] = " ".join(words)
    (folder / "images.txt").write_text("\n".join(lines) + "\n")
    model, reader = read_by_any(folder)
    assert "say another pose of 'bäume/0000.jpg'" in reader
    assert model.images[0].translation == (11, 12, 13)


@pytest.mark.parametrize("is_blank", [True, False])
def test_photos_that_pycolmap_loses_in_text_files_are_there(tmp_path: Path, is_blank: bool) -> None:
    """It ends names at a blank, and leaves the last photo out where its second line is missing."""
    folder = _write(_plain(points=0), tmp_path / "m", ".txt")
    text = (folder / "images.txt").read_text()
    if is_blank:
        text = text.replace("bäume/", "alte bäume/")
    else:
        text = "\n".join(text.splitlines()[:-1]) + "\n"
    (folder / "images.txt").write_text(text)
    model, reader = read_by_any(folder)
    assert "leaves out photos" in reader
    first = "alte bäume/" if is_blank else "bäume/"
    assert [i.name for i in model.images] == [f"{first}{i:04d}.jpg" for i in range(3)]


def test_a_model_without_points_is_read(tmp_path: Path) -> None:
    folder = _write(_plain(), tmp_path / "m", ".bin")
    (folder / "points3D.bin").unlink()
    model, reader = read_by_any(folder)
    assert reader.startswith("Read without pycolmap, which failed: ")
    assert len(model.images) == 3
    assert len(model.xyz) == 0


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_names_that_leave_the_folder_are_refused(tmp_path: Path, suffix: str) -> None:
    _workspace(tmp_path / "w")
    model = _plain()
    model.images[1].name = "../../secret.png"
    sparse = tmp_path / "w" / "sparse" / "0"
    for path in sparse.iterdir():
        path.unlink()
    (model.write_binary if suffix == ".bin" else model.write_text)(str(sparse))
    assert read_by_any(sparse)[1] == BY_PYCOLMAP
    with pytest.raises(FormatError, match="lies outside"):
        colmap.read(tmp_path / "w", ImportOptions())


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_poses_that_are_none_are_left_out(tmp_path: Path, suffix: str) -> None:
    folder = _workspace(tmp_path, suffix)
    (folder / f"rigs{suffix}").unlink()
    (folder / f"frames{suffix}").unlink()
    path = folder / f"images{suffix}"
    if suffix == ".bin":
        content = bytearray(path.read_bytes())
        content[12:44] = struct.pack("<4d", 0, 0, 0, float("nan"))
        path.write_bytes(content)
    else:
        lines = path.read_text().splitlines()
        place = next(i for i, line in enumerate(lines) if line.endswith(".jpg"))
        lines[place] = " ".join(["1", "0", "0", "0", "0", *lines[place].split()[5:]])
        path.write_text("\n".join(lines) + "\n")
    capture = colmap.read(tmp_path, ImportOptions())
    assert len(capture.frames) == len(read_model(folder).images) - 1
    assert any("left out because it has no valid pose" in note for note in capture.notes)
