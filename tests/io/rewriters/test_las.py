"""LAS and LAZ come back with labels and everything else as it was, read by laspy."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from o3d_paint.core.taxonomy import LabelClass, Taxonomy
from o3d_paint.errors import FormatError, StorageError
from o3d_paint.io.clouds.registry import read_cloud
from o3d_paint.io.exporters import ExportOptions, export
from o3d_paint.io.exporters.selection import exported_parts, only_classes
from tests.io.rewriters.labelled_clouds import TAXONOMY, labelled_by, points

laspy = pytest.importorskip("laspy", reason="laspy is not installed")

WKT = b'PROJCS["ETRS89 / UTM zone 32N",AUTHORITY["EPSG","25832"]]\0'
OURS = {("LASF_Spec", 0), ("LASF_Spec", 4), ("O3D_PAINT", 1), ("laszip encoded", 22204)}
VERSIONS = {0: "1.2", 1: "1.2", 2: "1.2", 3: "1.2", 4: "1.3", 5: "1.3"}


def make(path: Path, number: int, *, version: str | None = None) -> Path:
    """Write a LAS with something in every field, records before and behind its points."""
    xyz, _ = points()
    rng = np.random.default_rng(number)
    count = len(xyz)
    header = laspy.LasHeader(version=version or VERSIONS.get(number, "1.4"), point_format=number)
    header.scales, header.offsets = [0.0005, 0.001, 0.00025], [448_000.0, 5_411_000.0, 1.5]
    header.system_identifier, header.generating_software = "SCANNER 9", "Surveyor 3.1"
    header.file_source_id, header.global_encoding.value = 77, 0x11 if number > 5 else 1
    header.add_extra_dims(
        [
            laspy.ExtraBytesParams(
                "amplitude", "u2", "echo", offsets=np.array([1.5]), scales=np.array([0.01])
            ),
            laspy.ExtraBytesParams("normal", "3f4", "unit vector"),
            laspy.ExtraBytesParams("confidence", "u1", "of the scanner"),
        ]
    )
    header.vlrs.append(laspy.VLR("LASF_Projection", 2112, "WKT", WKT))
    header.vlrs.append(laspy.VLR("SURVEYOR", 42, b"job", bytes(range(256))))
    las = laspy.LasData(header)
    las.xyz = xyz
    for name in las.point_format.dimension_names:
        if name in "XYZ":
            continue
        values = las.points.array[name] if name in las.points.array.dtype.names else None
        if values is not None and values.dtype.kind == "f":
            las.points.array[name] = rng.normal(0, 1e5, values.shape)
        elif values is not None:
            info = np.iinfo(values.dtype.base)
            las.points.array[name] = rng.integers(info.min, min(int(info.max), 2**62), values.shape)
        else:
            bits = las.point_format.dimension_by_name(name).num_bits
            las[name] = rng.integers(0, 1 << bits, count)
    las.classification = rng.integers(0, 2, count)
    if header.version.minor >= 4:
        las.evlrs = laspy.vlrs.vlrlist.VLRList(
            [laspy.VLR("SURVEYOR", 43, "long", bytes(70_000)), laspy.VLR("LASF_Spec", 3, "", b"ab")]
        )
    las.write(path, do_compress=path.suffix == ".laz")
    # Writers in the field know of more letters than laspy writes.
    content = path.read_bytes()
    path.write_bytes(content.replace(b"job\0", b"j\xe9b\0").replace(b"long\0", b"l\xfcng\0"))
    return path


def same(before: Path, after: Path, rows: np.ndarray | slice = slice(None)) -> None:
    """Compare every field that is not a label, records and the header."""
    a, b = laspy.read(before), laspy.read(after)
    for name in a.point_format.dimension_names:
        if name != "classification":
            assert np.array_equal(np.asarray(a[name])[rows], np.asarray(b[name])), name
    assert b.point_format.id == a.point_format.id
    assert b.header.version == a.header.version
    for name in (
        "scales", "offsets", "uuid", "file_source_id", "system_identifier", "generating_software",
        "creation_date",
    ):  # fmt: skip
        assert np.all(getattr(a.header, name) == getattr(b.header, name)), name
    assert a.header.global_encoding.value == b.header.global_encoding.value
    # What laspy understands it does not compare.
    records = [
        [(v.user_id, v.record_id, v.description, v.record_data_bytes()) for v in las.header.vlrs]
        for las in (a, b)
    ]
    of_a, of_b = ([r for r in found if r[:2] not in OURS] for found in records)
    assert of_a == of_b
    of_a, of_b = (
        [(v.user_id, v.record_id, v.description, v.record_data_bytes()) for v in las.evlrs or ()]
        for las in (a, b)
    )
    assert of_a == of_b
    for old, new in zip(
        a.point_format.extra_dimensions, b.point_format.extra_dimensions, strict=False
    ):
        for name in ("name", "dtype", "description", "scales", "offsets", "no_data"):
            assert np.all(getattr(old, name) == getattr(new, name))


@pytest.mark.parametrize("suffix", [".las", ".laz"])
@pytest.mark.parametrize("number", range(11))
def test_everything_but_labels_is_as_it_was(tmp_path: Path, number: int, suffix: str) -> None:
    cloud = make(tmp_path / f"scan{suffix}", number)
    if suffix == ".laz" and number in (9, 10):
        with pytest.raises(FormatError, match=r"choose \.las"):
            export(labelled_by(cloud), tmp_path / "out.laz")
        assert not (tmp_path / "out.laz").exists()
        return
    labelled = labelled_by(cloud)
    said = export(labelled, tmp_path / f"out{suffix}")
    same(cloud, tmp_path / f"out{suffix}")
    out = laspy.read(tmp_path / f"out{suffix}")
    assert np.array_equal(out.label, labelled.labels)
    found = labelled.labels > 0
    assert np.array_equal(np.asarray(out.classification)[found], labelled.labels[found])
    old = np.asarray(laspy.read(cloud).classification)
    assert np.array_equal(np.asarray(out.classification)[~found], old[~found])
    assert np.array_equal(out.source, labelled.source)
    assert np.array_equal(out.o3d_confidence, labelled.confidence)
    lookup = out.header.vlrs.get("ClassificationLookupVlr")[0]
    assert len(lookup.record_data_bytes()) == 256 * 16
    assert {k: n.rstrip("\0") for k, n in lookup.lookups.items() if n} == {1: "floor", 2: "ball"}
    assert any("mean something else in the ASPRS standard: floor (1), ball (2)" in s for s in said)
    assert any("'confidence' is called 'o3d_confidence'" in s for s in said)
    again = read_cloud(tmp_path / f"out{suffix}")
    assert again.labels is not None
    assert np.array_equal(again.labels, labelled.labels)
    assert again.names == {1: "floor", 2: "ball"}


def test_las_becomes_laz_and_back(tmp_path: Path) -> None:
    cloud = make(tmp_path / "scan.las", 3)
    labelled = labelled_by(cloud)
    export(labelled, tmp_path / "out.laz")
    same(cloud, tmp_path / "out.laz")
    export(labelled_by(tmp_path / "out.laz"), tmp_path / "back.las")
    same(cloud, tmp_path / "back.las")
    back = laspy.read(tmp_path / "back.las")
    assert list(back.point_format.extra_dimension_names) == [
        "amplitude", "normal", "confidence", "label", "source", "o3d_confidence"
    ]  # fmt: skip


def test_parts_keep_it_too(tmp_path: Path) -> None:
    cloud = make(tmp_path / "scan.laz", 7)
    labelled = labelled_by(cloud)
    export(only_classes(labelled, [2]), tmp_path / "ball.laz")
    same(cloud, tmp_path / "ball.laz", labelled.labels == 2)
    for path, part in exported_parts(labelled, [tmp_path / "out.las"], split=True):
        export(part, path)
    for name, class_id in (("unlabelled", 0), ("floor", 1), ("ball", 2)):
        same(cloud, tmp_path / f"out_{name}.las", labelled.labels == class_id)


def test_codes_that_an_old_format_cannot_hold(tmp_path: Path) -> None:
    taxonomy = Taxonomy(
        (
            LabelClass(40, "kerb", (1, 2, 3)),
            LabelClass(9, "Building", (3, 2, 1)),
            LabelClass(6, "lamp post with a sign", (3, 2, 2)),
        )
    )
    cloud = make(tmp_path / "scan.laz", 3)
    labelled = labelled_by(cloud, taxonomy)
    labelled.labels[5] = 6
    said = export(labelled, tmp_path / "out.laz")
    out = laspy.read(tmp_path / "out.laz")
    codes = np.asarray(out.classification)
    assert (codes[labelled.labels == 40] == 1).all()
    assert (codes[labelled.labels == 9] == 6).all()
    assert codes[5] == 1
    assert np.array_equal(out.label, labelled.labels)
    assert any("none for kerb (40), lamp post with a sign (6)" in s for s in said)
    assert any("--point-format 7" in s for s in said)
    said = export(labelled, tmp_path / "new.laz", ExportOptions(point_format=7))
    new = laspy.read(tmp_path / "new.laz")
    assert (new.point_format.id, str(new.header.version)) == (7, "1.4")
    codes = np.asarray(new.classification)
    assert (codes[labelled.labels == 40] == 40).all()
    assert codes[5] == 64
    assert any("cut there: lamp post with a sign" in s for s in said)
    assert any("format 7 in place of 3" in s for s in said)
    assert not any("GeoTIFF" in s for s in said)


@pytest.mark.parametrize(("number", "wanted"), [(0, 6), (1, 7), (2, 6), (3, 8), (4, 6), (5, 7)])
def test_a_newer_point_format(tmp_path: Path, number: int, wanted: int) -> None:
    cloud = make(tmp_path / "scan.las", number)
    labelled = labelled_by(cloud)
    said = " ".join(export(labelled, tmp_path / "new.las", ExportOptions(point_format=wanted)))
    old, new = laspy.read(cloud), laspy.read(tmp_path / "new.las")
    assert new.point_format.id == wanted
    names = set(old.point_format.dimension_names) - {"scan_angle_rank", "classification"}
    for name in names:
        if name in new.point_format.dimension_names:
            assert np.array_equal(np.asarray(old[name]), np.asarray(new[name])), name
        else:
            assert name in said
    angle = np.asarray(new.scan_angle) * 0.006
    assert np.abs(angle - np.asarray(old.scan_angle_rank)).max() <= 0.0031
    if "red" in new.point_format.dimension_names and "red" not in names:
        rgb = np.stack([new.red, new.green, new.blue], axis=1) // 257
        assert np.array_equal(rgb, labelled.scene.cloud.rgb)


def test_a_format_that_holds_all_codes_stays(tmp_path: Path) -> None:
    labelled = labelled_by(make(tmp_path / "scan.las", 8))
    said = export(labelled, tmp_path / "out.las", ExportOptions(point_format=6))
    assert laspy.read(tmp_path / "out.las").point_format.id == 8
    assert any("--point-format 6 has no effect" in s for s in said)


def test_bytes_that_the_file_does_not_describe(tmp_path: Path) -> None:
    cloud = make(tmp_path / "described.las", 1)
    content = bytearray(cloud.read_bytes())
    # The record of extra dimensions belongs to nobody that laspy knows.
    at = content.index(b"LASF_Spec", 227)
    content[at : at + 9] = b"NOBODY\0\0\0"
    (tmp_path / "scan.las").write_bytes(content)
    labelled = labelled_by(tmp_path / "scan.las")
    export(labelled, tmp_path / "out.las")
    out = laspy.read(tmp_path / "out.las")
    old = laspy.read(tmp_path / "scan.las")
    parts = np.column_stack([out[f"ExtraBytes {first}"] for first in (0, 7, 14)])
    assert np.array_equal(old["ExtraBytes"], parts)
    assert np.array_equal(out.label, labelled.labels)


def test_colours_stay_unless_classes_are_wished_for(tmp_path: Path) -> None:
    labelled = labelled_by(make(tmp_path / "scan.las", 2), TAXONOMY)
    export(labelled, tmp_path / "out.las", ExportOptions(color_by="label"))
    out = laspy.read(tmp_path / "out.las")
    ball = labelled.labels == 2
    assert (
        np.stack([out.red, out.green, out.blue], axis=1)[ball] == np.array([4, 5, 6]) * 257
    ).all()


def test_a_cloud_that_changed_is_not_mixed_with_labels_of_the_old_one(tmp_path: Path) -> None:
    labelled = labelled_by(make(tmp_path / "scan.las", 2))
    with (tmp_path / "scan.las").open("ab") as file:
        file.write(b"more")
    with pytest.raises(StorageError, match="has changed since it was read"):
        export(labelled, tmp_path / "out.las")
    (tmp_path / "scan.las").unlink()
    with pytest.raises(StorageError, match="put it back"):
        export(labelled, tmp_path / "out.las")
    assert not (tmp_path / "out.las").exists()


def test_another_format_says_what_it_is_without(tmp_path: Path) -> None:
    labelled = labelled_by(make(tmp_path / "scan.laz", 6))
    assert any("kept in .las and .laz only: intensity" in n for n in labelled.scene.notes)
    said = export(labelled, tmp_path / "out.ply")
    assert any("without what else scan.laz holds (intensity" in s for s in said)


@pytest.mark.parametrize("number", [4, 10])
def test_waveforms_within_the_file(tmp_path: Path, number: int) -> None:
    cloud = make(tmp_path / "scan.las", number)
    content = bytearray(cloud.read_bytes())
    packet = struct.pack("<2x16sHQ32s", b"LASF_Spec", 65_535, 999, b"waves") + bytes(range(111)) * 9
    struct.pack_into("<Q", content, 227, len(content))
    struct.pack_into("<H", content, 6, content[6] | 2)
    if number == 10:
        count = struct.unpack_from("<I", content, 243)[0]
        struct.pack_into("<I", content, 243, count + 1)
    cloud.write_bytes(content + packet)
    labelled = labelled_by(cloud)
    export(labelled, tmp_path / "out.las")
    same(cloud, tmp_path / "out.las")
    out = (tmp_path / "out.las").read_bytes()
    at = struct.unpack_from("<Q", out, 227)[0]
    assert out[at : at + len(packet)] == packet
    export(labelled, tmp_path / "new.las", ExportOptions(point_format=6))
    new = laspy.read(tmp_path / "new.las")
    assert new.header.start_of_waveform_data_packet_record == 0 or number == 10
