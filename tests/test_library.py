from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import trimesh
from plyfile import PlyData

import o3d_paint as op
from tests.conftest import ROOT
from tests.io.ball_on_floor import arrays, save

EXAMPLES = sorted((ROOT / "scripts" / "examples").glob("[0-9]*.py"))
# Those that open a window are run by tests/window.
WINDOWLESS = [p for p in EXAMPLES if "open3d.visualization" not in p.read_text()]


@pytest.fixture(scope="module")
def scene_file(tmp_path_factory):
    return save(tmp_path_factory.mktemp("s") / "scene.npz", arrays()[0])


def test_from_file_to_labels_to_files(scene_file, tmp_path):
    scene = op.load(scene_file)
    project = op.Project(scene, classes=["floor", op.LabelClass(9, "ball", (1, 2, 3))])
    truth = np.array([0, 1, 9], np.uint16)[arrays()[1]]
    project.set_mask(3, truth[3])
    project.paint(0, op.Stroke(np.array([[100.0, 900.0], [400, 900]]), 40, 1))
    labels = project.fuse()
    assert labels.shape == (len(scene.cloud),)
    assert (labels == truth[truth > 0]).mean() > 0.95
    op.export(project, tmp_path / "out.glb")
    op.export(project, tmp_path / "out.ply")
    assert set(trimesh.load(tmp_path / "out.glb").geometry) >= {"floor", "ball"}
    vertex = PlyData.read(tmp_path / "out.ply")["vertex"]
    np.testing.assert_array_equal(vertex["label"], labels)
    done = op.write_masks(project, tmp_path / "masks", "coco")
    assert json.loads(done.paths[0].read_text())["images"]
    assert op.evaluate(project).scores.total > 0


def test_paint_reaches_the_file_without_fusing(scene_file, tmp_path):
    project = op.Project(op.load(scene_file), classes=["floor"])
    project.set_mask(0, (arrays()[1][0] > 0).astype(np.uint16))
    op.export(project, tmp_path / "out.npy")
    assert np.count_nonzero(np.load(tmp_path / "out.npy")) > 1000


@pytest.mark.parametrize("kind", ["scene", "cloud"])
def test_what_was_read_is_never_written_over(scene_file, tmp_path, monkeypatch, kind):
    copy, cloud = tmp_path / "scene.npz", tmp_path / "cloud.ply"
    copy.write_bytes(scene_file.read_bytes())
    op.export(op.Project(op.load(copy)), cloud)
    monkeypatch.chdir(tmp_path)
    project = op.Project(op.load("scene.npz", op.LoadOptions(cloud=Path("cloud.ply"))))
    victim = {"scene": copy, "cloud": cloud}[kind]
    before = victim.read_bytes()
    monkeypatch.chdir(tmp_path.parent)
    with pytest.raises(op.PaintError, match="would be written over"):
        op.export(project, victim)
    assert victim.read_bytes() == before


def test_a_session_takes_names_as_text(scene_file, tmp_path):
    folder = str(tmp_path / "work.o3dpaint")
    scene = op.load(str(scene_file))
    session = op.open_session(scene, folder, scene_path=str(scene_file), classes=["floor"])
    session.project.set_mask(0, (arrays()[1][0] > 0).astype(np.uint16))
    session.close()
    session = op.open_session(scene, folder)
    assert session.project.mask(0).any()
    session.close()


@pytest.mark.parametrize("name", [n for n in op.__all__ if n != "ui"])
def test_every_name_is_there_and_says_what_it_is(name):
    value = getattr(op, name)
    assert name in dir(op)
    if callable(value):
        assert value.__doc__


def test_names_for_type_checkers_are_those_at_run_time():
    """The lazy table and the imports that a type checker reads say the same."""
    tree = ast.parse((ROOT / "o3d_paint" / "__init__.py").read_text())
    (guarded,) = (n for n in tree.body if isinstance(n, ast.If))
    listed = {
        alias.name: node.module.removeprefix("o3d_paint.")
        for node in guarded.body
        for alias in node.names
        if node.module != "o3d_paint"
    }
    assert listed == op._PLACES


def test_unknown_names_are_no_attributes():
    with pytest.raises(AttributeError, match="no attribute 'paint_everything'"):
        _ = op.paint_everything
    assert not hasattr(op, "numpy_like")


def test_the_paint_panel_is_where_the_documentation_says():
    program = (
        "import o3d_paint as op; from o3d_paint.ui.embed import attach\n"
        "assert op.ui.attach is attach and not hasattr(op.ui, 'detach')"
    )
    subprocess.run([sys.executable, "-c", program], timeout=60, check=True)


def test_importing_the_library_imports_nothing_heavy():
    program = (
        "import sys, o3d_paint as op; dir(op); op.PaintError\n"
        "print([n for n in ('numpy', 'scipy', 'cv2', 'open3d', 'typer') if n in sys.modules])\n"
        "op.Project, op.load, op.Stroke, op.show, op.ui\n"
        "print([n for n in ('open3d', 'numba', 'trimesh') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split("\n")[:2] == ["[]", "[]"]


@pytest.mark.parametrize("example", WINDOWLESS, ids=lambda p: p.stem)
def test_examples_run(example, scene_file, tmp_path):
    done = subprocess.run(
        [sys.executable, str(example), str(scene_file), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=tmp_path,
        env=None,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout
    assert not done.stderr


def test_examples_are_numbered_and_short():
    assert [p.stem[:2] for p in EXAMPLES] == [f"{i:02d}" for i in range(1, len(EXAMPLES) + 1)]
    for path in EXAMPLES:
        assert len(path.read_text().splitlines()) <= 60
        assert ast.get_docstring(ast.parse(path.read_text()))
