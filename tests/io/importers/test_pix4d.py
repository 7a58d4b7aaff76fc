"""Pix4D: projects of OPF, which pyopf reads too where it is installed, and older camera files."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import laspy
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from o3d_paint.errors import FormatError, PaintError
from o3d_paint.io.capture import Capture, ImportOptions
from o3d_paint.io.importers import read_capture
from tests.io.importers import dots

OFFSET = np.array([691_000.0, 5_335_000.0, 500.0])
FOCAL, CX, CY = 305.0, 163.5, 117.0
RADIAL, TANGENTIAL = (-0.08, 0.03, -0.004), (0.006, -0.003)
GL = np.diag([1.0, -1, -1])


def seen(xy: np.ndarray) -> np.ndarray:
    """Places with integers at pixel centres."""
    x, y = xy.T
    r2 = x * x + y * y
    radial = 1 + RADIAL[0] * r2 + RADIAL[1] * r2**2 + RADIAL[2] * r2**3
    t1, t2 = TANGENTIAL
    xd = x * radial + 2 * t1 * x * y + t2 * (r2 + 2 * x * x)
    yd = y * radial + 2 * t2 * x * y + t1 * (r2 + 2 * y * y)
    return np.stack([FOCAL * xd + CX, FOCAL * yd + CY], axis=1) - 0.5


def save_photos(folder: Path) -> None:
    (folder / "images").mkdir(parents=True, exist_ok=True)
    for i, pose in enumerate(dots.poses()):
        dots.photo(seen(dots.normalized(pose))).save(folder / "images" / f"IMG {i}.png")


def save_cloud(path: Path) -> None:
    header = laspy.LasHeader(point_format=2, version="1.2")
    header.scales, header.offsets = np.full(3, 0.001), OFFSET
    las = laspy.LasData(header)
    las.xyz = dots.POINTS + OFFSET
    path.parent.mkdir(parents=True, exist_ok=True)
    las.write(path)


def write_opf(folder: Path) -> None:
    save_photos(folder)
    cameras = []
    for i, pose in enumerate(dots.poses()):
        world_from_camera = np.linalg.inv(pose)
        angles = Rotation.from_matrix(world_from_camera[:3, :3] @ GL).as_euler("XYZ", degrees=True)
        cameras.append(
            {
                "id": 100 + i,
                "sensor_id": 7,
                "position": world_from_camera[:3, 3].tolist(),
                "orientation_deg": angles.tolist(),
            }
        )
    internals = {
        "type": "perspective",
        "principal_point_px": [CX, CY],
        "focal_length_px": FOCAL,
        "radial_distortion": list(RADIAL),
        "tangential_distortion": list(TANGENTIAL),
    }
    files = {
        "calibrated-cameras": {"sensors": [{"id": 7, "internals": internals}], "cameras": cameras},
        "camera-list": {
            "cameras": [
                {"id": 100 + i, "uri": f"images/IMG%20{i}.png"} for i in range(dots.COUNT + 1)
            ]
        },
        "scene-reference-frame": {
            "crs": {"definition": "EPSG:32632"},
            "base_to_canonical": {
                "shift": (-OFFSET).tolist(),
                "scale": [1.0, 1.0, 1.0],
                "swap_xy": False,
            },
        },
    }
    items = []
    for kind, content in files.items():
        form = f"application/opf-{kind}+json"
        document = {"format": form, "version": "1.0", **content}
        (folder / f"{kind}.json").write_text(json.dumps(document))
        resources = [{"format": form, "uri": f"{kind}.json"}]
        item_type = {"calibrated-cameras": "calibration"}.get(kind, kind.replace("-", "_"))
        if item_type == "calibration":
            resources += _write_tracks(folder)
        items.append(
            {"id": str(uuid.uuid4()), "type": item_type, "sources": [], "resources": resources}
        )
    project = {
        "format": "application/opf-project+json",
        "version": "1.0",
        "id": str(uuid.uuid4()),
        "name": "n",
        "description": "d",
        "generator": {"name": "g", "version": "1"},
        "items": items,
    }
    (folder / "project.opf").write_text(json.dumps(project))


def _write_tracks(folder: Path) -> list[dict]:
    y_up = dots.POINTS[:, [0, 2, 1]] * (1, 1, -1)
    (folder / "positions.bin").write_bytes((y_up - (1, 2, 3)).astype("<f4").tobytes())
    (folder / "colors.bin").write_bytes(np.full((len(y_up), 4), 90, np.uint8).tobytes())
    matrix = np.eye(4)
    matrix[:3, 3] = 1, 2, 3
    count = len(y_up)
    attributes = {"POSITION": 0, "COLOR_0": 1}
    document = {
        "asset": {"version": "2.0", "extensions": {"OPF_asset_version": {"version": "1.0"}}},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0, "matrix": matrix.T.ravel().tolist()}],
        "meshes": [
            {"primitives": [{"mode": 0, "material": 0, "attributes": attributes}]}
        ],
        "materials": [{"extensions": {"KHR_materials_unlit": {}}}],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "type": "VEC3", "count": count,
             "min": [-9, -9, -9], "max": [9, 9, 9]},
            {"bufferView": 1, "componentType": 5121, "type": "VEC4", "count": count},
        ],
        "bufferViews": [
            {"buffer": 0, "byteOffset": 0, "byteLength": 12 * count},
            {"buffer": 1, "byteOffset": 0, "byteLength": 4 * count},
        ],
        "buffers": [
            {"uri": "positions.bin", "byteLength": 12 * count},
            {"uri": "colors.bin", "byteLength": 4 * count},
        ],
        "extensionsUsed": ["KHR_materials_unlit", "OPF_asset_version"],
        "extensionsRequired": ["KHR_materials_unlit"],
    }  # fmt: skip
    (folder / "tracks.gltf").write_text(json.dumps(document))
    return [{"format": "model/gltf+json", "uri": "tracks.gltf"}]


def write_params(folder: Path) -> Path:
    save_photos(folder)
    params = folder / "1_initial" / "params"
    params.mkdir(parents=True)
    lines = [
        "fileName imageWidth imageHeight ",
        "camera matrix K [3x3]",
        "radial distortion [3x1]",
        "tangential distortion [2x1]",
        "camera position t [3x1]",
        "camera rotation R [3x3]",
        "camera model: P = K [R|-Rt] X",
        "",
    ]
    for i, pose in enumerate(dots.poses()):
        lines += [
            f"IMG {i}.png {dots.W} {dots.H}",
            f"{FOCAL} 0 {CX}",
            f"0 {FOCAL} {CY}",
            "0 0 1",
            " ".join(map(str, RADIAL)),
            " ".join(map(str, TANGENTIAL)),
            " ".join(map(repr, np.linalg.inv(pose)[:3, 3].tolist())),
            *(" ".join(map(repr, row.tolist())) for row in pose[:3, :3]),
        ]
    file = params / "site_calibrated_camera_parameters.txt"
    file.write_text("\n".join(lines))
    (params / "site_offset.xyz").write_text(" ".join(map(str, OFFSET)))
    save_cloud(folder / "2_densification/point_cloud/site_group1_densified_point_cloud.las")
    return file


def read(path: Path, **options: object) -> Capture:
    return read_capture(path, ImportOptions(**options))


def _at(capture: Capture) -> None:
    for frame, pose in zip(capture.frames, dots.poses(), strict=True):
        assert np.abs(frame.position - np.linalg.inv(pose)[:3, 3] - OFFSET).max() < 1e-3


def test_opf(tmp_path):
    write_opf(tmp_path)
    for path in (tmp_path, tmp_path / "project.opf"):
        capture = read(path)
        assert dots.worst_error(capture, dots.POINTS + OFFSET) < 0.5
        _at(capture)
        # glTF holds single precision.
        assert np.abs(capture.xyz - dots.POINTS - OFFSET).max() < 1e-3
        assert (capture.rgb == 90).all()
    assert "1 of 5 photos has no pose" in " ".join(capture.notes)
    assert dots.worst_error(read(tmp_path, axes="cv"), dots.POINTS + OFFSET) > 0.5


def test_opf_is_what_its_own_library_reads(tmp_path):
    pyopf = pytest.importorskip("pyopf.io", reason="pyopf is not installed")
    resolve = pytest.importorskip("pyopf.resolve")
    write_opf(tmp_path)
    objects = resolve.resolve(pyopf.load(tmp_path / "project.opf"))
    capture = read(tmp_path)
    cameras = objects.calibration.calibrated_cameras.cameras
    for frame, camera in zip(capture.frames, cameras, strict=True):
        np.testing.assert_allclose(frame.position, np.array(camera.position) + OFFSET, atol=1e-6)
    assert len(objects.calibration.tracks.nodes[0]) == len(capture.xyz)


def test_opf_takes_the_dense_cloud_beside_it(tmp_path):
    write_opf(tmp_path)
    save_cloud(tmp_path / "dense.laz")
    capture = read(tmp_path)
    assert "dense.laz are the cloud" in " ".join(capture.notes)
    assert np.abs(capture.xyz - dots.POINTS - OFFSET).max() < 2e-3


def test_broken_opf(tmp_path):
    write_opf(tmp_path)
    file = tmp_path / "calibrated-cameras.json"
    document = json.loads(file.read_text())
    document["cameras"][0]["orientation_deg"] = [1, "x", 2]
    document["cameras"][1]["sensor_id"] = 8
    document["sensors"].append(
        {"id": 8, "internals": {"type": "fisheye", "principal_point_px": [1, 2]}}
    )
    file.write_text(json.dumps(document))
    (tmp_path / "positions.bin").write_bytes(b"short")
    with pytest.raises(PaintError, match="--cloud"):
        read(tmp_path)
    save_cloud(tmp_path / "dense.las")
    capture = read(tmp_path)
    assert [f.name for f in capture.frames] == ["IMG 2", "IMG 3"]
    said = " ".join(capture.notes)
    assert "of the kind 'fisheye'" in said
    assert "The tie points are left out" in said
    project = json.loads((tmp_path / "project.opf").read_text())
    project["items"][0]["resources"][0]["uri"] = "../../etc/passwd"
    (tmp_path / "project.opf").write_text(json.dumps(project))
    with pytest.raises(FormatError, match="outside"):
        read(tmp_path)


def test_camera_files_of_pix4dmapper(tmp_path):
    file = write_params(tmp_path)
    for path in (tmp_path, file):
        capture = read(path)
        assert dots.worst_error(capture, dots.POINTS + OFFSET) < 0.5
        _at(capture)
        assert np.abs(capture.xyz - dots.POINTS - OFFSET).max() < 2e-3
    text = file.read_text()
    file.write_text(
        text.replace(f"IMG 2.png {dots.W} {dots.H}\n{FOCAL}", f"IMG 2.png {dots.W} {dots.H}\nx")
    )
    capture = read(tmp_path)
    assert [f.name for f in capture.frames] == ["IMG 0", "IMG 1", "IMG 3"]
    assert "that are left out: 1" in " ".join(capture.notes)
    (file.parent / "site_offset.xyz").unlink()
    assert "stay local to the project" in " ".join(read(tmp_path).notes)
