"""Recordings of phones, rebuilt from the apps' documents: geometry, depth and confidence."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from scipy.spatial.transform import Rotation

from o3d_paint.core.camera import transform
from o3d_paint.errors import PaintError
from o3d_paint.io.capture import Capture, ImportOptions
from o3d_paint.io.importers import read_capture
from o3d_paint.io.scene import load_scene
from tests.io.ball_on_floor import depth_and_class
from tests.io.importers import dots

GL = np.diag([1.0, -1, -1, 1])
# The world of ARKit has y up, that of the rendering z.
Y_UP = np.array([[1.0, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1]])
F, CX, CY = 300.0, 161.5, 118.5
DH, DW = 60, 80


def _poses() -> list[np.ndarray]:
    return dots.poses()


def _dots(pose: np.ndarray) -> Image.Image:
    return dots.photo(dots.normalized(pose) * F + (CX, CY))


def _depth(pose: np.ndarray) -> np.ndarray:
    """(DH, DW) metres of the ball on the floor."""
    s = DW / dots.W
    k = np.array([[F * s, 0, (CX + 0.5) * s - 0.5], [0, F * s, (CY + 0.5) * s - 0.5], [0, 0, 1]])
    return depth_and_class(k, pose, DH, DW)[0]


def _levels(high: int) -> np.ndarray:
    levels = np.full((DH, DW), high, np.uint8)
    levels[:, :20] = 0
    return levels


def _check(capture: Capture, world: np.ndarray = Y_UP, *, confident: bool = True) -> None:
    assert len(capture.frames) == dots.COUNT
    points = transform(world, dots.POINTS)
    assert dots.worst_error(capture, points) < 0.5
    for frame, pose in zip(capture.frames, _poses(), strict=True):
        assert np.abs(frame.depth - _depth(pose)).max() < 1.1e-3
        assert frame.camera.width == DW
        if confident:
            assert (frame.confidence[:, :20] == 0).all()
            assert (frame.confidence[:, 20:] == 1).all()


def _png(path: Path, values: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(path)


def _millimetres(pose: np.ndarray) -> np.ndarray:
    return np.round(_depth(pose) * 1000).astype(np.uint16)


def read(path: Path, **options: object) -> Capture:
    return read_capture(path, ImportOptions(**options))


def write_polycam(folder: Path, *, invert: bool = False) -> None:
    for i, pose in enumerate(_poses()):
        name = str(1_000_000 + i)
        for kind in ("images", "corrected_images"):
            (folder / "keyframes" / kind).mkdir(parents=True, exist_ok=True)
            _dots(pose).save(folder / "keyframes" / kind / f"{name}.png")
        arkit = Y_UP @ np.linalg.inv(pose) @ GL
        matrix = np.linalg.inv(arkit) if invert else arkit
        record = {"fx": F, "fy": F, "cx": CX, "cy": CY, "width": dots.W, "height": dots.H}
        record |= {f"t_{r}{c}": matrix[r, c] for r in range(3) for c in range(4)}
        for kind in ("cameras", "corrected_cameras"):
            (folder / "keyframes" / kind).mkdir(parents=True, exist_ok=True)
            (folder / "keyframes" / kind / f"{name}.json").write_text(json.dumps(record))
        _png(folder / "keyframes/depth" / f"{name}.png", _millimetres(pose))
        _png(folder / "keyframes/confidence" / f"{name}.png", _levels(255))


def test_polycam(tmp_path):
    write_polycam(tmp_path)
    for path in (tmp_path, tmp_path / "keyframes"):
        _check(read(path))
    (tmp_path / "keyframes/corrected_cameras/1000000.json").write_text("{}")
    (tmp_path / "keyframes/depth/1000001.png").write_bytes(b"x")
    capture = read(tmp_path)
    assert [f.depth is None for f in capture.frames] == [True, False, False]
    said = " ".join(capture.notes)
    assert "it has no valid pose: '1000000'" in said
    assert "Depth of 1 photos is left out" in said


def test_poses_that_run_the_other_way_are_found_out(tmp_path):
    write_polycam(tmp_path, invert=True)
    scene = load_scene(tmp_path)
    assert "Poses run from world to camera" in " ".join(scene.notes)


def test_scanner_app(tmp_path):
    for i, pose in enumerate(_poses()):
        _dots(pose).save(tmp_path / f"frame_{i:05d}.png")
        arkit = Y_UP @ np.linalg.inv(pose) @ GL
        record = {
            "cameraPoseARFrame": arkit.ravel().tolist(),
            "intrinsics": [F, 0, CX, 0, F, CY, 0, 0, 1],
        }
        (tmp_path / f"frame_{i:05d}.json").write_text(json.dumps(record))
        _png(tmp_path / f"depth_{i:05d}.png", _millimetres(pose))
        _png(tmp_path / f"conf_{i:05d}.png", _levels(2))
    (tmp_path / "info.json").write_text("{}")
    _check(read(tmp_path))
    (tmp_path / "frame_00001.png").unlink()
    (tmp_path / "frame_00002.json").write_text('{"cameraPoseARFrame": [1]}')
    capture = read(tmp_path)
    assert [f.name for f in capture.frames] == ["frame_00000", "frame_00003"]


def test_arkitscenes(tmp_path):
    lines = []
    for i, pose in enumerate(_poses()):
        time, name = 10.0 + 0.1 * i, f"4000_{10.003 + 0.1 * i:.3f}"
        (tmp_path / "lowres_wide").mkdir(exist_ok=True)
        (tmp_path / "lowres_wide_intrinsics").mkdir(exist_ok=True)
        _dots(pose).save(tmp_path / "lowres_wide" / f"{name}.png")
        pincam = f"{dots.W} {dots.H} {F} {F} {CX} {CY}"
        (tmp_path / "lowres_wide_intrinsics" / f"{name}.pincam").write_text(pincam)
        _png(tmp_path / "lowres_depth" / f"{name}.png", _millimetres(pose))
        _png(tmp_path / "confidence" / f"{name}.png", _levels(2))
        turn = Rotation.from_matrix(pose[:3, :3]).as_rotvec()
        lines.append(" ".join(map(repr, [time, *turn.tolist(), *pose[:3, 3].tolist()])))
    (tmp_path / "lowres_wide.traj").write_text("\n".join(lines))
    _check(read(tmp_path), np.eye(4))
    (tmp_path / "lowres_wide.traj").write_text("\n".join(lines[:2]))
    assert len(read(tmp_path).frames) == 2


def _write_stray(folder: Path, *, video: bool) -> None:
    rows = ["timestamp, frame, x, y, z, qx, qy, qz, qw"]
    writer = None
    if video:
        code = cv2.VideoWriter_fourcc(*"mp4v")
        writer = cv2.VideoWriter(str(folder / "rgb.mp4"), code, 10, (dots.W, dots.H))
    (folder / "rgb").mkdir(exist_ok=True)
    for i, pose in enumerate(_poses()):
        picture = np.asarray(_dots(pose))
        if writer is not None:
            writer.write(picture)
        else:
            Image.fromarray(picture).save(folder / "rgb" / f"{i:06d}.png")
        arkit = Y_UP @ np.linalg.inv(pose)
        values = [*arkit[:3, 3], *Rotation.from_matrix(arkit[:3, :3]).as_quat()]
        rows.append(", ".join([str(0.1 * i), f"{i:06d}", *(repr(float(v)) for v in values)]))
        _png(folder / "depth" / f"{i:06d}.png", _millimetres(pose))
        _png(folder / "confidence" / f"{i:06d}.png", _levels(2))
    if writer is not None:
        writer.release()
    (folder / "odometry.csv").write_text("\n".join(rows))
    (folder / "camera_matrix.csv").write_text(f"{F}, 0, {CX}\n0, {F}, {CY}\n0, 0, 1")


def test_stray_scanner_with_pictures(tmp_path):
    _write_stray(tmp_path, video=False)
    _check(read(tmp_path))


def test_stray_scanner_with_its_video(tmp_path):
    _write_stray(tmp_path, video=True)
    (tmp_path / "rgb").rmdir()
    _check(read(tmp_path))
    assert len(read(tmp_path, every=2).frames) == 2
    (tmp_path / "rgb.mp4").write_text("#EXTM3U\nhttp://localhost:1/x.ts\n")
    with pytest.raises(PaintError, match="no MP4 that can be read"):
        read(tmp_path)


def _write_record3d(path: Path, *, extra: str = "") -> None:
    liblzfse = pytest.importorskip("liblzfse", reason="pyliblzfse is not installed")
    poses = []
    with zipfile.ZipFile(path, "w") as archive:
        for i, pose in enumerate(_poses()):
            arkit = Y_UP @ np.linalg.inv(pose) @ GL
            quaternion = Rotation.from_matrix(arkit[:3, :3]).as_quat()
            poses.append([*quaternion.tolist(), *arkit[:3, 3].tolist()])
            ok, data = cv2.imencode(".png", np.asarray(_dots(pose)))
            assert ok
            archive.writestr(f"rgbd/{i}.png", data.tobytes())
            depth = _depth(pose).astype("<f4").tobytes()
            archive.writestr(f"rgbd/{i}.depth", liblzfse.compress(depth))
            archive.writestr(f"rgbd/{i}.conf", liblzfse.compress(_levels(2).tobytes()))
        if extra:
            archive.writestr(extra, b"bvx-bad")
        metadata = {
            "K": [F, 0, 0, 0, F, 0, CX, CY, 1], "poses": poses, "w": dots.W, "h": dots.H,
            "dw": DW, "dh": DH, "fps": 30,
        }  # fmt: skip
        archive.writestr("metadata", json.dumps(metadata))


def test_record3d(tmp_path):
    _write_record3d(tmp_path / "scan.r3d")
    _check(read(tmp_path / "scan.r3d"))
    with zipfile.ZipFile(tmp_path / "scan.r3d") as archive:
        archive.extractall(tmp_path / "unpacked")
    _check(read(tmp_path / "unpacked"))
    (tmp_path / "unpacked/rgbd/0.depth").write_bytes(b"bvx-damaged")
    capture = read(tmp_path / "unpacked")
    assert [f.depth is None for f in capture.frames] == [True, False, False, False]


def test_record3d_without_the_library_says_which(tmp_path, monkeypatch):
    _write_record3d(tmp_path / "scan.r3d")
    monkeypatch.setitem(__import__("sys").modules, "liblzfse", None)
    with pytest.raises(PaintError, match=r"o3d-paint\[lzfse\]"):
        read(tmp_path / "scan.r3d")
