"""reconstruction.json of OpenSfM and OpenDroneMap, rebuilt from their documentation."""

from __future__ import annotations

import json
from pathlib import Path

import laspy
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from o3d_paint.core.camera import transform
from o3d_paint.errors import PaintError
from o3d_paint.io.capture import Capture, ImportOptions
from o3d_paint.io.importers import read_capture
from o3d_paint.io.scene import LoadOptions, load_scene
from tests.io.importers import dots

PERSPECTIVE = {"projection_type": "perspective", "focal": 0.95, "k1": -0.07, "k2": 0.02}
BROWN = {
    "projection_type": "brown", "focal_x": 0.95, "focal_y": 0.97, "c_x": 0.012, "c_y": -0.009,
    "k1": -0.08, "k2": 0.03, "k3": -0.004, "p1": 0.006, "p2": -0.003,
}  # fmt: skip
FISHEYE = {"projection_type": "fisheye", "focal": 0.75, "k1": 0.03, "k2": -0.01}
OFFSET = np.array([691_000.0, 5_335_000.0, 0.0])


def seen(camera: dict, xy: np.ndarray) -> np.ndarray:
    """The documented models; places with integers at pixel centres."""
    x, y = xy.T
    k1, k2, k3, p1, p2 = (camera.get(n, 0.0) for n in ("k1", "k2", "k3", "p1", "p2"))
    if camera["projection_type"] == "fisheye":
        r = np.hypot(x, y)
        theta = np.arctan(r)
        scale = theta * (1 + k1 * theta**2 + k2 * theta**4) / r
        xd, yd = x * scale, y * scale
    else:
        r2 = x * x + y * y
        radial = 1 + k1 * r2 + k2 * r2**2 + k3 * r2**3
        xd = x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x)
        yd = y * radial + 2 * p2 * x * y + p1 * (r2 + 2 * y * y)
    fx = camera.get("focal_x", camera.get("focal"))
    fy = camera.get("focal_y", camera.get("focal"))
    side = max(dots.W, dots.H)
    u = (fx * xd + camera.get("c_x", 0)) * side + dots.W / 2 - 0.5
    v = (fy * yd + camera.get("c_y", 0)) * side + dots.H / 2 - 0.5
    return np.stack([u, v], axis=1)


def write(folder: Path, cameras: list[dict], *, inner: str = "opensfm") -> list[dict]:
    """Write a project and return its document."""
    (folder / inner).mkdir(parents=True, exist_ok=True)
    (folder / "images").mkdir(exist_ok=True)
    shots = {}
    for i, pose in enumerate(dots.poses()):
        camera = cameras[i % len(cameras)]
        dots.photo(seen(camera, dots.normalized(pose))).save(folder / "images" / f"{i}.png")
        shots[f"{i}.png"] = {
            "rotation": Rotation.from_matrix(pose[:3, :3]).as_rotvec().tolist(),
            "translation": pose[:3, 3].tolist(),
            "camera": f"c{i % len(cameras)}",
        }
    sized = [{**c, "width": dots.W, "height": dots.H} for c in cameras]
    points = {
        str(i): {"color": [200.0, 90.0, 20.0], "coordinates": p.tolist()}
        for i, p in enumerate(dots.POINTS)
    }
    document = [
        {"cameras": {}, "shots": {"9.png": {}}, "points": {}},
        {"cameras": {f"c{i}": c for i, c in enumerate(sized)}, "shots": shots, "points": points},
    ]
    again(folder, document, inner)
    return document


def again(folder: Path, document: list[dict], inner: str = "opensfm") -> None:
    (folder / inner / "reconstruction.json").write_text(json.dumps(document))


def read(path: Path, **options: object) -> Capture:
    return read_capture(path, ImportOptions(**options))


@pytest.mark.parametrize("cameras", [[PERSPECTIVE], [BROWN], [FISHEYE], [BROWN, FISHEYE]])
def test_every_dot_lies_where_the_cameras_see_it(tmp_path, cameras):
    write(tmp_path, cameras)
    for path in (tmp_path, tmp_path / "opensfm", tmp_path / "opensfm" / "reconstruction.json"):
        capture = read(path)
        assert len(capture.frames) == dots.COUNT
        assert dots.worst_error(capture) < 0.5
        np.testing.assert_allclose(capture.xyz, dots.POINTS)
    said = " ".join(capture.notes)
    assert "the one of 4 photos is taken, those of 1 are not" in said
    assert f"The {len(dots.POINTS)} tie points are the cloud" in said


def test_the_proof_notices_poses_that_run_the_other_way(tmp_path):
    document = write(tmp_path, [PERSPECTIVE])
    for shot in document[1]["shots"].values():
        turn = Rotation.from_rotvec(shot["rotation"]).inv()
        shot["translation"] = (-turn.apply(shot["translation"])).tolist()
        shot["rotation"] = turn.as_rotvec().tolist()
    again(tmp_path, document)
    assert dots.worst_error(read(tmp_path)) > 0.5


def _write_coords(folder: Path, cloud: np.ndarray) -> None:
    (folder / "odm_georeferencing").mkdir()
    (folder / "odm_georeferencing/coords.txt").write_text(
        f"WGS84 UTM 32N\n{OFFSET[0]:.0f} {OFFSET[1]:.0f}\n1.0 2.0 3.0\n"
    )
    header = laspy.LasHeader(point_format=2, version="1.2")
    header.scales, header.offsets = np.full(3, 0.001), OFFSET
    las = laspy.LasData(header)
    las.xyz = cloud
    las.write(folder / "odm_georeferencing/odm_georeferenced_model.laz")


def test_photos_are_shifted_to_the_cloud_of_the_project(tmp_path):
    write(tmp_path, [BROWN])
    (tmp_path / "opensfm/reconstruction.topocentric.json").write_text("[]")
    _write_coords(tmp_path, dots.POINTS + OFFSET)
    capture = read(tmp_path)
    assert "odm_georeferenced_model.laz are the cloud" in " ".join(capture.notes)
    assert np.abs(capture.xyz - dots.POINTS - OFFSET).max() < 1e-3
    assert dots.worst_error(capture, dots.POINTS + OFFSET) < 0.5
    for frame, pose in zip(capture.frames, dots.poses(), strict=True):
        assert np.abs(frame.position - np.linalg.inv(pose)[:3, 3] - OFFSET).max() < 1e-6


def test_topocentric_photos_are_put_into_the_map(tmp_path):
    pyproj = pytest.importorskip("pyproj", reason="pyproj is not installed")
    write(tmp_path, [BROWN])
    place = {"latitude": 48.1, "longitude": 11.5, "altitude": 500.0}
    (tmp_path / "opensfm/reference_lla.json").write_text(json.dumps(place))
    local = pyproj.Transformer.from_pipeline(
        "+proj=pipeline +step +inv +proj=topocentric +lat_0=48.1 +lon_0=11.5 +h_0=500"
        " +step +inv +proj=cart +step +proj=utm +zone=32"
    )
    cloud = np.stack(local.transform(*dots.POINTS.T), axis=1)
    _write_coords(tmp_path, cloud)
    capture = read(tmp_path)
    assert "Cameras are put into WGS 84 / UTM zone 32N" in " ".join(capture.notes)
    assert dots.worst_error(capture, cloud) < 0.5


def test_broken_parts_are_left_out_and_named(tmp_path):
    document = write(tmp_path, [PERSPECTIVE])
    shots = document[1]["shots"]
    shots["0.png"]["rotation"] = ["a", 1, 2]
    shots["1.png"]["camera"] = "another"
    shots["../../secret.png"] = shots["2.png"]
    document[1]["points"]["0"] = {"color": 3}
    document[1]["cameras"]["another"] = {"projection_type": "spherical", "width": 2, "height": 1}
    again(tmp_path, document)
    capture = read(tmp_path)
    assert [f.name for f in capture.frames] == ["2", "3"]
    assert len(capture.xyz) == len(dots.POINTS) - 1
    said = " ".join(capture.notes)
    assert "it has no valid pose: '0.png'" in said
    assert "of the kind 'spherical'" in said
    assert "'../../secret.png'" in said
    again(tmp_path, [{"shots": {}}])
    with pytest.raises(PaintError, match="has no shots"):
        read(tmp_path)
    assert transform(capture.frames[0].cam_from_world, capture.xyz).shape == capture.xyz.shape


def test_a_cloud_in_other_coordinates_is_told_with_the_offset(tmp_path):
    write(tmp_path, [BROWN])
    np.savetxt(tmp_path / "map.xyz", dots.POINTS + OFFSET, fmt="%.3f")
    scene = load_scene(tmp_path, LoadOptions(cloud=tmp_path / "map.xyz"))
    said = " ".join(scene.notes)
    assert "Photos show none of the points" in said
    assert "the photos stand -690,99" in said
