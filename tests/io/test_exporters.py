from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pygltflib
import pytest
import trimesh
from plyfile import PlyData

from o3d_paint.core.camera import Camera
from o3d_paint.core.confidence import default_rule
from o3d_paint.core.scene import ArrayPhoto, Frame, PointCloud, Scene
from o3d_paint.core.taxonomy import LabelClass, Taxonomy
from o3d_paint.errors import FormatError, StorageError
from o3d_paint.io.exporters import EXPORTERS, ExportOptions, LabelledScene, export
from o3d_paint.io.exporters.glb import linear_bytes, y_up_from_world
from tests.io.ball_on_floor import look_at_origin

UNICODE = 'Dächer "roof"\n屋根'
TAXONOMY = Taxonomy(
    (
        LabelClass(7, "walls", (10, 200, 30)),
        LabelClass(1, UNICODE, (255, 0, 128)),
        LabelClass(40_000, "figures", (1, 2, 3)),
    )
)


def labelled(n=5000, offset=(0.0, 0.0, 0.0), *, extras=True, up=(0.0, 0.0, 1.0), spacing=0.01):
    rng = np.random.default_rng(3)
    xyz = rng.uniform(-2, 2, (n, 3)) + offset
    rgb = rng.integers(0, 256, (n, 3)).astype(np.uint8)
    frames = []
    for i in range(3):
        pose = look_at_origin(np.array([3.0 * np.cos(i), 3.0 * np.sin(i), 2]))
        pose[:3, 3] -= pose[:3, :3] @ np.asarray(offset)
        photo = ArrayPhoto(rng.integers(0, 256, (30, 40, 3)).astype(np.uint8))
        frames.append(Frame(f"{i:03d}", Camera(35, 35, 19.5, 14.5, 40, 30), pose, photo))
    scene = Scene(
        "toy", PointCloud(xyz, rgb), tuple(frames), default_rule([]), spacing, np.array(up), True
    )
    labels = rng.choice(np.array([0, 1, 7, 40_000], np.uint16), n)
    source = np.where(labels > 0, rng.integers(1, 4, n), 0).astype(np.uint8)
    confidence = rng.random(n, dtype=np.float32) if extras else None
    votes = rng.integers(0, 200, n).astype(np.uint8) if extras else None
    return LabelledScene(scene, TAXONOMY, labels, source, confidence, votes)


@pytest.fixture(scope="module")
def toy():
    return labelled()


def test_ply_by_plyfile(tmp_path, toy):
    export(toy, tmp_path / "a.ply")
    ply = PlyData.read(tmp_path / "a.ply")
    vertex = ply["vertex"].data
    kinds = {p.name: p.val_dtype for p in ply["vertex"].properties}
    assert kinds == {
        **dict.fromkeys("xyz", "f4"),
        **dict.fromkeys(("red", "green", "blue", "source", "votes"), "u1"),
        "label": "i4",
        "confidence": "f4",
    }
    assert ply.byte_order == "<"
    cloud = toy.scene.cloud
    np.testing.assert_array_equal(np.stack([vertex[a] for a in "xyz"], 1), cloud.xyz.astype("f4"))
    np.testing.assert_array_equal(
        np.stack([vertex[c] for c in ("red", "green", "blue")], 1), cloud.rgb
    )
    for name in ("label", "source", "confidence", "votes"):
        np.testing.assert_array_equal(
            vertex[name], getattr(toy, {"label": "labels"}.get(name, name))
        )
    found = [c.split(" ", 5) for c in ply.comments if c.startswith("class ")]
    assert [(int(c[1]), tuple(map(int, c[2:5])), json.loads(c[5])) for c in found] == [
        (c.class_id, c.color, c.name) for c in TAXONOMY
    ]


def test_ply_by_open3d(tmp_path, toy):
    o3d = pytest.importorskip("open3d")
    export(toy, tmp_path / "a.ply", ExportOptions(color_by="label"))
    cloud = o3d.t.io.read_point_cloud(str(tmp_path / "a.ply"))
    np.testing.assert_array_equal(cloud.point.positions.numpy(), toy.scene.cloud.xyz.astype("f4"))
    np.testing.assert_array_equal(cloud.point["label"].numpy()[:, 0], toy.labels)
    np.testing.assert_array_equal(cloud.point["source"].numpy()[:, 0], toy.source)
    np.testing.assert_array_equal(cloud.point["confidence"].numpy()[:, 0], toy.confidence)
    colors = cloud.point.colors.numpy()
    assert {tuple(c) for c in colors[toy.labels == 7]} == {(10, 200, 30)}
    assert {tuple(c) for c in colors[toy.labels == 0]} == {(128, 128, 128)}


def test_ply_by_trimesh(tmp_path, toy):
    export(toy, tmp_path / "a.ply")
    cloud = trimesh.load(tmp_path / "a.ply")
    np.testing.assert_allclose(cloud.vertices, toy.scene.cloud.xyz, atol=1e-6)
    np.testing.assert_array_equal(cloud.colors[:, :3], toy.scene.cloud.rgb)
    np.testing.assert_array_equal(cloud.metadata["_ply_raw"]["vertex"]["data"]["label"], toy.labels)


def test_ply_without_confidence_has_no_such_column(tmp_path):
    export(labelled(10, extras=False), tmp_path / "a.ply")
    names = PlyData.read(tmp_path / "a.ply")["vertex"].data.dtype.names
    assert names == ("x", "y", "z", "red", "green", "blue", "label", "source")


def test_far_coordinates_keep_their_millimetres(tmp_path):
    far = labelled(1000, (500_000.0, 5_200_000.0, 400.0))
    export(far, tmp_path / "a.ply")
    vertex = PlyData.read(tmp_path / "a.ply")["vertex"].data
    np.testing.assert_array_equal(np.stack([vertex[a] for a in "xyz"], 1), far.scene.cloud.xyz)
    export(far, tmp_path / "a.glb")
    xyz, *_ = read_glb(tmp_path / "a.glb")
    order = np.argsort(far.labels, kind="stable")
    np.testing.assert_allclose(xyz, far.scene.cloud.xyz[order], atol=1e-5)


def read_accessor(gltf, index):
    accessor = gltf.accessors[index]
    view = gltf.bufferViews[accessor.bufferView]
    kind = {5121: "u1", 5123: "<u2", 5126: "<f4"}[accessor.componentType]
    width = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}[accessor.type]
    blob = gltf.binary_blob()
    start = view.byteOffset + accessor.byteOffset
    return np.stack(
        [
            np.ndarray(
                (accessor.count,),
                kind,
                blob,
                start + i * np.dtype(kind).itemsize,
                (view.byteStride,),
            )
            for i in range(width)
        ],
        axis=1,
    )


def read_glb(path):
    """World coordinates, labels, sources and colours by pygltflib, class by class; names."""
    gltf = pygltflib.GLTF2().load(str(path))
    # Before 5.2 trimesh wraps a scene in a node of its own.
    root = next(node for node in gltf.nodes if node.name == "toy")
    turn = np.array(root.matrix).reshape(4, 4).T if root.matrix else np.eye(4)
    back = np.array(gltf.scenes[0].extras["world_from_gltf"])
    found, names = [], []
    for child in root.children:
        node = gltf.nodes[child]
        if node.mesh is None:
            continue
        primitive = gltf.meshes[node.mesh].primitives[0]
        assert primitive.mode == 0
        attributes = vars(primitive.attributes)
        names.append((node.name, node.extras["class_id"]))
        found.append(
            [
                read_accessor(gltf, attributes[k])
                for k in ("POSITION", "_LABEL", "_SOURCE", "COLOR_0")
            ]
        )
    local, labels, source, color = (np.concatenate(column) for column in zip(*found, strict=True))
    in_gltf = local @ turn[:3, :3].T + turn[:3, 3]
    return in_gltf @ back[:3, :3].T + back[:3, 3], labels[:, 0], source[:, 0], color, names, gltf


def test_glb_by_pygltflib(tmp_path, toy):
    export(toy, tmp_path / "a.glb")
    xyz, labels, source, color, names, gltf = read_glb(tmp_path / "a.glb")
    order = np.argsort(toy.labels, kind="stable")
    np.testing.assert_allclose(xyz, toy.scene.cloud.xyz[order], atol=1e-5)
    np.testing.assert_array_equal(labels, toy.labels[order])
    np.testing.assert_array_equal(source, toy.source[order])
    np.testing.assert_array_equal(
        color[labels == 7][:, :3],
        [linear_bytes(np.array([10, 200, 30], np.uint8))] * (labels == 7).sum(),
    )
    for attribute, expected in (("_VOTES", toy.votes), ("_CONFIDENCE", toy.confidence)):
        parts = [
            read_accessor(gltf, vars(mesh.primitives[0].attributes)[attribute])
            for mesh in gltf.meshes
            if mesh.primitives[0].mode == 0
        ]
        np.testing.assert_array_equal(np.concatenate(parts)[:, 0], expected[order])
    assert names == [("unlabelled", 0), (UNICODE, 1), ("walls", 7), ("figures", 40_000)]
    extras = gltf.scenes[0].extras
    assert [(c["id"], c["name"], tuple(c["color"])) for c in extras["classes"]] == [
        (c.class_id, c.name, c.color) for c in TAXONOMY
    ]
    there = np.array(extras["gltf_from_world"])
    np.testing.assert_allclose(there @ np.array(extras["world_from_gltf"]), np.eye(4), atol=1e-9)
    lines = [m for m in gltf.meshes if m.primitives[0].mode == 1]
    assert len(lines) == 3
    ends = read_accessor(gltf, lines[1].primitives[0].attributes.POSITION)
    np.testing.assert_allclose(ends[0], toy.scene.frames[1].position, atol=1e-5)


def test_glb_by_trimesh(tmp_path, toy):
    export(toy, tmp_path / "a.glb")
    scene = trimesh.load(tmp_path / "a.glb")
    clouds = {n: g for n, g in scene.geometry.items() if isinstance(g, trimesh.PointCloud)}
    assert sum(len(c.vertices) for c in clouds.values()) == len(toy.labels)
    paths = [g for g in scene.geometry.values() if isinstance(g, trimesh.path.Path3D)]
    assert len(paths) == 3
    walls = clouds["walls"]
    np.testing.assert_allclose(walls.vertices, toy.scene.cloud.xyz[toy.labels == 7], atol=1e-6)
    assert {tuple(c) for c in walls.colors[:, :3]} == {
        tuple(linear_bytes(np.array([10, 200, 30], np.uint8)))
    }
    node = next(n for n in scene.graph.nodes_geometry if scene.graph[n][1] == "walls")
    turn = scene.graph[node][0]
    np.testing.assert_allclose(turn[:3, :3] @ toy.scene.up, (0, 1, 0), atol=1e-9)


def test_glb_with_photo_colours_and_thumbnails(tmp_path, toy):
    export(toy, tmp_path / "a.glb", ExportOptions(color_by="photo", thumbnails=True))
    *_, color, _, gltf = read_glb(tmp_path / "a.glb")
    order = np.argsort(toy.labels, kind="stable")
    np.testing.assert_array_equal(color[:, :3], linear_bytes(toy.scene.cloud.rgb)[order])
    assert len(gltf.images) == 3
    assert gltf.images[0].mimeType == "image/jpeg"
    assert [image.name for image in gltf.images] == ["000", "001", "002"]
    rectangles = [m.primitives[0] for m in gltf.meshes if m.primitives[0].mode == 4]
    photos = [gltf.materials[primitive.material] for primitive in rectangles]
    assert [material.name for material in photos] == ["000", "001", "002"]
    assert all(material.doubleSided for material in photos)
    # The corner at texture (0, 0), where pictures begin, is the frustum's upper left one.
    attributes = rectangles[1].attributes
    texture = read_accessor(gltf, attributes.TEXCOORD_0)
    corners = read_accessor(gltf, attributes.POSITION)
    lines = next(m for m in gltf.meshes if m.name == "001").primitives[0].attributes.POSITION
    upper_left = read_accessor(gltf, lines)[1]
    np.testing.assert_array_equal(corners[(texture == 0).all(axis=1)], [upper_left])


def test_no_light_changes_a_colour_in_a_glb(tmp_path, toy):
    """A material that mirrors, trimesh's default, is dark in viewers that light points."""
    export(toy, tmp_path / "a.glb", ExportOptions(thumbnails=True))
    gltf = pygltflib.GLTF2().load(str(tmp_path / "a.glb"))
    used = {mesh.primitives[0].material for mesh in gltf.meshes}
    assert used == set(range(len(gltf.materials)))
    assert all("KHR_materials_unlit" in material.extensions for material in gltf.materials)
    assert gltf.extensionsUsed == ["KHR_materials_unlit"]


def test_classes_and_photos_in_a_glb_may_share_names(tmp_path, khronos_validator):
    """Also with the names that classes without a name get, and that trimesh gives."""
    toy = labelled(600)
    names = ("class 5", "walls", "world")
    frames = tuple(replace(f, name=n) for f, n in zip(toy.scene.frames, names, strict=True))
    labels = np.where(toy.labels == 1, 5, toy.labels).astype(np.uint16)
    scene = replace(toy.scene, frames=frames, name="walls")
    export(replace(toy, scene=scene, labels=labels), tmp_path / "a.glb")
    gltf = pygltflib.GLTF2().load(str(tmp_path / "a.glb"))
    found = {
        (n.name, gltf.meshes[n.mesh].name, gltf.meshes[n.mesh].primitives[0].mode)
        for n in gltf.nodes
        if n.mesh is not None
    }
    classes = ("unlabelled", "class 5", "walls", "figures")
    assert found == {(n, n, 0) for n in classes} | {(n, n, 1) for n in names}
    assert len(trimesh.load(tmp_path / "a.glb").geometry) == 7
    assert khronos_validator(tmp_path / "a.glb")["issues"]["numErrors"] == 0


def test_points_coloured_like_the_frustums_share_their_bytes(tmp_path, khronos_validator):
    """trimesh stores equal bytes once; views that two accessors read must say their stride."""
    toy = labelled(16)
    taxonomy = Taxonomy((LabelClass(1, "amber", (255, 179, 0)),))
    scene = replace(toy.scene, frames=toy.scene.frames[:1])
    amber = replace(toy, scene=scene, taxonomy=taxonomy, labels=np.ones(16, np.uint16))
    export(amber, tmp_path / "a.glb")
    issues = khronos_validator(tmp_path / "a.glb")["issues"]
    assert (issues["numErrors"], issues["numWarnings"]) == (0, 0), issues["messages"]


def test_a_glb_beyond_four_gigabytes_is_refused_before_it_is_built(tmp_path, toy):
    """Arrays without memory of their own: a builder that began would need all of it."""
    count = 180_000_000
    xyz, rgb = np.broadcast_to(0.0, (count, 3)), np.broadcast_to(np.uint8(0), (count, 3))
    scene = replace(toy.scene, cloud=PointCloud(xyz, rgb))
    labels = np.broadcast_to(np.uint16(0), count)
    huge = LabelledScene(scene, TAXONOMY, labels, np.broadcast_to(np.uint8(0), count))
    with pytest.raises(FormatError, match=r"at most 4 GiB and this would be 4\.0: write a PLY"):
        export(huge, tmp_path / "a.glb")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("thumbnails", [False, True])
@pytest.mark.parametrize("up", [(0, 0, 1), (0, -1, 0), (0.6, 0, 0.8)])
def test_glb_is_valid_by_khronos(tmp_path, khronos_validator, thumbnails, up):
    path = tmp_path / "a.glb"
    export(labelled(500, up=up), path, ExportOptions(thumbnails=thumbnails))
    report = khronos_validator(path)
    issues = {k: report["issues"][k] for k in ("numErrors", "numWarnings")}
    assert issues == {"numErrors": 0, "numWarnings": 0}, report["issues"]["messages"][:5]


@pytest.fixture(scope="session")
def khronos_validator():
    """Runs npm's gltf-validator where it is installed: `npm install -g gltf-validator`."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        pytest.skip("node and npm are not installed")
    root = subprocess.run(
        [npm, "root", "-g"], capture_output=True, text=True, check=True
    ).stdout.strip()
    code = (
        f"const v=require({root + '/gltf-validator'!r}),fs=require('fs');"
        "v.validateBytes(new Uint8Array(fs.readFileSync(process.argv[1])))"
        ".then(r=>console.log(JSON.stringify(r)))"
    )

    def validate(path):
        run = subprocess.run([node, "-e", code, str(path)], capture_output=True, text=True)
        if "Cannot find module" in run.stderr:
            pytest.skip("gltf-validator is not installed (npm install -g gltf-validator)")
        return json.loads(run.stdout)

    return validate


@pytest.mark.parametrize("up", [(0, 1, 0), (0, -1, 0), (1, 0, 0), (0.6, 0, 0.8), (0, -1, 1e-9)])
def test_any_up_is_turned_to_y(up):
    matrix = y_up_from_world(np.array(up, float))
    np.testing.assert_allclose(matrix[:3, :3] @ up, (0, 1, 0), atol=1e-6)
    np.testing.assert_allclose(matrix[:3, :3] @ matrix[:3, :3].T, np.eye(3), atol=1e-6)
    assert np.linalg.det(matrix) == pytest.approx(1)


def test_labels_and_classes(tmp_path, toy):
    export(toy, tmp_path / "labels.npy")
    found = np.load(tmp_path / "labels.npy")
    assert found.dtype == np.int32
    np.testing.assert_array_equal(found, toy.labels)
    classes = json.loads((tmp_path / "classes.json").read_text(encoding="utf-8"))
    assert classes["classes"][1] == {"id": 1, "name": UNICODE, "color": [255, 0, 128]}


@pytest.mark.parametrize("ending", list(EXPORTERS))
@pytest.mark.parametrize("n", [1, 2])
def test_tiny_clouds(tmp_path, ending, n):
    export(labelled(n), tmp_path / f"a{ending}")
    assert (tmp_path / f"a{ending}").stat().st_size > 0


@pytest.mark.parametrize("ending", list(EXPORTERS))
def test_never_over_an_input(tmp_path, toy, ending):
    path = tmp_path / f"scene{ending}"
    path.write_bytes(b"precious")
    with pytest.raises(StorageError, match="being read"):
        export(toy, path, ExportOptions(inputs=(path,)))
    assert path.read_bytes() == b"precious"


def test_unknown_endings_are_named(tmp_path, toy):
    with pytest.raises(FormatError, match=r"'\.xyzzy' is not a known format, use one of \.ply"):
        export(toy, tmp_path / "a.xyzzy")


def test_labels_of_another_cloud_are_a_wrong_call(toy):
    with pytest.raises(ValueError, match="expected"):
        LabelledScene(toy.scene, TAXONOMY, toy.labels[:5], toy.source)
