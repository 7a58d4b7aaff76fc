from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image


def test_masks_of_photos_that_nobody_painted(run, project, tmp_path, truth):
    done = run("masks", project, "-o", tmp_path / "out")
    assert done.exit_code == 0, done.output
    for i in range(4):
        with Image.open(tmp_path / "out" / f"{i:03d}.png") as image:
            assert (np.asarray(image) == truth[i]).mean() > 0.98


@pytest.mark.parametrize(
    ("format_name", "name"),
    [
        ("coco", "annotations.json"),
        ("cvat", "cvat_masks.zip"),
        ("yolo", "data.yaml"),
        ("png", "classes.json"),
    ],
)
def test_formats(run, project, tmp_path, format_name, name):
    done = run("masks", project, "-o", tmp_path / "out", "--format", format_name, "--photos")
    assert done.exit_code == 0, done.output
    assert "4 photos" in done.output
    assert (tmp_path / "out" / name).is_file()


def test_paint_can_be_kept(run, project, tmp_path, truth):
    run("masks", project, "-o", tmp_path / "out", "--keep-paint", "--painted-only")
    for i in (0, 2):
        with Image.open(tmp_path / "out" / f"{i:03d}.png") as image:
            painted = truth[i] > 0
            assert (np.asarray(image)[painted] == truth[i][painted]).all()


def test_masks_come_in_again(run, project, scene_file, tmp_path):
    run("masks", project, "-o", tmp_path / "a.json", "--format", "coco")
    report = tmp_path / "report.json"
    done = run("fuse", scene_file, "--masks", tmp_path / "a.json", "--json", report)
    assert done.exit_code == 0, done.output
    classes = json.loads(report.read_text())["classes"]
    assert [c["name"] for c in classes] == ["floor", "ball"]
    assert all(c["painted"] > 100 for c in classes)


def test_what_cannot_be(run, project, tmp_path):
    assert run("masks", project, "-o", tmp_path / "o", "--format", "voc").exit_code == 2
    done = run("masks", tmp_path, "-o", tmp_path / "o")
    assert done.exit_code == 1
    assert "no project.json" in done.output
    done = run("masks", project, "-o", project / "masks")
    assert done.exit_code == 1
    assert "belongs to the project" in done.output
