"""From masks to a project: eval, review, masks, render, stats and the window open it."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from o3d_paint.io.scene import load_scene
from o3d_paint.project.session import open_session
from o3d_paint.project.states import list_states


@pytest.fixture
def masks(tmp_path, truth):
    """Three of four photos as a network would give them."""
    folder = tmp_path / "network"
    folder.mkdir()
    for i in (0, 1, 3):
        Image.fromarray(truth[i].astype(np.uint8)).save(folder / f"{i:03d}.png")
    names = [{"id": 1, "name": "floor"}, {"id": 2, "name": "ball"}]
    (folder / "classes.json").write_text(json.dumps({"classes": names}))
    return folder


@pytest.fixture
def saved(run, scene_file, masks, tmp_path):
    done = run(
        "fuse", scene_file, "--masks", masks, "-o", tmp_path / "fused.npy",
        "--save", tmp_path / "scene.o3dpaint",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    return tmp_path / "scene.o3dpaint"


def test_the_project_holds_masks_and_result(saved, scene_file, truth, tmp_path):
    scene = load_scene(scene_file)
    with open_session(scene, saved) as session:
        work = session.project
        assert session.read_only is None
        assert work.painted_frames == (0, 1, 3)
        assert [c.name for c in work.taxonomy] == ["floor", "ball"]
        np.testing.assert_array_equal(work.mask(3)[13::27, 13::27], truth[3])
        assert work.fused_shown
        assert not work.fusion_is_stale
        np.testing.assert_array_equal(work.labels, np.load(tmp_path / "fused.npy"))
        # Fused there again it comes to the same.
        np.testing.assert_array_equal(work.fuse(), np.load(tmp_path / "fused.npy"))


@pytest.mark.parametrize(
    "call",
    [
        ["export", "{p}", "-o", "{d}/a.ply"],
        ["masks", "{p}", "-o", "{d}/m"],
        ["eval", "{p}"],
        ["review", "{p}", "-o", "{d}/r"],
        ["render", "{p}", "-o", "{d}/a.png", "--size", "64x48"],
        ["stats", "{p}"],
        ["info", "{p}"],
        ["recover", "{p}"],
        ["fuse", "{p}", "-o", "{d}/again.ply"],
        ["taxonomies", "{p}"],
    ],
    ids=lambda call: call[0],
)
def test_every_command_opens_it_without_being_told_more(run, saved, tmp_path, call):
    (tmp_path / "d").mkdir()
    done = run(*(word.format(p=saved, d=tmp_path / "d") for word in call))
    assert done.exit_code == 0, done.output
    for sentence in ("was not fused", "had changed", "fuse once more", "--scene"):
        assert sentence not in done.output


def test_what_masks_of_one_object_leave_empty_is_a_class_there(run, scene_file, truth, tmp_path):
    folder = tmp_path / "ball"
    folder.mkdir()
    for i in (0, 1, 3):
        Image.fromarray((truth[i] == 2).astype(np.uint8)).save(folder / f"{i:03d}.png")
    done = run("fuse", scene_file, "--masks", folder, "-o", tmp_path / "a.npy",
               "--save", tmp_path / "p.o3dpaint")  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "with the class 'background'" in " ".join(done.output.split())
    written = np.load(tmp_path / "a.npy")
    assert set(np.unique(written)) == {0, 1}
    with open_session(load_scene(scene_file), tmp_path / "p.o3dpaint") as session:
        work = session.project
        assert len(work.taxonomy) == 2
        assert work.taxonomy.find("background").class_id == 2
        np.testing.assert_array_equal(work.mask(3)[13::27, 13::27], np.where(truth[3] == 2, 1, 2))
        assert not work.fusion_is_stale
        shown = work.labels
        np.testing.assert_array_equal(shown == 1, written == 1)
        assert (shown == 2).any()
        np.testing.assert_array_equal(work.fuse(), shown)


def test_it_moves_with_its_scene(run, saved, scene_file, tmp_path):
    other = tmp_path / "elsewhere"
    other.mkdir()
    saved.rename(other / saved.name)
    scene_file.rename(other / scene_file.name)
    done = run("export", other / saved.name, "-o", other / "moved.npy")
    assert done.exit_code == 0, done.output
    np.testing.assert_array_equal(np.load(other / "moved.npy"), np.load(tmp_path / "fused.npy"))


def test_how_the_scene_was_read_is_kept(run, scene_file, masks, tmp_path):
    done = run("fuse", scene_file, "--masks", masks, "--save", tmp_path / "p.o3dpaint", "--up", "x")
    assert done.exit_code == 0, done.output
    report = json.loads(run("info", tmp_path / "p.o3dpaint", "--json", "-").stdout)
    assert report["up"] == [1, 0, 0]


@pytest.mark.parametrize("flags", [["--method", "article", "--tolerance", 0.05],
                                   ["--method", "ball", "--min-confidence", 0.8],
                                   ["--min-confidence", 0]])  # fmt: skip
def test_settings_are_kept_too(run, scene_file, masks, tmp_path, flags):
    done = run("fuse", scene_file, "--masks", masks, "--save", tmp_path / "p.o3dpaint", *flags,
               "-o", tmp_path / "a.npy")  # fmt: skip
    assert done.exit_code == 0, done.output
    with open_session(load_scene(scene_file), tmp_path / "p.o3dpaint") as session:
        work = session.project
        assert not work.fusion_is_stale
        np.testing.assert_array_equal(work.labels, np.load(tmp_path / "a.npy"))
        np.testing.assert_array_equal(work.fuse(), np.load(tmp_path / "a.npy"))


def test_masks_that_were_read_are_never_written_over(run, saved, masks):
    before = {p.name: p.read_bytes() for p in masks.iterdir()}
    for format_name in ("png", "coco", "cvat", "yolo"):
        done = run("masks", saved, "-o", masks, "-y", "--format", format_name)
        assert done.exit_code == 1
        assert "masks that the labels come from" in done.output
    assert {p.name: p.read_bytes() for p in masks.iterdir()} == before


def test_outputs_of_fuse_do_not_replace_its_masks(run, scene_file, tmp_path, truth):
    folder = tmp_path / "network"
    folder.mkdir()
    np.save(folder / "000.npy", truth[0].astype(np.uint8))
    (folder / "classes.json").write_text(json.dumps({"classes": [{"id": 1, "name": "floor"}]}))
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    # The second would write classes.json beside it.
    for name in ("000.npy", "labels.npy"):
        done = run("fuse", scene_file, "--masks", folder, "-o", folder / name, "-y")
        assert done.exit_code == 1
        assert "is being read" in done.output
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before


def test_a_project_that_is_there_gives_way_only_when_told(run, saved, scene_file, masks):
    kept = (saved / "project.sqlite").read_bytes()
    call = ["fuse", scene_file, "--masks", masks / "000.png", "--save", saved]
    done = run(*call)
    assert done.exit_code == 1
    assert "--overwrite" in done.output
    assert (saved / "project.sqlite").read_bytes() == kept
    done = run(*call, "-y")
    assert done.exit_code == 0, done.output
    with open_session(load_scene(scene_file), saved) as session:
        assert session.project.painted_frames == (0,)
    # What was painted before can be put back.
    assert 3 in [state.painted for state in list_states(saved)]


def test_paint_of_a_project_and_masks_go_into_one(run, project, scene_file, masks, tmp_path):
    done = run("fuse", project, "--masks", masks, "--save", tmp_path / "both.o3dpaint")
    assert done.exit_code == 0, done.output
    with open_session(load_scene(scene_file), tmp_path / "both.o3dpaint") as session:
        assert session.project.painted_frames == (0, 1, 2, 3)
    # The one that was read is as it was.
    with open_session(load_scene(scene_file), project) as session:
        assert session.project.painted_frames == (0, 2)
        assert session.project.fusion is None


def test_a_project_may_be_saved_where_it_was_read(run, project, scene_file):
    assert run("fuse", project, "--save", project, "-y").exit_code == 0
    with open_session(load_scene(scene_file), project) as session:
        assert session.project.painted_frames == (0, 2)
        assert session.project.fusion is not None


@pytest.mark.parametrize(
    ("place", "why"),
    [("network", "is being read"), ("full", "something else"), ("out.ply", "labelled cloud"),
     ("no/such", "no folder"), ("scene.npz", "labelled cloud")],
)  # fmt: skip
def test_places_that_hold_no_project(run, scene_file, masks, tmp_path, place, why):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "holiday.jpg").write_bytes(b"precious")
    done = run("fuse", scene_file, "--masks", masks, "--save", tmp_path / place, "-y")
    assert done.exit_code == 1
    assert why in done.output
    assert sorted(p.name for p in (tmp_path / "full").iterdir()) == ["holiday.jpg"]


def test_a_project_and_a_file_of_one_name(run, scene_file, masks, tmp_path):
    done = run("fuse", scene_file, "--masks", masks, "--save", tmp_path / "x", "--json",
               tmp_path / "x")  # fmt: skip
    assert done.exit_code == 1
    assert "would be written twice" in done.output


def test_nothing_to_write_is_said(run, scene_file, masks):
    done = run("fuse", scene_file, "--masks", masks)
    assert done.exit_code == 0
    assert "not written anywhere" in done.output
    assert "-o out.ply" in done.output
    assert "--save" in done.output
    assert run("fuse", scene_file, "--masks", masks, "-q").exit_code == 2


def test_a_threshold_that_trusts_no_depth_is_named_beside_a_cloud_too(
    run, scene_file, masks, tmp_path
):
    cloud, out = tmp_path / "cloud.xyz", tmp_path / "a.ply"
    np.savetxt(cloud, load_scene(scene_file).cloud.xyz)
    done = run("fuse", scene_file, "--masks", masks, "--cloud", cloud, "-o", out,
               "--conf-thresh", 0.99)  # fmt: skip
    assert done.exit_code == 1, done.output
    assert "--conf-thresh 0.99" in " ".join(done.output.split())
    assert not out.exists()


@pytest.mark.parametrize(
    "flags",
    [["--min-confidence", 1], ["--max-camera-distance", 0.01], ["--conf-thresh", 0.99]],
    ids=lambda flags: flags[0],
)
@pytest.mark.parametrize("method", ["graph", "ball", "article"])
def test_a_threshold_that_leaves_no_point_is_named(run, scene_file, masks, tmp_path, flags, method):
    if method == "article" and flags[0] == "--min-confidence":
        return
    out = tmp_path / "a.ply"
    done = run("fuse", scene_file, "--masks", masks, "-o", out, "--method", method, *flags)
    text = " ".join(done.output.split())
    if flags[0] == "--min-confidence" and done.exit_code == 0:
        # Some labels are certain.
        assert out.exists()
        return
    assert done.exit_code == 1, text
    assert flags[0] in text
    assert not out.exists()


def test_options_about_files_without_a_file_are_said(run, scene_file, masks):
    done = run("fuse", scene_file, "--masks", masks, "--split", "--only", "ball")
    assert "--only and --split have no effect without a file to write" in done.output


def test_options_that_no_file_uses_are_said(run, project, tmp_path):
    done = run("export", project, "-o", tmp_path / "a.npy", "--color-by", "label", "--thumbnails")
    assert done.exit_code == 0
    assert "--color-by has no effect on these files" in done.output
    assert "--thumbnails has no effect on these files: it works with .glb" in done.output
    again = run("export", project, "-o", tmp_path / "a.glb", "--color-by", "label", "--thumbnails")
    assert "no effect" not in again.output
