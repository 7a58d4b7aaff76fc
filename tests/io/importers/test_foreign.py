"""Captures of other programs: what they are, and the way in, instead of the next refusal."""

from __future__ import annotations

import json
import zipfile

import cv2
import numpy as np
import pytest

from o3d_paint.errors import PaintError
from o3d_paint.io.scene import load_scene
from tests.io.ball_on_floor import arrays, save


def said_of(path) -> str:
    with pytest.raises(PaintError) as refused:
        load_scene(path)
    return str(refused.value)


@pytest.fixture
def polycam(tmp_path):
    frames = tmp_path / "scan-poly" / "keyframes"
    for name in ("images", "depth", "cameras"):
        (frames / name).mkdir(parents=True)
    for i in range(3):
        cv2.imwrite(str(frames / "images" / f"{i}.jpg"), np.zeros((12, 16, 3), np.uint8))
        cv2.imwrite(str(frames / "depth" / f"{i}.png"), np.ones((12, 16), np.uint16))
        (frames / "cameras" / f"{i}.json").write_text('{"fx": 1, "t_00": 1}')
    (tmp_path / "scan-poly" / "mesh_info.json").write_text("{}")
    return tmp_path / "scan-poly"


def test_polycam(polycam):
    for place in (polycam, polycam / "keyframes"):
        text = said_of(place)
        assert "is a raw export of Polycam" in text
        assert f"ns-process-data polycam --data {polycam} --output-dir" in text
    # Nothing sends people to the folder that is refused next.
    assert "keyframes" not in said_of(polycam)
    assert "Polycam" not in said_of(polycam.parent)
    assert "keyframes" not in said_of(polycam.parent)


def test_polycam_zipped(polycam, tmp_path):
    place = tmp_path / "scan.zip"
    with zipfile.ZipFile(place, "w") as archive:
        for path in polycam.rglob("*.*"):
            archive.write(path, path.relative_to(polycam))
    assert f"ns-process-data polycam --data {place}" in said_of(place)


def test_polycam_that_was_converted_in_its_place_is_read_as_what_it_is_now(polycam):
    (polycam / "keyframes" / "transforms.json").write_text(json.dumps({"frames": []}))
    assert "Polycam" not in said_of(polycam / "keyframes")


def test_record3d(tmp_path):
    place = tmp_path / "scan.r3d"
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr("metadata", "{}")
        archive.writestr("rgbd/0.jpg", b"x")
        archive.writestr("rgbd/0.depth", b"x")
    text = said_of(place)
    assert "is a recording of Record3D" in text
    assert "ns-process-data record3d" in text
    with zipfile.ZipFile(place) as archive:
        archive.extractall(tmp_path / "unpacked")
    assert "Record3D" in said_of(tmp_path / "unpacked")


def test_other_programs_that_find_cameras(tmp_path):
    (tmp_path / "flight.psx").write_text('<document version="1.2.0" path="{projectname}.files"/>')
    assert "export the cameras as XML" in said_of(tmp_path / "flight.psx")


def test_archives_and_meshes(tmp_path):
    with zipfile.ZipFile(tmp_path / "capture.zip", "w") as archive:
        archive.writestr("images/0.jpg", b"x")
    text = said_of(tmp_path / "capture.zip")
    assert "unpack it" in text
    assert "add the missing array" not in text
    (tmp_path / "room.glb").write_bytes(b"glTF")
    assert "a mesh without photos" in said_of(tmp_path / "room.glb")


def test_a_project_names_its_scene(tmp_path):
    folder = tmp_path / "scene.o3dpaint"
    folder.mkdir()
    document = {"format": 2, "photos": [], "classes": [], "scene": {"path": "/data/scene.npz"}}
    (folder / "project.json").write_text(json.dumps(document))
    text = said_of(folder)
    assert "a project of this program" in text
    assert "/data/scene.npz" in text
    (folder / "project.json").write_text("[[[")
    assert "a project of this program" in said_of(folder)


def test_an_npz_is_still_read(tmp_path):
    scene = save(tmp_path / "scene.npz", arrays()[0])
    assert len(load_scene(scene.rename(tmp_path / "scene.zip")).frames) == 4
