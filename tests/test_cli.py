from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from plyfile import PlyData
from typer.testing import CliRunner

from o3d_paint import __version__
from o3d_paint.cli import app
from o3d_paint.io.scene import load_scene
from o3d_paint.project.session import open_session
from tests.io.ball_on_floor import arrays, save


@pytest.fixture
def run():
    runner = CliRunner()

    def invoke(*args):
        return runner.invoke(app, [str(a) for a in args])

    return invoke


@pytest.fixture
def scene(tmp_path):
    return save(tmp_path / "scene.npz", arrays()[0])


@pytest.fixture
def masks(tmp_path):
    folder = tmp_path / "masks"
    folder.mkdir()
    for i in (0, 2):
        Image.fromarray(arrays()[1][i].astype(np.uint8)).save(folder / f"{i:03d}.png")
    return folder


def child(*args, **env):
    return subprocess.run(
        [sys.executable, "-m", "o3d_paint", *map(str, args)],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **env},
    )


def test_version_and_help(run):
    assert run("--version").output.strip() == f"o3d-paint {__version__}"
    for command in ([], ["open"], ["demo"], ["info"], ["fuse"], ["export"], ["doctor"]):
        result = run(*command, "--help")
        assert result.exit_code == 0
        assert "Example: o3d-paint" in " ".join(result.output.split())


def test_help_imports_nothing_heavy():
    code = (
        "import sys\nfrom o3d_paint.cli import app\n"
        "try:\n    app(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'open3d', 'scipy', 'numpy', 'cv2', 'numba', 'PIL'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_info_says_what_was_found(run, scene):
    result = run("info", scene)
    assert result.exit_code == 0
    for text in (
        "points",
        "photos",
        "4 of 60×40",
        "confidence > 0.4",
        "world to camera",
        "spacings",
    ):
        assert text in result.output
    report = json.loads(run("info", scene, "--json").output)
    assert report["points"] == len(load_scene(scene).cloud)
    assert len(report["photos"]) == 4


def test_info_follows_the_options(run, scene):
    report = json.loads(run("info", scene, "--json", "--up", "-y", "--conf-thresh", 0.5).output)
    assert report["up"] == [0, -1, 0]
    assert report["confidence"]["threshold"] == 0.5
    report = json.loads(run("info", scene, "--json", "--convention", "c2w").output)
    assert any("as you said" in n for n in report["notes"])


def test_fuse_writes_everything_asked_for(run, scene, masks, tmp_path):
    outputs = [tmp_path / n for n in ("out.ply", "out.glb", "labels.npy")]
    flags = [x for o in outputs for x in ("-o", o)]
    flags += ["--json", tmp_path / "report.json", "--method", "ball"]
    result = run("fuse", scene, "--masks", masks, *flags)
    assert result.exit_code == 0, result.output
    vertex = PlyData.read(outputs[0])["vertex"].data
    cloud = load_scene(scene).cloud
    np.testing.assert_allclose(np.stack([vertex[a] for a in "xyz"], 1), cloud.xyz, atol=1e-6)
    np.testing.assert_array_equal(np.load(outputs[2]), vertex["label"])
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["method"] == "ball"
    for row in report["classes"]:
        assert np.count_nonzero(vertex["label"] == row["id"]) == row["fused"]
        painted = (vertex["label"] == row["id"]) & (vertex["source"] == 1)
        assert np.count_nonzero(painted) == row["painted"]
    assert set(report["seconds"]) >= {"load", "masks", "index", "export"}
    assert report["outputs"] == [str(o) for o in outputs]
    assert "class 2" in result.output


def test_fuse_by_the_article(run, scene, masks, tmp_path):
    result = run(
        "fuse", scene, "--masks", masks, "--method", "article", "--json", tmp_path / "r.json",
        "--tolerance", 0.02, "--batch-size", 500, "-o", tmp_path / "out.ply",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["method"] == "article"
    assert report["parameters"] == {
        "tolerance": 0.02,
        "max_camera_distance": 5.0,
        "max_distance": 0.05,
        "min_neighbors": 3,
        "batch_size": 500,
    }
    assert report["confidence"]["threshold"] == 0.4


def test_fuse_from_strokes(run, scene, tmp_path):
    strokes = {
        "classes": {"1": "ground", "2": "ball"},
        "frames": {"0": [{"class": 2, "brush": 100, "points": [[0.5, 0.5], [0.52, 0.5]]}]},
    }
    (tmp_path / "s.json").write_text(json.dumps(strokes))
    result = run("fuse", scene, "--strokes", tmp_path / "s.json", "-o", tmp_path / "o.ply",
                 "--method", "ball")  # fmt: skip
    assert result.exit_code == 0, result.output
    ply = PlyData.read(tmp_path / "o.ply")
    assert set(np.unique(ply["vertex"]["label"])) == {0, 2}
    assert any('"ball"' in c for c in ply.comments)


def test_a_project_is_exported_and_fused_as_the_window_would(run, scene, tmp_path):
    loaded = load_scene(scene)
    session = open_session(loaded, tmp_path / "scene.o3dpaint", scene_path=scene)
    mask = np.kron(arrays()[1][0], np.ones((27, 27), np.uint16))
    session.project.set_mask(0, mask)
    expected = session.project.fuse().copy()
    session.close()
    folder = tmp_path / "scene.o3dpaint"
    result = run("export", folder, "-o", tmp_path / "o.npy")
    assert result.exit_code == 0, result.output
    np.testing.assert_array_equal(np.load(tmp_path / "o.npy"), expected)
    for flags in (["--project", folder], []):
        result = run("fuse", scene, *flags, "-o", tmp_path / "f.npy", "-y")
        assert result.exit_code == 0, result.output
        np.testing.assert_array_equal(np.load(tmp_path / "f.npy"), expected)


def test_quiet_prints_nothing(run, scene, masks, tmp_path):
    result = run("fuse", scene, "--masks", masks, "-o", tmp_path / "o.ply", "--quiet")
    assert result.exit_code == 0
    assert result.output == ""


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["info", "missing.npz"], "there is no file missing.npz"),
        (["info", "{masks}"], "is a folder of photos without cameras"),
        (["fuse", "{scene}", "--masks", "nowhere", "-o", "o.ply"], "there are no masks nowhere"),
        (["fuse", "{scene}", "--masks", "{masks}", "-o", "o.xyzzy"], "'.xyzzy' is not a known"),
        (["fuse", "{scene}", "--masks", "{masks}", "-o", "no/o.ply"], "there is no folder no"),
        (["fuse", "{scene}", "--project", "{masks}", "-o", "o.ply"], "is no project folder"),
        (["export", "{masks}", "-o", "o.ply"], "is no project folder"),
    ],
)
def test_errors_are_one_sentence(args, message, scene, masks, tmp_path):
    filled = [a.format(scene=scene, masks=masks) for a in args]
    result = child(*filled)
    assert result.returncode == 1
    assert message in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert "Traceback" not in result.stderr


def test_the_scene_is_never_written_over(run, masks, tmp_path):
    scene = save(tmp_path / "scene.npz", arrays()[0])
    disguised = tmp_path / "cloud.ply"
    disguised.symlink_to(scene)
    before = scene.read_bytes()
    result = run("fuse", scene, "--masks", masks, "-o", disguised)
    assert result.exit_code == 1
    assert scene.read_bytes() == before


@pytest.mark.parametrize(
    "flags",
    [
        ["--method", "magic"],
        ["--max-distance", "-1"],
        ["--min-neighbors", "0"],
        ["--convention", "up"],
        ["--up", "1,2"],
        ["--up", "0,0,0"],
        ["--memory-limit", "lots"],
        ["--color-by", "mood"],
        ["--conf-thresh", "1", "--confidence-percentile", "40"],
    ],
)
def test_senseless_options_are_refused(run, scene, masks, tmp_path, flags):
    result = run("fuse", scene, "--masks", masks, "-o", tmp_path / "o.ply", *flags)
    assert result.exit_code == 2
    assert not (tmp_path / "o.ply").exists()


def test_nothing_painted_is_a_usage_error(run, scene, tmp_path):
    result = run("fuse", scene, "-o", tmp_path / "o.ply")
    assert result.exit_code == 2


def test_masks_that_match_nothing_are_said(run, scene, masks, tmp_path):
    (masks / "000.png").rename(masks / "roof.png")
    result = run("fuse", scene, "--masks", masks, "-o", tmp_path / "o.ply")
    assert result.exit_code == 0
    assert "'roof.png'" in result.output


def test_a_scene_that_needs_too_much_memory_is_refused(run, scene):
    result = run("info", scene, "--memory-limit", "10k")
    assert result.exit_code == 1
    assert "--memory-limit" in result.output


def test_odd_file_names(run, masks, tmp_path):
    odd = tmp_path / "scène 'a' \"b\"\nc"
    odd.mkdir()
    scene = save(odd / "屋根.npz", arrays()[0])
    result = run("fuse", scene, "--masks", masks, "-o", odd / "ö.ply")
    assert result.exit_code == 0, result.output
    assert (odd / "ö.ply").exists()


@pytest.mark.captures
def test_the_hololens_capture(run, captures, tmp_path):
    scene = captures / "hololens_dvmvs" / "scene.npz"
    if not scene.is_file():
        pytest.skip(f"{scene} is missing")
    report = json.loads(run("info", scene, "--json").output)
    assert report["points"] == 900_000
    assert len(report["photos"]) == 20
    assert report["confidence"]["threshold"] is None
    assert report["units"]["plausibly_metres"]
    assert report["depth_disagreement"] < 0.01
    assert np.dot(report["up"], (0, 1, 0)) > 0.99
    strokes = {"frames": {"3": [{"class": 2, "brush": 120, "points": [[0.2, 0.5], [0.8, 0.5]]}]}}
    (tmp_path / "s.json").write_text(json.dumps(strokes))
    result = run("fuse", scene, "--strokes", tmp_path / "s.json", "-o", tmp_path / "o.ply",
                 "--method", "ball")  # fmt: skip
    assert result.exit_code == 0, result.output
    vertex = PlyData.read(tmp_path / "o.ply")["vertex"].data
    assert len(vertex) == 900_000
    assert 10_000 < np.count_nonzero(vertex["label"] == 2) < 300_000


@pytest.mark.captures
def test_a_mini_npz_like_capture_with_its_photos(run, captures):
    room = captures / "pi3_room" / "examples" / "room"
    if not room.is_dir():
        pytest.skip(f"{room} is missing")
    assert run("info", room / "condition.npz").exit_code == 1
    result = run("info", room / "condition.npz", "--images", room / "rgb", "--json")
    report = json.loads(result.output)
    assert len(report["photos"]) == 8
    assert any("camera to world" in n for n in report["notes"])


@pytest.mark.slow
def test_the_demo_without_a_window(tmp_path):
    out = tmp_path / "results"
    result = child("demo", "--headless", "--out", out)
    assert result.returncode == 0, result.stderr
    names = ["demo_labelled.ply", "demo_labelled.glb", "demo_preview.png"]
    assert [Path(line).name for line in result.stdout.strip().splitlines()[-3:]] == names
    for name in names:
        assert (out / name).stat().st_size > 10_000
    labels = PlyData.read(out / "demo_labelled.ply")["vertex"]["label"]
    assert np.count_nonzero(labels) / len(labels) > 0.7
