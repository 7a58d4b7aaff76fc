"""Packages that are not there: written into a folder on the path, with their metadata."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import textwrap
import warnings

import numpy as np
import pytest

import o3d_paint as op
from o3d_paint.core.selection.photo_tool import PhotoTool, Prompt
from o3d_paint.errors import FormatError, PaintError
from o3d_paint.io import plugins
from o3d_paint.io.exporters import exporters
from o3d_paint.io.importers import importers
from o3d_paint.io.importers.plugged import plugin_importers
from o3d_paint.io.plugins import PluginWarning, installed
from o3d_paint.project.photo_tools import apply_photo_tool, photo_tools
from tests.io.ball_on_floor import arrays, save
from tests.project.scenes import MASK_SHAPE, strip_scene

GOOD = """
import numpy as np
from o3d_paint.core.selection.photo_tool import PhotoTool
from o3d_paint.io.capture import Importer
from o3d_paint.io.exporters import Exporter
from o3d_paint.io.importers import estimator

def recognizes(path):
    return path.suffix == ".secret"

def read(path, options):
    if path.stat().st_size < 100:
        raise KeyError("magic")
    return estimator.read(path, options)

def write(labelled, path, options):
    if path.stem == "bad":
        raise ZeroDivisionError("oops")
    path.write_text(f"{len(labelled.labels)} points")

def select(view):
    height, width = view.mask.shape
    x, y = view.prompt.points[0]
    return np.hypot(*np.ogrid[-y : height - y, -x : width - x][::-1]) < 20

IMPORTER = Importer("secret scenes", recognizes, read)
EXPORTER = Exporter("point count", write)
TOOL = PhotoTool("disc", select)
FORGETFUL = Importer("looks and fails", lambda path: path.no_such_thing, read)
"""


def install(folder, name, module, entries):
    (folder / f"{name}.py").write_text(textwrap.dedent(module))
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = []
    for group, plugins_of in entries.items():
        lines += [f"[o3d_paint.{group}]", *(f"{k} = {v}" for k, v in plugins_of.items())]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """A folder on the path; what is installed there is found at once and forgotten afterwards."""
    folder = tmp_path / "packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)

    def forget():
        importlib.invalidate_caches()
        plugins._loaded.cache_clear()
        for table in (photo_tools, importers, exporters):
            table.cache_clear()
        for name in ("good", "broken", "other"):
            sys.modules.pop(name, None)

    forget()
    yield folder
    forget()


def run(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "o3d_paint", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"},
        check=False,
    )


def test_a_plug_in_is_used_like_the_programs_own(packages, tmp_path):
    install(
        packages,
        "good",
        GOOD,
        {
            "importers": {"secret": "good:IMPORTER"},
            "exporters": {".count": "good:EXPORTER"},
        },
    )
    scene = save(tmp_path / "s.npz", arrays()[0]).rename(tmp_path / "scene.secret")
    masks = tmp_path / "masks"
    masks.mkdir()
    np.save(masks / "000.npy", arrays()[1][0])
    done = run(packages, "fuse", scene, "--masks", masks, "-o", tmp_path / "out.count")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out.count").read_text() == f"{np.count_nonzero(arrays()[1])} points"

    done = run(packages, "fuse", scene, "--masks", masks, "-o", tmp_path / "bad.count")
    assert done.returncode == 1
    assert "the plug-in '.count' failed (ZeroDivisionError: oops)" in done.stderr
    assert "Traceback" not in done.stderr

    scene.write_bytes(b"tiny")
    done = run(packages, "info", scene)
    assert done.returncode == 1
    assert "the plug-in 'secret' failed (KeyError: 'magic')" in done.stderr
    assert "Traceback" not in done.stderr


def test_broken_ones_are_named_and_left_out(packages, tmp_path):
    install(packages, "good", GOOD, {"importers": {"forgetful": "good:FORGETFUL"}})
    install(
        packages,
        "broken",
        "raise RuntimeError('no licence')",
        {"importers": {"bad": "broken:X"}, "exporters": {".bad": "broken:Y"}},
    )
    install(
        packages,
        "other",
        "NUMBER = 3\n",
        {"importers": {"colmap": "good:IMPORTER", "wrong": "other:NUMBER", "gone": "other:NONE"}},
    )
    scene = save(tmp_path / "s.npz", arrays()[0])
    done = run(packages, "info", scene)
    assert done.returncode == 0, done.stderr
    assert "photos" in done.stdout
    for words in (
        "'bad' (broken:X) of the package broken is left out: RuntimeError: no licence",
        "'colmap' (good:IMPORTER) of the package other is left out: its name is taken",
        "'wrong' (other:NUMBER) of the package other is left out: it is int, expected Importer",
        "'gone' (other:NONE) of the package other is left out: AttributeError",
    ):
        assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_one_that_fails_to_look_is_passed_over(packages, tmp_path):
    install(packages, "good", GOOD, {"importers": {"forgetful": "good:FORGETFUL"}})
    found = plugin_importers(())
    with pytest.warns(PluginWarning, match="'forgetful' failed to look at"):
        assert not found["forgetful"].recognizes(tmp_path)


def test_nothing_is_installed_and_nothing_said(packages):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for group in plugins.GROUPS:
            assert isinstance(installed(group, object), dict)


def test_a_tool_paints_what_it_finds(packages):
    install(packages, "good", GOOD, {"tools": {"disc": "good:TOOL"}})
    tool = photo_tools()["disc"]
    project = op.Project(strip_scene(), classes=["wall"])
    prompt = Prompt(np.array([[80.0, 300.0]]), np.array([True]))
    assert apply_photo_tool(project, 1, tool, prompt=prompt, class_id=1)
    y, x = np.nonzero(project.mask(1))
    assert len(y) == (np.hypot(*np.mgrid[-20:21, -20:21]) < 20).sum()
    assert (x.mean(), y.mean()) == (80, 300)
    assert np.count_nonzero(project.painted) > 0
    assert project.undo() == "disc"
    assert not project.mask(1).any()


def use(run_tool):
    project = op.Project(strip_scene(), classes=["wall"])
    prompt = Prompt(np.zeros((0, 2)), np.zeros(0))
    apply_photo_tool(project, 0, PhotoTool("mine", run_tool), prompt=prompt, class_id=1)
    return project.mask(0)


def test_a_tools_answer_may_have_the_photos_size():
    small = np.random.default_rng(0).random((108, 16)) > 0.5
    np.testing.assert_array_equal(use(lambda view: small) == 1, np.kron(small, np.ones((10, 10))))


@pytest.mark.parametrize(
    "answer",
    [
        np.zeros((3, 108, 16), bool),
        np.zeros((16, 108), bool),
        np.zeros((0, 0), bool),
        np.zeros(MASK_SHAPE),
        None,
    ],
)
def test_a_tools_answer_that_is_no_mask_is_refused(answer):
    with pytest.raises(FormatError, match="'mine' returned"):
        use(lambda view: answer)


def test_a_tool_that_fails_is_named_and_changes_nothing():
    def fail(view):
        view.mask[:] = 1

    with pytest.raises(PaintError, match=r"'mine' failed .*read-only"):
        use(fail)


def test_prompts_are_checked():
    with pytest.raises(ValueError, match="2 points need as many"):
        Prompt(np.zeros((2, 2)), np.ones(1, bool))


def test_the_command_line_tells_of_a_broken_plug_in_in_one_line(packages, tmp_path):
    install(
        packages, "rotten", 'raise RuntimeError("two\\nlines")', {"importers": {"x": "rotten:X"}}
    )
    scene = save(tmp_path / "scene.npz", arrays()[0])
    path = os.pathsep.join([str(packages), *sys.path])
    done = subprocess.run(
        [sys.executable, "-m", "o3d_paint", "info", str(scene)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    told = [line for line in done.stderr.splitlines() if "plug-in" in line]
    assert told == [
        "note: the plug-in 'x' (rotten:X) of the package rotten is left out:"
        " RuntimeError: two lines"
    ]
    assert "plugged.py" not in done.stderr
