"""Points that are nowhere: the engine never sees them, and their rows stay in what is written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import open3d as o3d
import pytest
from plyfile import PlyData

from o3d_paint.core.taxonomy import LabelClass, Taxonomy
from o3d_paint.io.clouds.registry import read_cloud
from o3d_paint.io.comparison import compare_files
from o3d_paint.io.exporters import EXPORTERS, LabelledScene, export
from o3d_paint.io.exporters.selection import without_unlabelled
from o3d_paint.io.scene import LoadOptions, load_scene
from tests.io.ball_on_floor import arrays, save, with_points

TAXONOMY = Taxonomy((LabelClass(1, "floor", (1, 2, 3)), LabelClass(2, "ball", (4, 5, 6))))
KEEPS_ROWS = {".ply", ".pcd", ".xyz", ".csv", ".npz", ".npy", ".label"}
UTM = np.array([448_123.0, 5_411_987.0, 312.0])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[LabelledScene, np.ndarray]:
    """A scene whose cloud has every fifth point nowhere, labelled, and those rows."""
    folder = tmp_path_factory.mktemp("rows")
    data, _ = arrays(offset=UTM)
    points = with_points(data)["points_3d"]
    points[::5] = np.nan
    points[7] = np.inf
    np.savetxt(folder / "scan.xyz", np.column_stack([points, np.full_like(points, 100)]))
    scene = load_scene(save(folder / "s.npz", data), LoadOptions(cloud=folder / "scan.xyz"))
    labels = np.where(scene.cloud.xyz[:, 2] - UTM[2] > 0.01, 2, 1).astype(np.uint16)
    source = np.full(len(labels), 2, dtype=np.uint8)
    confidence = np.full(len(labels), 0.75, dtype=np.float32)
    return LabelledScene(scene, TAXONOMY, labels, source, confidence), points


def test_the_engine_sees_points_that_are_somewhere(
    made: tuple[LabelledScene, np.ndarray],
) -> None:
    scene, points = made[0].scene, made[1]
    finite = np.isfinite(points).all(axis=1)
    assert np.allclose(scene.cloud.xyz, points[finite])
    assert scene.rows is not None
    assert scene.rows.count == len(points)
    assert scene.rows.of_points.tolist() == np.flatnonzero(finite).tolist()
    missing = np.count_nonzero(~finite)
    assert any(f"{missing:,} of {len(points):,} points are nowhere" in n for n in scene.notes)


def _back(path: Path) -> tuple[np.ndarray | None, np.ndarray]:
    """Points and labels as another library finds them."""
    if path.suffix == ".ply":
        v = PlyData.read(path)["vertex"]
        return np.stack([v[a] for a in "xyz"], axis=1), v["label"]
    if path.suffix == ".pcd":
        cloud = o3d.t.io.read_point_cloud(str(path))
        return cloud.point.positions.numpy(), cloud.point.label.numpy()[:, 0]
    if path.suffix in (".xyz", ".csv"):
        separator = "," if path.suffix == ".csv" else None
        table = np.genfromtxt(path, delimiter=separator, skip_header=1, comments="//")
        return table[:, :3], table[:, 6]
    if path.suffix == ".npz":
        with np.load(path) as found:
            return found["points_3d"], found["labels"]
    if path.suffix == ".npy":
        return None, np.load(path)
    points = np.fromfile(path.with_suffix(".bin"), dtype="<f4").reshape(-1, 4)[:, :3]
    line = np.loadtxt(path.with_suffix(".pose.txt")).reshape(3, 4)
    return points + line[:, 3], np.fromfile(path, dtype="<u4")


@pytest.mark.parametrize("suffix", sorted(KEEPS_ROWS))
def test_rows_stay_where_they_are(
    tmp_path: Path, made: tuple[LabelledScene, np.ndarray], suffix: str
) -> None:
    labelled, points = made
    finite = np.isfinite(points).all(axis=1)
    assert export(labelled, tmp_path / f"a{suffix}") == []
    xyz, labels = _back(tmp_path / f"a{suffix}")
    assert len(labels) == len(points)
    assert (labels[finite] == labelled.labels).all()
    assert not labels[~finite].any()
    if xyz is not None:
        assert np.abs(xyz[finite] - points[finite]).max() < 2e-3
        assert not np.isfinite(xyz[~finite]).any()


def test_every_format_keeps_rows_or_says_that_it_does_not(
    tmp_path: Path, made: tuple[LabelledScene, np.ndarray]
) -> None:
    labelled, points = made
    missing = len(points) - len(labelled.labels)
    for suffix, exporter in EXPORTERS.items():
        assert exporter.keeps_rows == (suffix in {*KEEPS_ROWS, ".xml"})
        said = export(labelled, tmp_path / f"a{suffix}")
        assert [f"without the {missing:,} points" in s for s in said] == [True] * (
            not exporter.keeps_rows
        )


def test_a_part_has_no_rows_of_the_file(
    tmp_path: Path, made: tuple[LabelledScene, np.ndarray]
) -> None:
    part = without_unlabelled(made[0])
    assert export(part, tmp_path / "a.glb") == []
    export(part, tmp_path / "a.npy")
    assert len(np.load(tmp_path / "a.npy")) == len(made[0].labels)


def test_labels_in_rows_are_compared_row_by_row(
    tmp_path: Path, made: tuple[LabelledScene, np.ndarray]
) -> None:
    labelled, _ = made
    for name in ("a.ply", "b.csv", "c.npy"):
        export(labelled, tmp_path / name)
    for other in ("b.csv", "c.npy"):
        found = compare_files(tmp_path / other, tmp_path / "a.ply")
        assert found.matching == "order"
        assert found.scores.accuracy == 1.0
    nearest = compare_files(tmp_path / "b.csv", tmp_path / "a.ply", matching="nearest")
    assert nearest.scores.accuracy == 1.0


def test_an_export_is_a_cloud_with_the_same_rows(
    tmp_path: Path, made: tuple[LabelledScene, np.ndarray]
) -> None:
    labelled, points = made
    export(labelled, tmp_path / "a.pcd")
    cloud = read_cloud(tmp_path / "a.pcd")
    assert (np.isfinite(cloud.xyz).all(axis=1) == np.isfinite(points).all(axis=1)).all()
    assert cloud.others == ()
