"""As a user without rights, and on disks that fail: one sentence each, never a traceback."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from o3d_paint.errors import FormatError
from o3d_paint.io.files import open_file, read_file, reading
from tests.conftest import ROOT

# Root may do everything by its capabilities, which a process can lay down.
WITHOUT_RIGHTS = """
import ctypes, os, sys
if os.getuid() == 0:
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    assert ctypes.CDLL(None).capset(header, (ctypes.c_uint32 * 6)()) == 0
sys.argv[0] = "o3d-paint"
from o3d_paint.cli import main
main()
"""

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" and getattr(os, "getuid", int)() == 0,
    reason="cannot take rights away here",
)


@pytest.fixture
def place(tmp_path, scene_file, project):
    """A scene and its project where nothing can be written, a closed folder, and an own one."""
    closed = tmp_path / "closed"
    shutil.copytree(project, closed / "p.o3dpaint")
    for name in ("scene.npz", "m.json", "c.ply"):
        shutil.copy(scene_file, closed / name)
    (tmp_path / "mine").mkdir()
    for path in [p for p in (tmp_path, *project.rglob("*"), project) if p.is_dir()]:
        path.chmod(0o555)
    closed.chmod(0)
    yield tmp_path
    for path in (closed, tmp_path, project, *project.rglob("*")):
        path.chmod(0o755)


def run(place: Path, *words: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_RIGHTS, *words],
        cwd=place,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    return done.returncode, done.stdout + done.stderr


COMMANDS = {
    "a scene in a closed folder": "info closed/scene.npz",
    "a cloud in it": "info scene.npz --cloud closed/c.ply",
    "masks in it": "fuse scene.npz --masks closed/m.json -o mine/o.ply",
    "strokes in it": "fuse scene.npz --strokes closed/m.json -o mine/o.ply",
    "classes in it": "fuse scene.npz --taxonomy closed/m.json -o mine/o.ply",
    "a project in it": "export closed/p.o3dpaint -o mine/o.ply",
    "its states": "recover closed/p.o3dpaint",
    "an output in it": "export scene.o3dpaint -o closed/o.ply",
    "an output in a folder of others": "export scene.o3dpaint -o o.ply",
    "a report there": "fuse scene.npz --project scene.o3dpaint --json r.json",
    "masks there": "masks scene.o3dpaint -o masks",
    "clouds to compare": "eval --pred closed/c.ply --truth closed/c.ply",
    "a state of a project of others": "recover scene.o3dpaint --restore 2",
}


@pytest.mark.parametrize("case", COMMANDS)
def test_what_one_may_not_do_is_one_sentence(place: Path, case: str) -> None:
    code, text = run(place, *COMMANDS[case].split())
    assert code == 1, text
    assert "Traceback" not in text
    sentences = [line for line in text.splitlines() if line.startswith("o3d-paint: ")]
    assert len(sentences) == 1, text


def test_an_error_of_the_disk_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x")

    def failing(*_: object) -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))

    with pytest.raises(FormatError, match="the disk reported an error"), reading(path):
        failing()
    for read in (open_file, read_file):
        with monkeypatch.context() as patch:
            patch.setattr(os, "fstat", failing)
            with pytest.raises(FormatError, match="the disk reported an error"):
                read(path)


def test_a_library_that_is_missing_is_not_blamed_on_the_disk(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="libGL"), reading(tmp_path):
        raise OSError("libGL.so.1: cannot open shared object file")
