"""One contract for every way to write a labelled cloud, read back with another library."""

from __future__ import annotations

import json
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import open3d as o3d
import pytest
from plyfile import PlyData

from o3d_paint.core.taxonomy import LabelClass, Taxonomy
from o3d_paint.errors import MissingExtraError, StorageError, TaxonomyError
from o3d_paint.io.clouds.registry import read_cloud
from o3d_paint.io.exporters import EXPORTERS, ExportOptions, LabelledScene, export
from o3d_paint.io.exporters.las import classification_codes
from o3d_paint.io.exporters.selection import (
    class_ids_of,
    file_stem,
    only_classes,
    split_paths,
    without_unlabelled,
)
from o3d_paint.io.taxonomy_file import find_taxonomy
from o3d_paint.plain_text import printable
from tests.io.rewriters.labelled_clouds import UTM as ORIGIN
from tests.io.rewriters.labelled_clouds import labelled_by, points
from tests.io.test_exporters import TAXONOMY, labelled

FOLDERS = [".s3dis", ".pointcept"]
UTM = (448_123.25, 5_411_987.5, 312.125)


@dataclass
class Back:
    """What another library found in a file; None where the format cannot hold it."""

    xyz: np.ndarray
    rgb: np.ndarray | None
    labels: np.ndarray | None
    confidence: np.ndarray | None = None


def _ply(path: Path) -> Back:
    v = PlyData.read(path)["vertex"]
    rgb = np.stack([v["red"], v["green"], v["blue"]], axis=1)
    return Back(np.stack([v["x"], v["y"], v["z"]], axis=1), rgb, v["label"], v["confidence"])


def _pcd(path: Path) -> Back:
    cloud = o3d.t.io.read_point_cloud(str(path))
    return Back(
        cloud.point.positions.numpy(),
        cloud.point.colors.numpy(),
        cloud.point.label.numpy()[:, 0],
        cloud.point.confidence.numpy()[:, 0],
    )


def _las(path: Path) -> Back:
    laspy = pytest.importorskip("laspy", reason="laspy is not installed")
    points = laspy.read(path)
    assert points.header.version == "1.4"
    codes = classification_codes(TAXONOMY)
    assert (np.asarray(points.classification) == codes[np.asarray(points.label)]).all()
    rgb = np.stack([points.red, points.green, points.blue], axis=1)
    assert (rgb % 257 == 0).all()
    return Back(np.asarray(points.xyz), rgb // 257, np.asarray(points.label), points.confidence)


def _e57(path: Path) -> Back:
    pye57 = pytest.importorskip("pye57", reason="pye57 is not installed")
    file = pye57.E57(str(path))
    names = {printable(c.name): c.class_id for c in TAXONOMY} | {"unlabelled": 0}
    parts, labels = [], []
    for i in range(file.scan_count):
        parts.append(file.read_scan(i, colors=True, ignore_missing_fields=True))
        name = file.data3d[i]["name"].value()
        labels.append(np.full(len(parts[-1]["cartesianX"]), names[name]))
    columns = [f"cartesian{a}" for a in "XYZ"], [f"color{c}" for c in ("Red", "Green", "Blue")]
    xyz, rgb = (
        np.concatenate([np.stack([p[c] for c in names], axis=1) for p in parts])
        for names in columns
    )
    return Back(xyz, rgb, np.concatenate(labels))


def _table(separator: str | None) -> Callable[[Path], Back]:
    def read(path: Path) -> Back:
        first = path.read_text(encoding="ascii").split("\n", 1)[0]
        assert first.lstrip("/").replace(",", " ").split()[:3] == ["x", "y", "z"]
        t = np.loadtxt(path, delimiter=separator, skiprows=1)
        return Back(t[:, :3], t[:, 3:6], t[:, 6], t[:, 8])

    return read


def _npz(path: Path) -> Back:
    with np.load(path, allow_pickle=False) as a:
        classes = json.loads(str(a["classes"]))["classes"]
        assert [c["name"] for c in classes] == [c.name for c in TAXONOMY]
        return Back(a["points_3d"], np.round(a["colors_3d"] * 255), a["labels"], a["confidence"])


def _kitti(path: Path) -> Back:
    labels = np.fromfile(path, dtype=np.uint32)
    points = np.fromfile(path.with_suffix(".bin"), dtype=np.float32).reshape(-1, 4)
    pose = path.with_suffix(".pose.txt")
    world_from_points = np.loadtxt(pose).reshape(3, 4) if pose.exists() else np.eye(3, 4)
    xyz = points[:, :3].astype(np.float64) @ world_from_points[:, :3].T + world_from_points[:, 3]
    return Back(xyz, None, labels & 0xFFFF)


def _s3dis(path: Path) -> Back:
    whole = np.loadtxt(path / f"{path.stem}.txt")
    names = {file_stem(c.name): c.class_id for c in TAXONOMY} | {"clutter": 0}
    parts = []
    for file in sorted((path / "Annotations").glob("*.txt")):
        rows = np.loadtxt(file, ndmin=2)
        parts.append(
            np.column_stack([rows, np.full(len(rows), names[file.stem.rsplit("_", 1)[0]])])
        )
    joined = np.concatenate(parts)
    assert (np.sort(joined[:, :6], axis=0) == np.sort(whole, axis=0)).all()
    return Back(joined[:, :3], joined[:, 3:6], joined[:, 6])


def _pointcept(path: Path) -> Back:
    """Read a folder as Pointcept's DefaultDataset does."""
    names = ("coord", "color", "normal", "segment")
    found = {n: np.load(path / f"{n}.npy") for n in names}
    assert sorted(p.name for p in path.iterdir()) == sorted(
        ["classes.json", *(f"{n}.npy" for n in names)]
    )
    assert [found[n].dtype for n in names] == ["f4", "u1", "f4", "i4"]
    assert np.allclose(np.linalg.norm(found["normal"], axis=1), 1, atol=1e-5)
    listed = json.loads((path / "classes.json").read_text(encoding="utf-8"))
    ids = [c["id"] for c in listed["classes"] if c["id"]]
    labels = np.array([*ids, 0])[found["segment"]]
    assert found["segment"].min() >= -1
    return Back(found["coord"].astype("f8") + listed["offset"], found["color"], labels)


READERS: dict[str, Callable[[Path], Back]] = {
    ".ply": _ply,
    ".pcd": _pcd,
    ".las": _las,
    ".laz": _las,
    ".e57": _e57,
    ".xyz": _table(None),
    ".csv": _table(","),
    ".npz": _npz,
    ".label": _kitti,
    ".s3dis": _s3dis,
    ".pointcept": _pointcept,
}


def _same_points(toy: LabelledScene, back: Back, tolerance: float) -> None:
    """Compare as sets of points: some formats sort them by class."""
    assert len(back.xyz) == len(toy.labels)
    ours = np.lexsort(np.round(toy.scene.cloud.xyz, 2).T)
    theirs = np.lexsort(np.round(back.xyz, 2).T)
    order, back_order = (
        (slice(None), slice(None))
        if np.abs(back.xyz - toy.scene.cloud.xyz).max() < tolerance
        else (ours, theirs)
    )
    assert np.abs(back.xyz[back_order] - toy.scene.cloud.xyz[order]).max() < tolerance
    if back.rgb is not None:
        assert (back.rgb[back_order] == toy.scene.cloud.rgb[order]).all()
    if back.labels is not None:
        assert (back.labels[back_order] == toy.labels[order]).all()
    if back.confidence is not None:
        assert toy.confidence is not None
        assert np.allclose(back.confidence[back_order], toy.confidence[order], atol=1e-4)


def test_every_cloud_format_has_a_contract() -> None:
    assert set(READERS) | {".glb", ".npy", ".xml"} == set(EXPORTERS)


@pytest.mark.parametrize("suffix", READERS)
@pytest.mark.parametrize("offset", [(0.0, 0.0, 0.0), UTM])
def test_another_library_reads_back_what_was_written(
    tmp_path: Path, suffix: str, offset: tuple[float, float, float]
) -> None:
    toy = labelled(n=400, offset=offset)
    export(toy, tmp_path / f"a{suffix}")
    _same_points(toy, READERS[suffix](tmp_path / f"a{suffix}"), 1e-3)


@pytest.mark.parametrize("suffix", [".ply", ".pcd", ".las", ".laz", ".xyz", ".csv", ".npz"])
def test_our_own_readers_bring_labels_back(tmp_path: Path, suffix: str) -> None:
    toy = labelled(n=300, offset=UTM)
    export(toy, tmp_path / f"a{suffix}")
    cloud = read_cloud(tmp_path / f"a{suffix}")
    assert cloud.labels is not None
    assert (cloud.labels == toy.labels).all()
    assert np.abs(cloud.xyz - toy.scene.cloud.xyz).max() < 1e-3


@pytest.mark.parametrize("suffix", [".pcd", ".las", ".xyz", ".csv", ".npz", ".e57"])
def test_class_colours_on_request(tmp_path: Path, suffix: str) -> None:
    toy = labelled(n=200)
    export(toy, tmp_path / f"a{suffix}", ExportOptions(color_by="label"))
    back = READERS[suffix](tmp_path / f"a{suffix}")
    assert back.rgb is not None
    assert back.labels is not None
    walls = back.rgb[back.labels == 7]
    assert len(walls)
    assert (walls == (10, 200, 30)).all()


@pytest.mark.parametrize("suffix", [s for s in READERS if s not in FOLDERS])
def test_inputs_are_never_written_over(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"mine")
    with pytest.raises(StorageError):
        export(labelled(n=20), path, ExportOptions(inputs=(path,)))
    assert path.read_bytes() == b"mine"


@pytest.mark.parametrize("suffix", FOLDERS)
def test_a_folder_is_never_written_over(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"a{suffix}").mkdir()
    with pytest.raises(StorageError, match="there already"):
        export(labelled(n=20), tmp_path / f"a{suffix}")
    assert list(tmp_path.iterdir()) == [tmp_path / f"a{suffix}"]


def test_normals_look_at_the_cameras(tmp_path: Path) -> None:
    np.savetxt(tmp_path / "scan.xyz", np.column_stack(points()), fmt="%.6f")
    scene = labelled_by(tmp_path / "scan.xyz")
    export(scene, tmp_path / "a.pointcept")
    floor = scene.labels == 1
    normals = np.load(tmp_path / "a.pointcept" / "normal.npy")
    assert (normals[floor, 2] > 0.9).mean() > 0.95
    ball = (scene.labels == 2) & (scene.scene.cloud.xyz[:, 2] - ORIGIN[2] > 0.3)
    centre = np.array([*ORIGIN[:2], ORIGIN[2] + 0.5])
    outward = scene.scene.cloud.xyz[ball] - centre
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    assert (np.einsum("ij,ij->i", normals[ball], outward) > 0.8).mean() > 0.9


def test_cloudcompare_shows_each_class_in_its_colour(tmp_path: Path) -> None:
    classes = (LabelClass(3, "Straße & Weg", (9, 8, 7)), LabelClass(4, "b", (200, 1, 2)))
    taxonomy = Taxonomy((LabelClass(200, "far", (1, 99, 3)), *classes))
    export(replace(labelled(n=20), taxonomy=taxonomy), tmp_path / "a.xml")
    root = ElementTree.parse(tmp_path / "a.xml").getroot()
    assert root.tag == "CloudCompare"
    scale = root[0]
    assert (scale.tag, scale.get("version")) == ("ColorScale", "1")
    assert [e.tag for e in scale[0]] == ["name", "uuid", "absolute", "minValue", "range"]
    low, size = (float(scale[0].findtext(n)) for n in ("minValue", "range"))
    steps = [(float(s.get("pos")), *(int(s.get(c)) for c in "rgb")) for s in scale[1].iter("step")]
    positions = [s[0] for s in steps]
    assert positions[0] == 0
    assert positions[-1] == 1
    assert (np.diff(positions) > 0).all()
    # As CloudCompare does it: 1024 colours, blended between the steps.
    table = np.linspace(0, 1, 1024)
    for c in taxonomy:
        at = table[int((c.class_id - low) / size * 1023)]
        found = [np.interp(at, positions, [s[i] for s in steps]) for i in (1, 2, 3)]
        assert tuple(round(f) for f in found) == c.color
    texts = {int(e.get("val")): e.get("text") for e in scale[1].iter("label")}
    assert texts == {0: "unlabelled", **{c.class_id: printable(c.name) for c in taxonomy}}


def test_standard_names_get_the_standards_codes() -> None:
    codes = classification_codes(TAXONOMY.add("Building").add("ground"))
    assert codes[0] == 0
    assert codes[7] == 64
    assert codes[1] == 65
    assert codes[40_001] == 6
    assert codes[40_002] == 2
    assert codes[3] == 1


def test_the_standards_own_classes_keep_their_codes() -> None:
    standard = find_taxonomy("asprs").taxonomy
    codes = classification_codes(standard)
    assert {c.name: int(codes[c.class_id]) for c in standard} == {
        c.name: c.class_id for c in standard
    }


def test_laz_without_a_library_that_compresses_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(labelled(n=20), tmp_path / "a.laz")
    for name in ("lazrs", "laszip"):
        monkeypatch.setitem(sys.modules, name, None)
    for work in (
        lambda: export(labelled(n=20), tmp_path / "b.laz"),
        lambda: read_cloud(tmp_path / "a.laz"),
    ):
        with pytest.raises(MissingExtraError, match=r"needs lazrs: .* 'o3d-paint\[las\]'"):
            work()
    assert not (tmp_path / "b.laz").exists()
    export(labelled(n=20), tmp_path / "b.las")
    assert len(read_cloud(tmp_path / "b.las").xyz) == 20


def test_parts_of_a_scene() -> None:
    toy = labelled(n=300)
    walls = only_classes(toy, class_ids_of(["WALLS"], TAXONOMY))
    assert (walls.labels == 7).all()
    assert len(walls.labels) == np.count_nonzero(toy.labels == 7)
    assert (walls.scene.cloud.xyz == toy.scene.cloud.xyz[toy.labels == 7]).all()
    assert (without_unlabelled(toy).labels > 0).all()
    assert class_ids_of(["40000"], TAXONOMY) == [40_000]
    with pytest.raises(TaxonomyError, match="no class 'sky'"):
        class_ids_of(["sky"], TAXONOMY)


def test_one_file_for_each_class() -> None:
    paths = split_paths(labelled(n=300), Path("out/a.ply"))
    assert paths[7] == Path("out/a_walls.ply")
    assert paths[0] == Path("out/a_unlabelled.ply")
    assert len(set(paths.values())) == 4
    assert all(
        "/" not in p.name and "\n" not in p.name and '"' not in p.name for p in paths.values()
    )


@pytest.mark.parametrize("ending", [".ply", ".las", ".laz", ".npz"])
def test_names_and_labels_come_back_as_a_cloud_of_its_own(tmp_path: Path, ending: str) -> None:
    if ending.startswith(".la"):
        pytest.importorskip("laspy", reason="laspy is not installed")
    toy = labelled()
    export(toy, tmp_path / f"a{ending}")
    back = read_cloud(tmp_path / f"a{ending}")
    assert back.labels is not None
    assert (back.labels == toy.labels).all()
    used = set(np.unique(toy.labels).tolist()) - {0}
    assert {i: back.names[i] for i in used} == {i: TAXONOMY.get(i).name for i in used}


def test_an_earlier_centre_does_not_outlive_its_points(tmp_path: Path) -> None:
    for offset in (UTM, (0.0, 0.0, 0.0)):
        toy = labelled(n=50, offset=offset)
        export(toy, tmp_path / "a.label")
        _same_points(toy, _kitti(tmp_path / "a.label"), 1e-3)


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on files")
@pytest.mark.parametrize("suffix", READERS)
def test_a_file_that_finds_no_room_ends_in_one_sentence(tmp_path: Path, suffix: str) -> None:
    import resource

    toy = labelled(n=5000)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, before[1]))
    try:
        with pytest.raises(StorageError, match=r"cannot write|cannot be written"):
            export(toy, tmp_path / f"a{suffix}")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []
