from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from o3d_paint.core.brush import Stroke
from o3d_paint.errors import StorageError
from o3d_paint.project import autosave
from o3d_paint.project.jobs import Mailbox
from o3d_paint.project.layout import project_folder
from o3d_paint.project.project import Project
from o3d_paint.project.session import open_session, prepare_session, read_project, scene_path_of
from tests.project.scenes import strip_scene

SCENE = strip_scene()


def line(class_id: int, y: float = 500, radius: float = 30) -> Stroke:
    return Stroke(np.array([[20.0, y], [140.0, y]]), radius, class_id)


def assert_same(one: Project, other: Project) -> None:
    assert one.taxonomy == other.taxonomy
    assert one.painted_frames == other.painted_frames
    for frame_idx in one.painted_frames:
        np.testing.assert_array_equal(one.mask(frame_idx), other.mask(frame_idx))
    np.testing.assert_array_equal(one.painted, other.painted)
    np.testing.assert_array_equal(one.labels, other.labels)
    assert (one.hidden, one.locked, one.settings) == (other.hidden, other.locked, other.settings)
    assert one.history.done == other.history.done
    assert one.history.undone == other.history.undone
    assert one.fused_shown == other.fused_shown


def work_on(project: Project) -> None:
    project.paint(0, line(1))
    project.paint(1, line(2, y=300))
    new = project.add_class("tree", (1, 2, 3))
    project.paint(2, line(new))
    project.set_layer(np.arange(100), new)
    project.merge_class(2, new)
    project.undo()
    project.set_hidden(1, True)
    project.set_setting("radius", 12.5)


@pytest.mark.parametrize("ending", ["close", "abandon", "vanish"])
def test_everything_comes_back_however_the_session_ends(tmp_path: Path, ending: str) -> None:
    session = open_session(SCENE, tmp_path / "p.o3dpaint", classes=["floor", "wall", "roof"])
    work_on(session.project)
    session.project.fuse()
    if ending == "close":
        session.close()
    elif ending == "abandon":
        session.save()
        session.project.paint(3, line(3))
        session.abandon()
    again, messages = read_project(tmp_path / "p.o3dpaint", SCENE)
    assert messages == ()
    if ending == "close":
        assert_same(session.project, again)
    assert_same_evidence(session.project, again)
    assert again.undo() == session.project.undo()
    assert_same_evidence(session.project, again)


def assert_same_evidence(one: Project, other: Project) -> None:
    np.testing.assert_array_equal(one.painted, other.painted)
    np.testing.assert_array_equal(other.painted, other.rebuilt_labels())
    assert one.taxonomy == other.taxonomy
    assert one.history.done == other.history.done
    assert one.history.undone == other.history.undone


def test_the_scene_stays_noted_when_a_library_opens_the_folder_without_it(tmp_path: Path) -> None:
    scene_file = tmp_path / "scene.npz"
    scene_file.touch()
    folder, other = tmp_path / "p.o3dpaint", tmp_path / "elsewhere" / "q.o3dpaint"
    session = open_session(SCENE, folder, scene_path=scene_file)
    session.project.paint(0, line(1))
    session.close()
    session = open_session(SCENE, folder)
    session.project.paint(1, line(1))
    session.save(wait=True)
    assert scene_path_of(folder) == scene_file
    session.save_as(other)
    session.close()
    assert scene_path_of(folder) == scene_path_of(other) == scene_file
    moved = scene_file.rename(tmp_path / "moved.npz")
    session = open_session(SCENE, folder, scene_path=moved)
    session.project.paint(2, line(1))
    session.close()
    assert scene_path_of(folder) == moved


def test_with_workers(tmp_path: Path) -> None:
    mailbox = Mailbox()
    saved = []
    folder = tmp_path / "p.o3dpaint"
    session = open_session(SCENE, folder, post=mailbox.post, classes=["floor", "wall", "roof"])
    session.project.saved.connect(saved.append)
    work_on(session.project)
    assert not session.project.painted.all()
    assert mailbox.run_until(lambda: not session.project.missing_indexes())
    np.testing.assert_array_equal(session.project.painted, session.project.rebuilt_labels())
    session.project.request_fuse()
    assert mailbox.run_until(lambda: not session.project.is_fusing)
    assert session.project.fusion is not None
    session.save()
    assert mailbox.run_until(lambda: bool(saved))
    session.close()
    session.close()
    assert not (folder / "lock").exists()
    assert_same(session.project, read_project(folder, SCENE)[0])


def test_an_unused_folder_is_not_left_behind(tmp_path: Path) -> None:
    session = open_session(SCENE, tmp_path / "p.o3dpaint")
    session.close()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_prepared_on_another_thread_is_opened_or_let_go(tmp_path: Path) -> None:
    folder = tmp_path / "p.o3dpaint"
    session = open_session(SCENE, folder, classes=["floor"])
    session.project.paint(0, line(1))
    session.close()
    with ThreadPoolExecutor() as pool:
        prepared = pool.submit(prepare_session, SCENE, folder).result()
    second = open_session(SCENE, folder)
    assert second.read_only is not None
    second.close()
    prepared.release()
    prepared = prepare_session(SCENE, folder)
    third = open_session(SCENE, folder, prepared=prepared)
    assert third.read_only is None
    assert_same(session.project, third.project)
    third.close()


def test_a_failed_save_as_leaves_saving_here_at_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(autosave, "_LOG_STEPS", 2)
    mailbox, folder = Mailbox(), tmp_path / "p.o3dpaint"
    session = open_session(SCENE, folder, post=mailbox.post, classes=["floor", "wall", "roof"])
    (tmp_path / "file").write_bytes(b"")
    work_on(session.project)
    with pytest.raises(StorageError, match="file"):
        session.save_as(tmp_path / "file" / "inside.o3dpaint")
    (tmp_path / "blocked.o3dpaint" / "project.sqlite").mkdir(parents=True)
    with pytest.raises(StorageError):
        session.save_as(tmp_path / "blocked.o3dpaint")
    assert session.folder == folder
    saved: list[object] = []
    session.project.paint(3, line(3))
    session.project.saved.connect(saved.append)
    session.save()
    assert mailbox.run_until(lambda: bool(saved))
    session.save_as(tmp_path / "q.o3dpaint")
    session.project.paint(3, line(1))
    assert mailbox.run_until(lambda: not session.project.missing_indexes())
    session.close()
    assert_same_evidence(session.project, read_project(tmp_path / "q.o3dpaint", SCENE)[0])


def test_marks_of_a_lost_class_do_not_come_back_with_it(tmp_path: Path) -> None:
    session = open_session(SCENE, tmp_path / "p.o3dpaint", classes=["floor", "wall"])
    session.project.set_hidden(1, True)
    session.project.set_locked(1, True)
    session.project.remove_class(1)
    session.project.undo()
    assert not session.project.hidden
    session.abandon()
    again, _ = read_project(tmp_path / "p.o3dpaint", SCENE)
    assert 1 in again.taxonomy
    assert (again.hidden, again.locked) == (frozenset(), frozenset())


def test_fusing_does_not_wait_for_paint_that_was_taken_back(tmp_path: Path) -> None:
    """A photo is painted and that undone before it is known which points it shows."""
    mailbox = Mailbox()
    session = open_session(strip_scene(), tmp_path / "p", classes=["a", "b"], post=mailbox.post)
    project = session.project
    project.paint(0, line(1))
    project.paint(1, line(2))
    project.undo()
    done: list[int] = []
    project.request_fuse(then=lambda: done.append(1))
    assert mailbox.run_until(lambda: bool(done), timeout=20)
    assert project.missing_indexes() == ()
    session.close()


def test_two_scenes_of_one_stem_have_projects_of_their_own(tmp_path: Path) -> None:
    """A folder was painted, converted to a file, and that opened."""
    (tmp_path / "capture").mkdir()
    scenes = {name: strip_scene(seed=i) for i, name in enumerate(("capture", "capture.npz"))}
    (tmp_path / "capture.npz").touch()
    folders = {}
    for _ in range(3):
        for k, (name, scene) in enumerate(scenes.items()):
            path = tmp_path / name
            folder, note = project_folder(path)
            assert folders.setdefault(name, folder) == folder
            assert (note is None) == (name == "capture")
            with open_session(scene, folder, scene_path=path, classes=["a", "b"]) as session:
                assert session.messages == ()
                session.project.paint(0, line(1 + k))
    assert len({*folders.values()}) == 2
    assert str(tmp_path / "capture") in str(project_folder(tmp_path / "capture.npz")[1])
    for k, name in enumerate(scenes):
        assert set(np.unique(read_project(folders[name], scenes[name])[0].mask(0))) == {0, 1 + k}
    # A scene that was renamed keeps its project where its name still leads to it.
    (tmp_path / "capture").rename(tmp_path / "other")
    assert project_folder(tmp_path / "capture.npz")[0] == folders["capture.npz"]


def test_a_merged_class_keeps_its_fused_labels_after_the_fusion_was_saved(tmp_path: Path) -> None:
    with open_session(SCENE, tmp_path / "a.o3dpaint", classes=["a", "b"]) as session:
        session.project.paint(0, line(1))
        session.project.paint(0, line(2, y=300))
        session.project.fuse()
        session.save(wait=True)
        session.project.merge_class(2, 1)
        shown = session.project.labels
        assert set(np.unique(shown)) <= {0, 1}
        assert (shown == 1).sum() > 0
    with open_session(SCENE, tmp_path / "a.o3dpaint") as session:
        np.testing.assert_array_equal(session.project.labels, shown)
