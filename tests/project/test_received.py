"""A project that came from somewhere: links in it are not followed, neither reading nor writing."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sqlite3
import stat
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from o3d_paint.core.brush import Stroke
from o3d_paint.core.scene import Scene
from o3d_paint.errors import PaintError
from o3d_paint.io.part_files import new_part_name
from o3d_paint.io.scene import LoadOptions
from o3d_paint.project.database import checksum
from o3d_paint.project.layout import project_folder
from o3d_paint.project.scene_options import SETTING, completed_options, kept_options
from o3d_paint.project.session import (
    open_session,
    passed_over,
    read_project,
    scene_path_of,
)
from o3d_paint.project.states import list_states, restore_state
from tests.project.golden import FOLDER, golden_scene
from tests.project.scenes import strip_scene

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs links")
WORDS = "my only copy"


def stroke(y: float, class_id: int) -> Stroke:
    return Stroke(np.array([[10.0, y], [150.0, y]]), 40, class_id)


@pytest.fixture
def received(tmp_path: Path) -> Path:
    """A project with masks, labels on points, a fusion, states and steps that are not saved."""
    root = tmp_path / "got" / "p.o3dpaint"
    session = open_session(strip_scene(), root, classes=["a", "b"])
    for i in range(3):
        session.project.paint(i, stroke(500, 1 + i % 2))
    session.project.set_layer(np.arange(100), 1)
    session.project.fuse()
    session.close()
    session = open_session(strip_scene(), root)
    session.project.paint(0, stroke(300, 2))
    session.save(wait=True)
    session.project.paint(1, stroke(200, 2))
    shutil.copytree(root, tmp_path / "killed")
    session.abandon()
    shutil.rmtree(root)
    (tmp_path / "killed").rename(root)
    (root / "lock").unlink()
    return root


@pytest.fixture
def received_old(tmp_path: Path) -> Path:
    """A project of an earlier version: a folder of files."""
    root = tmp_path / "got" / "old.o3dpaint"
    shutil.copytree(FOLDER / "format_3", root)
    state = root / "states" / "00000001"
    shutil.copytree(root / "masks", state / "masks")
    shutil.copy(root / "project.json", state / "project.json")
    return root


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Somebody's own files and folders, of which none may be touched."""
    home = tmp_path / "home"
    (home / "folder" / "20240101").mkdir(parents=True)
    for name in ("a.txt", "folder/00000001.journal", "folder/000.png", "folder/20240101/b.jpg"):
        (home / name).write_text(WORDS)
    return home


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }  # fmt: skip


def entries(root: Path) -> list[str]:
    return sorted(str(p.relative_to(root)) for p in root.rglob("*"))


def replaced_by_link(path: Path, target: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def work(root: Path, scene: Scene | None = None) -> tuple[str, ...]:
    """Open, paint, save, fuse, save elsewhere, restore; returns what was told on opening."""
    session = open_session(scene or strip_scene(), root)
    told = session.messages
    session.project.paint(2, stroke(700, 1))
    session.project.clear(1)
    session.project.set_layer(np.arange(50, 200), 2)
    session.project.fuse()
    session.save(wait=True)
    session.project.paint(1, stroke(900, 2))
    session.close()
    states = [s for s in list_states(root) if s.problem is None]
    restore_state(root, states[-1].number)
    return told


FILES = ("project.sqlite", "project.sqlite-wal", "lock", "fused.npz")
FOLDERS = ("states", "aside")
OLD_FILES = ("project.json", "lock", "cloud_layer.npz", "masks/photo_00.png")
OLD_FOLDERS = ("masks", "journal", "states", "aside", "original")


@pytest.mark.parametrize("name", [*FILES, *FOLDERS])
def test_links_out_are_neither_read_nor_written_through(
    received: Path, home: Path, name: str
) -> None:
    target = home / ("folder" if name in FOLDERS else "a.txt")
    replaced_by_link(received / name, target)
    before = contents(home)
    told = work(received)
    assert contents(home) == before
    if name != "lock":  # which goes without a word, as it does at every closing
        assert any("link" in m and name in m for m in told), told
    assert not any(p.is_symlink() for p in received.rglob("*") if "aside" not in p.parts)


@pytest.mark.parametrize("name", [*OLD_FILES, *OLD_FOLDERS])
def test_nor_are_those_of_earlier_versions(received_old: Path, home: Path, name: str) -> None:
    target = home / ("folder" if name in OLD_FOLDERS else "a.txt")
    replaced_by_link(received_old / name, target)
    before = contents(home)
    told = work(received_old, golden_scene())
    assert contents(home) == before
    if name != "lock":
        assert any("link" in m and name in m for m in told), told
    assert not any(p.is_symlink() for p in received_old.rglob("*") if "aside" not in p.parts)


@pytest.mark.parametrize("pattern", ["journal/*.journal", "history-*.records", "states/*"])
@pytest.mark.parametrize("is_old", [True, False])
def test_links_in_place_of_numbered_pieces(
    received: Path, received_old: Path, home: Path, pattern: str, is_old: bool
) -> None:
    root = received_old if is_old else received
    for path in list(root.glob(pattern)):
        replaced_by_link(path, home / "folder" if path.is_dir() else home / "a.txt")
    before = contents(home)
    work(root, golden_scene() if is_old else None)
    assert contents(home) == before


def test_links_within_a_kept_state_of_an_earlier_version(received_old: Path, home: Path) -> None:
    for mask in received_old.glob("states/*/masks/*.png"):
        replaced_by_link(mask, home / "a.txt")
    before = contents(home)
    for number in [s.number for s in list_states(received_old)]:
        with pytest.raises(PaintError, match=r"cannot be restored|no state|is missing|link"):
            restore_state(received_old, number)
    assert contents(home) == before
    own = [p for p in received_old.rglob("*") if p.is_file() and not p.is_symlink()]
    assert not any(WORDS.encode() in p.read_bytes() for p in own)


def test_links_that_stay_inside_change_nothing_else(received: Path) -> None:
    """The lock would be written over what it leads to."""
    replaced_by_link(received / "lock", received / "project.sqlite")
    session = open_session(strip_scene(), received)
    session.close()
    assert read_project(received, strip_scene())[1] == ()


def test_a_hard_link_as_lock_is_not_written_to(received: Path, home: Path) -> None:
    (received / "lock").unlink(missing_ok=True)
    os.link(home / "a.txt", received / "lock")
    session = open_session(strip_scene(), received)
    assert session.read_only is None
    session.project.paint(0, stroke(10, 1))
    session.close()
    assert (home / "a.txt").read_text() == WORDS


def test_a_hot_journal_that_came_with_it_is_not_believed(received: Path, home: Path) -> None:
    """SQLite would roll it back, and delete the file that it names as its master."""
    journal = received / "project.sqlite-journal"
    (received / "project.sqlite-wal").unlink()
    before_project, _ = read_project(received, strip_scene())
    data = (received / "project.sqlite").read_bytes()
    master = os.fsencode(home / "a.txt")
    head = bytes.fromhex("d9d505f920a163d7") + (1).to_bytes(4, "big") + bytes(4)
    head += (len(data) // 4096).to_bytes(4, "big") + (512).to_bytes(4, "big")
    head += (4096).to_bytes(4, "big")
    page = bytes(4096)
    record = (
        (2).to_bytes(4, "big")
        + page
        + sum(page[i] for i in range(4096 - 200, 0, -200)).to_bytes(4, "big")
    )
    tail = master + len(master).to_bytes(4, "big") + sum(master).to_bytes(4, "big") + head[:8]
    journal.write_bytes(head.ljust(512, b"\0") + record + bytes(4) + tail)
    before = contents(home)
    found, told = read_project(received, strip_scene())
    assert told == ()
    for i in range(3):
        np.testing.assert_array_equal(found.mask(i), before_project.mask(i))
    told = work(received)
    assert any("project.sqlite-journal is no part of a project" in m for m in told)
    assert contents(home) == before
    assert any(p.name.endswith("-journal") for p in (received / "aside").iterdir())


HOSTILE = {
    "trigger": "CREATE TRIGGER t AFTER INSERT ON edit BEGIN DELETE FROM mask; END",
    "view": "CREATE VIEW v AS SELECT 1",
    "index": "CREATE INDEX i ON edit (kind)",
    "expression index": "CREATE INDEX i ON edit (abs(kind))",
    "virtual table": "CREATE VIRTUAL TABLE f USING fts3(x)",
    "another table": "CREATE TABLE more (x)",
    "a view in place of a table": "DROP TABLE points; CREATE VIEW points AS SELECT 1 AS id",
    "a column that computes": "DROP TABLE log; CREATE TABLE log (id INTEGER PRIMARY KEY, base,"
    " x AS (base + 1))",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_database_with_more_than_our_tables_is_not_worked_on(received: Path, name: str) -> None:
    shutil.rmtree(received / "states")
    with closing(sqlite3.connect(received / "project.sqlite")) as database:
        database.executescript(HOSTILE[name])
        database.commit()
    (received / "project.sqlite-wal").unlink(missing_ok=True)
    for _ in range(2):
        _, told = read_project(received, strip_scene())
        assert any("damaged" in m or "no project" in m for m in told), told
    session = open_session(strip_scene(), received)
    session.project.paint(0, stroke(10, 1))
    session.close()
    with closing(sqlite3.connect(received / "project.sqlite")) as database:
        found = database.execute("SELECT type, name FROM sqlite_master").fetchall()
    assert {kind for kind, _ in found} == {"table"}
    assert {n for _, n in found} == {"document", "mask", "points", "edit", "log"}
    assert list((received / "aside").glob("*project.sqlite"))


def test_values_of_wrong_types_and_sizes_are_told(received: Path) -> None:
    with closing(sqlite3.connect(received / "project.sqlite")) as database:
        database.execute("UPDATE mask SET labels = 'text', sum = NULL WHERE photo = 0")
        database.execute("UPDATE mask SET height = 1e300 WHERE photo = 1")
        database.execute("UPDATE points SET count = 9e18")
        database.execute("UPDATE edit SET kind = 'x', step = 1.5 WHERE seq = 2")
        database.execute("INSERT INTO edit VALUES (9223372036854775807, 1, 1, 0, zeroblob(9), '')")
        database.commit()
    session = open_session(strip_scene(), received)
    assert session.read_only is None
    assert sum("put together" in m for m in session.messages) == 3
    assert session.project.painted_frames == (0, 1, 2)
    session.project.paint(0, stroke(10, 1))
    session.close()
    assert read_project(received, strip_scene())[1] == ()


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def a_socket(path: Path) -> None:
    here = os.open(".", os.O_RDONLY)
    try:
        os.chdir(path.parent)  # names of sockets are short
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.fchdir(here)
        os.close(here)


def an_endless_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


OLD = [*OLD_FILES[2:], "journal/00000999.journal"]


@pytest.mark.parametrize("name", [*FILES, "states/00000999.sqlite", "project.sqlite-shm", *OLD])
@pytest.mark.parametrize("make", [a_pipe, a_socket, an_endless_device])
def test_pipes_sockets_and_devices_do_not_hold_it_up(
    received: Path, received_old: Path, name: str, make: Callable[[Path], None]
) -> None:
    root, scene = (received_old, golden_scene()) if name in OLD else (received, strip_scene())
    (root / name).unlink(missing_ok=True)
    make(root / name)
    project, _ = read_project(root, scene)
    assert project.painted_frames
    work(root, scene)
    for path in root.rglob("*"):
        mode = path.lstat().st_mode
        assert "aside" in path.parts or stat.S_ISREG(mode) or stat.S_ISDIR(mode), path


def test_looking_writes_nothing_and_follows_nothing(received: Path, home: Path) -> None:
    for name in ("project.sqlite-wal", "fused.npz"):
        replaced_by_link(received / name, home / "a.txt")
    replaced_by_link(received / "states", home / "folder")
    before, mine = contents(home), entries(received)
    _, told = read_project(received, strip_scene())
    assert any("project.sqlite-wal" in m for m in told)
    assert WORDS not in " ".join(told)
    assert list_states(received) == []
    assert contents(home) == before
    assert entries(received) == mine


def test_a_project_that_is_itself_a_link_is_followed_where_it_was_named(
    received: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine.o3dpaint").symlink_to(received)
    session = open_session(strip_scene(), tmp_path / "mine.o3dpaint")
    assert session.read_only is None
    session.project.paint(3, stroke(500, 1))
    session.close()
    assert read_project(received, strip_scene())[0].painted_frames == (0, 1, 2, 3)


def test_a_link_beside_a_scene_is_not_taken_for_its_project(received: Path, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    scene = tmp_path / "new" / "scene.npz"
    scene.write_bytes(b"")
    (tmp_path / "new" / "scene.o3dpaint").symlink_to(received)
    folder, note = project_folder(scene)
    assert note is not None
    assert "not followed" in note
    assert received.resolve() not in (folder, *folder.parents)
    assert project_folder(scene, received) == (received, None)


def test_a_copy_of_a_project_in_a_read_only_folder_takes_no_links(
    received: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = received.with_name("p.npz")
    scene.write_bytes(b"")
    (received / "masks").mkdir()
    replaced_by_link(received / "masks" / "photo_00.png", home / "a.txt")
    os.mkfifo(received / "masks" / "pipe.png")
    (received / "masks" / "photo_01.png").touch()
    monkeypatch.setattr("o3d_paint.project.layout._is_writable", lambda _: False)
    folder, _ = project_folder(scene)
    assert folder != received
    assert not any(WORDS.encode() in data for data in contents(folder).values())
    assert not (folder / "masks" / "pipe.png").exists()
    assert (folder / "masks" / "photo_01.png").is_file()


def noting(root: Path, **noted: object) -> None:
    (root / "project.sqlite-wal").unlink(missing_ok=True)
    with closing(sqlite3.connect(root / "project.sqlite", isolation_level=None)) as database:
        seq, data = database.execute("SELECT seq, data FROM document").fetchone()
        document = json.loads(data)
        document["scene"]["path"] = str(noted.pop("scene", ""))
        document["settings"] = {SETTING: noted}
        data = json.dumps(document).encode()
        row = (data, checksum("document", seq, data))
        database.execute("UPDATE document SET data = ?, sum = ?", row)


def test_the_scene_beside_goes_before_the_noted_one(received: Path, home: Path) -> None:
    (home / "scene.npz").write_bytes(b"")
    noting(received, scene=home / "scene.npz")
    assert scene_path_of(received) == home / "scene.npz"
    beside = received.parent / "scene.npz"
    beside.write_bytes(b"")
    assert scene_path_of(received) == beside
    noting(received, scene="C:\\Users\\me\\scene.npz")
    assert scene_path_of(received) == beside
    beside.unlink()
    beside.symlink_to(home / "scene.npz")
    noting(received, scene="/nowhere/scene.npz")
    with pytest.raises(PaintError, match="--scene"):
        scene_path_of(received)


@pytest.mark.parametrize("noted", ["", ".", "..", "/", "a\0b", "x" * 5000, "\\\\host\\share\\a"])
def test_no_scene_is_one_sentence_whatever_is_noted(received: Path, noted: str) -> None:
    noting(received, scene=noted)
    with pytest.raises(PaintError, match="--scene"):
        scene_path_of(received)


def test_clouds_and_photos_beside_go_before_noted_ones(received: Path, home: Path) -> None:
    kept = kept_options(LoadOptions(cloud=home / "a.txt", images=home / "folder"))
    assert kept is not None
    noting(received, **kept)
    found = completed_options(LoadOptions(), received)
    assert (found.cloud, found.images) == (home / "a.txt", home / "folder")
    (received.parent / "a.txt").write_text("")
    (received.parent / "folder").mkdir()
    found = completed_options(LoadOptions(), received)
    assert found.cloud == received.parent / "a.txt"
    assert found.images == received.parent / "folder"


def test_that_another_scene_is_read_than_the_noted_one_is_said(received: Path, home: Path) -> None:
    (home / "scene.npz").write_bytes(b"")
    noting(received, scene=home / "scene.npz")
    assert passed_over(received, scene_path_of(received)) == []
    (received.parent / "scene.npz").write_bytes(b"")
    (said,) = passed_over(received, scene_path_of(received))
    assert str(home / "scene.npz") in said
    assert str(received.parent / "scene.npz") in said


def test_parts_of_dead_writers_go_when_the_project_is_opened(received: Path) -> None:
    names = [new_part_name(folder) for folder in (received, received / "states")]
    for name in names:
        name.write_bytes(b"half")
    read_project(received, strip_scene())
    assert all(name.exists() for name in names), "who looks writes nothing"
    open_session(strip_scene(), received).close()
    assert not any(name.exists() for name in names)
