"""Every call by which saving touches the disk fails once, or for a while; nothing is lost."""

from __future__ import annotations

import errno
import os
import sqlite3
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from o3d_paint.core.brush import Stroke
from o3d_paint.errors import StorageError
from o3d_paint.project import autosave
from o3d_paint.project.jobs import Mailbox
from o3d_paint.project.project import Project
from o3d_paint.project.session import open_session, read_project
from tests.project.scenes import strip_scene

SCENE = strip_scene(num_points=400, num_frames=3)


class Failing:
    """An `os` function of which some calls fail, or the statements of SQLite that write."""

    def __init__(self, name: str, first: int, count: int, number: int) -> None:
        self.real = getattr(os, name, None)
        self.name, self.count, self.number = name, count, number
        self.from_now_on(first)

    def from_now_on(self, first: int) -> None:
        self.first, self.last, self.calls = first, first + self.count, 0

    def __call__(self, *args: object, **kwargs: object) -> object:
        call, self.calls = self.calls, self.calls + 1
        if self.first <= call < self.last:
            if self.real is None:
                msg = "disk I/O error"
                raise sqlite3.OperationalError(msg)
            raise OSError(self.number, os.strerror(self.number), str(args[0]))
        return None if self.real is None else self.real(*args, **kwargs)

    def patch(self, patch: pytest.MonkeyPatch) -> None:
        if self.real is not None:
            patch.setattr(os, self.name, self)
            return
        failing = self

        class Connection(sqlite3.Connection):
            def execute(self, *args):
                # Looking writes nothing; nor does taking back what failed.
                if not args[0].startswith(("ROLLBACK", "SELECT")):
                    failing()
                return super().execute(*args)

        patch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Connection))


def dab(k: int) -> Stroke:
    return Stroke(np.array([[80.0, 150.0 + 100 * (k % 8)]]), 40, 1 + k % 2)


def work(project: Project, k: int) -> None:
    if k == 3:
        project.add_class("new")
    elif k == 5:
        project.undo()
    elif k == 6:
        project.set_layer(np.arange(50), 2)
    else:
        project.paint(k % 3, dab(k))


def same(one: Project, other: Project) -> bool:
    return (
        one.taxonomy == other.taxonomy
        and np.array_equal(one.painted, other.painted)
        and all(np.array_equal(one.mask(i), other.mask(i)) for i in range(3))
    )


@pytest.mark.parametrize("count", [1, 10_000])
@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("fsync", errno.EIO),
        ("replace", errno.EACCES),  # held by another program
        ("open", errno.ENOSPC),
        ("write", errno.ENOSPC),
        ("stat", errno.ENOENT),
        ("SQLite", 0),
    ],
)
def test_one_call_after_another_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, number: int, count: int
) -> None:
    monkeypatch.setattr(autosave, "_RETRY_SECONDS", -1.0)
    first, reached = 0, True
    while reached:
        root = tmp_path / f"{first}.o3dpaint"
        states = [Project(SCENE, ["a", "b"])]
        with monkeypatch.context() as patch:
            failing = Failing(name, 10**9, count, number)
            failing.patch(patch)
            session = open_session(SCENE, root, classes=["a", "b"])
            failing.from_now_on(first)
            for k in range(9):
                work(session.project, k)
                if k in (4, 7):
                    try:
                        session.save(wait=True)
                        assert session.problem is None
                    except StorageError:
                        assert session.problem is not None
            reached = failing.calls > first
            failing.from_now_on(10**9)
        # What is on disk now is the work up to some step, and nothing half.
        found, messages = read_project(root, SCENE)
        assert not [m for m in messages if "damaged" in m]
        for k in range(9):
            work(states[0], k)
            if same(states[0], found):
                break
        else:
            assert not found.painted.any()
        if session.problem is None:
            assert same(session.project, found)
        session.close()
        assert same(session.project, read_project(root, SCENE)[0])
        open_session(SCENE, root).close()  # what a writer left that failed goes
        assert not list(root.rglob("*.part"))
        first += (4 if name == "SQLite" else 1) if count == 1 else 17
    assert first > (40 if name == "SQLite" else 0)


@pytest.mark.parametrize("name", ["fsync", "replace", "open", "write", "SQLite"])
@pytest.mark.parametrize("first", [0, 3, 8, 15])
def test_workers_recover_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, first: int
) -> None:
    monkeypatch.setattr(autosave, "_RETRY_SECONDS", -1.0)
    monkeypatch.setattr(autosave, "_LOG_STEPS", 3)
    mailbox, root = Mailbox(), tmp_path / "p.o3dpaint"
    with monkeypatch.context() as patch:
        failing = Failing(name, 10**9, 10, errno.ENOSPC)
        failing.patch(patch)
        session = open_session(SCENE, root, post=mailbox.post, classes=["a", "b"])
        failing.from_now_on(first)
        for k in range(20):
            work(session.project, k)
            if k == 10:
                session.project.add_class("late")
            mailbox.run_pending()
            session.tick()
        assert session.project.history.undo_name is not None
        failing.from_now_on(10**9)
    session.save()
    assert mailbox.run_until(lambda: not session.project.missing_indexes())
    session.close()
    assert session.problem is None
    assert same(session.project, read_project(root, SCENE)[0])
