"""Colours, labels and coordinates by whatever name and in whatever range a program writes them."""

from __future__ import annotations

import contextlib
import warnings
from pathlib import Path

import numpy as np
import open3d as o3d
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plyfile import PlyData, PlyElement

from o3d_paint.errors import PaintError
from o3d_paint.io.clouds.cloud_file import CloudFile
from o3d_paint.io.clouds.registry import read_cloud

COUNT = 60
_HARMONIC = 0.28209479177387814


def _xyz() -> np.ndarray:
    return np.random.default_rng(1).uniform(-20, 20, (COUNT, 3)).round(3)


def _rgb() -> np.ndarray:
    return np.random.default_rng(2).integers(0, 256, (COUNT, 3)).astype(np.uint8)


def _check(cloud: CloudFile, off: int = 0) -> None:
    assert np.abs(cloud.xyz - _xyz()).max() < 1e-3
    assert cloud.rgb is not None
    assert np.abs(cloud.rgb.astype(int) - _rgb()).max() <= off
    assert cloud.labels is None


def _ply(path: Path, colors: dict[str, tuple[str, np.ndarray]], axes: str = "xyz") -> Path:
    kinds = [(a, "f4") for a in axes] + [(n, kind) for n, (kind, _) in colors.items()]
    vertices = np.zeros(COUNT, dtype=kinds)
    for axis, values in zip(axes, _xyz().T, strict=True):
        vertices[axis] = values
    for name, (_, values) in colors.items():
        vertices[name] = values
    PlyData([PlyElement.describe(vertices, "vertex")]).write(str(path))
    return path


@pytest.mark.parametrize(
    ("names", "kind", "written"),
    [
        (("red", "green", "blue"), "u1", _rgb()),
        (("red", "green", "blue"), "f4", _rgb() / 255),
        # Sharpened or resampled floats overshoot 1 a little.
        (("red", "green", "blue"), "f4", _rgb() / 255 * 1.001),
        (("red", "green", "blue"), "f4", _rgb()),
        (("red", "green", "blue"), "u2", _rgb().astype(int) * 257),
        (("Red", "Green", "Blue"), "u1", _rgb()),
        (("r", "g", "b"), "f8", _rgb() / 255),
        (("diffuse_red", "diffuse_green", "diffuse_blue"), "u1", _rgb()),
        (("f_dc_0", "f_dc_1", "f_dc_2"), "f4", (_rgb() / 255 - 0.5) / _HARMONIC),
    ],
)
def test_colours_of_a_ply(
    tmp_path: Path, names: tuple[str, ...], kind: str, written: np.ndarray
) -> None:
    columns = {n: (kind, written[:, i]) for i, n in enumerate(names)}
    _check(read_cloud(_ply(tmp_path / "a.ply", columns)), off=1 if written.max() > 1 else 0)


def test_a_few_odd_colours_do_not_change_the_range_of_the_others(tmp_path: Path) -> None:
    rgb = np.tile(_rgb(), (100, 1)).astype(np.float64)
    rgb[7] = 300.0
    table = np.column_stack([np.tile(_xyz(), (100, 1)), rgb])
    np.savetxt(tmp_path / "a.csv", table, delimiter=",", header="x,y,z,r,g,b", comments="")
    found = read_cloud(tmp_path / "a.csv").rgb
    assert found is not None
    assert (np.delete(found, 7, axis=0) == np.delete(rgb, 7, axis=0)).all()
    assert (found[7] == 255).all()


@pytest.mark.parametrize(("value", "name"), [(0, "black"), (255, "white")])
def test_one_colour_that_programs_write_for_none_is_none(
    tmp_path: Path, value: int, name: str
) -> None:
    channels = ("red", "green", "blue")
    colors = {n: ("u1", np.full(COUNT, value)) for n in channels}
    cloud = read_cloud(_ply(tmp_path / "a.ply", colors))
    assert cloud.rgb is None
    assert cloud.notes == (f"Its colours are {name} everywhere and do not count.",)
    head = _pcd("x y z rgb", "4 4 4 4", "F F F U")
    rows = np.zeros(COUNT, dtype="<f4,<f4,<f4,<u4")
    rows["f0"], rows["f3"] = np.arange(COUNT), value * 0x10101
    (tmp_path / "a.pcd").write_bytes(head.encode() + rows.tobytes())
    assert read_cloud(tmp_path / "a.pcd").rgb is None


def test_capital_axes_of_a_ply(tmp_path: Path) -> None:
    colors = {n: ("u1", _rgb()[:, i]) for i, n in enumerate(("red", "green", "blue"))}
    _check(read_cloud(_ply(tmp_path / "a.ply", colors, axes="XYZ")))


def test_opacity_and_intensity_of_a_ply_are_no_labels(tmp_path: Path) -> None:
    colors = {n: ("u1", _rgb()[:, i]) for i, n in enumerate(("red", "green", "blue"))}
    others = {"alpha": ("u1", np.full(COUNT, 255)), "scalar_Intensity": ("f4", np.arange(COUNT))}
    cloud = read_cloud(_ply(tmp_path / "a.ply", colors | others))
    _check(cloud)
    assert cloud.others == ("alpha", "scalar_Intensity")


def test_a_class_column_of_fractions_is_said_and_not_taken(tmp_path: Path) -> None:
    colors = {n: ("u1", _rgb()[:, i]) for i, n in enumerate(("red", "green", "blue"))}
    cloud = read_cloud(_ply(tmp_path / "a.ply", colors | {"class": ("f4", np.full(COUNT, 0.5))}))
    _check(cloud)
    assert "'class' must hold class ids" in cloud.notes[0]


_LISTS = (
    "element camera 3\nproperty list int uchar name\nproperty double focal\n"
    f"element vertex {COUNT}\nproperty float x\nproperty float y\nproperty float z\n"
    "property list uchar uint view_indices\nproperty uchar red\nproperty uchar green\n"
    "property uchar blue\nproperty list ushort float view_weights\n"
    "element face 1\nproperty list uchar int vertex_indices\nend_header\n"
)


@pytest.mark.parametrize("order", ["<", ">", ""])
def test_lists_in_vertices_and_elements_before_them(tmp_path: Path, order: str) -> None:
    """OpenMVS writes which photos see a vertex, as many as there are."""
    records = [
        [("i4", [i]), ("u1", range(i)), ("f8", [i / 2])]  # cameras with names of any length
        for i in range(3)
    ]
    for i, (position, color) in enumerate(zip(_xyz(), _rgb(), strict=True)):
        views, weights = range(i % 5), [0.5] * (i % 3)
        records.append([("f4", position), ("u1", [len(views)]), ("u4", views)])
        records[-1] += [("u1", color), ("u2", [len(weights)]), ("f4", weights)]
    records.append([("u1", [3]), ("i4", [0, 1, 2])])
    kind = {"<": "binary_little_endian", ">": "binary_big_endian", "": "ascii"}[order]
    head = f"ply\nformat {kind} 1.0\n{_LISTS}".encode()
    if order:
        parts = [np.array(v, dtype=order + k).tobytes() for r in records for k, v in r]
    else:
        lines = [" ".join(str(w) for _, v in r for w in v) for r in records]
        parts = ["\n".join(lines).encode()]
    (tmp_path / "a.ply").write_bytes(head + b"".join(parts))
    cloud = read_cloud(tmp_path / "a.ply")
    _check(cloud)
    others = ("view_indices", "view_weights", "3 camera elements", "1 face elements")
    assert cloud.others == others


def test_lists_that_are_cut_off_are_refused(tmp_path: Path) -> None:
    head = (
        b"ply\nformat binary_little_endian 1.0\nelement vertex 2\nproperty float x\n"
        b"property float y\nproperty float z\nproperty list uint int views\nend_header\n"
    )
    row = np.zeros(3, dtype="<f4").tobytes()
    (tmp_path / "a.ply").write_bytes(head + row + b"\xff\xff\xff\xff" + row + b"\0\0\0\0")
    with pytest.raises(Exception, match="cut off"):
        read_cloud(tmp_path / "a.ply")


_SOUND = {
    "a.ply": (
        b"ply\nformat binary_big_endian 1.0\nelement camera 1\nproperty list int uchar name\n"
        b"element vertex 3\nproperty float x\nproperty list uchar uint views\nproperty float y\n"
        b"property float z\nend_header\n"
        + b"\0\0\0\2ab"
        + 3 * (b"\x3f\x80\0\0" + b"\1\0\0\0\7" + b"\x3f\x80\0\0" + b"\x3f\x80\0\0")
    ),
    "b.ply": (
        b"ply\nformat ascii 1.0\nelement vertex 2\nproperty float x\n"
        b"property list uchar uint views\nproperty float y\nproperty float z\nend_header\n"
        b"1 2 7 8 2 3\n1 0 2 3\n"
    ),
    "a.ptx": b"1\n2\n0 0 0\n1 0 0\n0 1 0\n0 0 1\n1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 1\n"
    b"1 2 3 0.5\n0 0 0 0.5\n",
    "a.csv": b"X [m];Y [m];Z [m];name\n1,5;2,5;3,5;a\n2,5;;3,5;b\n",
    "a.pts": b"2\n1 2 3 -9 1 2 3\n4 5 6 -9 1 2 3\n1\n4 5 6 -9 1 2 3\n",
}


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_files_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(_SOUND)))
    path = tmp_path_factory.mktemp("damaged") / name
    path.write_bytes(_SOUND[name])
    assert len(read_cloud(path).xyz) >= 1
    content = bytearray(_SOUND[name])
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    with contextlib.suppress(PaintError), warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        read_cloud(path)


def _pcd(fields: str, sizes: str, types: str, *, data: str = "binary", first: str = "") -> str:
    return (
        f"{first}VERSION 0.7\nFIELDS {fields}\nSIZE {sizes}\nTYPE {types}\n"
        f"WIDTH {COUNT}\nHEIGHT 1\nVIEWPOINT 0 0 0 1 0 0 0\nDATA {data}\n"
    )


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("first", ["", "# written by a pipeline\n#\n", "\ufeff# .PCD v0.7\n"])
def test_pcd_with_capitals_and_colours_apart(tmp_path: Path, ending: str, first: str) -> None:
    """As PDAL names its dimensions; POINTS may be missing, and comments stand first."""
    head = _pcd("X Y Z Intensity Red Green Blue", "8 8 8 2 2 2 2", "F F F U U U U", first=first)
    rows = np.zeros(COUNT, dtype="<f8,<f8,<f8,<u2,<u2,<u2,<u2")
    for i, values in enumerate([*_xyz().T, np.arange(COUNT), *(_rgb().T.astype(int) * 257)]):
        rows[f"f{i}"] = values
    content = head.replace("\n", ending).encode() + rows.tobytes()
    (tmp_path / "a.pcd").write_bytes(content)
    cloud = read_cloud(tmp_path / "a.pcd")
    _check(cloud)
    assert cloud.others == ("Intensity",)


@pytest.mark.parametrize(("kind", "letter"), [("<f4", "F"), ("<u4", "U"), ("<i4", "I")])
def test_packed_colours_of_a_pcd(tmp_path: Path, kind: str, letter: str) -> None:
    codes = _rgb().astype("<u4") @ np.array([1 << 16, 1 << 8, 1], dtype="<u4") | 0xFF000000
    if letter == "F":
        codes &= 0x00FFFFFF
    rows = np.zeros(COUNT, dtype=f"<f4,<f4,<f4,{kind}")
    for i, values in enumerate(_xyz().T):
        rows[f"f{i}"] = values
    rows["f3"] = codes.astype("<u4").view(kind)
    head = _pcd("x y z rgba", "4 4 4 4", f"F F F {letter}")
    (tmp_path / "a.pcd").write_bytes(head.encode() + rows.tobytes())
    _check(read_cloud(tmp_path / "a.pcd"))


def test_compressed_pcd_with_capitals(tmp_path: Path) -> None:
    cloud = o3d.t.geometry.PointCloud()
    cloud.point.positions = o3d.core.Tensor(_xyz())
    cloud.point.colors = o3d.core.Tensor(_rgb())
    path = tmp_path / "a.pcd"
    o3d.t.io.write_point_cloud(str(path), cloud, compressed=True)
    path.write_bytes(path.read_bytes().replace(b"FIELDS x y z", b"FIELDS X Y Z"))
    _check(read_cloud(path))


@pytest.mark.parametrize("factor", [1, 257])
def test_colours_of_eight_bit_in_the_sixteen_of_a_las(tmp_path: Path, factor: int) -> None:
    laspy = pytest.importorskip("laspy", reason="laspy is not installed")
    header = laspy.LasHeader(version="1.4", point_format=7)
    header.scales = [1e-3] * 3
    points = laspy.LasData(header)
    points.xyz = _xyz()
    points.red, points.green, points.blue = _rgb().T.astype(np.uint16) * factor
    points.intensity = np.arange(COUNT)
    points.number_of_returns[:] = 2
    points.header.vlrs.append(laspy.VLR("LASF_Projection", 2112, "WKT", b"PROJCS[]\0"))
    points.write(str(tmp_path / "a.las"))
    cloud = read_cloud(tmp_path / "a.las")
    _check(cloud)
    assert cloud.others == ("intensity", "number_of_returns", "the coordinate system")


def _e57(path: Path, fields: dict[str, tuple[object, np.ndarray]]) -> None:
    """Write an E57 of one scan with prototypes of our own choice; name → (node, values)."""
    libe57 = pytest.importorskip("pye57.libe57", reason="pye57 is not installed")
    file = libe57.ImageFile(str(path), "w")
    file.extensionsAdd("", libe57.E57_V1_0_URI)
    root = file.root()
    texts = {
        "formatName": "ASTM E57 3D Imaging Data File",
        "guid": "{a}",
        "coordinateMetadata": "",
        "e57LibraryVersion": "x",
    }
    for key, text in texts.items():
        root.set(key, libe57.StringNode(file, text))
    root.set("versionMajor", libe57.IntegerNode(file, 1, 1, 1))
    root.set("versionMinor", libe57.IntegerNode(file, 0, 0, 0))
    scans = libe57.VectorNode(file, True)
    root.set("data3D", scans)
    scan = libe57.StructureNode(file)
    scan.set("guid", libe57.StringNode(file, "{s}"))
    prototype, buffers, kept = libe57.StructureNode(file), libe57.VectorSourceDestBuffer(), []
    for name, (make, values) in fields.items():
        prototype.set(name, make(libe57, file))  # type: ignore[operator]
        kept.append(np.ascontiguousarray(values))
        buffers.append(libe57.SourceDestBuffer(file, name, kept[-1], len(kept[-1]), True, True))
    points = libe57.CompressedVectorNode(file, prototype, libe57.VectorNode(file, True))
    scan.set("points", points)
    scans.append(scan)
    writer = points.writer(buffers)
    writer.write(COUNT)
    writer.close()
    file.close()


def _double(libe57: object, file: object) -> object:
    return libe57.FloatNode(file, 0.0, libe57.E57_DOUBLE)  # type: ignore[attr-defined]


def _whole(most: int) -> object:
    return lambda libe57, file: libe57.IntegerNode(file, 0, 0, most)


@pytest.mark.parametrize(("most", "factor"), [(255, 1), (65535, 257), (65535, 1)])
def test_colours_of_an_e57(tmp_path: Path, most: int, factor: int) -> None:
    fields: dict[str, tuple[object, np.ndarray]] = {
        f"cartesian{a}": (_double, _xyz()[:, i]) for i, a in enumerate("XYZ")
    }
    colors = _rgb().astype(np.uint16) * factor
    fields |= {
        f"color{c}": (_whole(most), colors[:, i]) for i, c in enumerate(("Red", "Green", "Blue"))
    }
    fields["intensity"] = (_double, np.linspace(0, 1, COUNT))
    _e57(tmp_path / "a.e57", fields)
    cloud = read_cloud(tmp_path / "a.e57")
    _check(cloud)
    assert cloud.others == ("intensity",)


@pytest.mark.parametrize("spherical", [False, True])
def test_invalid_points_of_an_e57_keep_their_rows(tmp_path: Path, spherical: bool) -> None:
    values, names = _xyz(), [f"cartesian{a}" for a in "XYZ"]
    if spherical:
        names = ["sphericalRange", "sphericalAzimuth", "sphericalElevation"]
        x, y, z = values.T
        values = np.column_stack(
            [np.linalg.norm(values, axis=1), np.arctan2(y, x), np.arctan2(z, np.hypot(x, y))]
        )
    state = np.zeros(COUNT, dtype=np.uint8)
    state[[3, 9]] = 2, 1
    fields: dict[str, tuple[object, np.ndarray]] = {
        n: (_double, values[:, i]) for i, n in enumerate(names)
    }
    fields[f"{names[0][:9]}InvalidState"] = (_whole(2), state)
    _e57(tmp_path / "a.e57", fields)
    xyz = read_cloud(tmp_path / "a.e57").xyz
    assert np.flatnonzero(np.isnan(xyz).any(axis=1)).tolist() == [3, 9]
    assert np.abs(np.delete(xyz - _xyz(), [3, 9], axis=0)).max() < 1e-6


def test_scans_of_a_ptx_with_rays_that_met_nothing(tmp_path: Path) -> None:
    turned = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    lines = []
    for start, shift in ((0, (0, 0, 0)), (COUNT // 2, (100, 200, 5))):
        part = slice(start, start + COUNT // 2)
        local = (_xyz()[part] - shift) @ turned
        rows = np.column_stack([local, np.full(len(local), 0.5), _rgb()[part]])
        if start:
            rows[4, :3] = 0
        lines += ["6", "5", "{} {} {}".format(*shift), "1 0 0", "0 1 0", "0 0 1"]
        lines += [" ".join(map(str, [*row, 0])) for row in turned.T]
        lines += ["{} {} {} 1".format(*shift)]
        lines += [
            f"{x:.6f} {y:.6f} {z:.6f} {i} {r:.0f} {g:.0f} {b:.0f}" for x, y, z, i, r, g, b in rows
        ]
    (tmp_path / "a.ptx").write_text("\r\n".join(lines) + "\r\n")
    cloud = read_cloud(tmp_path / "a.ptx")
    lost = COUNT // 2 + 4
    assert np.flatnonzero(np.isnan(cloud.xyz).any(axis=1)).tolist() == [lost]
    assert np.abs(np.delete(cloud.xyz - _xyz(), lost, axis=0)).max() < 1e-5
    assert (cloud.rgb == _rgb()).all()
