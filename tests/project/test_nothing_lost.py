"""What was acknowledged is there after a crash, or a sentence says what is not."""

from __future__ import annotations

import shutil
import sqlite3
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from o3d_paint.core.brush import Stroke
from o3d_paint.errors import StorageError
from o3d_paint.project import checkpoint
from o3d_paint.project.jobs import Mailbox
from o3d_paint.project.session import Session, open_session, read_project
from tests.project.scenes import strip_scene

SCENE = strip_scene(num_points=800)
CLASSES = ["floor", "wall", "roof"]


def line(class_id: int, y: float) -> Stroke:
    return Stroke(np.array([[20.0, y], [140.0, y]]), 60, class_id)


def painted(root: Path, **kwargs: object) -> Session:
    session = open_session(SCENE, root, classes=CLASSES, **kwargs)
    for frame_idx in range(4):
        for class_id in (1, 2, 3):
            session.project.paint(frame_idx, line(class_id, 250.0 * class_id))
    return session


def killed(root: Path) -> Path:
    """Return a folder as it is found when the program is killed now."""
    copy = root.with_name("killed")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(root, copy)
    return copy


@pytest.mark.parametrize("how", ["merge", "remove"])
@pytest.mark.parametrize("ending", ["close", "kill", "another day"])
def test_classes_that_go_after_a_saved_fusion(tmp_path: Path, how: str, ending: str) -> None:
    root = tmp_path / "p.o3dpaint"
    session = painted(root)
    fused = session.project.fuse()
    if ending == "another day":
        session.close()
        session = open_session(SCENE, root)
    else:
        session.save(wait=True)
    if how == "merge":
        session.project.merge_class(3, 1)
    else:
        session.project.remove_class(3)
    shown = session.project.labels
    if ending == "kill":
        root = killed(root)
    session.close()
    assert (shown != fused).any()
    for _ in range(2):
        again = open_session(SCENE, root)
        np.testing.assert_array_equal(again.project.labels, shown)
        again.close()
    # And back: which points were of the class is still known.
    again = open_session(SCENE, root)
    again.project.undo()
    np.testing.assert_array_equal(again.project.labels, fused)
    again.close()
    np.testing.assert_array_equal(read_project(root, SCENE)[0].labels, fused)


def test_a_class_that_went_while_it_was_fused(tmp_path: Path) -> None:
    mailbox, root = Mailbox(), tmp_path / "p.o3dpaint"
    session = painted(root, post=mailbox.post)
    project = session.project
    mailbox.run_until(lambda: not project.missing_indexes())
    project.request_fuse()
    project.merge_class(3, 1)
    assert mailbox.run_until(lambda: project.fusion is not None)
    shown = project.labels
    assert not (shown == 3).any()
    session.close()
    np.testing.assert_array_equal(read_project(root, SCENE)[0].labels, shown)


def test_a_finished_fusion_is_on_the_disk_without_saving(tmp_path: Path) -> None:
    mailbox, root = Mailbox(), tmp_path / "p.o3dpaint"
    session = painted(root, post=mailbox.post)
    project = session.project
    saved: list[object] = []
    project.saved.connect(saved.append)
    for frame_idx in range(3):
        project.paint(frame_idx, line(1 + frame_idx, 900))
        mailbox.run_until(lambda: not project.missing_indexes())
        project.request_fuse()
        assert mailbox.run_until(lambda: not project.is_fusing)
        saved.clear()
        assert mailbox.run_until(lambda: bool(saved))
        found, messages = read_project(killed(root), SCENE)
        assert messages == ()
        np.testing.assert_array_equal(found.labels, project.labels)
        assert found.fused_shown
    session.close()


def test_a_fusion_that_did_not_reach_the_disk_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object, **_kwargs: object) -> None:
        msg = "the disk is full"
        raise StorageError(msg)

    root = tmp_path / "p.o3dpaint"
    session = painted(root)
    first = session.project.fuse()
    session.project.paint(0, line(3, 900))
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "write_fusion", full)
        session.project.fuse()
        assert session.problem is not None
        found, messages = read_project(killed(root), SCENE)
    assert any("what was fused last was not on the disk yet" in m for m in messages)
    kept = found.painted == session.project.painted
    assert kept.all()
    np.testing.assert_array_equal(found.fusion.labels, first)
    session.tick()
    session.close()
    again, messages = read_project(root, SCENE)
    assert messages == ()
    np.testing.assert_array_equal(again.labels, session.project.labels)


def test_a_fused_layer_that_was_dropped_stays_away(tmp_path: Path) -> None:
    root = tmp_path / "p.o3dpaint"
    session = painted(root)
    session.project.fuse()
    session.save(wait=True)
    session.project.drop_fusion()
    for folder in (killed(root), root):
        if folder == root:
            session.close()
        found, messages = read_project(folder, SCENE)
        assert messages == ()
        assert found.fusion is None


def test_erased_labels_of_points_do_not_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed at every statement of the saving that removes them."""
    calls, fail_at = 0, 10**9

    class Connection(sqlite3.Connection):
        def execute(self, *args):
            nonlocal calls
            calls += 1
            if calls >= fail_at:
                msg = "killed"
                raise sqlite3.OperationalError(msg)
            return super().execute(*args)

    monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Connection))
    tried, reached = 0, True
    while reached:
        root = tmp_path / f"{tried}" / "p.o3dpaint"
        root.parent.mkdir()
        session = open_session(SCENE, root, classes=CLASSES)
        session.project.set_layer(np.arange(500), 2)
        session.project.set_layer(np.arange(500, 800), 1)
        session.save(wait=True)
        session.project.set_layer(np.arange(800), 0)
        calls, fail_at = 0, 1 + 3 * tried
        try:
            session.save(wait=True)
            reached = False
        except StorageError:
            reached = True
        fail_at = 10**9
        found, messages = read_project(killed(root), SCENE)
        assert messages == ()
        assert not found.labels.any()
        session.close()
        assert not read_project(root, SCENE)[0].labels.any()
        tried += 1
    assert tried > 3


def test_a_bit_that_flips_in_the_log_is_said(tmp_path: Path) -> None:
    root = tmp_path / "p.o3dpaint"
    session = painted(root)
    copy = killed(root)
    session.abandon()
    log = copy / "project.sqlite-wal"
    data = log.read_bytes()
    assert read_project(copy, SCENE)[1] == ()
    rng = np.random.default_rng(0)
    for position in (*rng.integers(0, len(data), 40), 17, 33, 60):
        harmed = bytearray(data)
        harmed[position] ^= 8
        log.write_bytes(harmed)
        found, messages = read_project(copy, SCENE)
        is_whole = len(found.history) == len(session.project.history)
        assert is_whole or any("is damaged" in m and "lost" in m for m in messages), position
    again = open_session(SCENE, copy)
    again.close()
    assert bytes(harmed) in [p.read_bytes() for p in (copy / "aside").iterdir()]


def test_a_fused_layer_that_is_missing_is_said(tmp_path: Path) -> None:
    root = tmp_path / "p.o3dpaint"
    session = painted(root)
    session.project.fuse()
    session.close()
    (root / "fused.npz").unlink()
    assert any("fused.npz is missing" in m for m in read_project(root, SCENE)[1])
