"""E57 comes back with labels and everything else as it was, read by pye57."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from o3d_paint.io.clouds.registry import read_cloud
from o3d_paint.io.exporters import ExportOptions, export
from o3d_paint.io.exporters.selection import only_classes
from tests.io.rewriters.labelled_clouds import labelled_by, points

pye57 = pytest.importorskip("pye57", reason="pye57 is not installed")

TURNED = np.array([np.cos(0.3), 0, 0, np.sin(0.3)])
PHOTO = b"\xff\xd8 a photo \xff\xd9" * 99


def make(path: Path) -> Path:
    """Write two scans with poses, intensity, rows and columns, invalid points, and a photo."""
    xyz, rgb = points()
    rng = np.random.default_rng(0)
    file = pye57.E57(str(path), mode="w")
    rotation = pye57.e57.Quaternion(TURNED).rotation_matrix
    for i, part in enumerate((slice(0, 3000), slice(3000, None))):
        center = np.round(xyz[part].mean(axis=0)) + i
        local = (xyz[part] - center) @ rotation
        count = len(local)
        data = dict(zip(("cartesianX", "cartesianY", "cartesianZ"), local.T, strict=True))
        data |= {n: rgb[part, k] for k, n in enumerate(("colorRed", "colorGreen", "colorBlue"))}
        data["intensity"] = rng.random(count).astype("f4")
        data["rowIndex"] = rng.integers(0, 400, count).astype("u2")
        data["columnIndex"] = rng.integers(0, 900, count).astype("u2")
        data["cartesianInvalidState"] = (np.arange(count) % 13 == 0).astype("i1") * 2
        file.write_scan_raw(data, name=f"station {i}", rotation=TURNED, translation=center)
    _add_scaled(file, xyz)
    image = pye57.libe57.StructureNode(file.image_file)
    file.root["images2D"].append(image)
    image.set("name", pye57.libe57.StringNode(file.image_file, "façade"))
    blob = pye57.libe57.BlobNode(file.image_file, len(PHOTO))
    image.set("jpegImage", blob)
    blob.write(np.frombuffer(PHOTO, dtype=np.uint8).copy(), 0, len(PHOTO))
    file.close()
    return path


def _add_scaled(file, xyz: np.ndarray) -> None:
    """Add a scan of scaled integers with times, as scanners write them, without a pose."""
    lib, image_file = pye57.libe57, file.image_file
    center = np.round(xyz.mean(axis=0))
    scan, prototype = lib.StructureNode(image_file), lib.StructureNode(image_file)
    file.data3d.append(scan)
    scan.set("guid", lib.StringNode(image_file, "{scaled}"))
    scan.set("sensorVendor", lib.StringNode(image_file, "Vendor & Söhne"))
    steps = np.round((xyz - center) / 1e-4).astype("longlong")
    data = {}
    for i, axis in enumerate("XYZ"):
        node = lib.ScaledIntegerNode(image_file, 0, -(2**40), 2**40, 1e-4, float(center[i]))
        prototype.set(f"cartesian{axis}", node)
        data[f"cartesian{axis}"] = steps[:, i].copy()
    prototype.set("timeStamp", lib.FloatNode(image_file, 0.0))
    data["timeStamp"] = np.arange(len(xyz)) / 3
    points_node = lib.CompressedVectorNode(image_file, prototype, lib.VectorNode(image_file, True))
    scan.set("points", points_node)
    buffers = lib.VectorSourceDestBuffer()
    for name, values in data.items():
        buffers.append(lib.SourceDestBuffer(image_file, name, values, len(xyz), True, False))
    writer = points_node.writer(buffers)
    writer.write(len(xyz))
    writer.close()


def _fields(file, index: int, *, ours: bool) -> dict[str, np.ndarray]:
    """Read the fields of a scan as they are stored."""
    header, lib = file.get_header(index), pye57.libe57
    names = [n for n in header.point_fields if n.startswith("o3dpaint:") == ours]
    data, buffers = {}, lib.VectorSourceDestBuffer()
    for name in names:
        # Of NumPy's integers pye57 takes some for shorter ones.
        data[name] = np.zeros(header.point_count)
        buffer = lib.SourceDestBuffer(
            file.image_file, name, data[name], header.point_count, True, True
        )
        buffers.append(buffer)
    reader = header.points.reader(buffers)
    reader.read()
    reader.close()
    return data


def test_everything_but_labels_is_as_it_was(tmp_path: Path) -> None:
    cloud = make(tmp_path / "scan.e57")
    labelled = labelled_by(cloud)
    whole = labelled.in_file_rows()
    assert len(whole.labels) > len(labelled.labels)
    assert export(labelled, tmp_path / "out.e57") == []
    old, new = pye57.E57(str(cloud)), pye57.E57(str(tmp_path / "out.e57"))
    assert old.scan_count == new.scan_count == 3
    labels = []
    for i in range(3):
        a, b = old.get_header(i), new.get_header(i)
        assert a.scan_fields == b.scan_fields
        assert np.array_equal(a.rotation, b.rotation)
        assert np.array_equal(a.translation, b.translation)
        before, after = _fields(old, i, ours=False), _fields(new, i, ours=False)
        assert list(before) == list(after)
        assert all(np.array_equal(before[n], after[n]) for n in before)
        labels.append(_fields(new, i, ours=True)["o3dpaint:label"])
        for name in ("guid", "name", "sensorVendor"):
            if name in a.scan_fields:
                assert a.node[name].value() == b.node[name].value()
    assert np.array_equal(np.concatenate(labels), whole.labels)
    first = {"intensity": True, "colors": True, "row_column": True}
    before, after = old.read_scan(0, **first), new.read_scan(0, **first)
    assert all(np.array_equal(before[n], after[n]) for n in before)
    image = new.root["images2D"][0]
    assert image["name"].value() == "façade"
    assert image["jpegImage"].read_buffer().tobytes() == PHOTO
    again = read_cloud(tmp_path / "out.e57")
    assert again.labels is not None
    assert np.array_equal(again.labels, whole.labels)
    assert again.names == {1: "floor", 2: "ball"}
    assert np.allclose(again.confidence, whole.confidence, atol=1e-6)


def test_a_part_and_a_second_time(tmp_path: Path) -> None:
    cloud = make(tmp_path / "scan.e57")
    labelled = labelled_by(cloud)
    whole = labelled.in_file_rows().labels
    export(only_classes(labelled, [2]), tmp_path / "ball.e57")
    old, new = pye57.E57(str(cloud)), pye57.E57(str(tmp_path / "ball.e57"))
    start = 0
    for i in range(new.scan_count):
        count = old.get_header(i).point_count
        rows = np.flatnonzero(whole[start : start + count] == 2)
        start += count
        before, after = _fields(old, i, ours=False), _fields(new, i, ours=False)
        assert all(np.array_equal(before[n][rows], after[n]) for n in before)
    export(labelled, tmp_path / "out.e57")
    again = labelled_by(tmp_path / "out.e57")
    export(again, tmp_path / "again.e57", ExportOptions(color_by="label"))
    new = pye57.E57(str(tmp_path / "again.e57"))
    labels = _fields(new, 0, ours=True)["o3dpaint:label"]
    assert len(new.get_header(0).point_fields) == len(old.get_header(0).point_fields) + 3
    colors = _fields(new, 0, ours=False)
    assert (colors["colorGreen"][labels == 2] == 5).all()
