"""Options that change nothing about what was asked are said, with where they work."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (["info", "{s}", "--ignore", "3"], "--ignore has no effect on a cloud without labels"),
        (["info", "{s}", "--turn-masks", "90"], "--turn-masks has no effect here"),
        (["info", "{s}", "--axes", "gl"], "mini_npz)): --axes is for record3d, polycam"),
        (["fuse", "{s}", "--project", "{p}", "-o", "{d}/a.ply", "--method", "article",
          "--confidence-percentile", "20"],
         "--confidence-percentile has no effect on which paint counts with --method article"),
        (["import", "{s}", "-o", "{d}/c.npz", "--photo-size", "5000"],
         "--photo-size has no effect here: no photo is larger"),
        (["fuse", "{s}", "--project", "{p}", "-o", "{d}/a.ply", "--taxonomy", "asprs"],
         "--taxonomy has no effect beside a project"),
        (["fuse", "{s}", "--project", "{p}", "-o", "{d}/a.ply", "--first-id", "0"],
         "--first-id has no effect without --masks"),
        (["fuse", "{s}", "--project", "{p}", "-o", "{d}/a.ply", "--background"],
         "--background has no effect without --masks"),
        (["fuse", "{s}", "--project", "{p}", "-o", "{d}/a.ply", "--batch-size", "9"],
         "--batch-size has no effect with method graph"),
        (["fuse", "{s}", "--project", "{p}", "-o", "{d}/a.ply", "--max-distance", "0.1",
          "--min-neighbors", "2"], "--min-neighbors has no effect with method graph"),
        (["fuse", "{s}", "--project", "{p}", "--drop-unlabelled"],
         "--drop-unlabelled has no effect without a file to write"),
        (["export", "{p}", "-o", "{d}/a.ply", "--only", "ball", "--drop-unlabelled"],
         "--drop-unlabelled has no effect beside --only"),
        (["export", "{p}", "-o", "{d}/a.ply", "--thumbnails"],
         "--thumbnails has no effect on these files: it works with .glb"),
        (["masks", "{p}", "-o", "{d}/m", "--min-region", "5"],
         "--min-region has no effect but with --format yolo"),
        (["masks", "{p}", "-o", "{d}/m", "--format", "yolo", "--photos"],
         "--photos has no effect on yolo"),
        (["render", "{p}", "-o", "{d}/a.png", "--size", "64x48", "--fps", "3"],
         "--fps has no effect on a picture"),
        (["eval", "{p}", "--match", "order", "--reach", "1"],
         "--match and --reach have no effect on a project"),
    ],
    ids=lambda value: " ".join(value[:1] + value[-2:]) if isinstance(value, list) else "",
)  # fmt: skip
def test_it_is_said(run, scene_file, project, tmp_path, call, sentence):
    (tmp_path / "d").mkdir()
    names = {"s": scene_file, "p": project, "d": tmp_path / "d"}
    done = run(*(word.format(**names) for word in call))
    assert done.exit_code == 0, done.output
    assert sentence in " ".join(done.output.split())


def test_a_threshold_that_no_photo_has_values_for(run, tmp_path):
    from tests.io.ball_on_floor import arrays, save

    data = arrays()[0]
    del data["conf"]
    scene = save(tmp_path / "bare.npz", data)
    for flag in ("--conf-thresh", "--confidence-percentile"):
        done = run("info", scene, flag, "0.3")
        assert done.exit_code == 0, done.output
        assert f"({flag}) has no effect on this scene" in done.output


def test_two_clouds_take_no_options_about_scenes(run, project, tmp_path):
    run("export", project, "-o", tmp_path / "a.ply")
    pair = ["--pred", tmp_path / "a.ply", "--truth", tmp_path / "a.ply"]
    done = run("eval", *pair, "--up", "z", "-o", tmp_path / "errors", "--reach", "1")
    assert "--pictures and --up have no effect on two clouds" in done.stderr
    assert "--reach has no effect on points in order" in done.stderr
    assert not (tmp_path / "errors").exists()


def test_an_export_without_a_label_says_so(run, scene_file, project):
    done = run("export", project, "-o", project.parent / "a.ply")
    assert "Nothing is fused in the project" in done.stderr
