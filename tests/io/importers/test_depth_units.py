"""What a step of depth is: taken where photos agree, asked for where they do not, and said."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.spatial.transform import Rotation

from o3d_paint.core.camera import Camera, inverse
from o3d_paint.core.confidence import percentile_rule
from o3d_paint.core.consistency import disagreement, pairs_alike
from o3d_paint.core.scene import ArrayPhoto, Frame
from o3d_paint.errors import MissingExtraError, SceneError
from o3d_paint.io.capture import Capture, ImportOptions
from o3d_paint.io.importers import read_capture
from o3d_paint.io.importers.depth_units import best_scale, unit_name
from o3d_paint.io.scene import LoadOptions, load_scene
from tests.io.ball_on_floor import arrays, save

H, W, COUNT = 96, 128, 5


@pytest.fixture(scope="module")
def made() -> dict[str, np.ndarray]:
    """Depth in metres, world to camera and intrinsics of a ball on a floor."""
    return arrays(photos=COUNT, h=H, w=W)[0]


def _poses(made: dict[str, np.ndarray]) -> np.ndarray:
    whole = np.tile(np.eye(4), (COUNT, 1, 1))
    whole[:, :3] = made["extrinsics"]
    return np.linalg.inv(whole)


def _write_depth(path: Path, values: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".npy":
        np.save(path, values)
    elif path.suffix == ".npz":
        np.savez(path, depth=values)
    elif path.suffix == ".exr":
        openexr = pytest.importorskip("OpenEXR", reason="OpenEXR is not installed")
        header = {"compression": openexr.ZIP_COMPRESSION, "type": openexr.scanlineimage}
        openexr.File(header, {"Z": values.astype(np.float32)}).write(str(path))
    elif path.suffix == ".pfm":
        head = f"Pf\n{values.shape[1]} {values.shape[0]}\n-1\n".encode()
        path.write_bytes(head + values[::-1].astype("<f4").tobytes())
    else:
        Image.fromarray(values).save(path)


def _folder(
    folder: Path, made: dict[str, np.ndarray], suffix: str, steps: float, *, dtype: str = "f4"
) -> Path:
    """Write a folder of posed RGB-D of no known layout."""
    for i, image in enumerate(made["processed_images"]):
        (folder / "rgb").mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / f"rgb/{i}.png")
        values = made["depth"][i] * steps
        _write_depth(
            folder / f"depth/{i}{suffix}",
            np.round(values).astype(dtype) if dtype == "u2" else values.astype(dtype),
        )
    np.savetxt(folder / "poses.txt", _poses(made).reshape(COUNT, 16))
    np.savetxt(folder / "intrinsics.txt", made["intrinsics"][0])
    return folder


def _check(capture: Capture, made: dict[str, np.ndarray]) -> None:
    for frame, depth in zip(capture.frames, made["depth"], strict=True):
        assert frame.depth is not None
        assert np.abs(frame.depth - depth).max() < 6e-3


@pytest.mark.parametrize("steps", [1000, 5000, 4000, 6553.5, 10_000, 256])
def test_units_that_recorders_use_are_found(
    tmp_path: Path, made: dict[str, np.ndarray], steps: float
) -> None:
    capture = read_capture(_folder(tmp_path, made, ".png", steps, dtype="u2"), ImportOptions())
    _check(capture, made)
    assert any(f"unit 1/{steps:g}," in n for n in capture.notes)


@pytest.mark.parametrize("steps", [2000, 3000, 8000, 1500])
def test_a_unit_that_nobody_uses_is_asked_for_with_what_would_fit(
    tmp_path: Path, made: dict[str, np.ndarray], steps: float
) -> None:
    folder = _folder(tmp_path, made, ".png", steps, dtype="u2")
    with pytest.raises(SceneError, match="--depth-unit") as caught:
        read_capture(folder, ImportOptions())
    said = str(caught.value)
    if "no usual unit" in said:
        found = float(said.split("at about 1/")[1].split(" ")[0])
        assert found == pytest.approx(steps, rel=0.02)
    _check(read_capture(folder, ImportOptions(depth_unit=1 / steps)), made)


@pytest.mark.parametrize("suffix", [".tif", ".npy", ".npz", ".exr", ".pfm"])
@pytest.mark.parametrize("steps", [1, 1000])
def test_floats_are_metres_or_what_photos_agree_on(
    tmp_path: Path, made: dict[str, np.ndarray], suffix: str, steps: float
) -> None:
    capture = read_capture(_folder(tmp_path, made, suffix, steps), ImportOptions())
    _check(capture, made)
    assert len(capture.frames) == COUNT


def test_exr_without_a_library_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from o3d_paint.io import exr

    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.setattr("cv2.getBuildInformation", lambda: "    OpenEXR:       NO")
    monkeypatch.setitem(sys.modules, "OpenEXR", None)
    monkeypatch.delenv("OPENCV_IO_ENABLE_OPENEXR", raising=False)
    with pytest.raises(MissingExtraError, match=r"a\.exr needs OpenEXR.*o3d-paint\[exr\]"):
        exr._reader(tmp_path / "a.exr")


def _tum(folder: Path, made: dict[str, np.ndarray], suffix: str, steps: float) -> Path:
    lists: dict[str, str] = {"rgb": "", "depth": "", "groundtruth": ""}
    _folder(folder, made, suffix, steps, dtype="f4" if suffix == ".tif" else "u2")
    (folder / "poses.txt").unlink()
    for i, pose in enumerate(_poses(made)):
        lists["rgb"] += f"{i} rgb/{i}.png\n"
        lists["depth"] += f"{i} depth/{i}{suffix}\n"
        values = [*pose[:3, 3], *Rotation.from_matrix(pose[:3, :3]).as_quat()]
        lists["groundtruth"] += f"{i} {' '.join(map(str, values))}\n"
    for name, text in lists.items():
        (folder / f"{name}.txt").write_text(text)
    return folder


def test_a_known_layout_keeps_its_unit_and_doubts_are_told(
    tmp_path: Path, made: dict[str, np.ndarray]
) -> None:
    """A RealSense recorded in TUM's layout has millimetres, TUM's has 1/5000."""
    capture = read_capture(_tum(tmp_path / "a", made, ".png", 1000), ImportOptions())
    assert any("try --depth-unit 0.001." in n for n in capture.notes)
    assert np.nanmax(capture.frames[0].depth) == pytest.approx(made["depth"][0].max() / 5, rel=0.01)
    right = read_capture(_tum(tmp_path / "b", made, ".png", 5000), ImportOptions())
    assert not any("--depth-unit" in n for n in right.notes)
    _check(right, made)


def test_what_the_user_says_of_depth_counts_for_floats_of_known_layouts(
    tmp_path: Path, made: dict[str, np.ndarray]
) -> None:
    folder = _tum(tmp_path, made, ".tif", 1000)
    values = np.asarray(Image.open(folder / "depth/0.tif")).copy()
    values[:5] = 7777
    Image.fromarray(values).save(folder / "depth/0.tif")
    options = ImportOptions(depth_unit=0.001, invalid_depth=7777)
    capture = read_capture(folder, options)
    depth = capture.frames[0].depth
    assert depth is not None
    assert not depth[:5].any()
    assert np.abs(depth[5:] - made["depth"][0][5:]).max() < 6e-3


@pytest.mark.parametrize("layout", ["tum", "scannet", "redwood"])
def test_intrinsics_that_are_assumed_are_said_at_the_size_of_the_depth(
    tmp_path: Path, made: dict[str, np.ndarray], layout: str
) -> None:
    folder = _tum(tmp_path, made, ".png", 5000)
    (folder / "intrinsics.txt").unlink()
    if layout != "tum":
        (folder / "rgb").rename(folder / "color")
        for name in ("rgb.txt", "depth.txt", "groundtruth.txt"):
            (folder / name).unlink()
    if layout == "scannet":
        (folder / "pose").mkdir()
        for i, pose in enumerate(_poses(made)):
            np.savetxt(folder / f"pose/{i}.txt", pose)
    elif layout == "redwood":
        blocks = [
            f"{i} {i} {i}\n" + "\n".join(" ".join(map(str, r)) for r in p)
            for i, p in enumerate(_poses(made))
        ]
        (folder / "trajectory.log").write_text("\n".join(blocks))
    capture = read_capture(folder, ImportOptions())
    assert any("525 525 319.5 239.5" in n and "scaled to 128x96" in n for n in capture.notes)
    assert capture.frames[0].camera.fx == pytest.approx(525 * W / 640)
    given = read_capture(folder, ImportOptions(intrinsics=(140.8, 140.8, 63.5, 47.5)))
    assert not any("assumed" in n for n in given.notes)


def test_the_scale_of_depths_is_found_between_photos(made: dict[str, np.ndarray]) -> None:
    camera = Camera.from_matrix(made["intrinsics"][0], W, H)
    for factor in (1.0, 1.25, 0.7, 3.3):
        frames = [
            Frame(
                str(i),
                camera,
                inverse(pose),
                ArrayPhoto(made["processed_images"][i]),
                made["depth"][i] / np.float32(factor),
            )
            for i, pose in enumerate(_poses(made))
        ]
        found = best_scale(frames)
        assert found.factor == pytest.approx(factor, rel=0.02)
        assert found.is_clear == (factor != 1.0)
        if factor != 1.0:
            assert disagreement(frames, pairs_alike(frames)) > 0.1


@pytest.mark.parametrize(
    ("unit", "name"),
    [(0.001, "0.001"), (1 / 4010, "1/4000"), (1.01, "1"), (1 / 3000, "1/3000"), (0.5, "0.5")],
)
def test_units_are_named_as_users_type_them(unit: float, name: str) -> None:
    assert unit_name(unit) == name


def test_confidence_percentiles_count_pixels_with_depth(tmp_path: Path) -> None:
    data, _ = arrays(h=60, w=80)
    # Sky has the least confidence and no depth: half the picture.
    rng = np.random.default_rng(1)
    known = data["depth"] > 0
    data["conf"] = np.where(known, 2 + rng.random(known.shape), 1).astype(np.float32)
    scene = load_scene(save(tmp_path / "s.npz", data), LoadOptions(conf_percentile=50))
    expected = percentile_rule([data["conf"][known]], 50).threshold
    assert scene.rule.threshold == pytest.approx(expected)
    assert len(scene.cloud) == pytest.approx(known.sum() / 2, rel=0.01)
