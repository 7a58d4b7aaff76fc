"""Names of classes and photos that somebody else chose, in every format that is written and read.

What is written can be read again, lies in its folder, and brings nothing to a terminal.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import trimesh

from o3d_paint.core.statistics import ClassStatistics, as_csv
from o3d_paint.core.taxonomy import LabelClass, Taxonomy
from o3d_paint.io.clouds.registry import read_cloud
from o3d_paint.io.exporters import EXPORTERS, LabelledScene, export
from o3d_paint.io.exporters.selection import only_classes, split_paths
from o3d_paint.io.mask_exporters import MASK_WRITERS, write_masks
from o3d_paint.io.mask_formats.registry import read_masks
from o3d_paint.io.review import write_review
from o3d_paint.io.taxonomy_file import read_taxonomy, write_taxonomy
from o3d_paint.io.turntable import RenderOptions, write_turntable
from tests.io.test_exporters import labelled

NAMES = (
    "\x1b]0;owned\x07\x1b[31mred\x1b[2K", "line\nbreak: x", '=HYPERLINK("http://evil","x")',
    "quote\"'`$(id)", "../../up", "a,b;c\td", "\u202egnp.exe", "x" * 3000, "CON", "null",
    "- yes: [1]", "\x9b31mC1", "<b>&amp;]]>", "%s%n{0}", "\ufffe\uffff", "#c :1,2,3",
)  # fmt: skip
PHOTOS = ("../../../etc/passwd", "\x1b[2J/CON.png", "a\u202eb")


@pytest.fixture(scope="module")
def hostile() -> LabelledScene:
    toy = labelled(n=2000, spacing=0.15)
    classes = tuple(
        LabelClass(i, name, (10 * i, 255 - 9 * i, 40)) for i, name in enumerate(NAMES, start=1)
    )
    labels = np.random.default_rng(0).integers(0, len(NAMES) + 1, 2000).astype(np.uint16)
    frames = tuple(replace(f, name=n) for f, n in zip(toy.scene.frames, PHOTOS, strict=True))
    scene = replace(toy.scene, name=NAMES[0], frames=frames)
    source = (labels > 0).astype(np.uint8)
    return LabelledScene(scene, Taxonomy(classes), labels, source, toy.confidence, toy.votes)


def files_in(folder: Path) -> list[Path]:
    return [p for p in folder.rglob("*") if p.is_file()]


def require_only_plain_names(folder: Path, around: set[Path]) -> None:
    """Nothing but what lies in the folder is new, and every name there shows."""
    assert {p for p in folder.parent.iterdir() if p != folder} == around
    for path in folder.rglob("*"):
        assert path.name.isprintable()
        assert not path.name.upper().startswith("CON.")


@pytest.mark.parametrize("ending", EXPORTERS)
def test_clouds_can_be_read_again(tmp_path: Path, hostile: LabelledScene, ending: str) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    around = {p for p in tmp_path.iterdir() if p != folder}
    path = folder / f"a{ending}"
    export(hostile, path)
    require_only_plain_names(folder, around)
    if ending == ".glb":
        assert trimesh.load(path).geometry
        return
    if ending in (".npy", ".label", ".s3dis", ".pointcept", ".xml"):
        for table in folder.glob("classes.json"):
            assert [c["name"] for c in json.loads(table.read_bytes())["classes"]] == list(NAMES)
        return
    cloud = read_cloud(path)
    assert len(cloud.xyz) == 2000
    if cloud.labels is not None and ending != ".e57":
        np.testing.assert_array_equal(np.sort(cloud.labels), np.sort(hostile.labels))
    if cloud.names and ending in (".ply", ".las", ".npz"):
        assert set(cloud.names.values()) <= {*NAMES, *(n.strip() for n in NAMES)}


def test_a_file_for_each_class(tmp_path: Path, hostile: LabelledScene) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    paths = split_paths(hostile, folder / "a.xyz")
    assert len(set(paths.values())) == len(paths) == len(NAMES) + 1
    for class_id, path in paths.items():
        assert path.parent == folder
        export(only_classes(hostile, [class_id]), path)
    require_only_plain_names(folder, set())


@pytest.mark.parametrize("name", MASK_WRITERS)
def test_masks_can_be_read_again(tmp_path: Path, hostile: LabelledScene, name: str) -> None:
    folder = tmp_path / "out"
    written = write_masks(hostile, folder, name, photos=True, min_region=0)
    require_only_plain_names(folder, set())
    assert all(folder in path.parents for path in written.paths)
    if name == "yolo":
        table = (folder / "data.yaml").read_text()
        assert all(c.isprintable() or c == "\n" for c in table)
        assert len([line for line in table.splitlines() if line.startswith("  ")]) == len(NAMES)
        return
    source = folder if name == "png" else next(p for p in files_in(folder) if p.suffix != ".jpg")
    found = read_masks(source)
    assert len(found.masks) == len(PHOTOS)
    assert len(found.names) == len(NAMES)
    for mask in found.masks:
        mask.read()


def test_pictures_and_films(tmp_path: Path, hostile: LabelledScene) -> None:
    masks = {0: np.full(hostile.scene.frames[0].mask_shape, 3, np.uint16)}
    folder = tmp_path / "out"
    write_review(hostile.scene, masks, hostile.taxonomy, folder)
    require_only_plain_names(folder, set())
    write_turntable(hostile, tmp_path / "out" / "a.png", RenderOptions(size=(600, 400)))


def test_class_lists_come_back(tmp_path: Path, hostile: LabelledScene) -> None:
    write_taxonomy(hostile.taxonomy, tmp_path / "c.json")
    text = (tmp_path / "c.json").read_text(encoding="utf-8")
    assert all(c.isprintable() or c == "\n" for c in text)
    assert [c.name for c in read_taxonomy(tmp_path / "c.json").taxonomy] == [
        c.name.strip() for c in hostile.taxonomy
    ]


def test_tables_hold_no_formulas() -> None:
    lines = [ClassStatistics(i, n, 1, 0.5, area=-2.0) for i, n in enumerate(NAMES)]
    text = as_csv(lines, unit="m")
    rows = list(csv.reader(io.StringIO(text)))
    assert len(rows) == len(NAMES) + 1
    for row in rows[1:]:
        assert not row[1].startswith(("=", "+", "-", "@", "\t"))
        assert row[1].isprintable()
    assert rows[1][4] == "-2", "numbers stay numbers"
