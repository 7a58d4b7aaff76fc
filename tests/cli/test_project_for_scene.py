"""A project given where a scene is expected: what is meant is done."""

from __future__ import annotations

import json

import pytest

import o3d_paint.ui.app


def test_info_tells_of_its_scene_and_of_what_is_painted(run, project, scene_file):
    report = json.loads(run("info", project, "--json", "-").stdout)
    assert report["file"] == str(scene_file)
    assert report["project"]["painted_photos"] == ["000", "002"]
    assert [c["name"] for c in report["project"]["classes"]] == ["floor", "ball"]
    assert report["project"]["is_fused"] is False
    text = run("info", project).output
    assert "2 of 4 photos painted" in text
    assert json.loads(run("info", scene_file, "--json", "-").stdout)["project"] is None


def test_import_writes_its_scene_and_says_so(run, project, tmp_path):
    done = run("import", project, "-o", tmp_path / "copy.npz")
    assert done.exit_code == 0, done.output
    assert "without what is painted" in done.output
    assert json.loads(run("info", tmp_path / "copy.npz", "--json", "-").stdout)["points"] > 0


def test_a_project_without_its_scene_says_what_to_give(run, project, scene_file):
    scene_file.rename(scene_file.with_name("elsewhere.npz"))
    done = run("info", project)
    assert done.exit_code == 1
    assert "give the scene itself" in done.output


def test_the_window_opens_its_scene_with_it(run, project, scene_file, monkeypatch):
    opened = []
    monkeypatch.setattr(
        o3d_paint.ui.app,
        "run",
        lambda scene, **given: opened.append((scene, given["project"])) or 0,
    )
    assert run(project).exit_code == 0
    assert opened == [(scene_file, project)]
    assert run(project, "--project", project).exit_code == 2


@pytest.mark.parametrize("is_there", [True, False])
def test_classes_of_a_project_that_is_there_hold(run, project, scene_file, monkeypatch, is_there):
    monkeypatch.setattr(o3d_paint.ui.app, "run", lambda *_, **__: 0)
    folder = project if is_there else project.with_name("new.o3dpaint")
    done = run(scene_file, "--taxonomy", "asprs", "--project", folder)
    assert ("--taxonomy has no effect" in done.output) == is_there
