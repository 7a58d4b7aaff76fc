from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy.spatial.transform import Rotation

from o3d_paint.core.camera import transform
from o3d_paint.errors import FormatError, PaintError, SceneError
from o3d_paint.io.capture import Capture, ImportOptions
from o3d_paint.io.importers import colmap
from o3d_paint.io.importers.colmap_files import read_model

pycolmap = pytest.importorskip("pycolmap", reason="pycolmap is not installed")

MODELS = {
    "SIMPLE_PINHOLE": [90.0, 50.5, 39.5],
    "PINHOLE": [90.0, 95.0, 50.5, 39.5],
    "SIMPLE_RADIAL": [90.0, 50.5, 39.5, 0.05],
    "RADIAL": [90.0, 50.5, 39.5, 0.05, -0.01],
    "OPENCV": [90.0, 95.0, 50.5, 39.5, 0.05, -0.01, 0.002, -0.001],
    "FULL_OPENCV": [90.0, 95.0, 50.5, 39.5, 0.05, -0.01, 0.002, -0.001, 0.003, 0.01, 0.0, 0.0],
    "OPENCV_FISHEYE": [60.0, 61.0, 50.5, 39.5, 0.02, -0.01, 0.001, 0.0],
    "SIMPLE_RADIAL_FISHEYE": [60.0, 50.5, 39.5, 0.02],
    "RADIAL_FISHEYE": [60.0, 50.5, 39.5, 0.02, -0.01],
}

# OpenCV does not have these: pycolmap says what they show.
OTHER_MODELS = {
    "FOV": [60.0, 61.0, 50.5, 39.5, 0.9],
    "THIN_PRISM_FISHEYE": [60.0, 61.0, 50.5, 39.5, 0.02, -0.01, 0, 0, 0.001, 0, 0.001, 0.001],
    "SIMPLE_FISHEYE": [60.0, 50.5, 39.5],
    "FISHEYE": [60.0, 61.0, 50.5, 39.5],
    "EUCM": [90.0, 95.0, 50.5, 39.5, 0.5, 1.0],
}


def _poses(count: int) -> list[tuple[Rotation, np.ndarray]]:
    rng = np.random.default_rng(4)
    return [
        (Rotation.from_rotvec(rng.normal(0, 0.1, 3)), np.array([0.1 * i, 0.02, 3.0]))
        for i in range(count)
    ]


def _points() -> np.ndarray:
    return np.random.default_rng(5).uniform(-0.5, 0.5, (40, 3))


def _reconstruction(model: str = "PINHOLE", count: int = 3) -> pycolmap.Reconstruction:
    reconstruction = pycolmap.Reconstruction()
    camera = pycolmap.Camera(
        camera_id=1, model=model, width=101, height=79, params=(MODELS | OTHER_MODELS)[model]
    )
    reconstruction.add_camera_with_trivial_rig(camera)
    for i, (rotation, translation) in enumerate(_poses(count)):
        pose = pycolmap.Rigid3d(pycolmap.Rotation3d(rotation.as_quat()), translation)
        image = pycolmap.Image(name=f"sub/photo {i}.png", camera_id=1, image_id=i + 1)
        reconstruction.add_image_with_trivial_frame(image, pose)
    for xyz in _points():
        reconstruction.add_point3D(xyz, pycolmap.Track(), np.array([10, 200, 30], dtype=np.uint8))
    return reconstruction


def _workspace(folder: Path, *, is_binary: bool = True, model: str = "PINHOLE") -> Path:
    sparse = folder / "sparse" / "0"
    sparse.mkdir(parents=True)
    reconstruction = _reconstruction(model)
    (reconstruction.write_binary if is_binary else reconstruction.write_text)(str(sparse))
    (folder / "images" / "sub").mkdir(parents=True)
    gradient = np.tile(np.arange(101, dtype=np.uint8)[None, :, None], (79, 1, 3))
    for i in range(3):
        Image.fromarray(gradient).save(folder / "images" / "sub" / f"photo {i}.png")
    return folder


def _read(folder: Path) -> Capture:
    assert colmap.recognizes(folder)
    return colmap.read(folder, ImportOptions())


@pytest.mark.parametrize("is_binary", [True, False])
def test_what_colmap_writes_is_read(tmp_path: Path, is_binary: bool) -> None:
    capture = _read(_workspace(tmp_path / "w", is_binary=is_binary))
    assert [f.name for f in capture.frames] == [f"sub_photo {i}" for i in range(3)]
    assert capture.xyz is not None
    assert np.allclose(np.sort(capture.xyz, axis=0), np.sort(_points(), axis=0))
    assert capture.rgb is not None
    assert (capture.rgb == (10, 200, 30)).all()
    for frame, (rotation, translation) in zip(capture.frames, _poses(3), strict=True):
        assert np.allclose(frame.cam_from_world[:3, :3], rotation.as_matrix())
        assert np.allclose(frame.cam_from_world[:3, 3], translation)
        assert frame.depth is None


@pytest.mark.parametrize("is_binary", [True, False])
@pytest.mark.parametrize("model", [*MODELS, *OTHER_MODELS])
def test_our_reader_finds_what_pycolmap_wrote(tmp_path: Path, model: str, is_binary: bool) -> None:
    folder = _workspace(tmp_path / "w", model=model, is_binary=is_binary) / "sparse" / "0"
    # Not read back by pycolmap, which cuts names with blanks short in text files.
    ours, theirs = read_model(folder), _reconstruction(model)
    for camera_id, camera in theirs.cameras.items():
        found = ours.cameras[camera_id]
        assert (found.model, found.width, found.height) == (camera.model.name, 101, 79)
        assert found.parameters == pytest.approx(list(camera.params), abs=1e-12)
    by_name = {image.name: image for image in theirs.images.values()}
    assert [i.name for i in ours.images] == sorted(by_name)
    for image in ours.images:
        pose = by_name[image.name].cam_from_world()
        assert np.roll(image.quaternion, -1) == pytest.approx(pose.rotation.quat, abs=1e-12)
        assert image.translation == pytest.approx(pose.translation, abs=1e-12)
    points = np.array([p.xyz for p in theirs.points3D.values()])
    assert np.sort(ours.xyz, axis=0) == pytest.approx(np.sort(points, axis=0), abs=1e-12)


def test_a_lens_that_cannot_be_straightened_is_named(tmp_path: Path) -> None:
    folder = _workspace(tmp_path / "w", model="FOV", is_binary=False)
    cameras = folder / "sparse" / "0" / "cameras.txt"
    cameras.write_text("1 EQUIRECTANGULAR 101 79 101 79\n")
    with pytest.raises(FormatError, match=r"image_undistorter|cannot be read"):
        _read(folder)


@pytest.mark.parametrize("model", [*MODELS, *OTHER_MODELS])
def test_points_fall_on_the_pixels_that_colmap_projects_them_to(tmp_path: Path, model: str) -> None:
    """A distorted photo is straightened: what it shows at COLMAP's pixel moves to the pinhole's."""
    folder = _workspace(tmp_path / "w", model=model)
    capture = _read(folder)
    reference = pycolmap.Reconstruction(str(folder / "sparse" / "0"))
    camera = reference.cameras[1]
    frame = capture.frames[0]
    points_cam = transform(frame.cam_from_world, _points())
    theirs = np.array([camera.img_from_cam(p) for p in points_cam]) - 0.5
    ours = frame.camera.project(points_cam)
    shown = frame.photo.pixels()[:, :, 0].astype(float)
    inside = ((ours > 2) & (ours < np.array([97.0, 75.0]))).all(axis=1)
    assert inside.sum() > 10
    for (u, v), (original_u, _) in zip(ours[inside], theirs[inside], strict=True):
        u0, v0 = int(u), int(v)
        value = shown[v0, u0] + (u - u0) * (shown[v0, u0 + 1] - shown[v0, u0])
        assert value == pytest.approx(original_u, abs=1.2)


def _write_depth(path: Path, depth: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width = depth.shape
    header = f"{width}&{height}&1&".encode()
    path.write_bytes(header + depth.T.astype("<f4").tobytes(order="F"))


def test_dense_depth_maps_lie_at_their_own_resolution(tmp_path: Path) -> None:
    dense = tmp_path / "dense"
    _workspace(dense)
    (dense / "sparse" / "0").rename(tmp_path / "model")
    (dense / "sparse").rmdir()
    (tmp_path / "model").rename(dense / "sparse")
    depth = np.arange(40 * 51, dtype=np.float32).reshape(40, 51) + 1
    for i in range(2):
        _write_depth(dense / "stereo" / "depth_maps" / f"sub/photo {i}.png.geometric.bin", depth)
    capture = _read(dense)
    frame = capture.frames[0]
    assert frame.depth is not None
    assert frame.depth.shape == (40, 51)
    assert frame.depth[20, 30] == depth[20, 30]
    assert (frame.camera.width, frame.camera.height) == (51, 40)
    assert frame.camera.fx == pytest.approx(90 * 51 / 101)
    assert capture.frames[2].depth is None
    assert any("1 photos have no depth map" in n for n in capture.notes)


def test_wild_depths_of_a_failed_map_are_unknown(tmp_path: Path) -> None:
    depth = np.zeros((79, 101))
    depth[30:33, 30:70] = 2.0
    depth[31, 35:50], depth[32, 35:50] = 1e36, 1e-35
    _write_depth(tmp_path / "d.bin", depth)
    found = colmap.read_depth_map(tmp_path / "d.bin")
    assert set(np.unique(found).tolist()) == {0.0, 2.0}


def test_a_cut_depth_map_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "d.bin"
    _write_depth(path, np.ones((4, 5)))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(FormatError, match="another size"):
        colmap.read_depth_map(path)


def test_names_cannot_lead_out_of_the_photos_folder(tmp_path: Path) -> None:
    folder = _workspace(tmp_path / "w", is_binary=False)
    images = folder / "sparse" / "0" / "images.txt"
    images.write_text(images.read_text().replace("sub/photo 0.png", "../../secret.png"))
    with pytest.raises(FormatError, match="lies outside"):
        _read(folder)


def test_missing_photos_and_foreign_photos_are_left_out_and_named(tmp_path: Path) -> None:
    folder = _workspace(tmp_path / "w")
    photos = folder / "images" / "sub"
    Image.new("RGB", (64, 64)).save(photos / "photo 1.png")
    (photos / "photo 2.png").unlink()
    capture = _read(folder)
    assert [f.name for f in capture.frames] == ["sub_photo 0"]
    said = " ".join(capture.notes)
    assert "'sub/photo 1.png' (64x64 pixels for a camera of 101x79)" in said
    assert "1 photo is left out because it is not in" in said
    assert "'sub/photo 2.png'" in said
    (photos / "photo 0.png").write_bytes(b"not a picture")
    with pytest.raises(PaintError, match=r"no photo that can be used, the first of 3 for this"):
        _read(folder)


@pytest.mark.parametrize("exif", [True, False])
def test_a_photo_that_somebody_turned_is_named_with_the_turn_that_would_fit(
    tmp_path: Path, exif: bool
) -> None:
    folder = _workspace(tmp_path / "w")
    tags = Image.Exif()
    if exif:
        tags[0x0112] = 6
    Image.new("RGB", (79, 101)).save(folder / "images" / "sub" / "photo 1.png", exif=tags)
    capture = _read(folder)
    assert len(capture.frames) == 2
    turn = "turned left by a quarter, as its EXIF" if exif else "turned by a quarter it would fit"
    assert any(turn in note for note in capture.notes)


def test_names_that_differ_in_capitals_only(tmp_path: Path) -> None:
    folder = _workspace(tmp_path / "w")
    (folder / "images" / "sub").rename(folder / "images" / "Sub")
    for path in (folder / "images" / "Sub").iterdir():
        path.rename(path.with_suffix(".PNG"))
    assert len(_read(folder).frames) == 3
    # Two files could be meant: neither is.
    copy = folder / "images" / "Sub" / "PHOTO 0.png"
    copy.write_bytes((folder / "images" / "Sub" / "photo 0.PNG").read_bytes())
    assert len(_read(folder).frames) == 2


@pytest.mark.parametrize("named", ["photo 0.jpg", "12", "a b 3"])
def test_images_without_the_lines_of_their_points(tmp_path: Path, named: str) -> None:
    folder = _workspace(tmp_path / "w", is_binary=False) / "sparse" / "0"
    lines = [f"{i} 1 0 0 0 0 0 {i} 1 {named}{'' if i else '.png'}" for i in range(4)]
    (folder / "images.txt").write_text("# text\n" + "\n".join(lines) + "\n")
    assert len(read_model(folder).images) == 4
    lines = [line + "\n10.5 20.5 -1 30 40 7" for line in lines]
    (folder / "images.txt").write_text("\n".join(lines) + "\n")
    assert len(read_model(folder).images) == 4
    lines = [line.split("\n")[0] + "\n" for line in lines]
    (folder / "images.txt").write_text("\n".join(lines) + "\n")
    assert len(read_model(folder).images) == 4


def test_a_dense_workspace_within_is_taken_and_said(tmp_path: Path) -> None:
    """As automatic_reconstructor writes it: sparse/0 and dense/0 with depth maps."""
    folder = _workspace(tmp_path / "w")
    dense = _workspace(folder / "dense" / "0")
    for i in range(3):
        name = f"sub/photo {i}.png.geometric.bin"
        _write_depth(dense / "stereo" / "depth_maps" / name, np.full((79, 101), 2.0))
    capture = _read(folder)
    assert all(f.depth is not None for f in capture.frames)
    assert any(str(dense) in n and "sparse" in n for n in capture.notes)
    # Who gives the sparse model gets it, and is told of the depth maps.
    sparse = _read(folder / "sparse" / "0")
    assert all(f.depth is None for f in sparse.frames)
    assert any(f"Depth maps of 3 photos lie in {dense}" in n for n in sparse.notes)


def test_a_photo_whose_camera_is_not_there_is_left_out(tmp_path: Path) -> None:
    folder = _workspace(tmp_path / "w", is_binary=False)
    images = folder / "sparse" / "0" / "images.txt"
    images.write_text(images.read_text().replace(" 1 sub/photo 1.png", " 9 sub/photo 1.png"))
    capture = _read(folder)
    assert len(capture.frames) == 2
    assert any("camera 9, not in" in n for n in capture.notes)
    images.write_text(images.read_text().replace(" 1 sub/", " 9 sub/"))
    with pytest.raises(PaintError, match=r"the first of 3 for this: .*camera 9, not in"):
        _read(folder)


def test_a_damaged_depth_map_is_left_out_and_its_photo_kept(tmp_path: Path) -> None:
    folder = _workspace(tmp_path / "w")
    for i in range(3):
        name = f"sub/photo {i}.png.geometric.bin"
        _write_depth(folder / "stereo" / "depth_maps" / name, np.full((79, 101), 2.0))
    path = folder / "stereo" / "depth_maps" / "sub" / "photo 1.png.geometric.bin"
    path.write_bytes(path.read_bytes()[:-50])
    capture = _read(folder)
    assert [f.depth is None for f in capture.frames] == [False, True, False]
    assert any("A depth map is left out" in n and "photo 1.png" in n for n in capture.notes)


def test_other_models_and_photos_without_pose_are_said(tmp_path: Path) -> None:
    folder = _workspace(tmp_path / "w")
    (folder / "sparse" / "1").mkdir()
    _reconstruction(count=2).write_text(str(folder / "sparse" / "1"))
    Image.new("RGB", (101, 79)).save(folder / "images" / "sub" / "extra.png")
    notes = _read(folder).notes
    assert any("Another model lies beside it" in n and "1 (2 photos)" in n for n in notes)
    assert any("1 of 4 photos" in n and "'sub/extra.png'" in n for n in notes)
    other = colmap.read(folder / "sparse" / "1", ImportOptions())
    assert len(other.frames) == 2
    assert any("0 (3 photos)" in n for n in other.notes)


def test_the_largest_model_is_taken_unless_one_is_asked_for(tmp_path: Path) -> None:
    folder = _workspace(tmp_path / "w")
    (folder / "sparse" / "0").rename(folder / "sparse" / "2")
    for number, count in ((0, 1), (1, 2)):
        (folder / "sparse" / str(number)).mkdir()
        _reconstruction(count=count).write(str(folder / "sparse" / str(number)))
    capture = _read(folder)
    assert len(capture.frames) == 3
    assert any("0 (1 photos)" in n and "1 (2 photos)" in n for n in capture.notes)
    assert len(colmap.read(folder, ImportOptions(model=1)).frames) == 2
    assert len(colmap.read(folder / "sparse" / "0", ImportOptions()).frames) == 1
    with pytest.raises(SceneError, match="no model 7: choose one of 0, 1, 2"):
        colmap.read(folder, ImportOptions(model=7))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_models_are_refused_in_words(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("model")
    is_binary = data.draw(st.booleans())
    reconstruction = _reconstruction()
    (reconstruction.write_binary if is_binary else reconstruction.write_text)(str(folder))
    name = data.draw(st.sampled_from(["cameras", "images", "points3D"]))
    path = folder / f"{name}{'.bin' if is_binary else '.txt'}"
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    with contextlib.suppress(PaintError):
        read_model(folder)
