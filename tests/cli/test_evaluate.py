from __future__ import annotations

import json

import numpy as np
from PIL import Image

from o3d_paint.io.scene import load_scene
from o3d_paint.project.evaluation import evaluate
from o3d_paint.project.session import open_session, read_project


def test_photos_predict_each_other(run, project, tmp_path):
    done = run("eval", project, "--json", "--pictures", tmp_path / "errors")
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert report["protocol"] == "leave one photo out"
    assert [p["photo"] for p in report["photos"]] == ["000", "002"]
    assert [c["name"] for c in report["classes"]] == ["floor", "ball"]
    assert report["accuracy"] > 0.95
    assert min(c["iou"] for c in report["classes"]) > 0.8
    assert report["points"] == sum(p["points"] for p in report["photos"])
    assert report["points"] == np.sum(report["confusion"]["counts"])
    assert {p.name for p in (tmp_path / "errors").iterdir()} == {"errors_000.png", "errors_002.png"}


def test_tables_for_people(run, project):
    done = run("eval", project)
    assert done.exit_code == 0, done.output
    for word in ("accuracy", "mean IoU", "floor", "ball", "002", "taken for"):
        assert word in done.output


def test_a_photo_painted_wrong_stands_out(scene_file, project, truth):
    session = open_session(load_scene(scene_file), project)
    session.project.set_mask(2, np.where(truth[2] > 0, 3 - truth[2], 0).astype(np.uint16))
    found = evaluate(session.project)
    assert found.scores.accuracy < 0.1
    # Both photos label these points; the work itself is as before.
    assert session.project.fusion is None
    session.abandon()


def test_what_the_others_say_is_handed_over(scene_file, project, truth):
    work, _ = read_project(project, load_scene(scene_file))
    seen = {}
    evaluate(work, shown=lambda i, mask: seen.update({i: mask}))
    assert sorted(seen) == [0, 2]
    for i, mask in seen.items():
        assert mask.shape == (1080, 1620)
        small = mask[13::27, 13::27]
        assert (small == truth[i])[truth[i] > 0].mean() > 0.9


def test_one_painted_photo_is_too_few(run, project, scene_file):
    session = open_session(load_scene(scene_file), project, scene_path=scene_file)
    session.project.clear(2)
    session.close()
    done = run("eval", project)
    assert done.exit_code == 1
    assert "paint another" in done.output


def test_a_cloud_against_truth(run, project, scene_file, tmp_path, truth):
    run("export", project, "-o", tmp_path / "a.ply")
    labels = truth[truth > 0]
    np.save(tmp_path / "truth.npy", labels)
    done = run("eval", "--pred", tmp_path / "a.ply", "--truth", tmp_path / "truth.npy", "--json")
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert report["accuracy_of_labelled"] > 0.98
    assert report["points"] == len(labels)
    done = run("eval", "--pred", tmp_path / "a.ply", "--truth", tmp_path / "truth.npy")
    assert "matched by order" in done.output


def test_calls_that_make_no_sense(run, project, tmp_path):
    assert run("eval").exit_code == 2
    assert run("eval", project, "--pred", "a.ply", "--truth", "b.ply").exit_code == 2
    assert run("eval", "--pred", "a.ply").exit_code == 2
    assert run("eval", project, "--match", "name").exit_code == 2


def test_review(run, project, tmp_path):
    done = run("review", project, "-o", tmp_path / "r")
    assert done.exit_code == 0, done.output
    names = {p.name for p in (tmp_path / "r").iterdir()}
    assert names == {"triptych_000.png", "triptych_002.png", "contact_sheet.png"}
    with Image.open(tmp_path / "r" / "triptych_000.png") as image:
        assert image.width > 3000
