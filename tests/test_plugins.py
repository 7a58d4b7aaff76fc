"""Packages that are not there: written into a folder on the path, with their metadata."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
import textwrap
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import o3d_paint as op
from o3d_paint.core.selection.photo_tool import PhotoTool, Prompt
from o3d_paint.errors import FormatError, PaintError
from o3d_paint.io import plugins, taxonomy_file
from o3d_paint.io.exporters import exporters
from o3d_paint.io.importers import importers
from o3d_paint.io.importers.plugged import plugin_importers
from o3d_paint.io.plugins import PluginWarning, installed
from o3d_paint.io.taxonomy_file import find_taxonomy
from o3d_paint.log_file import log_file
from o3d_paint.project.photo_tools import apply_photo_tool, photo_tools
from tests.conftest import ROOT
from tests.io.ball_on_floor import arrays, save
from tests.project.scenes import MASK_SHAPE, strip_scene

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

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
        for table in (photo_tools, importers, exporters, taxonomy_file._plugged):
            table.cache_clear()
        for name in ("good", "broken", "other", "my_package"):
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
        f" RuntimeError: two lines; the traceback is in {log_file()}"
    ]
    assert "plugged.py" not in done.stderr


PAGE = ROOT / "assets" / "docs" / "plugins.md"


def from_the_page(language):
    return re.findall(
        rf"^```{language}\n(.*?)^```$", PAGE.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL
    )


def install_from_the_page(folder):
    entries = tomllib.loads("\n".join(from_the_page("toml")))["project"]["entry-points"]
    assert set(entries) == set(plugins.GROUPS)
    entries = {group.removeprefix("o3d_paint."): found for group, found in entries.items()}
    install(folder, "my_package", "\n".join(from_the_page("python")), entries)


def shots(folder):
    """A floor of two colours, seen from above by two cameras, as the page's station writes it."""
    x, y = np.meshgrid(np.linspace(-1, 1, 81), np.linspace(-1, 1, 81))
    np.save(folder / "points.npy", np.stack([x.ravel(), y.ravel(), np.zeros(x.size)], axis=1))
    listed = []
    for i, left in enumerate((-0.1, 0.1)):
        photo = np.full((60, 80, 3), 200, np.uint8)
        photo[:, : 40 - int(left * 30)] = (30, 30, 160)
        Image.fromarray(photo).save(folder / f"{i}.png")
        pose = np.diag([1.0, -1.0, -1.0, 1.0])
        pose[:3, 3] = left, 0, 3
        listed.append({"photo": f"{i}.png", "fx fy cx cy": [90, 90, 39.5, 29.5],
                       "pose": pose.tolist()})  # fmt: skip
    path = folder / "floor.station"
    path.write_text(json.dumps({"points": "points.npy", "shots": listed}))
    return path


def test_the_pages_own_package_reads_paints_and_writes(packages, tmp_path):
    install_from_the_page(packages)
    scene = shots(tmp_path)
    told = json.loads(run(packages, "info", scene, "--json", "-").stdout)
    assert (len(told["photos"]), told["points"]) == (2, 81 * 81)
    done = run(packages, "taxonomies")
    assert "shop " in done.stdout, done.stderr
    assert "3 classes" in next(s for s in done.stdout.splitlines() if s.startswith("shop"))
    assert done.stderr == ""

    tool = photo_tools()["same-colour"]
    project = op.Project(op.load(scene), classes=find_taxonomy("Shop").taxonomy)
    prompt = Prompt(np.array([[20.0, 500.0]]), np.array([True]))
    assert apply_photo_tool(project, 0, tool, prompt=prompt, class_id=7)
    masks = tmp_path / "masks"
    masks.mkdir()
    np.save(masks / "0.npy", project.mask(0))
    out = tmp_path / "out.counts"
    done = run(packages, "fuse", scene, "--masks", masks, "--taxonomy", "shop", "-o", out)
    assert done.returncode == 0, done.stderr
    rows = dict(line.split(",") for line in out.read_text().splitlines())
    assert set(rows) <= {"class", "unlabelled", "price tag"}
    # The dark side is left of x = 0 within what the first photo sees.
    assert int(rows["price tag"]) == pytest.approx(41 * 81, rel=0.2)


def test_the_pages_writer_and_reader_refuse_in_their_own_words(packages, tmp_path):
    install_from_the_page(packages)
    bad = tmp_path / "bad.station"
    bad.write_text("{}")
    done = run(packages, "info", bad)
    assert done.returncode == 1
    assert "is no list of shots ('shots'): export it again" in done.stderr
    assert "plug-in" not in done.stderr


def test_the_traceback_is_in_the_log_whose_place_is_said(packages, tmp_path):
    install(
        packages,
        "good",
        GOOD,
        {"importers": {"secret": "good:IMPORTER"}, "exporters": {".count": "good:EXPORTER"}},
    )
    install(packages, "broken", "raise RuntimeError('no licence')", {"tools": {"bad": "broken:X"}})
    scene = tmp_path / "scene.secret"
    scene.write_bytes(b"tiny")
    done = run(packages, "info", scene)
    assert done.returncode == 1
    place = re.search(r"the traceback is in (\S+\.log)$", done.stderr, flags=re.MULTILINE)
    assert place, done.stderr
    assert Path(place[1]) == log_file()
    log = log_file().read_text(encoding="utf-8")
    assert "the plug-in 'secret' failed" in log
    assert 'raise KeyError("magic")' in log
    with pytest.warns(PluginWarning, match="the traceback is in "):
        photo_tools()
    log = log_file().read_text(encoding="utf-8")
    assert "'bad' (broken:X) of the package broken cannot be loaded" in log
    assert "no licence" in log


def test_where_no_log_can_be_written_the_plug_in_is_named_all_the_same(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))

    def fail(view):
        raise ZeroDivisionError

    with pytest.raises(PaintError, match=r"'mine' failed .*uninstall it$"):
        use(fail)


def test_plug_in_types_are_public_names():
    from o3d_paint import plugins as public

    assert all(hasattr(public, name) for name in public.__all__)
    imported = re.search(r"from o3d_paint\.plugins import \((.*?)\)", PAGE.read_text(), re.DOTALL)
    names = set(re.findall(r"\w+", imported[1]))
    assert names <= set(public.__all__)
    # The page imports nothing of the package from elsewhere.
    assert set(re.findall(r"^from (o3d_paint\S*)", PAGE.read_text(), re.MULTILINE)) == {
        "o3d_paint.plugins"
    }
