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
    assert "no project.sqlite" in done.output
    done = run("masks", project, "-o", project / "masks", "--overwrite")
    assert done.exit_code == 1
    assert "belongs to the project" in done.output


@pytest.mark.parametrize(
    ("words", "place"),
    [
        (("masks",), "out"),
        (("masks", "--format", "coco"), "a.json"),
        (("review",), "out"),
        (("render", "--size", "99x99"), "a.png"),
        (("taxonomies",), "a.json"),
    ],
)
def test_nothing_is_replaced_unasked(run, project, tmp_path, words, place):
    target = tmp_path / place
    precious = target / "precious.txt" if place == "out" else target
    precious.parent.mkdir(exist_ok=True)
    precious.write_text("precious")
    command, *rest = words
    done = run(command, project, "-o", target, *rest)
    assert done.exit_code == 1
    assert "--overwrite" in done.output
    assert precious.read_text() == "precious"
    assert run(command, project, "-o", target, *rest, "-y").exit_code == 0


def test_photos_beside_a_named_file_replace_nothing_unasked(run, project, tmp_path):
    precious = tmp_path / "images" / "000.jpg"
    precious.parent.mkdir()
    precious.write_text("precious")
    words = ("masks", project, "-o", tmp_path / "a.json", "--format", "coco")
    done = run(*words, "--photos")
    assert done.exit_code == 1
    assert "images" in done.output
    assert "--overwrite" in done.output
    assert precious.read_text() == "precious"
    assert run(*words).exit_code == 0
    assert (tmp_path / "a.json").is_file()
    assert run(*words, "--photos", "-y").exit_code == 0
    assert precious.read_bytes().startswith(b"\xff\xd8")


def test_a_name_that_no_format_can_have_is_refused_before_anything_is_read(run, tmp_path):
    done = run("masks", tmp_path / "none", "-o", tmp_path / "out.json")
    assert done.exit_code == 1
    assert "--format coco" in " ".join(done.output.split())
    assert not list(tmp_path.iterdir())


def test_the_scene_is_read_as_was_said(run, project, scene_file, tmp_path):
    moved = scene_file.rename(tmp_path / "elsewhere.npz")
    done = run("masks", project, "-o", tmp_path / "out")
    assert done.exit_code == 1
    assert "--scene" in done.output
    words = ("--scene", moved, "--convention", "w2c")
    assert run("masks", project, "-o", tmp_path / "out", *words).exit_code == 0


def test_ids_of_masks_get_names_from_a_class_list(run, scene_file, tmp_path, truth):
    (tmp_path / "m").mkdir()
    np.save(tmp_path / "m" / "000.npy", np.array([0, 11, 26])[truth[0]].astype(np.uint8))
    report = tmp_path / "report.json"
    words = ("--masks", tmp_path / "m", "--json", report, "--taxonomy", "cityscapes")
    done = run("fuse", scene_file, *words)
    assert done.exit_code == 0, done.output
    painted = {c["name"] for c in json.loads(report.read_text())["classes"] if c["painted"]}
    assert painted == {"building", "car"}
    assert run("fuse", scene_file, *words[:-1], "none.json", "-y").exit_code == 1
