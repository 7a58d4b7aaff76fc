"""Every option about reading a scene means something on each command that reads one."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image
from plyfile import PlyData, PlyElement

from o3d_paint.cli.options import FORMATS
from o3d_paint.io.importers import IMPORTERS
from tests.io.ball_on_floor import arrays

FLAGS = (
    "--images", "--cloud", "--convention", "--axes", "--intrinsics", "--depth-unit",
    "--invalid-depth", "--every", "--up", "--conf-thresh", "--confidence-percentile", "--format",
    "--preset",    "--memory-limit",
)  # fmt: skip


@pytest.mark.parametrize("command", ["open", "info", "fuse", "import", "export"])
def test_every_command_that_reads_a_scene_takes_them(run, command, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    text = run(command, "--help").output
    assert [f for f in FLAGS if f not in text] == []


def test_the_formats_of_the_help_are_those_there_are():
    assert tuple(IMPORTERS) == FORMATS


@pytest.fixture
def folder(tmp_path):
    """A folder of RGB-D in fifths of a millimetre, OpenGL axes, 60000 for unknown."""
    data, _ = arrays(photos=4)
    root = tmp_path / "rgbd"
    for name in ("color", "depth", "pose"):
        (root / name).mkdir(parents=True)
    for i in range(4):
        depth = np.rint(data["depth"][i] * 5000).astype(np.uint16)
        depth[depth == 0] = 60000
        Image.fromarray(depth).save(root / "depth" / f"{i}.png")
        Image.fromarray(data["processed_images"][i]).save(root / "color" / f"{i}.png")
        cam_from_world = np.eye(4)
        cam_from_world[:3] = data["extrinsics"][i]
        np.savetxt(
            root / "pose" / f"{i}.txt", np.linalg.inv(cam_from_world) @ np.diag([1, -1, -1, 1])
        )
    return root


def test_units_axes_intrinsics_and_every_are_followed(run, folder):
    k = arrays()[0]["intrinsics"][0]
    camera = f"{k[0, 0]},{k[1, 1]},{k[0, 2]},{k[1, 2]}"
    flags = ["--depth-unit", "1/5000", "--axes", "gl", "--intrinsics", camera]
    flags += ["--invalid-depth", 60000, "--every", 2, "--format", "scannet"]
    report = json.loads(run("info", folder, "--json", *flags).output)
    assert len(report["photos"]) == 2
    assert report["depth_disagreement"] < 0.03
    assert report["units"]["diagonal"] < 5
    wrong = json.loads(run("info", folder, "--json", *flags[:1], "0.001", *flags[2:]).output)
    assert wrong["units"]["diagonal"] > 10


def test_a_cloud_of_its_own(run, scene_file, tmp_path):
    points = np.random.default_rng(0).uniform(-1, 1, (500, 3))
    vertex = np.array([tuple(p) for p in points], dtype=[(a, "f4") for a in "xyz"])
    PlyData([PlyElement.describe(vertex, "vertex")]).write(tmp_path / "own.ply")
    report = json.loads(run("info", scene_file, "--json", "--cloud", tmp_path / "own.ply").output)
    assert report["points"] == 500


def test_options_that_mean_nothing_to_a_format_are_said(run, scene_file):
    text = run("info", scene_file, "--depth-unit", "0.001", "--axes", "gl").output
    assert "--axes and --depth-unit say nothing about this format" in " ".join(text.split())


def test_every_k_th_photo_of_an_estimator(run, scene_file):
    report = json.loads(run("info", scene_file, "--json", "--every", 3).output)
    assert [p["name"] for p in report["photos"]] == ["000", "003"]


@pytest.mark.parametrize(
    "flags",
    [
        ["--axes", "xyz"],
        ["--intrinsics", "1,2,3"],
        ["--intrinsics", "0,1,2,3"],
        ["--intrinsics", "nan,1,2,3"],
        ["--depth-unit", "1/0"],
        ["--depth-unit", "-1"],
        ["--depth-unit", "inf"],
        ["--depth-unit", "mm"],
        ["--invalid-depth", "-1"],
        ["--every", "0"],
    ],
)
def test_senseless_values_are_usage_errors(run, scene_file, flags):
    result = run("info", scene_file, *flags)
    assert result.exit_code == 2
    assert flags[0] in result.output


@pytest.mark.parametrize("name", FORMATS)
def test_a_forced_format_that_does_not_fit_is_one_sentence(run, scene_file, tmp_path, name):
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.txt").write_text("nothing")
    for path in (tmp_path / "empty", tmp_path / "text.txt", tmp_path / "absent"):
        result = run("info", path, "--format", name)
        assert result.exit_code == 1, (path, result.output, result.exception)
        assert str(path) in "".join(result.output.splitlines())


def test_an_unknown_format_lists_the_known_ones(run, scene_file):
    text = run("info", scene_file, "--format", "nonsense").output
    assert all(f"{name} (" in text for name in FORMATS)


def test_one_level_too_high_names_the_scene_below(run, folder):
    result = run("info", folder.parent)
    assert result.exit_code == 1
    assert f"give {folder}" in "".join(result.output.splitlines())


def test_a_preset_sets_threshold_and_radius(run, scene_file):
    found = {}
    for preset in ("object", "indoor", "outdoor"):
        result = run("info", scene_file, "--json", "--preset", preset)
        assert result.exit_code == 0, result.output
        found[preset] = json.loads(result.output)
        assert found[preset]["preset"] == preset
    plain = json.loads(run("info", scene_file, "--json").output)
    radius = plain["units"]["ball_radius_in_spacings"]
    for preset, threshold, factor in (("object", 0.4, 1), ("indoor", 0.4, 1), ("outdoor", 0.6, 3)):
        assert found[preset]["confidence"]["threshold"] == threshold
        measured = found[preset]["units"]["ball_radius"] / plain["units"]["ball_radius"]
        assert measured == pytest.approx(factor, rel=0.2), radius


def test_what_is_typed_goes_before_the_preset(run, scene_file):
    report = json.loads(
        run("info", scene_file, "--json", "--preset", "outdoor", "--conf-thresh", 0.5).output
    )
    assert report["confidence"]["threshold"] == 0.5


def test_the_article_follows_the_preset(run, project, scene_file, tmp_path):
    out = tmp_path / "r.json"
    flags = ["--project", project, "--method", "article", "-o", tmp_path / "o.ply", "--json", out]
    result = run("fuse", scene_file, "--preset", "outdoor", *flags)
    assert result.exit_code == 0, result.output
    report = json.loads(out.read_text())
    assert report["parameters"]["max_distance"] == 0.15
    assert report["confidence"]["threshold"] == 0.6


def test_an_unknown_preset_lists_the_known_ones(run, scene_file):
    result = run("info", scene_file, "--preset", "space")
    assert result.exit_code == 2
    assert "object, indoor or outdoor" in " ".join(result.output.split())
