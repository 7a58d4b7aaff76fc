"""Damaged files that once were no `PaintError`: see `tests/io/regressions/make.py`."""

from __future__ import annotations

import warnings
import zipfile

import numpy as np
import pytest

from o3d_paint.errors import FormatError, PaintError, SceneError
from o3d_paint.io.capture import ImportOptions
from o3d_paint.io.clouds.registry import read_cloud
from o3d_paint.io.importers import read_capture
from o3d_paint.io.importers.pose_files import read_poses
from o3d_paint.io.mask_formats.registry import read_masks
from o3d_paint.io.memory import human_size
from o3d_paint.io.npz import read_npy
from o3d_paint.io.scene import LoadOptions, load_scene
from tests.io.regressions import make


def one_sentence(error: PaintError) -> bool:
    return len(str(error).splitlines()) == 1 and len(str(error)) < 2500


@pytest.fixture(autouse=True)
def _no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def test_clouds(tmp_path):
    for name, path in make.cloud_files(tmp_path).items():
        if name in ("a label of several values",):
            assert read_cloud(path).labels is None
            continue
        with pytest.raises(PaintError) as caught:
            read_cloud(path)
        assert one_sentence(caught.value), name


def test_a_nan_that_complains_is_read_silently(tmp_path):
    xyz = read_cloud(make.signalling_nan(tmp_path)).xyz
    assert np.isnan(xyz[0]).all()
    assert xyz[1:].tolist() == [[1, 2, 3]]


def test_a_class_list_with_an_id_of_infinity_names_nothing(tmp_path):
    classes = '{"classes": [{"id": 1e999, "name": "roof"}]}'
    arrays = {"points": np.zeros((1, 3)), "labels": np.ones(1, np.uint16), "classes": classes}
    np.savez(tmp_path / "a.npz", **arrays)
    assert read_cloud(tmp_path / "a.npz").names == {}


def test_masks(tmp_path):
    for name, path in make.mask_files(tmp_path).items():
        with pytest.raises(PaintError) as caught:
            [m.read() for m in read_masks(path).masks]
        assert one_sentence(caught.value), name


def test_an_archive_with_a_member_without_a_name(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("labelmap.txt", "background:0,0,0::\n")
        archive.writestr("x", b"")
    content = (tmp_path / "a.zip").read_bytes()
    # The name in the list of contents becomes empty; its length is 28 bytes behind the mark.
    at = content.rindex(b"PK\x01\x02")
    end = content.rindex(b"PK\x05\x06")
    cut = (
        content[:at] + content[at : at + 28] + b"\0\0" + content[at + 30 : end - 1] + content[end:]
    )
    size = (int.from_bytes(content[end + 12 : end + 16], "little") - 1).to_bytes(4, "little")
    mark = cut.rindex(b"PK\x05\x06")
    (tmp_path / "a.zip").write_bytes(cut[: mark + 12] + size + cut[mark + 16 :])
    with pytest.raises(FormatError):
        read_masks(tmp_path / "a.zip")


def test_scenes(tmp_path):
    for name, (format_name, folder) in make.scene_folders(tmp_path).items():
        with pytest.raises(PaintError) as caught:
            load_scene(folder, LoadOptions(format_name=format_name))
        assert one_sentence(caught.value), name


@pytest.mark.parametrize("name", make.scene_arrays())
def test_scenes_of_one_file(tmp_path, name):
    path = tmp_path / "a.npz"
    np.savez(path, **make.scene_arrays()[name])
    with pytest.raises(PaintError) as caught:
        load_scene(path)
    assert one_sentence(caught.value)


def test_depths_beyond_single_precision_are_unknown(tmp_path):
    depth = np.ones((6, 8))
    depth[0, 0], depth[0, 1] = 1e300, np.inf
    folder = make._rgbd(tmp_path / "a", depth)
    options = ImportOptions(convention="c2w", axes="cv", depth_unit=1.0, intrinsics=(8, 8, 4, 3))
    frame = read_capture(folder, options, format_name="rgbd").frames[0]
    assert frame.depth[0].tolist() == [0, 0, 1, 1, 1, 1, 1, 1]


@pytest.mark.parametrize(
    "descr", ["[('a', '<f4', (2147483647,))]", "'|V2147483647'", "'<U2147483647'", "'|O'"]
)
def test_types_of_which_numpy_makes_gigabytes(tmp_path, descr):
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': (1,), }}".ljust(117) + "\n"
    raw = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + b"\0" * 64
    (tmp_path / "a.npy").write_bytes(raw)
    with pytest.raises(FormatError):
        read_npy(tmp_path / "a.npy")


def test_a_quaternion_of_nearly_nothing_is_no_pose(tmp_path):
    (tmp_path / "a.txt").write_text("0 0 0 1e-320 0 0 0\n0 0 0 0 0 0 1\n")
    poses, _ = read_poses(tmp_path / "a.txt")
    assert np.isnan(poses[0]).all()
    np.testing.assert_array_equal(poses[1], np.eye(4))


def test_points_farther_than_any_place(tmp_path):
    (tmp_path / "a.txt").write_text("")
    far = make._colmap(tmp_path / "far", "1 0 0 0 0 0 0", "0.png")
    (far / "points3D.txt").write_text("1 1e200 0 1 9 9 9 0.5\n2 nan 0 1 9 nan 9 0.5\n")
    with pytest.raises(SceneError, match="farther than any place"):
        load_scene(far)


def test_sizes_beyond_all_numbers_have_a_name():
    assert human_size(10**400).endswith(" EB")


def test_billions_of_masks_without_a_pixel(tmp_path):
    header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2147483648, 24, 0), }"
    raw = header.ljust(117).encode() + b"\n"
    (tmp_path / "a.npy").write_bytes(b"\x93NUMPY\x01\x00" + len(raw).to_bytes(2, "little") + raw)
    with pytest.raises(FormatError, match="without a pixel"):
        read_masks(tmp_path / "a.npy")
