"""RealityCapture's table and XMP, rebuilt from the programs' help and nerfstudio's converter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from o3d_paint.errors import PaintError
from o3d_paint.io.capture import Capture, ImportOptions
from o3d_paint.io.importers import read_capture
from tests.io.importers import dots

LENS = {"f": 34.0, "px": 0.4, "py": -0.3, "k1": -0.08, "k2": 0.03, "k3": -0.004, "k4": 0.0,
        "t1": 0.0, "t2": 0.0}  # fmt: skip
OFFSET = np.array([5_000_000.0, 5_400_000.0, 300.0])
DOWN = np.diag([1.0, -1, -1])


def seen(lens: dict[str, float], xy: np.ndarray) -> np.ndarray:
    x, y = xy.T
    r2 = x * x + y * y
    radial = 1 + lens["k1"] * r2 + lens["k2"] * r2**2 + lens["k3"] * r2**3
    xd = x * radial + 2 * lens["t1"] * x * y + lens["t2"] * (r2 + 2 * x * x)
    yd = y * radial + 2 * lens["t2"] * x * y + lens["t1"] * (r2 + 2 * y * y)
    scale = max(dots.W, dots.H) / 36
    u = (lens["f"] * xd + lens["px"]) * scale + dots.W / 2 - 0.5
    v = (lens["f"] * yd + lens["py"]) * scale + dots.H / 2 - 0.5
    return np.stack([u, v], axis=1)


def write_table(folder: Path, lens: dict[str, float] = LENS) -> str:
    rows = ["#name,x,y,alt,heading,pitch,roll,f,px,py,k1,k2,k3,k4,t1,t2"]
    for i, pose in enumerate(dots.poses()):
        dots.photo(seen(lens, dots.normalized(pose))).save(folder / f"IMG_{i}.png")
        world_from_camera = np.linalg.inv(pose)
        # Axes of a camera with y up that looks along -z, as the angles turn.
        yaw, pitch, roll = Rotation.from_matrix(world_from_camera[:3, :3] @ DOWN).as_euler(
            "ZXY", degrees=True
        )
        x, y, z = world_from_camera[:3, 3] + OFFSET
        values = [x, y, z, -yaw, pitch, roll, *lens.values()]
        rows.append(",".join([f"IMG_{i}.png", *(repr(float(v)) for v in values)]))
    text = "\n".join(rows)
    (folder / "cameras.csv").write_text(text)
    np.savetxt(folder / "tie.xyz", dots.POINTS + OFFSET, fmt="%.4f")
    return text


def write_xmp(folder: Path) -> None:
    for i, pose in enumerate(dots.poses()):
        dots.photo(seen(LENS, dots.normalized(pose))).save(folder / f"IMG_{i}.png")
        rotation = " ".join(map(repr, pose[:3, :3].ravel().tolist()))
        place = " ".join(map(repr, (np.linalg.inv(pose)[:3, 3] + OFFSET).tolist()))
        terms = " ".join(str(LENS[n]) for n in ("k1", "k2", "k3", "k4", "t1", "t2"))
        (folder / f"IMG_{i}.xmp").write_text(
            '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
            '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
            '<rdf:Description xcr:Version="3" xcr:DistortionModel="brown3"'
            f' xcr:FocalLength35mm="{LENS["f"]}" xcr:Skew="0" xcr:AspectRatio="1"'
            f' xcr:PrincipalPointU="{LENS["px"] / 36}" xcr:PrincipalPointV="{LENS["py"] / 36}"'
            ' xmlns:xcr="http://www.capturingreality.com/ns/xcr/1.1#">'
            f"<xcr:Rotation>{rotation}</xcr:Rotation><xcr:Position>{place}</xcr:Position>"
            f"<xcr:DistortionCoeficients>{terms}</xcr:DistortionCoeficients>"
            "</rdf:Description></rdf:RDF></x:xmpmeta>"
        )
    np.savetxt(folder / "tie.xyz", dots.POINTS + OFFSET, fmt="%.4f")


def read(path: Path, folder: Path) -> Capture:
    return read_capture(path, ImportOptions(cloud=folder / "tie.xyz"))


def test_table(tmp_path):
    write_table(tmp_path)
    capture = read(tmp_path / "cameras.csv", tmp_path)
    assert len(capture.frames) == dots.COUNT
    assert dots.worst_error(capture, dots.POINTS + OFFSET) < 0.5
    for frame, pose in zip(capture.frames, dots.poses(), strict=True):
        assert np.abs(frame.position - np.linalg.inv(pose)[:3, 3] - OFFSET).max() < 1e-3


def test_the_proof_notices_a_heading_that_turns_the_other_way(tmp_path):
    lines = write_table(tmp_path).splitlines()
    for i, line in enumerate(lines[1:], start=1):
        words = line.split(",")
        lines[i] = ",".join([*words[:4], str(-float(words[4])), *words[5:]])
    (tmp_path / "cameras.csv").write_text("\n".join(lines))
    capture = read(tmp_path / "cameras.csv", tmp_path)
    assert dots.worst_error(capture, dots.POINTS + OFFSET) > 0.5


def test_tangential_terms_are_told(tmp_path):
    write_table(tmp_path, {**LENS, "t1": 0.002})
    capture = read(tmp_path / "cameras.csv", tmp_path)
    assert dots.worst_error(capture, dots.POINTS + OFFSET) < 0.5
    assert "in OpenCV's order, which no document says" in " ".join(capture.notes)


def test_xmp_beside_photos(tmp_path):
    write_xmp(tmp_path)
    (tmp_path / "IMG_3.xmp").unlink()
    capture = read(tmp_path, tmp_path)
    assert len(capture.frames) == 3
    assert dots.worst_error(capture, dots.POINTS + OFFSET) < 0.5
    assert "1 of 4 photos has no pose" in " ".join(capture.notes)


def test_broken_rows_and_files_are_left_out_and_named(tmp_path):
    text = write_table(tmp_path).splitlines()
    text[1] = text[1].replace(",34.0,", ",none,")
    text[2] = "IMG_1.png,1,2"
    text.append("IMG_9.png" + text[3][len("IMG_2.png") :])
    (tmp_path / "cameras.csv").write_text("\n".join(text))
    capture = read(tmp_path / "cameras.csv", tmp_path)
    assert [f.name for f in capture.frames] == ["IMG_2", "IMG_3"]
    said = " ".join(capture.notes)
    assert "has no focal length" in said
    assert "it has no valid pose: 'IMG_1.png'" in said
    assert "'IMG_9.png'" in said
    (tmp_path / "cameras.csv").write_text("#name,x,y,alt\na,1,2,3\n")
    with pytest.raises(PaintError, match="has no columns heading, pitch, roll, f"):
        read(tmp_path / "cameras.csv", tmp_path)


def test_a_cloud_is_asked_for(tmp_path):
    write_table(tmp_path)
    with pytest.raises(PaintError, match="--cloud"):
        read_capture(tmp_path / "cameras.csv", ImportOptions())
