"""Clouds written by other libraries, read by ours."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import numpy as np
import open3d as o3d
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plyfile import PlyData, PlyElement

from o3d_paint.errors import FormatError, PaintError
from o3d_paint.io.clouds.cloud_file import CloudFile
from o3d_paint.io.clouds.registry import read_cloud
from o3d_paint.io.isolated import read_isolated

COUNT = 50
UTM = np.array([448_123.0, 5_411_987.0, 312.0])


def _xyz(offset: bool = True) -> np.ndarray:
    xyz = np.random.default_rng(1).uniform(-20, 20, (COUNT, 3)).round(3)
    return xyz + UTM if offset else xyz


def _rgb() -> np.ndarray:
    return np.random.default_rng(2).integers(0, 256, (COUNT, 3)).astype(np.uint8)


def _labels() -> np.ndarray:
    return np.random.default_rng(3).integers(0, 400, COUNT)


def _check(cloud: CloudFile, *, xyz: np.ndarray, has_labels: bool = True) -> None:
    assert cloud.xyz.dtype == np.float64
    assert np.abs(cloud.xyz - xyz).max() < 1e-3
    assert cloud.rgb is not None
    assert (cloud.rgb == _rgb()).all()
    if has_labels:
        assert cloud.labels is not None
        assert (cloud.labels == _labels()).all()


@pytest.mark.parametrize("text", [True, False])
@pytest.mark.parametrize("order", ["<", ">"])
def test_ply_of_plyfile_with_doubles_and_ushort(tmp_path: Path, text: bool, order: str) -> None:
    vertices = np.zeros(
        COUNT,
        dtype=[
            *((a, "f8") for a in "xyz"),
            ("nx", "f4"),
            *((c, "u1") for c in ("red", "green", "blue")),
            ("label", "u2"),
        ],
    )
    vertices["x"], vertices["y"], vertices["z"] = _xyz().T
    vertices["red"], vertices["green"], vertices["blue"] = _rgb().T
    vertices["label"] = _labels()
    faces = np.array([([0, 1, 2],)], dtype=[("vertex_indices", "i4", (3,))])
    elements = [PlyElement.describe(vertices, "vertex"), PlyElement.describe(faces, "face")]
    PlyData(elements, text=text, byte_order=order).write(str(tmp_path / "a.ply"))
    _check(read_cloud(tmp_path / "a.ply"), xyz=_xyz())


@pytest.mark.parametrize("suffix", [".ply", ".pcd"])
@pytest.mark.parametrize("is_text", [True, False])
@pytest.mark.parametrize("is_compressed", [True, False])
def test_files_of_open3d(tmp_path: Path, suffix: str, is_text: bool, is_compressed: bool) -> None:
    cloud = o3d.t.geometry.PointCloud()
    cloud.point.positions = o3d.core.Tensor(_xyz(offset=False).astype(np.float32))
    cloud.point.colors = o3d.core.Tensor(_rgb())
    cloud.point.label = o3d.core.Tensor(_labels().astype(np.int32)[:, None])
    path = tmp_path / f"a{suffix}"
    o3d.t.io.write_point_cloud(str(path), cloud, write_ascii=is_text, compressed=is_compressed)
    _check(read_cloud(path), xyz=_xyz(offset=False))


def test_labels_of_cloudcompare_are_floats(tmp_path: Path) -> None:
    vertices = np.zeros(3, dtype=[(a, "f4") for a in ("x", "y", "z", "scalar_Label")])
    vertices["scalar_Label"] = [2.0, np.nan, -1.0]
    PlyData([PlyElement.describe(vertices, "vertex")]).write(str(tmp_path / "a.ply"))
    labels = read_cloud(tmp_path / "a.ply").labels
    assert labels is not None
    assert labels.tolist() == [2, 0, 0]


@pytest.mark.parametrize(
    ("suffix", "version", "point_format"),
    [(".las", "1.4", 7), (".laz", "1.4", 7), (".las", "1.2", 3)],
)
def test_las_of_laspy_keeps_millimetres(
    tmp_path: Path, suffix: str, version: str, point_format: int
) -> None:
    laspy = pytest.importorskip("laspy", reason="laspy is not installed")
    header = laspy.LasHeader(version=version, point_format=point_format)
    header.scales, header.offsets = [1e-3] * 3, UTM
    header.add_extra_dim(laspy.ExtraBytesParams("label", np.uint16))
    points = laspy.LasData(header)
    points.xyz = _xyz()
    points.red, points.green, points.blue = _rgb().T.astype(np.uint16) * 257
    points.label = _labels()
    points.classification = np.full(COUNT, 6)
    path = tmp_path / f"a{suffix}"
    points.write(str(path))
    _check(read_cloud(path), xyz=_xyz())


def test_las_classification_is_the_label_where_there_is_no_other(captures: Path) -> None:
    laspy = pytest.importorskip("laspy", reason="laspy is not installed")
    for name in ("simple.las", "simple1_4.las", "autzen_trim.laz", "extrabytes.las"):
        path = captures / "las_fixtures" / name
        theirs = laspy.read(path)
        ours = read_cloud(path)
        assert np.allclose(ours.xyz, theirs.xyz, atol=1e-9)
        labels = np.zeros(len(ours.xyz)) if ours.labels is None else ours.labels
        # 1 is the standard's "unclassified", which is no label.
        codes = np.asarray(theirs.classification)
        assert (labels == np.where(codes == 1, 0, codes)).all()
        assert ours.names == ({2: "Ground"} if (codes == 2).any() else {})


def test_e57_of_pye57_with_two_posed_scans(tmp_path: Path) -> None:
    pye57 = pytest.importorskip("pye57", reason="pye57 is not installed")
    file = pye57.E57(str(tmp_path / "a.e57"), mode="w")
    channels = dict(zip(("colorRed", "colorGreen", "colorBlue"), _rgb().T, strict=True))
    for part in (slice(0, 20), slice(20, COUNT)):
        # Scanners store small coordinates and a pose, here half a turn around the z axis.
        local = _xyz(offset=False)[part] * (-1, -1, 1)
        axes = dict(zip(("cartesianX", "cartesianY", "cartesianZ"), local.T, strict=True))
        file.write_scan_raw(
            {**axes, **{k: v[part] for k, v in channels.items()}},
            rotation=np.array([0.0, 0.0, 0.0, 1.0]),
            translation=UTM,
        )
    file.close()
    cloud = read_cloud(tmp_path / "a.e57")
    _check(cloud, xyz=_xyz(), has_labels=False)
    assert cloud.labels is None


@pytest.mark.parametrize(
    ("name", "delimiter", "header"),
    [
        ("a.xyz", " ", ""),
        ("a.txt", "\t", ""),
        ("a.csv", ",", "X,Y,Z,Red,Green,Blue,Classification"),
        ("a.csv", ";", '"x";"y";"z";"r";"g";"b";"label"'),
        ("a.asc", " ", "//X Y Z R G B scalar_Label"),
    ],
)
def test_text_tables(tmp_path: Path, name: str, delimiter: str, header: str) -> None:
    table = np.column_stack([_xyz(), _rgb(), _labels()])
    np.savetxt(tmp_path / name, table, fmt="%.3f", delimiter=delimiter, header=header, comments="")
    _check(read_cloud(tmp_path / name), xyz=_xyz())


@pytest.mark.parametrize(
    ("header", "delimiter"),
    [
        (f"//X Y Z R G B Classification\n{COUNT}", " "),  # CloudCompare
        ("# scanned on a Monday\n#\nx y z r g b label", " "),
        ("# exported by a scanner", " "),
        ("\ufeffx;y;z;r;g;b;label", ";"),  # Excel
    ],
)
def test_lines_before_the_points_of_a_text(tmp_path: Path, header: str, delimiter: str) -> None:
    table = np.column_stack([_xyz(), _rgb(), _labels()])
    lines = [delimiter.join(f"{value:.3f}" for value in row) for row in table]
    text = "\n".join([header, *lines])
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    _check(read_cloud(tmp_path / "a.txt"), xyz=_xyz())


def test_decimal_commas_of_a_german_table(tmp_path: Path) -> None:
    lines = [";".join(f"{value:.3f}".replace(".", ",") for value in row) for row in _xyz()]
    (tmp_path / "a.csv").write_text("\n".join(["x;y;z", *lines]), encoding="utf-8")
    assert np.abs(read_cloud(tmp_path / "a.csv").xyz - _xyz()).max() < 1e-3


@pytest.mark.parametrize(
    ("name", "count", "lowest"), [("leica.pts", True, 0), ("semantic3d.txt", False, -2048)]
)
def test_an_intensity_before_the_colours_is_none(
    tmp_path: Path, name: str, count: bool, lowest: int
) -> None:
    intensity = np.random.default_rng(4).integers(lowest, 256, COUNT)
    table = np.column_stack([_xyz(), intensity, _rgb()])
    header = str(COUNT) if count else ""
    np.savetxt(tmp_path / name, table, fmt="%.3f", header=header, comments="")
    cloud = read_cloud(tmp_path / name)
    _check(cloud, xyz=_xyz(), has_labels=False)
    assert cloud.labels is None


@pytest.mark.parametrize("columns", [1, 3])
def test_scalars_and_normals_without_names_are_neither_label_nor_colour(
    tmp_path: Path, columns: int
) -> None:
    values = np.random.default_rng(5).normal(size=(COUNT, columns))
    np.savetxt(tmp_path / "a.xyz", np.column_stack([_xyz(), values]), fmt="%.5f")
    cloud = read_cloud(tmp_path / "a.xyz")
    assert cloud.rgb is None
    assert cloud.labels is None


def test_pts_of_open3d(tmp_path: Path) -> None:
    cloud = o3d.geometry.PointCloud(o3d.utility.Vector3dVector(_xyz()))
    cloud.colors = o3d.utility.Vector3dVector(_rgb() / 255)
    o3d.io.write_point_cloud(str(tmp_path / "a.pts"), cloud)
    _check(read_cloud(tmp_path / "a.pts"), xyz=_xyz(), has_labels=False)


def test_ply_of_pmvs_has_diffuse_colours(tmp_path: Path) -> None:
    names = ("x", "y", "z", "diffuse_red", "diffuse_green", "diffuse_blue")
    vertices = np.zeros(COUNT, dtype=[(n, "f8" if len(n) == 1 else "u1") for n in names])
    for name, values in zip(names, [*_xyz().T, *_rgb().T], strict=True):
        vertices[name] = values
    PlyData([PlyElement.describe(vertices, "vertex")], text=True).write(str(tmp_path / "a.ply"))
    _check(read_cloud(tmp_path / "a.ply"), xyz=_xyz(), has_labels=False)


def test_text_pcd_with_a_descriptor_of_several_values(tmp_path: Path) -> None:
    header = (
        "# .PCD v0.7\nVERSION 0.7\nFIELDS x y z fpfh label\nSIZE 8 8 8 4 4\nTYPE F F F F U\n"
        f"COUNT 1 1 1 3 1\nWIDTH {COUNT}\nHEIGHT 1\nPOINTS {COUNT}\nDATA ascii"
    )
    table = np.column_stack([_xyz(), np.ones((COUNT, 3)), _labels()])
    np.savetxt(tmp_path / "a.pcd", table, fmt="%.3f", header=header, comments="")
    cloud = read_cloud(tmp_path / "a.pcd")
    assert np.abs(cloud.xyz - _xyz()).max() < 1e-3
    assert cloud.labels is not None
    assert (cloud.labels == _labels()).all()


def test_e57_keeps_the_colours_of_scans_beside_one_without(tmp_path: Path) -> None:
    pye57 = pytest.importorskip("pye57", reason="pye57 is not installed")
    file = pye57.E57(str(tmp_path / "a.e57"), mode="w")
    axes = dict(zip(("cartesianX", "cartesianY", "cartesianZ"), _xyz(offset=False).T, strict=True))
    colors = dict(zip(("colorRed", "colorGreen", "colorBlue"), _rgb().T, strict=True))
    for channels in (axes, {**axes, **colors}):
        file.write_scan_raw({k: v.copy() for k, v in channels.items()}, translation=UTM)
    file.close()
    cloud = read_cloud(tmp_path / "a.e57")
    assert cloud.rgb is not None
    assert (cloud.rgb[COUNT:] == _rgb()).all()


def test_npz_with_points_and_labels(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", points_3d=_xyz(), colors_3d=_rgb() / 255, labels=_labels())
    _check(read_cloud(tmp_path / "a.npz"), xyz=_xyz())


@pytest.mark.parametrize("name", ["a.xyz", "a.npz", "a.ply"])
def test_points_that_are_nowhere_keep_their_rows(tmp_path: Path, name: str) -> None:
    xyz = _xyz()
    xyz[3], xyz[7] = np.nan, np.inf
    if name == "a.xyz":
        np.savetxt(tmp_path / name, np.column_stack([xyz, _rgb(), _labels()]))
    elif name == "a.npz":
        np.savez(tmp_path / name, points_3d=xyz, colors_3d=_rgb(), labels=_labels())
    else:
        kinds = [*((a, "f8") for a in "xyz"), *((c, "u1") for c in "rgb"), ("label", "i4")]
        vertices = np.zeros(COUNT, dtype=kinds)
        for (axis, _), values in zip(kinds, [*xyz.T, *_rgb().T, _labels()], strict=True):
            vertices[axis] = values
        PlyData([PlyElement.describe(vertices, "vertex")]).write(str(tmp_path / name))
    cloud = read_cloud(tmp_path / name)
    assert np.array_equal(cloud.xyz, xyz, equal_nan=True)
    assert (cloud.rgb == _rgb()).all()
    assert (cloud.labels == _labels()).all()


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("a.ply", b"ply\nformat ascii 1.0\nelement vertex 2\nproperty float x\n", "cut off"),
        (
            "a.ply",
            b"ply\nformat ascii 1.0\nelement vertex 2\n"
            + b"".join(b"property float p%d\n" % i for i in range(40_000)),
            "more than 4,096 properties",
        ),
        (
            "a.ply",
            b"ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nend_header\n1\n",
            "without",
        ),
        (
            "a.ply",
            b"ply\nformat binary_big_endian 1.0\nelement vertex 9\nproperty float x\nend_header\n",
            "cut off",
        ),
        (
            "a.ply",
            b"ply\nformat ascii 1.0\nelement vertex 99999999999999\nproperty float x\nend_header\n",
            "memory",
        ),
        (
            "a.ply",
            b"ply\nformat ascii 1.0\nelement vertex -1\nproperty float x\nend_header\n",
            "first",
        ),
        (
            "a.pcd",
            b"VERSION 0.7\nFIELDS x y z\nSIZE 4 4\nTYPE F F F\nPOINTS 1\nDATA ascii\n",
            "header",
        ),
        ("a.xyz", b"1 2 three\n4 5 6\n7 8 nine\n", "table of numbers|columns"),
        ("a.bin", b"\0\1\2", "not a point cloud"),
        ("a.las", b"LASF" + bytes(400), "cannot be read"),
        ("a.e57", b"ASTM-E57" + bytes(400), "cannot be read"),
    ],
)
def test_broken_files_are_refused_in_words(
    tmp_path: Path, name: str, content: bytes, found: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(PaintError, match=found):
        read_cloud(tmp_path / name)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_files_never_crash_the_readers(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    cloud = o3d.t.geometry.PointCloud()
    cloud.point.positions = o3d.core.Tensor(_xyz(offset=False)[:5].astype(np.float32))
    cloud.point.label = o3d.core.Tensor(_labels()[:5].astype(np.int32)[:, None])
    suffix = data.draw(st.sampled_from([".ply", ".pcd"]))
    path = tmp_path_factory.mktemp("damaged") / f"a{suffix}"
    o3d.t.io.write_point_cloud(str(path), cloud, write_ascii=data.draw(st.booleans()))
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    with contextlib.suppress(PaintError):
        read_cloud(path)


def _dies(path: Path) -> dict[str, np.ndarray]:
    os.abort()


def _stumbles(path: Path) -> dict[str, np.ndarray]:
    raise ZeroDivisionError


def _panics(path: Path) -> dict[str, np.ndarray]:
    class PanicException(BaseException):
        """As PyO3's, which is no Exception either."""

    os.write(2, b"thread '<unnamed>' panicked\n")
    msg = "index out of bounds\nnote: run with RUST_BACKTRACE=1"
    raise PanicException(msg)


def test_a_reader_that_panics_is_silent_and_told_in_one_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(FormatError, match=r"PanicException: index out of bounds note") as caught:
        read_isolated(_panics, tmp_path / "a")
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_a_reader_that_crashes_takes_nothing_with_it(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="makes its reader crash"):
        read_isolated(_dies, tmp_path / "a")
    with pytest.raises(FormatError, match="ZeroDivisionError"):
        read_isolated(_stumbles, tmp_path / "a")
