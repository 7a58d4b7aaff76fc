from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time

import pytest

from o3d_paint.errors import StorageError
from o3d_paint.io import part_files
from o3d_paint.io.part_files import new_part_name, part_file, remove_dead_parts
from o3d_paint.io.store import make_folder, replacing, write_bytes, write_json
from tests.conftest import ROOT


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


needs_unix = pytest.mark.skipif(sys.platform == "win32", reason="needs links and pipes")


@needs_unix
def test_a_link_out_of_its_folder_is_not_written_through(tmp_path):
    """A received folder may hold one where a file is going to be written."""
    precious = tmp_path / "precious"
    precious.write_bytes(b"mine")
    (tmp_path / "out").mkdir()
    link = tmp_path / "out" / "labels.ply"
    link.symlink_to(precious)
    with pytest.raises(StorageError, match="leads to"):
        write_bytes(link, b"new")
    assert precious.read_bytes() == b"mine"
    assert leftovers(tmp_path / "out") == ["labels.ply"]
    # A folder that is itself a link was named by the user.
    (tmp_path / "named").symlink_to(tmp_path / "out")
    write_bytes(tmp_path / "named" / "a", b"1")
    assert (tmp_path / "out" / "a").read_bytes() == b"1"


def a_pipe(path):
    os.mkfifo(path)


def a_socket(path):
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(path.name)


def a_device(path):
    path.symlink_to("/dev/full")


@needs_unix
@pytest.mark.parametrize("make", [a_pipe, a_socket, a_device])
def test_devices_and_pipes_are_not_replaced(tmp_path, monkeypatch, make):
    monkeypatch.chdir(tmp_path)
    make(tmp_path / "out.ply")
    before = os.lstat(tmp_path / "out.ply")
    with pytest.raises(StorageError, match="not a file"):
        write_bytes(tmp_path / "out.ply", b"x")
    assert os.lstat(tmp_path / "out.ply").st_mode == before.st_mode


def test_what_goes_nowhere_may_go_there(tmp_path):
    write_json(os.devnull, {"a": 1})
    assert not os.path.isfile(os.devnull)


def test_a_dash_is_the_standard_output():
    code = (
        "from o3d_paint.io.store import write_json\n"
        "print('before')\nwrite_json('-', {'a': '\\x9b\\u202e'})\nprint('after')"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout
    before, *middle, after = said.splitlines()
    assert (before, after) == ("before", "after")
    assert json.loads("\n".join(middle)) == {"a": "\x9b\u202e"}
    assert said.isascii()


KILLED = """
import os, signal, sys
from pathlib import Path
from o3d_paint.io.store import replacing
with replacing(Path(sys.argv[1])) as file:
    file.write(b"half")
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


@needs_unix
def test_what_a_killed_writer_left_goes_with_the_next_file(tmp_path):
    target = tmp_path / "out.ply"
    target.write_bytes(b"old")
    done = subprocess.run([sys.executable, "-c", KILLED, str(target)], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(leftovers(tmp_path)) == 2
    write_bytes(tmp_path / "other.ply", b"new")
    assert leftovers(tmp_path) == ["other.ply", "out.ply"]
    assert target.read_bytes() == b"old"


@needs_unix
def test_a_living_writer_and_other_computers_keep_theirs(tmp_path):
    with part_file(tmp_path) as (file, mine):
        file.write(b"x")
        other = tmp_path / ".o3d-paint-00000000-0123456789abcdef.part"
        other.write_bytes(b"somebody elses")
        remove_dead_parts(tmp_path)
        assert mine.exists()
        assert other.exists()
    past = time.time() - 2 * 86_400
    os.utime(other, (past, past))
    folder = tmp_path / ".o3d-paint-abc_defg.part"
    folder.mkdir()
    (folder / "a").write_bytes(b"")
    os.utime(folder, (past, past))
    (tmp_path / "unlike.part").write_bytes(b"")
    os.utime(tmp_path / "unlike.part", (past, past))
    remove_dead_parts(tmp_path)
    assert leftovers(tmp_path) == ["unlike.part"]


@needs_unix
def test_who_tidies_up_just_then_takes_no_file_away(tmp_path, monkeypatch):
    """Between making and locking a file somebody else may find it without a holder."""
    usual, tidied = part_files._lock, []

    def slow(descriptor):
        if not tidied:
            tidied.append(True)
            remove_dead_parts(tmp_path)
        return usual(descriptor)

    monkeypatch.setattr(part_files, "_lock", slow)
    monkeypatch.setattr(part_files, "_swept", {str(tmp_path)})
    write_bytes(tmp_path / "a", b"whole")
    assert tidied
    assert leftovers(tmp_path) == ["a"]
    assert (tmp_path / "a").read_bytes() == b"whole"


def test_names_of_parts_are_new_each_time(tmp_path):
    assert len({new_part_name(tmp_path) for _ in range(50)}) == 50
