from __future__ import annotations

import json


def test_listing_showing_and_writing(run, project, tmp_path):
    done = run("taxonomies")
    assert done.exit_code == 0
    assert "Cityscapes, 30 classes" in done.output
    done = run("taxonomies", "scannet20")
    assert "#ff7f0e  refrigerator" in done.output
    assert "Source: github.com/ScanNet" in done.output
    done = run("taxonomies", project, "-o", tmp_path / "c.json")
    assert done.exit_code == 0, done.output
    classes = json.loads((tmp_path / "c.json").read_text())["classes"]
    assert [c["name"] for c in classes] == ["floor", "ball"]
    assert "floor" in run("taxonomies", tmp_path / "c.json").output


def test_calls_that_make_no_sense(run, tmp_path):
    assert run("taxonomies", "-o", tmp_path / "c.json").exit_code == 2
    done = run("taxonomies", "coco")
    assert done.exit_code == 1
    assert "cityscapes" in done.output


def test_strokes_keep_their_classes_beside_a_list_of_others(run, scene_file, tmp_path):
    drawn = {
        "classes": {"1": "ball", "2": "floor"},
        "sequence": [0],
        "frames": {"0": [{"class": 1, "brush": 400, "points": [[0.5, 0.5]]}]},
    }
    (tmp_path / "strokes.json").write_text(json.dumps(drawn))
    classes = {"classes": [{"id": 1, "name": "floor"}, {"id": 2, "name": "ball"}]}
    (tmp_path / "classes.json").write_text(json.dumps(classes))
    report = tmp_path / "r.json"
    result = run(
        "fuse", scene_file, "--strokes", tmp_path / "strokes.json", "--no-tune",
        "--taxonomy", tmp_path / "classes.json", "--json", report,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    painted = {c["name"]: c["painted"] for c in json.loads(report.read_text())["classes"]}
    assert painted.get("ball", 0) > 0
    assert painted.get("floor", 0) == 0
