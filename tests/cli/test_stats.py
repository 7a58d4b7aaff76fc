"""The table of classes on the command line: of projects and of labelled clouds."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from o3d_paint.io.scene import load_scene
from o3d_paint.project.session import open_session


def write_cloud(path, xyz, labels, names=None):
    """A PLY such as other programs write: no confidence, no source."""
    lines = ["ply", "format ascii 1.0"]
    lines += [f"comment class {i} 1 2 3 {json.dumps(n)}" for i, n in (names or {}).items()]
    lines += [f"element vertex {len(xyz)}", *(f"property double {a}" for a in "xyz")]
    lines += ["property int label", "end_header"]
    lines += [f"{x!r} {y!r} {z!r} {i}" for (x, y, z), i in zip(xyz.tolist(), labels, strict=True)]
    path.write_text("\n".join(lines) + "\n")
    return path


def table_of(run, *call):
    done = run("stats", *call, "--json", "-")
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    return report, {c["name"]: c for c in report["classes"]}


@pytest.fixture
def fused(project, scene_file):
    session = open_session(load_scene(scene_file), project, scene_path=scene_file)
    session.project.fuse()
    session.close()
    return project


@pytest.mark.compiled
def test_a_fused_project(run, fused, scene_file, truth):
    report, classes = table_of(run, fused)
    scene = load_scene(scene_file)
    assert report["points"] == len(scene.cloud)
    assert report["project"] == str(fused)
    assert report["min_confidence"] == 0.5
    right = truth[truth > 0]
    for class_id, name in enumerate(("floor", "ball"), start=1):
        row = classes[name]
        assert row["points"] == pytest.approx(np.count_nonzero(right == class_id), rel=0.05)
        assert row["share"] == row["points"] / report["points"]
        assert row["sure"] + row["unsure"] == row["points"]
        assert row["photos"] == 2
        assert row["area"] > 0
    total = sum(c["points"] for c in report["classes"]) + report["unlabelled"]["points"]
    assert total == report["points"]


@pytest.mark.compiled
def test_what_is_painted_alone(run, fused, project):
    whole, _ = table_of(run, fused)
    painted, classes = table_of(run, fused, "--painted-only")
    assert painted["unlabelled"]["points"] > whole["unlabelled"]["points"]
    # Before anything is fused what is painted is sure.
    assert all(c["sure"] == c["points"] == c["painted"] for c in classes.values())


def test_a_project_that_is_not_fused_says_so(run, project):
    done = run("stats", project)
    assert done.exit_code == 0
    assert "Nothing is fused" in done.output
    assert "floor" in done.output
    assert "photos" in done.output


@pytest.mark.compiled
def test_area_of_a_labelled_cloud_of_uneven_density(run, tmp_path):
    rng = np.random.default_rng(0)
    plane = np.c_[rng.uniform(0, 2, (20_000, 2)), np.zeros(20_000)]
    kept = (plane[:, 0] < 1) | (rng.random(len(plane)) < 1 / 25)
    xyz = plane[kept]
    labels = np.where(xyz[:, 0] < 1, 1, 2)
    path = write_cloud(tmp_path / "a.ply", xyz, labels, {1: "dense", 2: "sparse"})
    report, classes = table_of(run, path)
    assert report["unit"] == "m"
    assert classes["dense"]["area"] == pytest.approx(2, rel=0.05)
    assert classes["sparse"]["area"] == pytest.approx(2, rel=0.05)
    assert classes["dense"]["photos"] is None
    assert classes["dense"]["sure"] is None


def test_a_cloud_without_names_or_labels(run, tmp_path):
    xyz = np.random.default_rng(0).random((50, 3))
    path = write_cloud(tmp_path / "a.ply", xyz, [7] * 50)
    done = run("stats", path)
    assert "class 7" in done.output
    assert "called by their numbers" in done.output
    bare = tmp_path / "bare.xyz"
    np.savetxt(bare, xyz)
    refused = run("stats", bare)
    assert refused.exit_code == 1
    assert "has no labels" in refused.output


@pytest.mark.compiled
@pytest.mark.parametrize("name", ["a.ply", "a.npz", "a.pcd", "a.csv", "a.las"])
def test_an_export_is_as_sure_as_its_project(run, fused, tmp_path, name):
    if name == "a.las":
        pytest.importorskip("laspy")
    _, of_project = table_of(run, fused)
    assert run("export", fused, "-o", tmp_path / name).exit_code == 0
    _, of_cloud = table_of(run, tmp_path / name)
    for class_name, row in of_project.items():
        assert row["sure"] > 0
        # PCD and CSV hold no names.
        same = of_cloud.get(class_name) or of_cloud[f"class {row['id']}"]
        for key in ("points", "sure", "unsure"):
            assert same[key] == row[key]


def test_labels_of_half_numbers_are_no_labels(run, tmp_path):
    (tmp_path / "a.csv").write_text("x,y,z,label\n0,0,0,0.5\n1,0,0,1.5\n0,1,0,2\n")
    done = run("stats", tmp_path / "a.csv")
    assert done.exit_code == 1
    assert "whole numbers" in " ".join(done.output.split())


def test_csv_reads_back_and_holds_no_formula(run, tmp_path):
    xyz = np.random.default_rng(0).random((60, 3))
    names = {1: "=HYPERLINK(1)", 2: "+1", 3: "wall, brick", 4: "@x", 5: "-2", 6: "plain"}
    path = write_cloud(tmp_path / "a.ply", xyz, [1 + i % 6 for i in range(60)], names)
    done = run("stats", path, "--csv", tmp_path / "t.csv")
    assert done.exit_code == 0, done.output
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [r["class"] for r in rows] == [
        "'=HYPERLINK(1)", "'+1", "wall, brick", "'@x", "'-2", "plain", "unlabelled",
    ]  # fmt: skip
    assert [r["points"] for r in rows][:6] == ["10"] * 6
    alone = run("stats", path, "--csv", "-")
    assert alone.stdout == (tmp_path / "t.csv").read_text("utf-8")


def test_places_are_looked_at_first(run, project, tmp_path):
    assert run("stats", project, "--csv", "-", "--json", "-").exit_code == 2
    same = tmp_path / "t"
    done = run("stats", project, "--csv", same, "--json", same)
    assert done.exit_code == 1
    assert not same.exists()
    (tmp_path / "t.csv").write_text("precious")
    assert run("stats", project, "--csv", tmp_path / "t.csv").exit_code == 1
    assert (tmp_path / "t.csv").read_text() == "precious"


def test_options_of_projects_say_so_on_a_cloud(run, tmp_path):
    xyz = np.random.default_rng(0).random((50, 3))
    path = write_cloud(tmp_path / "a.ply", xyz, [7] * 50)
    done = run("stats", path, "--painted-only", "--up", "z")
    assert "--painted-only and --up have no effect but on a project" in done.output
