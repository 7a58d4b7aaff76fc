"""Every call by which saving touches the disk fails once, or for a while; nothing is lost."""

from __future__ import annotations

import errno
import os
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
    """An `os` function of which some calls fail."""

    def __init__(self, name: str, first: int, count: int, number: int) -> None:
        self.real = getattr(os, name)
        self.first, self.last, self.number = first, first + count, number
        self.calls = 0

    def __call__(self, *args: object, **kwargs: object) -> object:
        call, self.calls = self.calls, self.calls + 1
        if self.first <= call < self.last:
            raise OSError(self.number, os.strerror(self.number), str(args[0]))
        return self.real(*args, **kwargs)


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
    ],
)
def test_one_call_after_another_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, number: int, count: int
) -> None:
    monkeypatch.setattr(autosave, "_RETRY_SECONDS", -1.0)
    first, reached = 0, True
    while reached:
        root = tmp_path / f"{first}.o3dpaint"
        session = open_session(SCENE, root, classes=["a", "b"])
        states = [Project(SCENE, ["a", "b"])]
        failing = Failing(name, first, count, number)
        with monkeypatch.context() as patch:
            patch.setattr(os, name, failing)
            for k in range(9):
                work(session.project, k)
                if k in (4, 7):
                    try:
                        session.save(wait=True)
                        assert session.problem is None
                    except StorageError:
                        assert session.problem is not None
        reached = failing.calls > first
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
        assert not list(root.rglob("*.part"))
        first += 2 if count == 1 else 7
    assert first > 5


@pytest.mark.parametrize("name", ["fsync", "replace", "open", "write"])
@pytest.mark.parametrize("first", [0, 3, 8, 15])
def test_workers_recover_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, first: int
) -> None:
    monkeypatch.setattr(autosave, "_RETRY_SECONDS", -1.0)
    monkeypatch.setattr(autosave, "_JOURNAL_RECORDS", 3)
    mailbox, root = Mailbox(), tmp_path / "p.o3dpaint"
    session = open_session(SCENE, root, post=mailbox.post, classes=["a", "b"])
    with monkeypatch.context() as patch:
        patch.setattr(os, name, Failing(name, first, 10, errno.ENOSPC))
        for k in range(20):
            work(session.project, k)
            if k == 10:
                session.project.add_class("late")
            mailbox.run_pending()
            session.tick()
        assert session.project.history.undo_name is not None
    session.save()
    assert mailbox.run_until(lambda: not session.project.missing_indexes())
    session.close()
    assert session.problem is None
    assert same(session.project, read_project(root, SCENE)[0])
