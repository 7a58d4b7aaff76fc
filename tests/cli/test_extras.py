"""A library that an output needs is looked for before the work; what can be written is written."""

from __future__ import annotations

import importlib
import json

import pytest

import o3d_paint as op
from o3d_paint.io import extras, scene


@pytest.fixture
def bare(monkeypatch):
    """No extra is installed, and reading a scene is more than these tests wait for."""
    usual = importlib.import_module

    class Importlib:
        @staticmethod
        def import_module(name):
            if name in ("laspy", "lazrs", "laszip", "pye57"):
                raise ImportError(name)
            return usual(name)

    monkeypatch.setattr(extras, "importlib", Importlib)


@pytest.fixture
def unread(monkeypatch):
    def read(*_, **__):
        pytest.fail("the scene was read before the outputs were looked at")

    monkeypatch.setattr(scene, "load_scene", read)


@pytest.mark.parametrize(("name", "extra"), [("a.las", "las"), ("a.laz", "las"), ("a.e57", "e57")])
@pytest.mark.parametrize("command", ["fuse", "export"])
def test_nothing_is_begun_for_files_that_cannot_be_written(
    run, scene_file, project, tmp_path, bare, unread, name, extra, command
):
    call = {"fuse": ["fuse", scene_file, "--project", project], "export": ["export", project]}
    done = run(*call[command], "-o", tmp_path / name)
    assert done.exit_code == 1
    assert f"o3d-paint[{extra}]" in done.output
    assert not (tmp_path / name).exists()


def test_the_other_files_are_written_and_both_is_said(run, project, tmp_path, bare):
    done = run(
        "export", project, "-o", tmp_path / "a.e57", "-o", tmp_path / "b.ply",
        "--json", tmp_path / "r.json",
    )  # fmt: skip
    assert done.exit_code == 1
    assert done.output.index("the other files are written") < done.output.index("wrote")
    assert "1 of 2 files were not written" in done.output
    assert (tmp_path / "b.ply").exists()
    report = json.loads((tmp_path / "r.json").read_text("utf-8"))
    assert report["outputs"] == [str(tmp_path / "b.ply")]
    assert "e57" in report["failed"][0]["reason"]


def test_the_library_says_it_before_it_labels(scene_file, tmp_path, bare):
    project = op.Project(op.load(scene_file), classes=["floor"])
    with pytest.raises(op.PaintError, match=r"o3d-paint\[las\]"):
        op.export(project, tmp_path / "a.las")
