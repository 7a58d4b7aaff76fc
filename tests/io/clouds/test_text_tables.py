"""Text clouds as scanners, surveyors, CloudCompare and Excel write them."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from o3d_paint.errors import FormatError
from o3d_paint.io.clouds.registry import read_cloud

COUNT = 60


def _xyz(count: int = COUNT) -> np.ndarray:
    return np.random.default_rng(1).uniform(-20, 20, (count, 3)).round(3)


def _rgb() -> np.ndarray:
    return np.random.default_rng(2).integers(0, 256, (COUNT, 3)).astype(np.uint8)


def _row(values: np.ndarray, separator: str, comma: bool = False) -> str:
    return separator.join(f"{v:.3f}".replace(".", "," if comma else ".") for v in values)


@pytest.mark.parametrize(
    ("name", "header", "separator", "comma", "end"),
    [
        ("a.txt", "", "\t", True, ""),
        ("a.xyz", "", " ", True, ""),
        ("a.xyz", "X Y Z", "  ", True, ""),
        ("a.csv", "x;y;z", ";", True, ""),
        ("a.csv", "x;y;z;", ";", True, ";"),
        ("a.csv", "x,y,z", ",", False, ","),
        ("a.csv", "x,y,z,", ",", False, ","),
        ("a.csv", "Easting,Northing,Elevation", ",", False, ""),
        ("a.csv", "East;North;Height", ";", True, ""),
        ("a.csv", "X [m],Y [m],Z [m]", ",", False, ""),
        ("a.txt", "X(m) Y(m) Z(m)", " ", False, ""),
        ("a.txt", "X [m] Y [m] Z [m]", "\t", False, ""),
        ("a.csv", '"Points:0","Points:1","Points:2"', ",", False, ""),
        ("a.csv", "x, y, z", ", ", False, ""),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_tables_of_other_countries_and_programs(
    tmp_path: Path, name: str, header: str, separator: str, comma: bool, end: str, newline: str
) -> None:
    lines = [header] * bool(header) + [_row(x, separator, comma) + end for x in _xyz()]
    (tmp_path / name).write_bytes((newline.join(lines) + newline).encode())
    assert np.abs(read_cloud(tmp_path / name).xyz - _xyz()).max() < 1e-9


def test_pts_of_several_clouds(tmp_path: Path) -> None:
    lines = []
    for part in (slice(0, 20), slice(20, COUNT)):
        rows = [
            f"{_row(x, ' ')} -512 {r} {g} {b}"
            for x, (r, g, b) in zip(_xyz()[part], _rgb()[part], strict=True)
        ]
        lines += [str(len(rows)), *rows]
    (tmp_path / "a.pts").write_text("\n".join(lines))
    cloud = read_cloud(tmp_path / "a.pts")
    assert np.abs(cloud.xyz - _xyz()).max() < 1e-9
    assert (cloud.rgb == _rgb()).all()


def test_text_of_excel_in_two_bytes(tmp_path: Path) -> None:
    lines = ["x\ty\tz", *(_row(x, "\t", comma=True) for x in _xyz())]
    (tmp_path / "a.txt").write_bytes("\r\n".join(lines).encode("utf-16"))
    assert np.abs(read_cloud(tmp_path / "a.txt").xyz - _xyz()).max() < 1e-9


def test_northing_may_stand_before_easting(tmp_path: Path) -> None:
    lines = ["Point,Northing,Easting,Elevation,Code"]
    lines += [f"P{i},{y},{x},{z},kerb" for i, (x, y, z) in enumerate(_xyz())]
    (tmp_path / "a.csv").write_text("\n".join(lines))
    cloud = read_cloud(tmp_path / "a.csv")
    assert np.abs(cloud.xyz - _xyz()).max() < 1e-9
    assert cloud.others == ("Point", "Code")


def test_values_left_empty_are_not_known(tmp_path: Path) -> None:
    lines = ["x,y,z,label"]
    lines += [f"{_row(x, ',')},{'' if i % 2 else 3}" for i, x in enumerate(_xyz())]
    lines[5] = ",,,2"
    (tmp_path / "a.csv").write_text("\n".join(lines))
    cloud = read_cloud(tmp_path / "a.csv")
    assert np.flatnonzero(np.isnan(cloud.xyz).any(axis=1)).tolist() == [4]
    assert cloud.labels is not None
    assert cloud.labels.tolist()[:6] == [3, 0, 3, 0, 2, 0]


@pytest.mark.parametrize("separator", [";", " ", ","])
def test_float_colours_of_cloudcompare(tmp_path: Path, separator: str) -> None:
    names = separator.join(["//X", "Y", "Z", "Rf", "Gf", "Bf", "Intensity"])
    rows = np.column_stack([_xyz(), (_rgb() / 255).round(6), np.arange(COUNT)])
    lines = [names, str(COUNT), *(separator.join(map(str, row)) for row in rows)]
    (tmp_path / "a.asc").write_text("\n".join(lines))
    cloud = read_cloud(tmp_path / "a.asc")
    assert (cloud.rgb == _rgb()).all()
    assert cloud.labels is None
    assert cloud.others == ("Intensity",)


@pytest.mark.parametrize("floats", [False, True])
def test_opacity_behind_colours_is_no_label(tmp_path: Path, floats: bool) -> None:
    rgba = np.column_stack([_rgb(), np.full(COUNT, 255)]) / (255 if floats else 1)
    np.savetxt(tmp_path / "a.xyz", np.column_stack([_xyz(), rgba]), fmt="%.6f")
    cloud = read_cloud(tmp_path / "a.xyz")
    assert (cloud.rgb == _rgb()).all()
    assert cloud.labels is None
    assert "everywhere and not taken for labels" in cloud.notes[0]


def _wall(count: int = 2000) -> np.ndarray:
    rng = np.random.default_rng(3)
    return np.column_stack([rng.uniform(0, 4, (count, 2)), np.zeros(count)]).round(4)


@pytest.mark.parametrize(
    ("column", "is_label"),
    [
        (np.random.default_rng(4).integers(0, 256, 2000), False),  # intensity
        (np.random.default_rng(4).integers(0, 8, 2000), False),  # of few steps
        ((_wall()[:, 0] * 500).astype(int), False),  # smooth
        ((_wall()[:, 0] > 2).astype(int) + 1, True),
        ((_wall()[:, 0] * 2).astype(int) * 10 + (_wall()[:, 1] * 2).astype(int), True),  # 64 ids
    ],
)
@pytest.mark.parametrize("colors", [False, True])
def test_a_last_column_is_a_label_where_neighbours_share_it(
    tmp_path: Path, column: np.ndarray, is_label: bool, colors: bool
) -> None:
    rgb = np.random.default_rng(5).integers(0, 256, (2000, 3 if colors else 0))
    np.savetxt(tmp_path / "a.xyz", np.column_stack([_wall(), rgb, column]), fmt="%.4f")
    cloud = read_cloud(tmp_path / "a.xyz")
    assert (cloud.labels is not None) == is_label
    assert "taken for labels" in cloud.notes[0]
    assert not colors or (cloud.rgb == rgb).all()
    if is_label:
        assert (cloud.labels == column).all()


def test_intensity_of_eight_bits_before_colours(tmp_path: Path) -> None:
    rng = np.random.default_rng(6)
    intensity = rng.integers(0, 256, (2000, 1))
    rgb = np.clip(rng.integers(0, 256, (2000, 1)) + rng.integers(-60, 60, (2000, 3)), 0, 255)
    np.savetxt(tmp_path / "a.txt", np.column_stack([_wall(), intensity, rgb]), fmt="%.4f")
    cloud = read_cloud(tmp_path / "a.txt")
    assert (cloud.rgb == rgb).all()
    assert cloud.labels is None


@pytest.mark.parametrize("colors", [False, True])
def test_normals_of_a_floor_are_no_colours(tmp_path: Path, colors: bool) -> None:
    normals = np.tile([0.0, 0.0, 1.0], (COUNT, 1))
    rgb = _rgb() if colors else np.zeros((COUNT, 0))
    np.savetxt(tmp_path / "a.xyz", np.column_stack([_xyz(), normals, rgb]), fmt="%.4f")
    found = read_cloud(tmp_path / "a.xyz").rgb
    assert (found == _rgb()).all() if colors else found is None


def test_a_table_that_cannot_be_told_is_refused_in_words(tmp_path: Path) -> None:
    lines = [_row(x, ",", comma=True) for x in _xyz()]
    lines[3] += ",5"
    (tmp_path / "a.csv").write_text("\n".join(lines))
    with pytest.raises(Exception, match="not a table of numbers"):
        read_cloud(tmp_path / "a.csv")


@pytest.mark.parametrize("rows", [0, 2000])
@pytest.mark.parametrize("separator", [",", " ", ";", "\t"])
def test_a_line_without_end_is_refused_before_it_takes_memory(
    tmp_path: Path, rows: int, separator: str
) -> None:
    row = separator.join("123") + "\n"
    path = tmp_path / "endless.csv"
    path.write_text(row * rows + f"1{separator}" * 500_000, "utf-8")
    tracemalloc.start()
    with pytest.raises(FormatError, match="a line of more than 65,536 characters"):
        read_cloud(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6
