"""transforms.json of nerfstudio, Instant NGP and what they lead to: written here, read there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from plyfile import PlyData, PlyElement

from o3d_paint.errors import FormatError, PaintError, SceneError
from o3d_paint.io.capture import Capture, ImportOptions
from o3d_paint.io.importers import read_capture
from o3d_paint.io.undistort import UndistortedPhoto
from tests.io.ball_on_floor import arrays, with_points

COUNT, H, W = 4, 60, 80
GL = np.diag([1.0, -1, -1, 1])


@pytest.fixture(scope="module")
def made() -> dict[str, np.ndarray]:
    return with_points(arrays(photos=COUNT, h=H, w=W)[0])


def _write(folder: Path, made: dict[str, np.ndarray], *, depth: bool = True, **top: Any) -> dict:
    """Write the folder and return the document, to be changed and written again."""
    (folder / "images").mkdir(parents=True)
    (folder / "depth").mkdir()
    frames = []
    k = made["intrinsics"][0].astype(float)
    for i in range(COUNT):
        Image.fromarray(made["processed_images"][i]).save(folder / f"images/{i}.png")
        pose = np.eye(4)
        pose[:3] = made["extrinsics"][i]
        record = {
            "file_path": f"images/{i}.png",
            "transform_matrix": (np.linalg.inv(pose) @ GL).tolist(),
        }
        if depth:
            values = np.round(made["depth"][i] * 1000).astype(np.uint16)
            Image.fromarray(values).save(folder / f"depth/{i}.png")
            record["depth_file_path"] = f"depth/{i}.png"
        frames.append(record)
    document = {
        "w": W, "h": H, "fl_x": k[0, 0], "fl_y": k[1, 1], "cx": k[0, 2] + 0.5, "cy": k[1, 2] + 0.5,
        "frames": frames, **top,
    }  # fmt: skip
    return _again(folder, document)


def _again(folder: Path, document: dict) -> dict:
    (folder / "transforms.json").write_text(json.dumps(document))
    return document


def _read(folder: Path, **options: Any) -> Capture:
    return read_capture(folder, ImportOptions(**options))


def test_broken_frames_are_left_out_and_named(tmp_path: Path, made: dict[str, np.ndarray]) -> None:
    document = _write(tmp_path, made)
    (tmp_path / "images/0.png").unlink()
    document["frames"][1]["transform_matrix"][0][3] = float("-inf")
    document["frames"][2]["transform_matrix"] = [[1, 2], [3]]
    document["frames"] += [{"file_path": 7}, "not a frame"]
    _again(tmp_path, document)
    capture = _read(tmp_path)
    assert [f.name for f in capture.frames] == ["images_3"]
    said = "\n".join(capture.notes)
    assert "left out because it is not there: 'images/0.png'" in said
    assert "left out because it has no valid pose: 'images/1.png'" in said
    assert "'images/2.png' (transform_matrix of frames[2]" in said
    assert "2 photos are left out because no 'file_path' names it" in said
    (tmp_path / "images/3.png").unlink()
    with pytest.raises(PaintError, match=r"no photo that can be used, the first of 6 for this"):
        _read(tmp_path)


def test_a_file_that_names_one_missing_photo_alone_is_refused_with_its_name(
    tmp_path: Path, made: dict[str, np.ndarray]
) -> None:
    document = _write(tmp_path, made)
    document["frames"] = document["frames"][:1]
    _again(tmp_path, document)
    (tmp_path / "images/0.png").unlink()
    with pytest.raises(SceneError, match=r"'images/0.png', which is not there"):
        _read(tmp_path)


def test_depth_that_is_missing_damaged_or_turned_leaves_its_photo(
    tmp_path: Path, made: dict[str, np.ndarray]
) -> None:
    _write(tmp_path, made)
    (tmp_path / "depth/0.png").unlink()
    (tmp_path / "depth/1.png").write_bytes(b"damaged")
    Image.fromarray(np.full((W, H), 2000, np.uint16)).save(tmp_path / "depth/2.png")
    capture = _read(tmp_path)
    assert [f.depth is None for f in capture.frames] == [True, True, True, False]
    said = "\n".join(capture.notes)
    assert "'depth/0.png' is not there" in said
    assert "depth/1.png is not a picture" in said
    assert "2.png is left out: it has 60x80 pixels, its photo 80x60" in said


def test_names_in_capitals_and_without_ending(tmp_path: Path, made: dict[str, np.ndarray]) -> None:
    document = _write(tmp_path, made)
    for path in (tmp_path / "images").iterdir():
        path.rename(path.with_suffix(".PNG"))
    document["frames"][1]["file_path"] = "./images/1"
    document["frames"][2]["file_path"] = "Images\\2.png"
    _again(tmp_path, document)
    capture = _read(tmp_path)
    assert len(capture.frames) == COUNT
    assert capture.frames[2].photo.pixels().shape == (H, W, 3)


def _ply(path: Path, points: np.ndarray, colors: np.ndarray) -> None:
    kinds = [*((a, "f4") for a in "xyz"), *((c, "u1") for c in ("red", "green", "blue"))]
    vertices = np.zeros(len(points), dtype=kinds)
    for (name, _), values in zip(kinds, [*points.T, *(colors * 255).round().T], strict=True):
        vertices[name] = values
    PlyData([PlyElement.describe(vertices, "vertex")]).write(str(path))


def test_the_cloud_that_the_file_names_is_taken_where_there_is_no_depth(
    tmp_path: Path, made: dict[str, np.ndarray]
) -> None:
    _write(tmp_path / "a", made, depth=False, ply_file_path="sparse_pc.ply")
    with pytest.raises(SceneError, match=r"'sparse_pc.ply', which is not there"):
        _read(tmp_path / "a")
    _ply(tmp_path / "a/sparse_pc.ply", made["points_3d"], made["colors_3d"])
    capture = _read(tmp_path / "a")
    assert capture.xyz is not None
    assert np.abs(capture.xyz - made["points_3d"]).max() < 1e-5
    assert np.abs(capture.rgb / 255 - made["colors_3d"]).max() < 1e-6
    assert any(f"{len(capture.xyz):,} points" in n and "sparse_pc.ply" in n for n in capture.notes)
    # A cloud of the user's own goes before it, and so does depth.
    assert _read(tmp_path / "a", cloud=tmp_path / "other.ply").xyz is None
    _write(tmp_path / "b", made, ply_file_path="sparse_pc.ply")
    _ply(tmp_path / "b/sparse_pc.ply", made["points_3d"], made["colors_3d"])
    with_depth = _read(tmp_path / "b")
    assert with_depth.xyz is None
    assert any("sparse_pc.ply is not taken" in n for n in with_depth.notes)


def test_a_cloud_outside_the_folder_is_not_read(
    tmp_path: Path, made: dict[str, np.ndarray]
) -> None:
    _write(tmp_path / "a", made, depth=False, ply_file_path="../secret.ply")
    _ply(tmp_path / "secret.ply", made["points_3d"], made["colors_3d"])
    with pytest.raises(FormatError, match="lies outside"):
        _read(tmp_path / "a")


@pytest.mark.parametrize("in_frame", [True, False])
def test_the_flag_of_instant_ngp_for_fisheyes(
    tmp_path: Path, made: dict[str, np.ndarray], in_frame: bool
) -> None:
    lens = {"k1": 0.05, "k2": -0.01, "k3": 0.002, "k4": 0.0}
    document = _write(tmp_path, made, depth=False, ply_file_path="c.ply", **lens)
    _ply(tmp_path / "c.ply", made["points_3d"], made["colors_3d"])
    _again(tmp_path, {**document, "camera_model": "OPENCV_FISHEYE"})
    theirs = _read(tmp_path)
    if in_frame:
        document["frames"] = [{**f, "is_fisheye": True} for f in document["frames"]]
        _again(tmp_path, document)
    else:
        _again(tmp_path, {**document, "is_fisheye": True})
    ours = _read(tmp_path)
    for one, other in zip(theirs.frames, ours.frames, strict=True):
        assert isinstance(other.photo, UndistortedPhoto)
        assert other.photo.lens.is_fisheye
        assert (one.camera.matrix == other.camera.matrix).all()
        assert (one.photo.pixels() == other.photo.pixels()).all()
    _again(tmp_path, {**document, "frames": document["frames"], "is_fisheye": False})
    plain = [{k: v for k, v in f.items() if k != "is_fisheye"} for f in document["frames"]]
    _again(tmp_path, {**document, "frames": plain, "is_fisheye": False})
    assert not _read(tmp_path).frames[0].photo.lens.is_fisheye  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "angles",
    [
        {"camera_angle_x": 0.8, "camera_angle_y": 0.7},
        {"x_fov": np.degrees(0.8), "y_fov": np.degrees(0.7)},
    ],
)
def test_angles_of_view_stand_for_focal_lengths(
    tmp_path: Path, made: dict[str, np.ndarray], angles: dict[str, float]
) -> None:
    document = _write(tmp_path, made)
    for name in ("fl_x", "fl_y"):
        del document[name]
    _again(tmp_path, {**document, **angles})
    camera = _read(tmp_path).frames[0].camera
    assert camera.fx == pytest.approx(W / 2 / np.tan(0.4))
    assert camera.fy == pytest.approx(H / 2 / np.tan(0.35))


def test_a_turned_photo_is_known_by_the_principal_point_where_no_size_is_stated(
    tmp_path: Path, made: dict[str, np.ndarray]
) -> None:
    document = _write(tmp_path, made)
    del document["w"], document["h"]
    _again(tmp_path, document)
    Image.fromarray(np.rot90(made["processed_images"][1])).save(tmp_path / "images/1.png")
    capture = _read(tmp_path)
    assert [f.name for f in capture.frames] == ["images_0", "images_2", "images_3"]
    assert any("turned by a quarter it would fit" in n for n in capture.notes)


@pytest.mark.parametrize("model", ["SIMPLE_RADIAL", "RADIAL"])
def test_radial_lenses_are_those_of_opencv(
    tmp_path: Path, made: dict[str, np.ndarray], model: str
) -> None:
    document = _write(tmp_path, made, k1=0.05, k2=0.0 if model == "SIMPLE_RADIAL" else 0.01)
    cameras = []
    for name in ("OPENCV", model):
        _again(tmp_path, {**document, "camera_model": name})
        cameras.append(_read(tmp_path).frames[0].camera)
    assert cameras[0] == cameras[1]


def test_the_unit_that_the_file_states_and_names_of_instant_ngp(
    tmp_path: Path, made: dict[str, np.ndarray]
) -> None:
    document = _write(tmp_path, made)
    for i, record in enumerate(document["frames"]):
        record["depth_path"] = record.pop("depth_file_path")
        values = np.round(made["depth"][i] * 4000).astype(np.uint16)
        Image.fromarray(values).save(tmp_path / f"depth/{i}.png")
    _again(tmp_path, {**document, "integer_depth_scale": 1 / 4000})
    depth = _read(tmp_path).frames[0].depth
    assert depth is not None
    assert np.abs(depth - made["depth"][0]).max() < 1e-3
    _again(tmp_path, document)
    assert any("try --depth-unit 1/4000." in n for n in _read(tmp_path).notes)


def test_photos_that_the_file_does_not_name_are_said(
    tmp_path: Path, made: dict[str, np.ndarray]
) -> None:
    document = _write(tmp_path, made)
    document["frames"] = document["frames"][:-1]
    _again(tmp_path, document)
    notes = _read(tmp_path).notes
    assert any("1 of 4 photos" in n and "'3.png'" in n for n in notes)


def test_photos_elsewhere_and_smaller_copies(tmp_path: Path, made: dict[str, np.ndarray]) -> None:
    _write(tmp_path / "scene", made)
    (tmp_path / "scene/images").rename(tmp_path / "my photos")
    with pytest.raises(PaintError):
        _read(tmp_path / "scene")
    whole = _read(tmp_path / "scene", images=tmp_path / "my photos")
    assert len(whole.frames) == COUNT
    small = tmp_path / "scene/images_2"
    small.mkdir()
    for i in range(COUNT):
        picture = Image.fromarray(made["processed_images"][i])
        picture.resize((W // 2, H // 2)).save(small / f"{i}.png")
    capture = _read(tmp_path / "scene")
    assert capture.frames[0].photo.width == W // 2
    # The camera is that of the field of view, whatever the size of the copy.
    assert capture.frames[0].camera == whole.frames[0].camera
    assert "the smaller copies in images_2" in " ".join(capture.notes)


def test_a_cloud_from_before_nerfstudio_is_told_of(
    tmp_path: Path, made: dict[str, np.ndarray]
) -> None:
    moved = [[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, -1, 0]]
    _write(tmp_path, made, applied_transform=moved)
    said = " ".join(_read(tmp_path, cloud=tmp_path / "any.ply").notes)
    assert "Its poses went through applied_transform" in said
    assert "applied_transform" not in " ".join(_read(tmp_path).notes)
