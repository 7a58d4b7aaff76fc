"""A script's project in a window's hands, and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from o3d_paint.core.brush import Stroke
from o3d_paint.errors import StorageError
from o3d_paint.project.borrowed import BorrowedSession, Loan
from o3d_paint.project.jobs import InlineJobs, Mailbox
from o3d_paint.project.project import Project
from o3d_paint.project.session import read_project
from tests.project.scenes import strip_scene

SCENE = strip_scene()


def stroke(class_id: int) -> Stroke:
    return Stroke(np.array([[20.0, 500.0], [140.0, 500.0]]), 30, class_id)


def test_paint_of_the_sitting_is_whole_when_the_script_goes_on() -> None:
    project = Project(SCENE, classes=["floor", "wall"])
    project.paint(0, stroke(1))
    session = BorrowedSession(project, post=Mailbox().post)
    # Nobody empties the mailbox: the answers of the thread never come.
    project.paint(1, stroke(2))
    assert project.index(1) is None
    session.close()
    np.testing.assert_array_equal(project.painted, project.rebuilt_labels())
    assert set(np.unique(project.painted)) >= {1, 2}
    assert isinstance(project.jobs, InlineJobs)
    project.paint(2, stroke(1))
    np.testing.assert_array_equal(project.painted, project.rebuilt_labels())
    assert len(project.fuse()) == len(SCENE.cloud)
    session.close()


def test_jobs_run_on_the_thread_meanwhile() -> None:
    project, mailbox = Project(SCENE, classes=["floor"]), Mailbox()
    loan = Loan(project, mailbox.post)
    project.paint(0, stroke(1))
    assert not project.painted.any()
    assert mailbox.run_until(lambda: project.index(0) is not None)
    assert project.painted.any()
    project.request_fuse()
    assert project.is_fusing
    loan.end()
    assert not project.is_fusing


def test_nothing_is_written_until_it_is_saved_as(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    project = Project(SCENE, classes=["floor"])
    session = BorrowedSession(project, post=Mailbox().post)
    project.paint(0, stroke(1))
    with pytest.raises(StorageError, match="in memory only"):
        session.save()
    assert not list(tmp_path.iterdir())
    folder = session.free_folder
    assert folder.parent == tmp_path
    session.save_as(folder)
    project.paint(1, stroke(1))
    session.close()
    found, _ = read_project(folder, SCENE)
    assert found.painted_frames == (0, 1)
    np.testing.assert_array_equal(found.painted, project.painted)
