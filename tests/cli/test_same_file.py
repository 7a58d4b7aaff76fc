"""The cloud's own file comes back from ``fuse`` and from ``export``, with labels."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.io.ball_on_floor import arrays, with_points

laspy = pytest.importorskip("laspy", reason="laspy is not installed")


@pytest.fixture
def scan(tmp_path):
    """A LAS of point format 1 with GPS times and an extra dimension."""
    xyz = with_points(arrays()[0])["points_3d"]
    las = laspy.create(point_format=1, file_version="1.2")
    las.header.scales = [1e-4] * 3
    las.add_extra_dim(laspy.ExtraBytesParams("range", "f4"))
    las.xyz = xyz
    las.gps_time, las.range = np.arange(len(xyz)) / 7, np.arange(len(xyz)) / 3
    las.write(tmp_path / "scan.las")
    return tmp_path / "scan.las"


@pytest.fixture
def masks(tmp_path, truth):
    folder = tmp_path / "masks"
    folder.mkdir()
    for i, mask in enumerate(truth):
        np.save(folder / f"{i:03d}.npy", mask)
    return folder


def _is_kept(scan, out):
    a, b = laspy.read(scan), laspy.read(out)
    assert b.point_format.id == 1
    for name in ("X", "Y", "Z", "gps_time", "range", "point_source_id"):
        assert np.array_equal(a[name], b[name])
    return b


def test_fuse_and_export_give_the_cloud_back(run, scene_file, scan, masks, tmp_path):
    out, labels = tmp_path / "out.las", tmp_path / "labels.npy"
    report = tmp_path / "report.json"
    result = run(
        "fuse", scene_file, "--masks", masks, "--taxonomy", "floor,ball", "--cloud", scan,
        "-o", out, "-o", labels, "-o", tmp_path / "out.glb", "--json", report,
        "--save", tmp_path / "s.o3dpaint",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    las = _is_kept(scan, out)
    assert np.array_equal(las.label, np.load(labels))
    assert len(np.unique(np.load(labels))) > 1
    notes = json.loads(report.read_text())["notes"]
    assert any("out.glb is without what else scan.las holds" in n for n in notes)
    result = run("export", tmp_path / "s.o3dpaint", "-o", tmp_path / "again.laz")
    assert result.exit_code == 0, result.output
    assert np.array_equal(_is_kept(scan, tmp_path / "again.laz").label, las.label)
    result = run("export", tmp_path / "s.o3dpaint", "-o", tmp_path / "b.las", "--only", "ball")
    assert result.exit_code == 0, result.output
    kept = np.load(labels) == 2
    only = laspy.read(tmp_path / "b.las")
    assert np.array_equal(only.gps_time, np.asarray(las.gps_time)[kept])
    result = run("export", tmp_path / "s.o3dpaint", "-o", scan, "--overwrite")
    assert result.exit_code == 1
    assert "is being read and would be written over" in " ".join(result.output.split())


def test_a_newer_point_format_is_asked_for(run, scene_file, scan, masks, tmp_path):
    given = ["fuse", scene_file, "--masks", masks, "--taxonomy", "floor,ball"]
    result = run(*given, "--cloud", scan, "-o", tmp_path / "o.laz", "--point-format", 7)
    assert result.exit_code == 0, result.output
    assert laspy.read(tmp_path / "o.laz").point_format.id == 7
    assert "format 7 in place of 1" in " ".join(result.output.split())
    assert run(*given, "-o", tmp_path / "o.laz", "--point-format", 5).exit_code == 2
    result = run(*given, "-o", tmp_path / "plain.las", "--point-format", 7)
    assert "--point-format has no effect" in " ".join(result.output.split())
    assert laspy.read(tmp_path / "plain.las").point_format.id == 7
