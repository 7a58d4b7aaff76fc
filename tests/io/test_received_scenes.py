"""Scenes and masks that came from somewhere: what they hold is not followed out of their folder.

Every layout that the readers know, with each of its files in turn a link, a pipe or a picture that
declares far more than its file holds.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import struct
import sys
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from o3d_paint.core.scene import ArrayPhoto, Frame, Scene
from o3d_paint.errors import FormatError, PaintError, SceneError
from o3d_paint.io.comparison import compare_files
from o3d_paint.io.files import open_file, read_file, reading, require_file
from o3d_paint.io.images import list_files, open_image, pixels_of
from o3d_paint.io.mask_formats.registry import read_masks
from o3d_paint.io.masks import load_masks
from o3d_paint.io.npz import NpzArchive
from o3d_paint.io.scene import LoadOptions, load_scene
from o3d_paint.io.strokes import read_strokes
from o3d_paint.io.taxonomy_file import find_taxonomy
from tests.io.ball_on_floor import arrays, save
from tests.io.importers.test_colmap import _workspace
from tests.io.importers.test_rgbd import WRITERS

needs_unix = pytest.mark.skipif(sys.platform == "win32", reason="needs links and pipes")
LAYOUTS = {**WRITERS, "colmap": _workspace}
GB = 1 << 30


def made(folder: Path, layout: str) -> Path:
    folder.mkdir(parents=True)
    LAYOUTS[layout](folder)
    return folder


def moved_behind_a_link(path: Path, elsewhere: Path) -> None:
    """What is there now lies elsewhere, and would do as well: only the link is wrong."""
    elsewhere.mkdir(exist_ok=True)
    path.rename(elsewhere / path.name)
    path.symlink_to(elsewhere / path.name)


@needs_unix
@pytest.mark.parametrize("layout", LAYOUTS)
def test_no_file_of_a_scene_is_a_link_out_of_it(tmp_path: Path, layout: str) -> None:
    whole = made(tmp_path / "whole", layout)
    load_scene(whole)
    needed = [p.relative_to(whole) for p in sorted(whole.rglob("*")) if p.is_file()]
    # Of many alike the first will do.
    for name in {(p.parent, p.suffix): p for p in reversed(needed)}.values():
        folder = tmp_path / "received"
        shutil.copytree(whole, folder)
        moved_behind_a_link(folder / name, tmp_path / "elsewhere")
        refused, notes = "", ""
        try:
            notes = " ".join(load_scene(folder).notes)
        except PaintError as error:
            refused = str(error)
        # What belongs to one photo is left out with it, and named; else all is refused.
        outside = re.search(r"a link leads from|lies outside|there is no", refused)
        assert outside or "1 photo is left out" in notes, f"{name}: {refused or notes}"
        shutil.rmtree(folder)


@needs_unix
@pytest.mark.parametrize("layout", LAYOUTS)
def test_no_folder_of_a_scene_is_a_link_out_of_it(tmp_path: Path, layout: str) -> None:
    whole = made(tmp_path / "whole", layout)
    for name in [p.name for p in whole.iterdir() if p.is_dir()]:
        folder = tmp_path / "received"
        shutil.copytree(whole, folder)
        moved_behind_a_link(folder / name, tmp_path / "elsewhere")
        with pytest.raises(PaintError):
            load_scene(folder)
        shutil.rmtree(folder)
        shutil.rmtree(tmp_path / "elsewhere")


@needs_unix
@pytest.mark.parametrize("layout", LAYOUTS)
def test_links_that_stay_inside_and_links_that_the_user_names_are_followed(
    tmp_path: Path, layout: str
) -> None:
    folder = made(tmp_path / "real", layout)
    (tmp_path / "named").symlink_to(folder)
    expected = len(load_scene(folder).frames)
    for path in [p for p in folder.rglob("*.png") if p.is_file()]:
        (path.parent / "kept").mkdir(exist_ok=True)
        path.rename(path.parent / "kept" / f"{path.name}.kept")
        path.symlink_to(path.parent / "kept" / f"{path.name}.kept")
    assert len(load_scene(tmp_path / "named").frames) == expected


def test_photos_of_a_link_are_read_where_the_user_names_their_place(tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("needs links")
    folder = made(tmp_path / "received", "colmap")
    moved_behind_a_link(folder / "images", tmp_path / "elsewhere")
    with pytest.raises(PaintError):
        load_scene(folder)
    options = LoadOptions(images=tmp_path / "elsewhere" / "images")
    assert len(load_scene(folder, options).frames) == 3


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def a_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def a_circle(path: Path) -> None:
    path.symlink_to(path)


@needs_unix
@pytest.mark.parametrize("make", [a_pipe, a_device, a_circle])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_pipes_devices_and_circles_in_a_scene_end(
    tmp_path: Path, layout: str, make: Callable[[Path], None]
) -> None:
    """One sentence, or the rest is read; never a wait, never the machine's memory."""
    whole = made(tmp_path / "whole", layout)
    needed = [p.relative_to(whole) for p in sorted(whole.rglob("*")) if p.is_file()]
    for name in {(p.parent, p.suffix): p for p in reversed(needed)}.values():
        folder = tmp_path / "received"
        shutil.copytree(whole, folder)
        (folder / name).unlink()
        make(folder / name)
        with suppress(PaintError):
            load_scene(folder)
        shutil.rmtree(folder)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return load_scene(save(tmp_path / "s.npz", arrays()[0]))


READERS: dict[str, Callable[[Path], object]] = {
    "scene": load_scene,
    "masks": read_masks,
    "strokes": read_strokes,
    "classes": find_taxonomy,
    "clouds to compare": lambda path: compare_files(path, path),
    "a plain file": require_file,
}


@needs_unix
@pytest.mark.parametrize("ending", ["", ".npz", ".npy", ".png", ".json", ".ply", ".las", ".xyz"])
@pytest.mark.parametrize("reader", READERS)
def test_pipes_devices_and_sockets_are_no_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader: str, ending: str
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo(f"pipe{ending}")
    with socket.socket(socket.AF_UNIX) as made_socket:
        made_socket.bind(f"socket{ending}")
    Path(f"zero{ending}").symlink_to("/dev/zero")
    for name in ("pipe", "socket", "zero"):
        with pytest.raises(PaintError):
            READERS[reader](Path(f"{name}{ending}"))


@needs_unix
def test_masks_behind_links_are_not_read(tmp_path: Path, scene: Scene) -> None:
    secret = tmp_path / "secret.png"
    Image.fromarray(np.ones((40, 60), np.uint8)).save(secret)
    masks = tmp_path / "masks"
    masks.mkdir()
    (masks / "000.png").symlink_to(secret)
    with pytest.raises(FormatError, match="a link leads from"):
        load_masks(masks, scene)
    (tmp_path / "001.png").symlink_to(secret)
    assert load_masks(tmp_path / "001.png", scene).masks


@needs_unix
def test_the_table_of_classes_beside_masks_is_not_followed_out(
    tmp_path: Path, scene: Scene
) -> None:
    masks = tmp_path / "masks"
    masks.mkdir()
    Image.fromarray(np.ones((40, 60), np.uint8)).save(masks / "000.png")
    for name, text in (("classes.json", '{"classes": []}'), ("labelmap.txt", "a:1,1,1::\n")):
        (tmp_path / name).write_text(text)
        (masks / name).symlink_to(tmp_path / name)
        with pytest.raises(FormatError, match="a link leads from"):
            load_masks(masks, scene)
        (masks / name).unlink()


def test_reading_within_reading_holds_both(tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("needs links")
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_bytes(b"x")
    (tmp_path / "a" / "link").symlink_to(tmp_path / "b" / "file")
    with reading(tmp_path / "a"), reading(tmp_path / "b"):
        assert read_file(tmp_path / "b" / "file") == b"x"
        with pytest.raises(FormatError, match="a link leads"):
            open_file(tmp_path / "a" / "link")
    with reading(tmp_path / "a" / "link"):
        assert read_file(tmp_path / "a" / "link") == b"x"
    assert list_files(tmp_path / "a", ("",))


EPS = (
    b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 60 40\n%%EndComments\n"
    b"0.5 setgray 0 0 60 40 rectfill\nshowpage\n%%EOF\n"
)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif"])
def test_postscript_by_another_name_starts_nothing(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def started(*_: object, **__: object) -> None:
        raise AssertionError("a program was started")

    monkeypatch.setattr("subprocess.Popen", started)
    (tmp_path / name).write_bytes(EPS)
    with pytest.raises(FormatError, match="not a picture"):
        open_image(tmp_path / name)


def flat_png(width: int, height: int, *, bits: int = 16) -> bytes:
    """A grey PNG of any size in a few kilobytes."""
    packer, row = zlib.compressobj(9), bytes(1 + width * bits // 8)
    data = b"".join([packer.compress(row) for _ in range(height)]) + packer.flush()

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    head = struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize("layout", ["nerfstudio", "redwood", "7scenes", "scannet"])
def test_depth_pictures_that_ask_for_much_are_refused_before_one_is_decoded(
    tmp_path: Path, layout: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of four pictures, three have 4 million pixels: 400 MB of points in 12 kB."""
    folder = made(tmp_path / "received", layout)
    depths = sorted(p for p in folder.rglob("*.png") if "depth" in str(p.relative_to(folder)))
    for path in depths[1:]:
        path.write_bytes(flat_png(2000, 2000))
    monkeypatch.setattr("o3d_paint.io.memory.available_bytes", lambda: GB // 4)
    decoded = []
    monkeypatch.setattr("o3d_paint.io.depth_pictures.pixels_of", lambda *a, **k: decoded.append(a))
    with pytest.raises(SceneError, match="declares"):
        load_scene(folder)
    assert not decoded
    monkeypatch.undo()


def test_arrays_of_depth_are_looked_at_by_their_headers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = made(tmp_path / "received", "nerfstudio")
    document = json.loads((folder / "transforms.json").read_bytes())
    for i, record in enumerate(document["frames"]):
        np.save(folder / f"depth/{i}.npy", np.ones((1500, 1500), np.float16))
        record["depth_file_path"] = f"depth/{i}.npy"
    (folder / "transforms.json").write_text(json.dumps(document))
    monkeypatch.setattr("o3d_paint.io.memory.available_bytes", lambda: GB // 4)
    with pytest.raises(SceneError, match="declares"):
        load_scene(folder)


@pytest.mark.parametrize("ending", ["png", "tif", "bmp", "webp", "jpg"])
def test_a_picture_is_not_decoded_where_it_does_not_fit(
    tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"a.{ending}"
    Image.new("RGB", (3000, 2000)).save(path)
    monkeypatch.setattr("o3d_paint.io.memory.available_bytes", lambda: GB // 16)
    with open_image(path) as image, pytest.raises(SceneError, match="declares"):
        pixels_of(image, path)


def test_an_array_that_does_not_fit_is_not_read_whoever_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.savez_compressed(tmp_path / "a.npz", masks=np.zeros((8000, 5000), np.uint16))
    np.savez_compressed(tmp_path / "b.npz", masks=np.zeros((40, 1000, 1000), np.uint16))
    monkeypatch.setattr("o3d_paint.io.memory.available_bytes", lambda: GB // 16)
    with pytest.raises(SceneError, match="declares"):
        read_masks(tmp_path / "a.npz")
    # A stack is read a photo at a time, which fits.
    assert not any(m.read().any() for m in read_masks(tmp_path / "b.npz").masks)


def test_a_photo_is_looked_at_again_when_it_is_decoded(tmp_path: Path) -> None:
    """Between opening a scene and painting a photo its file may have become something else."""
    if sys.platform == "win32":
        pytest.skip("needs pipes")
    folder = made(tmp_path / "received", "nerfstudio")
    loaded = load_scene(folder)
    frame: Frame = loaded.frames[0]
    assert not isinstance(frame.photo, ArrayPhoto)
    photo = next(p for p in folder.rglob("0.png") if "images" in p.parts)
    photo.unlink()
    os.mkfifo(photo)
    with pytest.raises(PaintError, match="a pipe"):
        frame.photo.pixels()


@pytest.mark.parametrize("key", ["conf", "final_mask"])
def test_a_map_of_another_size_than_the_depths_is_not_read(
    tmp_path: Path, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = arrays()[0]
    np.savez_compressed(tmp_path / "a.npz", **{**data, key: np.zeros((4, 2000, 2000), np.uint8)})
    read = []
    usual = NpzArchive.read
    monkeypatch.setattr(NpzArchive, "read", lambda a, k: (read.append(k), usual(a, k))[1])
    with pytest.raises(SceneError, match="expected the same"):
        load_scene(tmp_path / "a.npz")
    assert not read
