from __future__ import annotations

import json
import os
import stat

import pytest

from o3d_paint.errors import StorageError
from o3d_paint.io.store import make_folder, replacing, write_bytes, write_json


def leftovers(folder):
    return sorted(p.name for p in folder.iterdir())


def test_the_file_appears_only_when_the_block_ends(tmp_path):
    target = tmp_path / "out.ply"
    target.write_bytes(b"old")
    with replacing(target) as file:
        file.write(b"new and longer")
        assert target.read_bytes() == b"old"
    assert target.read_bytes() == b"new and longer"
    assert leftovers(tmp_path) == ["out.ply"]


def test_an_error_in_the_block_leaves_the_old_file(tmp_path):
    target = tmp_path / "out.ply"
    target.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), replacing(target) as file:
        file.write(b"%d" % (1 // 0))
    assert target.read_bytes() == b"old"
    assert leftovers(tmp_path) == ["out.ply"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_one_sentence_and_leaves_the_old_file(tmp_path):
    target = tmp_path / "out.ply"
    target.write_bytes(b"old")
    with open("/dev/full", "wb", buffering=0) as full:

        def write():
            with replacing(target) as file:
                file.write(b"half")
                full.write(b"x")

        with pytest.raises(StorageError, match=r"out\.ply: the disk is full"):
            write()
    assert target.read_bytes() == b"old"
    assert leftovers(tmp_path) == ["out.ply"]


def test_a_vanished_folder_is_one_sentence(tmp_path):
    with pytest.raises(StorageError, match="does not exist"), replacing(tmp_path / "no" / "a.ply"):
        pass


def test_a_folder_vanishing_meanwhile_is_one_sentence(tmp_path):
    folder = tmp_path / "stick"
    folder.mkdir()

    def write():
        with replacing(folder / "a.ply") as file:
            file.write(b"x")
            for part in folder.iterdir():
                part.unlink()
            folder.rmdir()

    with pytest.raises(StorageError, match="does not exist"):
        write()


def test_a_folder_is_not_written_over(tmp_path):
    with pytest.raises(StorageError, match="is a folder"), replacing(tmp_path):
        pass
    assert leftovers(tmp_path) == []


def test_another_files_error_is_not_blamed_on_the_output(tmp_path):
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "out.ply"):
        (tmp_path / "missing input").read_bytes()


@pytest.mark.parametrize("link", ["same", "symbolic", "hard", "dotted"])
def test_never_over_an_input(tmp_path, link):
    source = tmp_path / "scene.npz"
    source.write_bytes(b"precious")
    target = tmp_path / "other.npz"
    if link == "same":
        target = source
    elif link == "symbolic":
        target.symlink_to(source)
    elif link == "hard":
        target.hardlink_to(source)
    else:
        target = tmp_path / "x" / ".." / "scene.npz"
        (tmp_path / "x").mkdir()
    with pytest.raises(StorageError, match="being read"), replacing(target, inputs=[source]):
        pass
    assert source.read_bytes() == b"precious"


def test_a_link_keeps_pointing_and_permissions_stay(tmp_path):
    real = tmp_path / "real.ply"
    real.write_bytes(b"old")
    real.chmod(0o640)
    link = tmp_path / "link.ply"
    link.symlink_to(real)
    write_bytes(link, b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


def test_a_new_file_has_the_usual_permissions(tmp_path):
    old = os.umask(0o027)
    try:
        write_bytes(tmp_path / "a", b"")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


@pytest.mark.parametrize("name", ["ü" * 120 + ".ply", "x" * 251 + ".ply", "a'b\"c\nd.ply"])
def test_odd_and_long_names(tmp_path, name):
    write_bytes(tmp_path / name, b"1")
    assert leftovers(tmp_path) == [name]


def test_json_is_readable_and_never_nan(tmp_path):
    write_json(tmp_path / "a.json", {"name": "Dächer", "n": 3})
    assert "Dächer" in (tmp_path / "a.json").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "a.json").read_bytes()) == {"name": "Dächer", "n": 3}
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", {"n": float("nan")})


def test_make_folder(tmp_path):
    assert make_folder(tmp_path / "a" / "b").is_dir()
    make_folder(tmp_path / "a" / "b")
    (tmp_path / "f").write_bytes(b"")
    with pytest.raises(StorageError, match="a file has that name"):
        make_folder(tmp_path / "f")
    with pytest.raises(StorageError, match="is a file, not a folder"):
        make_folder(tmp_path / "f" / "g")
