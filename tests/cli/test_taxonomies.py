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
