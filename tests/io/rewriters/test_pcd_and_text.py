"""PCD, CSV and XYZ come back with labels and all columns as they were."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import open3d as o3d
import pytest

from o3d_paint.io.clouds.registry import read_cloud
from o3d_paint.io.exporters import ExportOptions, export
from o3d_paint.io.exporters.selection import only_classes
from tests.io.rewriters.labelled_clouds import labelled_by, points


def _table(nowhere: int = 0) -> np.ndarray:
    xyz, rgb = points()
    xyz = xyz.copy()
    if nowhere:
        xyz[::nowhere] = np.nan
    count = len(xyz)
    rng = np.random.default_rng(0)
    kinds = [*((a, "<f8") for a in "xyz"), ("rgb", "<f4"), ("intensity", "<f4")]
    kinds += [("_", "u1", (3,)), ("histogram", "<f4", (5,)), ("stamp", "<u4"), ("ring", "<u2")]
    table = np.zeros(count, dtype=kinds)
    for i, axis in enumerate("xyz"):
        table[axis] = xyz[:, i]
    r, g, b = rgb.astype("<u4").T
    table["rgb"] = (r << 16 | g << 8 | b).view("<f4")
    table["intensity"], table["histogram"] = rng.random(count), rng.random((count, 5))
    table["stamp"], table["ring"] = rng.integers(0, 2**32, count), rng.integers(0, 99, count)
    return table


def _write_pcd(path: Path, table: np.ndarray, data: str) -> Path:
    names = table.dtype.names
    kinds = [table.dtype[n] for n in names]
    lines = [
        "# .PCD v0.7 - of a scanner",
        "VERSION 0.7",
        f"FIELDS {' '.join(names)}",
        f"SIZE {' '.join(str(k.base.itemsize) for k in kinds)}",
        f"TYPE {' '.join(k.base.kind.upper() for k in kinds)}",
        f"COUNT {' '.join(str(int(np.prod(k.shape))) for k in kinds)}",
        "WIDTH 7919",
        f"HEIGHT {len(table) // 7919}",
        "VIEWPOINT 1 2 3 0.5 0.5 0.5 0.5",
        f"POINTS {len(table)}",
        f"DATA {data}",
    ]
    head = ("\n".join(lines) + "\n").encode()
    if data == "binary":
        path.write_bytes(head + table.tobytes())
        return path
    rows = (" ".join(f"{v:.17g}" for n in names for v in np.ravel(row[n])) for row in table)
    path.write_bytes(head + ("\n".join(rows) + "\n").encode())
    return path


def _read_pcd(path: Path) -> tuple[list[str], np.ndarray]:
    """Read a PCD by its own words, without the code under test."""
    content = path.read_bytes()
    end = content.index(b"\n", content.index(b"DATA ")) + 1
    lines = content[:end].decode().splitlines()
    words = {line.split()[0]: line.split()[1:] for line in lines}
    shapes = [() if c == "1" else (int(c),) for c in words["COUNT"]]
    kinds = [f"<{t.lower()}{s}" for t, s in zip(words["TYPE"], words["SIZE"], strict=True)]
    dtype = np.dtype(list(zip(words["FIELDS"], kinds, shapes, strict=True)))
    if words["DATA"] == ["binary"]:
        return lines, np.frombuffer(content[end:], dtype=dtype)
    rows = np.loadtxt(content[end:].decode().splitlines(), ndmin=2)
    table, at = np.zeros(len(rows), dtype=dtype), 0
    for name, shape in zip(words["FIELDS"], shapes, strict=True):
        width = int(np.prod(shape))
        table[name] = rows[:, at : at + width].reshape(len(rows), *shape)
        at += width
    return lines, table


@pytest.mark.parametrize("data", ["ascii", "binary"])
def test_a_pcd_keeps_its_fields(tmp_path: Path, data: str) -> None:
    table = _table(nowhere=9)
    labelled = labelled_by(_write_pcd(tmp_path / "scan.pcd", table, data))
    whole = labelled.in_file_rows()
    assert export(labelled, tmp_path / "out.pcd") == []
    lines, out = _read_pcd(tmp_path / "out.pcd")
    assert lines[0] == "# .PCD v0.7 - of a scanner"
    assert "VIEWPOINT 1 2 3 0.5 0.5 0.5 0.5" in lines
    assert lines[-1] == f"DATA {data}"
    for name in table.dtype.names:
        old, new = table[name], out[name]
        assert np.array_equal(old, new, equal_nan=old.dtype.kind == "f"), name
    assert np.array_equal(out["label"], whole.labels)
    assert np.array_equal(out["source"], whole.source)
    assert np.allclose(out["confidence"], whole.confidence, atol=1e-7)
    export(only_classes(labelled, [2]), tmp_path / "ball.pcd", ExportOptions(color_by="label"))
    lines, ball = _read_pcd(tmp_path / "ball.pcd")
    rows = np.flatnonzero(whole.labels == 2)
    assert f"WIDTH {len(rows)}" in lines
    assert "HEIGHT 1" in lines
    assert np.array_equal(ball["histogram"], table["histogram"][rows])
    assert (ball["rgb"].view("<u4") == 4 << 16 | 5 << 8 | 6).all()


def test_a_compressed_pcd_of_open3d(tmp_path: Path) -> None:
    xyz, rgb = points()
    cloud = o3d.t.geometry.PointCloud(o3d.core.Tensor(xyz))
    cloud.point.colors = o3d.core.Tensor(rgb)
    cloud.point.intensity = o3d.core.Tensor(np.arange(len(xyz), dtype=np.float32)[:, None] % 9)
    o3d.t.io.write_point_cloud(str(tmp_path / "scan.pcd"), cloud, compressed=True)
    assert b"binary_compressed" in (tmp_path / "scan.pcd").read_bytes()[:500]
    labelled = labelled_by(tmp_path / "scan.pcd")
    said = export(labelled, tmp_path / "out.pcd")
    assert any("is binary and not compressed" in s for s in said)
    out = o3d.t.io.read_point_cloud(str(tmp_path / "out.pcd"))
    assert np.array_equal(out.point.positions.numpy(), xyz)
    assert np.array_equal(out.point.colors.numpy(), rgb)
    assert np.array_equal(out.point.intensity.numpy()[:, 0], np.arange(len(xyz)) % 9)
    assert np.array_equal(out.point.label.numpy()[:, 0], labelled.labels)


HEADS = {
    "names": "X,Y,Z,Intensity,Höhe,Class\n",
    "comment": "# of a scanner\n//X,Y,Z,Intensity,Höhe,Class\n",
    "windows": "\ufeffX,Y,Z,Intensity,Höhe,Class\r\n",
}


@pytest.mark.parametrize("head", HEADS)
def test_a_csv_keeps_its_columns(tmp_path: Path, head: str) -> None:
    xyz, _ = points()
    ending = "\r\n" if head == "windows" else "\n"
    rows = [
        f"{x:.4f},{y:.4f},{z:.4f},{i % 99 / 7:.11f},h{i}é,{i % 2}"
        for i, (x, y, z) in enumerate(xyz)
    ]
    text = HEADS[head] + "".join(row + ending for row in rows)
    (tmp_path / "scan.csv").write_bytes(text.encode())
    labelled = labelled_by(tmp_path / "scan.csv")
    export(labelled, tmp_path / "out.csv")
    out = (tmp_path / "out.csv").read_bytes().decode()
    lines = out.split(ending)
    first = len(HEADS[head].splitlines())
    names = lines[first - 1].lstrip("\ufeff/").split(",")
    assert names[:6] == ["X", "Y", "Z", "Intensity", "Höhe", "Class"]
    assert names[-2:] == ["source", "confidence"]
    assert out.startswith(HEADS[head].splitlines()[0])
    assert lines.pop() == ""
    assert len(lines) == first + len(xyz)
    for row, old in enumerate(rows):
        values = lines[first + row].split(",")
        assert values[:5] == old.split(",")[:5]
        assert int(values[5]) == labelled.labels[row]
        assert int(values[names.index("source")]) == labelled.source[row]
    assert np.array_equal(read_cloud(tmp_path / "out.csv").labels, labelled.labels)
    export(only_classes(labelled, [2]), tmp_path / "ball.csv")
    kept = (tmp_path / "ball.csv").read_bytes().decode().split(ending)[first:-1]
    whole = [lines[first + row] for row in np.flatnonzero(labelled.labels == 2)]
    assert kept == whole


def test_an_xyz_without_names_gets_them(tmp_path: Path) -> None:
    xyz, rgb = points()
    table = np.column_stack([xyz, rgb, np.linspace(0, 1, len(xyz)) * 0.37])
    np.savetxt(tmp_path / "scan.xyz", table, fmt=["%.6f"] * 3 + ["%d"] * 3 + ["%.9f"])
    labelled = labelled_by(tmp_path / "scan.xyz")
    export(labelled, tmp_path / "out.xyz")
    old = (tmp_path / "scan.xyz").read_text().splitlines()
    new = (tmp_path / "out.xyz").read_text().splitlines()
    assert new[0] == "//x y z red green blue column_7 label source confidence"
    assert [line.rsplit(" ", 3)[0] for line in new[1:]] == old
    again = read_cloud(tmp_path / "out.xyz")
    assert np.array_equal(again.labels, labelled.labels)
    assert np.allclose(again.confidence, labelled.confidence, atol=1e-6)


def test_a_decimal_comma_stays_one(tmp_path: Path) -> None:
    xyz, _ = points()
    rows = ["x;y;z;range", *(f"{x:.4f};{y:.4f};{z:.4f};0.25" for x, y, z in xyz)]
    (tmp_path / "scan.csv").write_text("\n".join(rows).replace(".", ",") + "\n")
    labelled = labelled_by(tmp_path / "scan.csv")
    export(labelled, tmp_path / "out.csv")
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert lines[1].startswith(rows[1].replace(".", ",") + ";")
    assert "." not in "".join(lines)
    assert np.array_equal(read_cloud(tmp_path / "out.csv").labels, labelled.labels)
