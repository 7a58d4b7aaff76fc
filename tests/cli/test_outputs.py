"""Which points go into which file, and that nothing is replaced unasked."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys

import numpy as np
import pytest
from plyfile import PlyData

from o3d_paint.cli.places import ask_before_overwriting
from o3d_paint.errors import StorageError
from o3d_paint.io.scene import load_scene
from o3d_paint.project.session import open_session


def labels_of(path) -> np.ndarray:
    return np.asarray(PlyData.read(path)["vertex"]["label"])


@pytest.fixture
def whole(run, project, tmp_path):
    result = run("export", project, "-o", tmp_path / "whole.ply")
    assert result.exit_code == 0, result.output
    return labels_of(tmp_path / "whole.ply")


def test_only_some_classes(run, project, tmp_path, whole):
    run("export", project, "-o", tmp_path / "a.ply", "--only", "ball")
    assert (labels_of(tmp_path / "a.ply") == 2).all()
    assert len(labels_of(tmp_path / "a.ply")) == np.count_nonzero(whole == 2)
    run("export", project, "-o", tmp_path / "b.ply", "--only", "Floor, 2")
    assert len(labels_of(tmp_path / "b.ply")) == np.count_nonzero(whole > 0)


def test_without_unlabelled_points(run, project, tmp_path, whole):
    assert (whole == 0).any()
    run("export", project, "-o", tmp_path / "a.ply", "--drop-unlabelled")
    np.testing.assert_array_equal(labels_of(tmp_path / "a.ply"), whole[whole > 0])


def test_a_file_for_each_class(run, project, tmp_path, whole):
    result = run("export", project, "-o", tmp_path / "a.ply", "--split")
    assert result.exit_code == 0, result.output
    for class_id, name in enumerate(("unlabelled", "floor", "ball")):
        found = labels_of(tmp_path / f"a_{name}.ply")
        assert len(found) == np.count_nonzero(whole == class_id)
        assert (found == class_id).all()
    assert not (tmp_path / "a.ply").exists()


def test_fuse_has_the_same_options_and_reports_its_files(run, scene_file, project, tmp_path):
    report = tmp_path / "r.json"
    result = run(
        "fuse", scene_file, "--project", project, "--method", "ball", "-o", tmp_path / "a.ply",
        "--split", "--only", "ball", "--json", report,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert json.loads(report.read_text())["outputs"] == [str(tmp_path / "a_ball.ply")]


def test_thumbnails_make_the_glb_larger(run, project, tmp_path):
    run("export", project, "-o", tmp_path / "a.glb")
    run("export", project, "-o", tmp_path / "b.glb", "--thumbnails")
    assert (tmp_path / "b.glb").stat().st_size > (tmp_path / "a.glb").stat().st_size + 500


def test_an_unknown_class_is_said_before_anything_is_written(run, project, tmp_path):
    result = run("export", project, "-o", tmp_path / "a.ply", "--only", "roof")
    assert result.exit_code == 1
    assert "'roof'" in result.output
    assert not (tmp_path / "a.ply").exists()
    assert run("export", project, "-o", tmp_path / "a.ply", "--only", " , ").exit_code == 2


@pytest.mark.parametrize(
    ("name", "there"),
    [("a.ply", "a.ply"), ("a.npy", "classes.json"), ("a.label", "a.bin"), ("a.ply", "a_ball.ply")],
)
def test_files_that_are_there_are_kept_unless_told(run, project, tmp_path, name, there):
    (tmp_path / there).write_bytes(b"precious")
    split = ["--split"] if there == "a_ball.ply" else []
    refused = run("export", project, "-o", tmp_path / name, *split)
    assert refused.exit_code == 1
    assert "--overwrite" in refused.output
    assert (tmp_path / there).read_bytes() == b"precious"
    assert run("export", project, "-o", tmp_path / name, *split, "-y").exit_code == 0
    assert (tmp_path / there).read_bytes() != b"precious"


def test_the_report_is_kept_too(run, scene_file, project, tmp_path):
    (tmp_path / "r.json").write_text("precious")
    result = run("fuse", scene_file, "--project", project, "--json", tmp_path / "r.json")
    assert result.exit_code == 1
    assert (tmp_path / "r.json").read_text() == "precious"


def test_a_folder_of_that_name_is_never_replaced(run, project, tmp_path):
    (tmp_path / "a.ply").mkdir()
    result = run("export", project, "-o", tmp_path / "a.ply", "-y")
    assert result.exit_code == 1
    assert "folder" in result.output


def test_outside_a_terminal_nothing_waits(tmp_path):
    (tmp_path / "a").touch()
    with pytest.raises(StorageError, match="--overwrite"):
        ask_before_overwriting([tmp_path / "a"], overwrite=False)


@pytest.mark.parametrize(("answer", "code"), [(b"y\n", 0), (b"n\n", 1), (b"\n", 1)])
def test_in_a_terminal_the_user_is_asked(project, tmp_path, answer, code):
    target = tmp_path / "a.ply"
    target.write_bytes(b"precious")
    try:
        ours, theirs = pty.openpty()
    except OSError as error:
        pytest.skip(f"no terminal can be made here: {error} (is /dev/pts mounted?)")
    child = subprocess.Popen(
        [sys.executable, "-m", "o3d_paint", "export", str(project), "-o", str(target)],
        stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True,
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    while b"Replace?" not in shown:
        shown += os.read(ours, 4096)
    os.write(ours, answer)
    try:
        while os.read(ours, 4096):
            pass
    except OSError:
        pass
    assert child.wait(timeout=100) == code
    os.close(ours)
    assert (target.read_bytes() != b"precious") == (code == 0)


def test_paint_that_came_after_fusing_is_told_or_spreads(run, project, scene_file, truth):
    folder = project.parent
    session = open_session(load_scene(scene_file), project, scene_path=scene_file)
    session.project.set_mask(0, np.where(truth[0] > 0, 1, 0).astype(np.uint16))
    session.project.fuse()
    session.project.set_mask(0, truth[0].astype(np.uint16))
    session.close()
    exported = run("export", project, "-o", folder / "a.ply")
    assert "have not spread" in exported.output
    written = run("masks", project, "-o", folder / "masks")
    assert written.exit_code == 0, written.output
    assert "had changed since it was fused" in written.output


def test_a_class_list_that_is_read_is_not_written_over(run, project, scene_file):
    classes = project.parent / "classes.json"
    classes.write_text(json.dumps({"classes": [{"id": 1, "name": "floor"}]}))
    before = classes.read_bytes()
    result = run(
        "fuse", scene_file, "--project", project, "--taxonomy", classes, "-y",
        "-o", project.parent / "a.npy",
    )  # fmt: skip
    assert result.exit_code == 1
    assert "is being read" in result.output
    assert classes.read_bytes() == before


def test_the_published_method_knows_no_confidence(run, project, scene_file):
    result = run(
        "fuse", scene_file, "--project", project, "--method", "article",
        "--min-confidence", "0.5",
    )  # fmt: skip
    assert result.exit_code != 0
    assert "--min-confidence" in result.output


@pytest.mark.parametrize(
    ("output", "report"), [("a.ply", "a.ply"), ("l.npy", "classes.json"), ("x.label", "./x.bin")]
)
def test_two_things_are_not_written_to_one_file(run, project, tmp_path, output, report):
    (tmp_path / "sub").mkdir()
    result = run(
        "fuse", project.with_name("scene.npz"), "--project", project,
        "-o", tmp_path / output, "--json", tmp_path / "sub" / ".." / report, "-y",
    )  # fmt: skip
    assert result.exit_code == 1
    assert "written twice" in result.output
    assert not (tmp_path / output).exists()
