from __future__ import annotations

import numpy as np
import pytest

from o3d_paint.io.scene import LoadOptions, load_scene
from tests.io.test_scene_file import assert_same


def test_import_gives_the_same_scene(run, scene_file, tmp_path):
    out = tmp_path / "out.npz"
    result = run("import", scene_file, "-o", out)
    assert result.exit_code == 0, result.output
    assert "4 photos" in result.output
    assert_same(load_scene(out), load_scene(scene_file))
    assert run("import", scene_file, "-o", out).exit_code == 1
    assert run("import", scene_file, "-o", out, "-y", "-q").output == ""


def test_import_refuses_its_own_input_and_other_endings(run, scene_file, tmp_path):
    before = scene_file.read_bytes()
    assert run("import", scene_file, "-o", scene_file, "-y").exit_code == 1
    assert scene_file.read_bytes() == before
    assert run("import", scene_file, "-o", tmp_path / "a.ply").exit_code == 2


@pytest.mark.captures
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("open3d_rgbd", {}),
        ("nvblox_3dmatch", {}),
        ("hololens_dvmvs", {"every": 15}),
        ("slambook2_rgbd/ch12/dense_RGBD/data", {}),
    ],
)
def test_real_captures_come_back_the_same(run, captures, tmp_path, name, options):
    flags = [x for k, v in options.items() for x in (f"--{k}", v)]
    result = run("import", captures / name, "-o", tmp_path / "a.npz", *flags)
    assert result.exit_code == 0, result.output
    expected = load_scene(captures / name, LoadOptions(**options))
    found = load_scene(tmp_path / "a.npz")
    assert_same(found, expected)
    assert np.isfinite(found.cloud.xyz).all()


def test_what_is_read_is_listed_without_a_scene(run):
    result = run("import", "--list")
    assert result.exit_code == 0, result.output
    for name in ("metashape", "opensfm", "polycam", "coco-panoptic", "yolo", "laz"):
        assert name in result.output
