"""Captures of other programs: what they are, and the way in, instead of the next refusal."""

from __future__ import annotations

import json
import zipfile

import pytest

from o3d_paint.errors import PaintError
from o3d_paint.io.scene import load_scene
from tests.io.ball_on_floor import arrays, save


def said_of(path) -> str:
    with pytest.raises(PaintError) as refused:
        load_scene(path)
    return str(refused.value)


def test_polycam_zipped(tmp_path):
    place = tmp_path / "scan.zip"
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr("keyframes/cameras/1.json", '{"fx": 1, "t_00": 1}')
    assert "a raw export of Polycam, zipped: unpack it" in said_of(place)


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
