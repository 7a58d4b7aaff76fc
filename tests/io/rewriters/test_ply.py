"""PLY comes back with labels and everything else as it was, read by plyfile."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from plyfile import PlyData, PlyElement, PlyListProperty

from o3d_paint.io.clouds.registry import read_cloud
from o3d_paint.io.exporters import ExportOptions, export
from o3d_paint.io.exporters.selection import exported_parts, only_classes
from tests.io.rewriters.labelled_clouds import TAXONOMY, labelled_by, points

WRITINGS = {"text": {"text": True}, "little": {"byte_order": "<"}, "big": {"byte_order": ">"}}

# plyfile mixes both byte orders where a big-endian file has lists in its vertices.
CASES = pytest.mark.parametrize(
    ("writing", "lists"),
    [("text", False), ("text", True), ("little", False), ("little", True), ("big", False)],
)


def make(path: Path, writing: str, *, lists: bool = False, nowhere: int = 0, **columns) -> Path:
    """Write a PLY with normals, scalars, colours of 16 bits, faces, edges and a camera."""
    xyz, rgb = points()
    xyz = xyz.copy()
    rng = np.random.default_rng(0)
    count = len(xyz)
    if nowhere:
        xyz[::nowhere] = np.nan
    fields = {
        **dict(zip("xyz", xyz.T, strict=True)),
        **{n: rng.normal(0, 1, count).astype("f4") for n in ("nx", "ny", "nz")},
        "scalar_Intensity": rng.normal(0, 1e4, count).astype("f4"),
        **{n: rgb[:, i].astype("u2") * 257 for i, n in enumerate(("red", "green", "blue"))},
        "ring": rng.integers(0, 60_000, count).astype("u2"),
        **columns,
    }
    kinds = [(n, v.dtype.str) for n, v in fields.items()]
    vertex = np.zeros(count, dtype=kinds + ([("view_indices", "O")] if lists else []))
    for name, values in fields.items():
        vertex[name] = values
    if lists:
        vertex["view_indices"] = [
            rng.integers(0, 9, n).astype("u4") for n in rng.integers(0, 5, count)
        ]
    faces = np.zeros(count, dtype=[("vertex_indices", "O"), ("quality", "f4")])
    sizes = rng.integers(3, 5, count)
    faces["vertex_indices"] = [
        np.minimum(i + np.arange(s), count - 1).astype("i4") for i, s in enumerate(sizes)
    ]
    faces["quality"] = rng.random(count)
    edges = np.zeros(50, dtype=[("vertex1", "i4"), ("vertex2", "i4"), ("crease", "u1")])
    edges["vertex1"], edges["vertex2"] = rng.integers(0, count, (2, 50))
    camera = np.array([(1.5, 2.5)], dtype=[("view_px", "f4"), ("view_py", "f8")])
    described = [
        PlyElement.describe(camera, "camera"),
        PlyElement.describe(vertex, "vertex"),
        PlyElement.describe(faces, "face"),
        PlyElement.describe(edges, "edge"),
    ]
    PlyData(
        described, comments=["of a scanner"], obj_info=["num_cols 7"], **WRITINGS[writing]
    ).write(path)
    return path


def same(before: Path, after: Path, rows: np.ndarray | None = None) -> PlyData:
    """Compare everything that is not a label; of a part, faces whose vertices are all there."""
    a, b = PlyData.read(before), PlyData.read(after)
    assert (a.text, a.byte_order) == (b.text, b.byte_order)
    assert [e.name for e in a] == [e.name for e in b]
    assert "of a scanner" in b.comments
    assert b.obj_info == a.obj_info
    chosen = np.arange(len(a["vertex"].data)) if rows is None else rows
    number = np.full(len(a["vertex"].data), -1)
    number[chosen] = np.arange(len(chosen))
    for element in a:
        kept = np.ones(len(element.data), dtype=bool)
        if element.name == "vertex":
            kept = number >= 0
        elif element.name == "face":
            kept = np.array([(number[f] >= 0).all() for f in element["vertex_indices"]])
        elif element.name == "edge":
            kept = (number[element["vertex1"]] >= 0) & (number[element["vertex2"]] >= 0)
        for each in element.properties:
            old, new = element[each.name][kept], b[element.name][each.name]
            assert b[element.name].ply_property(each.name).val_dtype == each.val_dtype
            if each.name in ("vertex_indices", "vertex1", "vertex2"):
                old = [number[o] for o in old]
            if isinstance(each, PlyListProperty):
                assert len(old) == len(new)
                assert all(np.array_equal(o, n) for o, n in zip(old, new, strict=True))
            else:
                assert np.array_equal(old, new, equal_nan=True), each.name
    return b


@CASES
def test_everything_but_labels_is_as_it_was(tmp_path: Path, writing: str, lists: bool) -> None:
    cloud = make(tmp_path / "scan.ply", writing, lists=lists, nowhere=7)
    labelled = labelled_by(cloud)
    whole = labelled.in_file_rows()
    assert export(labelled, tmp_path / "out.ply") == []
    out = same(cloud, tmp_path / "out.ply")["vertex"]
    assert np.array_equal(out["label"], whole.labels)
    assert np.array_equal(out["source"], whole.source)
    assert np.allclose(out["confidence"], whole.confidence, atol=1e-7)
    assert not out["label"][::7].any()
    again = read_cloud(tmp_path / "out.ply")
    assert np.array_equal(again.labels, whole.labels)
    assert again.names == {1: "floor", 2: "ball"}
    assert np.array_equal(again.confidence, out["confidence"])


@CASES
@pytest.mark.filterwarnings("ignore:loadtxt")
def test_parts_keep_their_faces(tmp_path: Path, writing: str, lists: bool) -> None:
    cloud = make(tmp_path / "scan.ply", writing, lists=lists)
    labelled = labelled_by(cloud)
    said = export(only_classes(labelled, [1]), tmp_path / "floor.ply")
    rows = np.flatnonzero(labelled.labels == 1)
    out = same(cloud, tmp_path / "floor.ply", rows)
    assert (out["vertex"]["label"] == 1).all()
    lacking = len(labelled.labels) - len(out["face"].data)
    assert f"{lacking:,} of {len(labelled.labels):,} face elements lack a vertex" in said[0]


def test_rows_that_are_nowhere_are_with_the_unlabelled_ones(tmp_path: Path) -> None:
    cloud = make(tmp_path / "scan.ply", "little", nowhere=5)
    labelled = labelled_by(cloud)
    whole = labelled.in_file_rows().labels
    for path, part in exported_parts(labelled, [tmp_path / "out.ply"], split=True):
        export(part, path)
    total = 0
    for name, class_id in (("unlabelled", 0), ("floor", 1), ("ball", 2)):
        rows = np.flatnonzero(whole == class_id)
        same(cloud, tmp_path / f"out_{name}.ply", rows)
        total += len(rows)
    assert total == len(whole)


@pytest.mark.parametrize("writing", WRITINGS)
def test_labels_go_where_labels_were(tmp_path: Path, writing: str) -> None:
    count = len(points()[0])
    of_scanner = np.arange(count).astype("i4")
    cloud = make(
        tmp_path / "scan.ply", writing, scalar_Classification=np.ones(count, "f4"),
        confidence=of_scanner,
    )  # fmt: skip
    labelled = labelled_by(cloud)
    said = export(labelled, tmp_path / "out.ply")
    assert said == [
        "The cloud has a column 'confidence' of its own, which stays: that of the labels is called"
        " 'o3d_confidence'."
    ]
    out = PlyData.read(tmp_path / "out.ply")["vertex"]
    assert np.array_equal(out["scalar_Classification"], labelled.labels)
    assert np.array_equal(out["confidence"], of_scanner)
    names = [p.name for p in out.properties]
    assert names[-2:] == ["source", "o3d_confidence"]
    assert "label" not in names
    export(labelled_by(tmp_path / "out.ply"), tmp_path / "again.ply")
    assert [p.name for p in PlyData.read(tmp_path / "again.ply")["vertex"].properties] == names


def test_a_column_too_small_for_the_labels_becomes_larger(tmp_path: Path) -> None:
    from o3d_paint.core.taxonomy import LabelClass, Taxonomy

    count = len(points()[0])
    cloud = make(tmp_path / "scan.ply", "little", label=np.ones(count, "u1"))
    taxonomy = Taxonomy((LabelClass(300, "floor", (1, 2, 3)), LabelClass(2, "ball", (4, 5, 6))))
    labelled = labelled_by(cloud, taxonomy)
    export(labelled, tmp_path / "out.ply")
    assert np.array_equal(PlyData.read(tmp_path / "out.ply")["vertex"]["label"], labelled.labels)


def test_class_colours_are_written_where_they_are_wished_for(tmp_path: Path) -> None:
    labelled = labelled_by(make(tmp_path / "scan.ply", "big"), TAXONOMY)
    export(labelled, tmp_path / "out.ply", ExportOptions(color_by="label"))
    out = PlyData.read(tmp_path / "out.ply")["vertex"]
    assert (out["green"][labelled.labels == 2] == 5 * 257).all()


def test_a_cloud_without_colours_gets_those_of_the_photos(tmp_path: Path) -> None:
    xyz = points()[0]
    vertex = np.zeros(len(xyz), dtype=[(a, "f8") for a in "xyz"])
    for i, axis in enumerate("xyz"):
        vertex[axis] = xyz[:, i]
    PlyData([PlyElement.describe(vertex, "vertex")]).write(tmp_path / "scan.ply")
    labelled = labelled_by(tmp_path / "scan.ply")
    export(labelled, tmp_path / "out.ply")
    out = PlyData.read(tmp_path / "out.ply")["vertex"]
    assert np.array_equal(out["red"], labelled.scene.cloud.rgb[:, 0])
