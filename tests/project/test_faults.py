"""The disk fails, others interfere, files rot, scenes change: nothing is lost silently."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import resource
import shutil
import socket
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from o3d_paint.core.brush import Stroke
from o3d_paint.core.scene import ArrayPhoto, PointCloud, Scene
from o3d_paint.errors import PaintError, ProjectError, StorageError
from o3d_paint.project import autosave, lock, states
from o3d_paint.project.database import checksum
from o3d_paint.project.jobs import Mailbox
from o3d_paint.project.layout import project_folder
from o3d_paint.project.project import Project
from o3d_paint.project.session import Session, open_session, read_project
from o3d_paint.project.states import list_states, restore_state
from tests.project.scenes import strip_scene

SCENE = strip_scene(num_points=800)
CLASSES = ["floor", "wall", "roof"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "p.o3dpaint"


@pytest.fixture(autouse=True)
def _retry_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(autosave, "_RETRY_SECONDS", -1.0)


def opened(root: Path, scene: Scene = SCENE) -> Session:
    return open_session(scene, root, classes=CLASSES)


def line(class_id: int, y: float = 500, radius: float = 30) -> Stroke:
    return Stroke(np.array([[20.0, y], [140.0, y]]), radius, class_id)


def painted_session(root: Path) -> Session:
    session = opened(root)
    for frame_idx in range(3):
        session.project.paint(frame_idx, line(frame_idx + 1, y=300 + 200 * frame_idx))
    session.project.set_layer(np.arange(30), 2)
    return session


def assert_same(one: Project, other: Project) -> None:
    assert one.painted_frames == other.painted_frames
    for frame_idx in one.painted_frames:
        np.testing.assert_array_equal(one.mask(frame_idx), other.mask(frame_idx))
    np.testing.assert_array_equal(one.painted, other.painted)
    np.testing.assert_array_equal(other.painted, other.rebuilt_labels())
    assert one.taxonomy == other.taxonomy


def contents(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


@contextmanager
def file_size_limit(nbytes: int) -> Iterator[None]:
    """Every file ends at this size, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (nbytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def small_disk(folder: Path, size: str = "400k") -> Iterator[None]:
    """A disk of its own, where the machine allows that."""
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip("this user may not mount a small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize("limit", [0, 1, 100, 700, 1500])
def test_files_that_cannot_grow(root: Path, limit: int) -> None:
    session = painted_session(root)
    session.save(wait=True)
    failures: list[Exception] = []
    session.project.save_failed.connect(failures.append)
    kept, _ = read_project(root, SCENE)
    with file_size_limit(limit):
        for k in range(12):
            session.project.paint(k % 4, line(1 + k % 3, y=40 * k, radius=9))
        with pytest.raises(StorageError, match=r"kept in memory.*Save as"):
            session.save(wait=True)
        assert len(failures) == 1
        assert session.problem is not None
        with pytest.raises(StorageError):
            session.close()
    # Whatever the disk took is whole: the folder opens with the work of some step before.
    found, messages = read_project(root, SCENE)
    assert len(found.history) >= len(kept.history)
    assert not [m for m in messages if "damaged" in m]
    session.project.paint(3, line(3))
    assert session.problem is None
    assert_same(session.project, read_project(root, SCENE)[0])
    session.close()
    assert_same(session.project, read_project(root, SCENE)[0])
    assert not list(root.rglob("*.part"))


def test_who_asks_to_save_is_told_each_time_how_it_went(root: Path) -> None:
    session = painted_session(root)
    failures: list[Exception] = []
    written: list[str] = []
    session.project.save_failed.connect(failures.append)
    with file_size_limit(0):
        session.project.paint(0, line(2))
        assert len(failures) == 1
        session.project.paint(0, line(3))
        assert len(failures) == 1
        for times in (2, 3):
            session.save(then=lambda: written.append("full"))
            assert len(failures) == times
    session.save(then=lambda: written.append("freed"))
    assert written == ["freed"]
    assert len(failures) == 3
    session.close()


def test_a_full_disk_fills_and_is_freed(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    with small_disk(disk):
        session = painted_session(disk / "p.o3dpaint")
        session.save(wait=True)
        hog = disk / "hog"
        with hog.open("wb", buffering=0) as file:
            for size in (1 << 14, 1 << 10, 1):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError:
                    pass
        rng = np.random.default_rng(0)
        for frame_idx in range(4):
            noise = rng.integers(0, 4, (108, 16)).astype(np.uint16)
            session.project.set_mask(frame_idx, noise)
        with pytest.raises(StorageError, match=r"disk is full|No space"):
            session.save(wait=True)
        read_project(disk / "p.o3dpaint", SCENE)
        session.save_as(tmp_path / "elsewhere.o3dpaint")
        assert_same(session.project, read_project(tmp_path / "elsewhere.o3dpaint", SCENE)[0])
        hog.unlink()
        session.project.paint(0, line(2))
        session.close()
    assert_same(session.project, read_project(tmp_path / "elsewhere.o3dpaint", SCENE)[0])


def test_a_vanished_folder_is_noticed_and_made_again(root: Path) -> None:
    session = painted_session(root)
    shutil.rmtree(root)
    failures: list[Exception] = []
    session.project.save_failed.connect(failures.append)
    session.project.paint(3, line(3))
    assert len(failures) == 1
    assert "was moved or deleted while it was open: everything is written anew" in str(failures[0])
    # All of it is there at once, not only what came after.
    assert_same(session.project, read_project(root, SCENE)[0])
    session.project.paint(3, line(2, y=900))
    session.close()
    assert len(failures) == 1
    assert_same(session.project, read_project(root, SCENE)[0])


@pytest.mark.parametrize("with_workers", [False, True])
@pytest.mark.parametrize("how", ["moved", "deleted", "swapped", "older file", "file gone"])
def test_a_folder_that_is_not_the_one_that_was_opened(
    tmp_path: Path, how: str, with_workers: bool
) -> None:
    root, mailbox = tmp_path / "p.o3dpaint", Mailbox()
    post = mailbox.post if with_workers else None
    session = open_session(SCENE, root, classes=CLASSES, post=post)
    session.project.paint(0, line(1))
    session.save(wait=True)
    shutil.copytree(root, tmp_path / "older")
    session.project.paint(1, line(2))
    session.project.fuse()
    session.save(wait=True)
    saved = {i: session.project.mask(i).copy() for i in range(4)}
    if how == "deleted":
        shutil.rmtree(root)
    elif how == "file gone":
        (root / "project.sqlite").unlink()
    elif how == "older file":
        shutil.copy(tmp_path / "older" / "project.sqlite", tmp_path / "put back")
        os.replace(tmp_path / "put back", root / "project.sqlite")
    else:
        root.rename(tmp_path / "elsewhere")
    if how == "swapped":
        shutil.copytree(tmp_path / "older", root)
        (root / "lock").unlink(missing_ok=True)
    before = contents(root) if how == "swapped" else {}
    told: list[str] = []
    session.project.save_failed.connect(lambda error: told.append(str(error)))
    session.project.paint(2, line(3))
    session.project.paint(3, line(1))
    mailbox.run_until(lambda: bool(told) and session.problem is None, timeout=10)
    assert len(told) == 1, told
    assert session.problem is None
    session.project.paint(3, line(2, y=100))
    session.close()
    there = session.folder
    assert (there == root) == (how != "swapped")
    assert str(there) in told[0]
    found, messages = read_project(there, SCENE)
    assert messages == ()
    assert_same(session.project, found)
    np.testing.assert_array_equal(found.labels, session.project.labels)
    if how == "swapped":
        assert contents(root) == before
    if how == "older file":
        assert any(p.name.endswith("project.sqlite") for p in (root / "aside").iterdir())
    if how in ("moved", "swapped"):
        # The folder that was moved has all up to then.
        moved, _ = read_project(tmp_path / "elsewhere", SCENE)
        for i in range(2):
            np.testing.assert_array_equal(moved.mask(i), saved[i])
    again = opened(there)
    assert again.read_only is None
    again.close()


def test_a_disk_that_went_with_the_folder_keeps_all_in_memory(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    session = painted_session(disk / "p.o3dpaint")
    disk.rename(tmp_path / "unplugged")
    session.project.paint(3, line(3))
    assert "kept in memory" in str(session.problem)
    assert not disk.exists()
    (tmp_path / "unplugged").rename(disk)
    session.tick()
    assert session.problem is None
    session.close()
    assert_same(session.project, read_project(disk / "p.o3dpaint", SCENE)[0])


def test_a_read_only_disk(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    with small_disk(disk):
        session = painted_session(disk / "scene.o3dpaint")
        session.close()
        (disk / "scene.npz").write_bytes(b"")
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        again = opened(disk / "scene.o3dpaint")
        assert again.read_only is not None
        assert "read-only" in again.messages[-1]
        again.project.paint(3, line(1))
        with pytest.raises(StorageError, match="Save as"):
            again.save()
        again.save_as(tmp_path / "copy.o3dpaint")
        assert again.read_only is None
        again.close()
        assert_same(again.project, read_project(tmp_path / "copy.o3dpaint", SCENE)[0])
        folder, note = project_folder(disk / "scene.npz")
        assert note is not None
        assert str(folder) in note
        assert disk not in folder.parents
        elsewhere = opened(folder)
        assert elsewhere.read_only is None
        assert_same(session.project, elsewhere.project)
        elsewhere.close()


def test_the_second_opener_reads_only_and_knows_the_first(root: Path) -> None:
    first = painted_session(root)
    second = opened(root)
    assert f"process {os.getpid()}" in (second.read_only or "")
    assert_same(first.project, second.project)
    before = contents(root)
    second.project.paint(0, line(3))
    with pytest.raises(StorageError, match="Save as"):
        second.save(wait=True)
    second.close()
    assert contents(root) == before
    first.project.paint(0, line(3))
    first.close()
    third = opened(root)
    assert third.read_only is None
    assert_same(first.project, third.project)
    third.close()


def test_a_stale_lock_is_recovered(root: Path) -> None:
    session = painted_session(root)
    session.close()
    stale = {"user": "anna", "host": "here", "pid": 1, "since": "2025-01-01T10:00:00+00:00"}
    (root / "lock").write_text(json.dumps(stale))
    again = opened(root)
    assert again.read_only is None
    assert any("anna" in m for m in again.messages)
    again.close()
    (root / "lock").write_text("half a na")
    again = opened(root)
    assert again.read_only is None
    again.close()


def _hold(root: Path, ready: object) -> None:
    session = painted_session(root)
    ready.send(session.read_only)  # type: ignore[attr-defined]
    ready.recv()  # type: ignore[attr-defined]


def _hold_saved(root: Path, ready: object) -> None:
    session = painted_session(root)
    session.save(wait=True)
    ready.send(session.read_only)  # type: ignore[attr-defined]
    ready.recv()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("hold", "words"), [(_hold, "4 steps were"), (_hold_saved, "nothing had to be")]
)
def test_the_lock_of_a_killed_process_is_gone(
    root: Path, hold: Callable[[Path, object], None], words: str
) -> None:
    context = multiprocessing.get_context("forkserver")
    here, there = context.Pipe()
    child = context.Process(target=hold, args=(root, there))
    child.start()
    assert here.recv() is None
    second = opened(root)
    assert f"process {child.pid}" in (second.read_only or "")
    second.abandon()
    child.kill()
    child.join()
    third = opened(root)
    assert third.read_only is None
    assert any(f"ended unexpectedly: {words} brought back" in m for m in third.messages)
    assert third.project.painted_frames == (0, 1, 2)
    third.close()


WHERE = {
    "document": "SELECT data FROM document",
    "mask": "SELECT labels FROM mask WHERE photo = 1",
    "points": "SELECT laid FROM points",
    "history": "SELECT data FROM edit WHERE seq = 2",
    "last step": "SELECT data FROM edit ORDER BY seq DESC LIMIT 1",
}


def place_of(root: Path, name: str) -> tuple[int, int]:
    """Where a piece lies in the database file."""
    with closing(sqlite3.connect(root / "project.sqlite")) as database:
        (data,) = database.execute(WHERE[name]).fetchone()
    piece = data[12:40]
    start = (root / "project.sqlite").read_bytes().find(piece)
    assert start > 0
    return start, len(piece)


def harm_bytes(root: Path, start: int, size: int, *, zeros: bool) -> bytes:
    path = root / "project.sqlite"
    data = bytearray(path.read_bytes())
    if zeros:
        data[start : start + size] = bytes(size)
    else:
        data[start + size // 2] ^= 4
    path.write_bytes(data)
    return bytes(data)


@pytest.mark.parametrize("name", [*WHERE, "first page"])
@pytest.mark.parametrize("zeros", [True, False])
def test_damaged_pieces(root: Path, name: str, zeros: bool) -> None:
    session = painted_session(root)
    session.save(wait=True)
    session.project.paint(3, line(1))
    session.project.paint(1, line(3, y=800))
    final = session.project
    session.close()
    place = (0 if zeros else 100, 16) if name == "first page" else place_of(root, name)
    damaged = harm_bytes(root, *place, zeros=zeros)

    again = opened(root)
    found = again.project
    assert_same(final, found)
    assert again.messages
    if name == "mask":
        assert "the mask of photo photo_01" in again.messages[0]
        assert "put together" in again.messages[0]
    lost = int(name in ("history", "last step"))
    assert len(found.history) == len(final.history) - lost
    assert damaged in [p.read_bytes() for p in (root / "aside").iterdir()]
    again.close()
    reread, messages = read_project(root, SCENE)
    assert messages == ()
    assert_same(found, reread)


@pytest.mark.parametrize("harm", ["gone", "empty", "text", "half", "cut by a byte"])
def test_a_damaged_database(root: Path, harm: str) -> None:
    session = painted_session(root)
    session.save(wait=True)
    kept = {i: session.project.mask(i).copy() for i in range(4)}
    session.project.paint(3, line(1))
    session.close()
    path = root / "project.sqlite"
    data = path.read_bytes()
    if harm == "gone":
        path.unlink()
    else:
        half = data[: len(data) // 2]
        path.write_bytes(
            {"empty": b"", "text": b"not ours" * 999, "half": half}.get(harm, data[:-1])
        )
    before = path.read_bytes() if path.exists() else None
    again = opened(root)
    assert again.messages
    assert again.read_only is None
    for i in range(3):
        np.testing.assert_array_equal(again.project.mask(i), kept[i])
    if harm in ("gone", "empty", "cut by a byte"):
        # The newest older copy was made on closing; of half a file less may be left.
        assert_same(session.project, again.project)
    if before is not None:
        assert before in [p.read_bytes() for p in (root / "aside").iterdir()]
    again.close()
    assert read_project(root, SCENE)[1] == ()


@pytest.mark.parametrize("which", ["project.sqlite", "state"])
def test_no_bit_that_flips_goes_unnoticed(root: Path, which: str) -> None:
    session = painted_session(root)
    session.project.accept(1)
    session.close()
    path = root / "project.sqlite"
    if which == "state":
        path = next((root / "states").glob("*.sqlite"))
    data = path.read_bytes()
    rng = np.random.default_rng(3)
    noticed = 0
    for position in rng.integers(0, len(data), 150):
        harmed = bytearray(data)
        harmed[position] ^= 1 << int(rng.integers(8))
        path.write_bytes(harmed)
        if which == "state":
            problem = list_states(root)[0].problem
            noticed += problem is not None
            if problem is None:
                with closing(sqlite3.connect(path)) as state:
                    found = state.execute("SELECT labels FROM mask ORDER BY photo").fetchall()
                path.write_bytes(data)
                with closing(sqlite3.connect(path)) as state:
                    assert found == state.execute("SELECT labels FROM mask").fetchall()
            continue
        try:
            found, messages = read_project(root, SCENE)
        except PaintError:
            noticed += 1
            continue
        noticed += bool(messages)
        if not messages:
            assert_same(session.project, found)
            assert [e.data for e in found.history.done] == [
                e.data for e in session.project.history.done
            ]
    assert noticed > 15


def test_a_log_cut_anywhere_gives_a_prefix_of_the_work(root: Path, tmp_path: Path) -> None:
    session = opened(root)
    lengths, masks = [], []
    path = root / "project.sqlite-wal"
    for k in range(4):
        session.project.paint(0, line(1 + k % 3, y=100 + 200 * k))
        lengths.append(path.stat().st_size)
        masks.append(session.project.mask(0).copy())
    shutil.copytree(root, tmp_path / "copy")
    session.abandon()
    path = tmp_path / "copy" / "project.sqlite-wal"
    whole = path.read_bytes()
    for size in range(0, len(whole), 1009):
        path.write_bytes(whole[:size])
        found, messages = read_project(tmp_path / "copy", SCENE)
        done = sum(length <= size for length in lengths)
        assert len(found.history) == done
        np.testing.assert_array_equal(found.mask(0), masks[done - 1] if done else 0)
        assert messages == ()


def test_a_log_of_another_state_is_not_believed_and_kept(root: Path, tmp_path: Path) -> None:
    """A synchronising program may bring back either file alone."""
    session = opened(root)
    session.project.paint(0, line(1))
    session.save(wait=True)
    shutil.copytree(root, tmp_path / "older")
    session.project.paint(1, line(2))
    session.save(wait=True)
    session.project.paint(2, line(3))
    shutil.copytree(root, tmp_path / "newer")
    session.close()
    for database, log, frames in (("older", "newer", (0,)), ("newer", "older", (0, 1))):
        mixed = tmp_path / f"{database}+{log}"
        shutil.copytree(tmp_path / database, mixed)
        (mixed / "lock").unlink()
        shutil.copy(tmp_path / log / "project.sqlite-wal", mixed / "project.sqlite-wal")
        data = (mixed / "project.sqlite-wal").read_bytes()
        again = opened(mixed)
        assert any("belongs to another state" in m for m in again.messages)
        assert again.project.painted_frames == frames
        assert data in [p.read_bytes() for p in (mixed / "aside").iterdir()]
        again.close()
        assert read_project(mixed, SCENE)[1] == ()


def test_an_older_file_put_back_is_said_and_newer_work_stays(root: Path, tmp_path: Path) -> None:
    session = opened(root)
    session.project.paint(0, line(1))
    session.save(wait=True)
    session.close()
    shutil.copy(root / "project.sqlite", tmp_path / "older")
    session = opened(root)
    session.project.paint(1, line(2))
    session.close()
    newer = session.project.mask(1).copy()
    shutil.copy(tmp_path / "older", root / "project.sqlite")
    again = opened(root)
    assert any("is older than backup" in m for m in again.messages)
    assert again.project.painted_frames == (0,)
    for k in range(8):
        again.project.paint(2, line(3, y=100.0 + 100 * k))
        again.save(wait=True)
    again.close()
    assert read_project(root, SCENE)[1] == ()
    kept = [p for p in (root / "aside").iterdir() if p.suffix == ".sqlite"]
    (root / "project.sqlite").write_bytes(kept[0].read_bytes())
    np.testing.assert_array_equal(read_project(root, SCENE)[0].mask(1), newer)


def test_a_changed_scene_keeps_what_fits(root: Path) -> None:
    session = painted_session(root)
    session.close()
    before = session.project
    other = strip_scene(num_points=700, seed=5)
    frames = list(other.frames)
    # Photo 0 moved to the end, photo 1 shows something else, photo 2 stayed, one is new.
    frames[1] = replace(frames[1], photo=ArrayPhoto(np.zeros((108, 16, 3), dtype=np.uint8)))
    new = replace(frames[3], name="new", photo=ArrayPhoto(np.ones((108, 16, 3), dtype=np.uint8)))
    changed = replace(other, frames=(new, frames[1], frames[2], frames[3], frames[0]))
    again = opened(root, changed)
    project = again.project
    assert project.painted_frames == (2, 4)
    np.testing.assert_array_equal(project.mask(4), before.mask(0))
    np.testing.assert_array_equal(project.mask(2), before.mask(2))
    assert project.ballots.layer is None or not project.ballots.layer.any()
    np.testing.assert_array_equal(project.painted, project.rebuilt_labels())
    assert any("photo_01" in m for m in again.messages)
    assert any("points changed" in m for m in again.messages)
    kept = [p for p in (root / "aside").iterdir() if p.name.endswith("photo_01.png")]
    aside = np.asarray(Image.open(kept[0]))
    np.testing.assert_array_equal(aside, before.mask(1))
    # The history speaks of the photos where they are now.
    assert project.undo() == "paint"
    assert project.painted_frames == (4,)
    again.close()
    state = list_states(root)
    assert [s for s in state if s.painted == 3]


def test_the_same_photos_on_other_points_keep_all_masks(root: Path) -> None:
    session = painted_session(root)
    session.close()
    fewer = Scene(
        name=SCENE.name,
        cloud=PointCloud(SCENE.cloud.xyz[:500], SCENE.cloud.rgb[:500]),
        frames=SCENE.frames,
        rule=SCENE.rule,
        spacing=SCENE.spacing,
        up=SCENE.up,
        metric=SCENE.metric,
    )
    again = opened(root, fewer)
    assert again.project.painted_frames == (0, 1, 2)
    assert not again.project.ballots.layer
    np.testing.assert_array_equal(again.project.painted, again.project.rebuilt_labels())
    again.close()


def test_newer_formats_are_refused_and_left_alone(root: Path) -> None:
    painted_session(root).close()
    path = root / "project.sqlite"
    data = bytearray(path.read_bytes())
    data[71] = 99
    path.write_bytes(data)
    before = contents(root)
    with pytest.raises(ProjectError, match=r"format 99.*newer version"):
        opened(root)
    assert contents(root) == before


def test_the_last_five_states_are_kept_and_restored(root: Path) -> None:
    session = opened(root)
    masks = []
    for k in range(7):
        session.project.paint(0, line(1 + k % 3, y=100 + 100 * k))
        session.save(wait=True)
        session.save(wait=True)
        masks.append(session.project.mask(0).copy())
    with pytest.raises(ProjectError, match="close it first"):
        restore_state(root, list_states(root)[0].number)
    session.close()
    found = list_states(root)
    assert len(found) == states.KEPT_STATES
    assert all(s.problem is None and s.painted == 1 for s in found)
    restore_state(root, found[3].number)
    again, messages = read_project(root, SCENE)
    assert messages == ()
    np.testing.assert_array_equal(again.mask(0), masks[-4])
    # Restoring is no loss either: what was there is a state now.
    newest = list_states(root)[0]
    restore_state(root, newest.number)
    np.testing.assert_array_equal(read_project(root, SCENE)[0].mask(0), masks[-1])
    with pytest.raises(ProjectError, match="no state 999"):
        restore_state(root, 999)
    with pytest.raises(ProjectError, match="not a project"):
        list_states(root.parent)


def test_save_as_goes_on_elsewhere_and_refuses_another_project(root: Path, tmp_path: Path) -> None:
    session = painted_session(root)
    other = tmp_path / "other.o3dpaint"
    session.save_as(other)
    before = contents(root)
    session.project.paint(3, line(2))
    session.close()
    assert contents(root) == before
    assert_same(session.project, read_project(other, SCENE)[0])
    third = opened(tmp_path / "third.o3dpaint")
    with pytest.raises(StorageError, match="holds a project already"):
        third.save_as(other)
    third.close()


def test_odd_photo_names_do_no_harm(root: Path) -> None:
    names = ["a/b", 'a:"b', "A_B", "ü" * 200, "..", "x\ny"][:4]
    frames = tuple(replace(f, name=n) for f, n in zip(SCENE.frames, names, strict=True))
    scene = replace(SCENE, frames=frames)
    session = opened(root, scene)
    for i in range(4):
        session.project.paint(i, line(1 + i % 3))
    session.close()
    assert_same(session.project, read_project(root, scene)[0])
    other = tuple(replace(f, photo=ArrayPhoto(f.photo.pixels() // 2)) for f in frames)
    again = opened(root, replace(scene, frames=other))
    assert again.project.painted_frames == ()
    again.close()
    assert len(list((root / "aside").glob("*.png"))) == 4


def without_document(root: Path) -> None:
    shutil.rmtree(root / "states")
    with closing(sqlite3.connect(root / "project.sqlite")) as database:
        database.execute("DELETE FROM document")
        database.commit()


def test_masks_alone_are_enough_to_go_on(root: Path) -> None:
    session = painted_session(root)
    session.close()
    without_document(root)
    again = opened(root)
    assert_same(session.project, again.project)
    assert any("default one" in m for m in again.messages)
    again.close()
    assert_same(session.project, read_project(root, SCENE)[0])


def test_names_of_lost_classes_are_made_up_and_said(root: Path) -> None:
    session = opened(root)
    tree = session.project.add_class("tree")
    fern = session.project.add_class("fern")
    session.project.paint(0, line(tree))
    session.project.set_layer(np.arange(5), fern)
    session.close()
    without_document(root)
    with closing(sqlite3.connect(root / "project.sqlite")) as database:
        database.execute("DELETE FROM edit")
        database.commit()
    again = opened(root)
    assert [c.name for c in again.project.taxonomy][-2:] == ["class 4", "class 5"]
    assert any("2 painted classes" in m for m in again.messages)
    again.close()


def test_a_fused_layer_comes_back_only_on_its_own_points(root: Path) -> None:
    session = painted_session(root)
    labels = session.project.fuse()
    session.project.merge_class(3, 1)
    merged = session.project.labels
    session.close()
    again, _ = read_project(root, SCENE)
    np.testing.assert_array_equal(again.labels, merged)
    assert (labels != merged).any()
    other, _ = read_project(root, strip_scene(num_points=800, seed=3))
    assert other.fusion is None
    (root / "fused.npz").write_bytes(b"PK\x03\x04 not really")
    broken, _ = read_project(root, SCENE)
    assert broken.fusion is None
    np.testing.assert_array_equal(broken.labels, session.project.painted)


@pytest.mark.parametrize("alive", [True, False])
def test_disks_without_locks_go_by_the_process_number(
    root: Path, monkeypatch: pytest.MonkeyPatch, alive: bool
) -> None:
    def unsupported(_: int) -> None:
        raise OSError(errno.ENOTSUP, "not on this disk")

    monkeypatch.setattr(lock, "_system_lock", unsupported)
    painted_session(root).close()
    child = subprocess.Popen(["sleep", "600"])
    holder = {"user": "anna", "host": socket.gethostname(), "pid": child.pid, "since": "today"}
    (root / "lock").write_text(json.dumps(holder))
    if not alive:
        child.kill()
        child.wait()
    session = opened(root)
    assert (session.read_only is not None) == alive
    session.close()
    child.kill()
    child.wait()
    (root / "lock").write_text(json.dumps(holder | {"host": "another"}))
    elsewhere = opened(root)
    assert "anna on another" in (elsewhere.read_only or "")
    elsewhere.close()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"format": 0}, "format 0"),
        ({"photos": [{"name": "x"}]}, "shape"),
        ({"classes": [{"id": 1}]}, "classes"),
        ({"classes": 5}, "classes"),
        ({"number": "many"}, "number"),
    ],
)
def test_a_document_of_wrong_values_is_set_aside(root: Path, change: dict, word: str) -> None:
    session = painted_session(root)
    session.close()
    with closing(sqlite3.connect(root / "project.sqlite", isolation_level=None)) as database:
        seq, data = database.execute("SELECT seq, data FROM document").fetchone()
        data = json.dumps(json.loads(data) | change).encode()
        row = (data, checksum("document", seq, data))
        database.execute("UPDATE document SET data = ?, sum = ?", row)
    again = opened(root)
    assert word in again.messages[0]
    assert_same(session.project, again.project)
    again.close()
