"""Odd but possible scenes go all the way: load, paint, fuse, export; or say why they cannot."""

from __future__ import annotations

import os

import numpy as np
import pytest
from PIL import Image
from plyfile import PlyData

from o3d_paint.core.taxonomy import article_taxonomy
from o3d_paint.errors import FormatError, SceneError
from o3d_paint.fusion.settings import FusionSettings
from o3d_paint.io.exporters import export
from o3d_paint.io.images import open_image
from o3d_paint.io.paths import existing, inside
from o3d_paint.io.scene import load_scene
from o3d_paint.project.pipeline import run_fuse
from tests.io.ball_on_floor import arrays, save, with_points


def one_photo(data):
    return {k: v[:1] for k, v in data.items()}


def one_point(data):
    return {**data, "points_3d": np.zeros((1, 3)), "colors_3d": np.zeros((1, 3), np.float32)}


def one_known_pixel(data):
    depth = np.zeros_like(data["depth"])
    depth[0, 20, 30] = 2
    return {**data, "depth": depth}


def nothing_shared(data):
    moved = data["extrinsics"].copy()
    moved[:, 0, 3] += 1000 * np.arange(len(moved))
    return {**data, "extrinsics": moved}


def one_pixel(data):
    return {
        **{k: data[k][:, :1, :1].copy() for k in ("conf", "processed_images")},
        "depth": np.ones((4, 1, 1), np.float32),
        "conf": np.ones((4, 1, 1), np.float32),
        "intrinsics": np.tile(np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1.0]]), (4, 1, 1)),
        "extrinsics": data["extrinsics"],
    }


def odd_depths(data):
    depth = data["depth"].copy()
    depth[:, ::3] = np.array([np.nan, np.inf, -np.inf, -1, 0, 1e38] * 10, np.float32)
    return {**data, "depth": depth}


def duplicates(data):
    return with_points({k: np.concatenate([v, v]) for k, v in data.items()})


def all_points_alike(data):
    return {
        **data, "points_3d": np.ones((500, 3)), "colors_3d": np.zeros((500, 3), np.float32)
    }  # fmt: skip


def photos_of_8k(data):
    photo = np.kron(data["processed_images"][:1], np.ones((1, 128, 128, 1), np.uint8))
    return {**one_photo(data), "processed_images": photo}


CASES = (
    one_photo, one_point, one_known_pixel, nothing_shared, one_pixel, odd_depths, duplicates,
    all_points_alike, photos_of_8k,
)  # fmt: skip


def paint_and_export(path, folder, **values):
    scene = load_scene(path)
    mask = np.full(scene.frames[0].mask_shape, 2, dtype=np.uint16)
    result = run_fuse(scene, {0: mask}, article_taxonomy(), FusionSettings(method="ball", **values))
    export(result.labelled, folder / "out.ply")
    vertex = PlyData.read(folder / "out.ply")["vertex"].data
    assert len(vertex) == len(scene.cloud)
    np.testing.assert_array_equal(vertex["label"], result.labelled.labels)
    assert np.isfinite(scene.cloud.xyz).all()
    return scene, result.labelled.labels


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.__name__)
def test_from_the_file_to_the_labelled_cloud(tmp_path, case):
    path = save(tmp_path / "a.npz", case(arrays()[0]))
    scene, _ = paint_and_export(path, tmp_path)
    assert scene.spacing > 0


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
def test_labels_do_not_depend_on_the_unit(tmp_path, scale):
    plain, scaled = (save(tmp_path / f"{s}.npz", arrays(scale=s)[0]) for s in (2.0, scale))
    # The radius itself follows the unit only where that is plausibly no metre.
    _, expected = paint_and_export(plain, tmp_path, max_distance=0.1)
    _, found = paint_and_export(scaled, tmp_path, max_distance=0.05 * scale)
    assert len(found) == len(expected)
    assert np.mean(found == expected) > 0.97
    assert (found > 0).any()


def test_names_lead_nowhere_else_not_even_by_links(tmp_path):
    root, secret = tmp_path / "root", tmp_path / "secret.png"
    root.mkdir()
    Image.new("L", (2, 2)).save(secret)
    (root / "link.png").symlink_to(secret)
    (root / "folder").symlink_to(tmp_path)
    source = root / "list.txt"
    names = ("../secret.png", str(secret), "link.png", "folder/secret.png", "a/../../secret.png")
    for name in (*names, "..\\secret.png", ".", "", "a\0b"):
        with pytest.raises(FormatError):
            inside(root, name, source)
    (root / "in.png").symlink_to(root / "real.png")
    Image.new("L", (2, 2)).save(root / "real.png")
    assert existing(root, "in.png", source) == (root / "real.png").resolve()
    assert existing(root, "x" * 300, source) is None


@pytest.mark.parametrize("name", ['a"b', "a'b", "a\nb", "屋根", "ü" * 120, "a" * 251])
def test_names_of_every_kind(tmp_path, name):
    path = save(tmp_path / f"{name}.npz", arrays()[0])
    assert len(os.fsencode(path.name)) <= 255
    assert len(load_scene(path).frames) == 4


def test_a_picture_that_declares_too_much_is_not_decoded(tmp_path):
    bomb = tmp_path / "bomb.pgm"
    bomb.write_bytes(b"P5\n60000 60000\n255\n" + b"\0" * 100)
    with pytest.raises(FormatError, match="pixels"):
        open_image(bomb)


def test_depth_everywhere_beyond_reach_is_said(tmp_path):
    data = arrays()[0]
    data["depth"] = np.full_like(data["depth"], 3e38)
    with pytest.raises(SceneError, match="no depth pixel is trusted"):
        load_scene(save(tmp_path / "a.npz", data))
