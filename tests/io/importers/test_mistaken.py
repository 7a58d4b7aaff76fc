"""What new users try first: a scan, a video, their photos."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import trimesh

from o3d_paint.errors import FormatError
from o3d_paint.io.clouds.registry import CLOUD_FORMATS
from o3d_paint.io.scene import load_scene


def test_a_cloud_alone_is_to_be_given_beside_its_scene(tmp_path):
    scan = tmp_path / "scan.ply"
    trimesh.PointCloud(np.eye(3)).export(scan)
    with pytest.raises(FormatError, match=r"is a point cloud without photos: .* --cloud .*scan"):
        load_scene(scan)


MARKS = {
    "ply": b"ply\nformat ascii 1.0\n",
    "las": b"LASF",
    "e57": b"ASTM-E57",
    "pcd": b"# .PCD v0.7\nVERSION 0.7\n",
}


def test_every_format_of_clouds_alone_is_tried_here():
    assert MARKS.keys() == CLOUD_FORMATS.keys() - {"npz"}  # which may hold a scene


@pytest.mark.parametrize("mark", MARKS.values(), ids=MARKS)
def test_clouds_are_known_by_their_marks(tmp_path, mark):
    (tmp_path / "scan").write_bytes(mark + bytes(400))
    with pytest.raises(FormatError, match="is a point cloud without photos"):
        load_scene(tmp_path / "scan")


@pytest.mark.parametrize("name", ["scan.xyz", "scan.PTS", "scan.ptx"])
def test_text_clouds_are_known_by_their_ending(tmp_path, name):
    (tmp_path / name).write_text("1 2 3\n")
    with pytest.raises(FormatError, match="is a point cloud without photos"):
        load_scene(tmp_path / name)


def test_photos_need_cameras(tmp_path):
    for i in range(3):
        cv2.imwrite(str(tmp_path / f"{i}.jpg"), np.zeros((8, 8, 3), np.uint8))
    with pytest.raises(FormatError, match=r"is a folder of photos without cameras: run a depth"):
        load_scene(tmp_path)
    with pytest.raises(FormatError, match=r"0.jpg is a photo alone: run a depth estimator"):
        load_scene(tmp_path / "0.jpg")
    (tmp_path / "walk.MP4").write_bytes(b"\0" * 20)
    with pytest.raises(FormatError, match=r"walk.MP4 is a video: run a depth estimator"):
        load_scene(tmp_path / "walk.MP4")


def test_a_folder_of_something_else_is_no_folder_of_photos(tmp_path):
    for name in ("a.jpg", "notes.txt", "more.txt"):
        (tmp_path / name).touch()
    with pytest.raises(FormatError, match="expected one of"):
        load_scene(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(FormatError, match="expected one of"):
        load_scene(tmp_path / "empty")
