"""From masks to everything else, as a library."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from PIL import Image
from plyfile import PlyData
from typer.testing import CliRunner

import o3d_paint as op
from o3d_paint.cli import app
from o3d_paint.io.store import StorageError
from tests.io.ball_on_floor import arrays, save

NAMES = {"classes": [{"id": 1, "name": "floor"}, {"id": 2, "name": "ball"}]}


@pytest.fixture(scope="module")
def scene_file(tmp_path_factory):
    return save(tmp_path_factory.mktemp("s") / "scene.npz", arrays()[0])


@pytest.fixture(scope="module")
def scene(scene_file):
    return op.load(scene_file)


@pytest.fixture(scope="module")
def truth():
    """(4, 40, 60) class of every pixel: 1 floor, 2 ball."""
    return arrays()[1]


@pytest.fixture
def masks(tmp_path, truth):
    folder = tmp_path / "network"
    folder.mkdir()
    for i in (0, 2):
        Image.fromarray(truth[i].astype(np.uint8)).save(folder / f"{i:03d}.png")
    (folder / "classes.json").write_text(json.dumps(NAMES))
    return folder


def test_masks_of_files_and_of_arrays_make_the_same_project(scene, masks, truth):
    of_files = op.Project.from_masks(scene, masks)
    assert [c.name for c in of_files.taxonomy] == ["floor", "ball"]
    assert of_files.painted_frames == (0, 2)
    by_position = op.Project.from_masks(
        scene, {0: truth[0], 2: truth[2].astype(np.uint8)}, classes=["floor", "ball"]
    )
    by_name = op.Project.from_masks(scene, {"000": truth[0], "002.jpg": truth[2]})
    for other in (by_position, by_name):
        np.testing.assert_array_equal(other.painted, of_files.painted)
        np.testing.assert_array_equal(other.mask(2), of_files.mask(2))
    labels = of_files.fuse()
    assert (labels == truth[truth > 0]).mean() > 0.95


def test_masks_that_are_none(scene, truth):
    with pytest.raises(ValueError, match="no photo 9"):
        op.Project.from_masks(scene, {9: truth[0]})
    with pytest.raises(ValueError, match="no photo 'roof'"):
        op.Project.from_masks(scene, {"roof": truth[0]})
    with pytest.raises(ValueError, match="aspect"):
        op.Project.from_masks(scene, {0: truth[0][:, :20]})
    with pytest.raises(ValueError, match="class ids"):
        op.Project.from_masks(scene, {0: truth[0] / 7})
    with pytest.raises(op.PaintError, match="no masks"):
        op.Project.from_masks(scene, "nowhere")


def test_what_is_saved_opens_anywhere(scene, scene_file, masks, tmp_path):
    project = op.Project.from_masks(scene, masks)
    labels = project.fuse()
    folder = op.save(project, tmp_path / "scene.o3dpaint")
    with op.open_session(scene, folder) as session:
        again = session.project
        np.testing.assert_array_equal(again.mask(2), project.mask(2))
        np.testing.assert_array_equal(again.labels, labels)
        assert again.fused_shown
        assert not again.fusion_is_stale
        assert again.masks_read == (masks,)
        assert session.read_only is None


def test_what_is_there_gives_way_only_to_the_same_scene_and_when_told(
    scene, masks, truth, tmp_path
):
    folder = tmp_path / "scene.o3dpaint"
    with op.open_session(scene, folder, classes=["floor", "ball"]) as session:
        session.project.set_mask(3, truth[3].astype(np.uint16))
        session.project.fuse()
    project = op.Project.from_masks(scene, masks)
    with pytest.raises(StorageError, match="holds a project already"):
        op.save(project, folder)
    op.save(project, folder, replace=True)
    with op.open_session(scene, folder) as session:
        assert session.project.painted_frames == (0, 2)
        # That of before belonged to other paint.
        assert session.project.fusion is None
    from o3d_paint.project.states import list_states

    assert 1 in [state.painted for state in list_states(folder)]
    points = scene.cloud.xyz[::2]
    other = op.Scene(
        "other", op.PointCloud(points, scene.cloud.rgb[::2]), scene.frames,
        rule=scene.rule, spacing=scene.spacing, up=scene.up, metric=True,
    )  # fmt: skip
    with pytest.raises(op.PaintError, match="another scene"):
        op.save(op.Project.from_masks(other, {0: truth[0]}), folder, replace=True)


def test_places_that_hold_no_project(scene, truth, tmp_path):
    project = op.Project.from_masks(scene, {0: truth[0]})
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "holiday.jpg").write_bytes(b"precious")
    (tmp_path / "file").write_bytes(b"precious")
    for place, why in (
        ("full", "something else"), ("file", "is a file"), ("out.ply", "labelled cloud"),
        ("no/such", "no folder"),
    ):  # fmt: skip
        with pytest.raises(StorageError, match=why):
            op.save(project, tmp_path / place)
    assert [p.name for p in (tmp_path / "full").iterdir()] == ["holiday.jpg"]


def test_a_project_that_is_open_is_not_replaced(scene, truth, tmp_path):
    folder = tmp_path / "scene.o3dpaint"
    with op.open_session(scene, folder, classes=["floor", "ball"]) as session:
        session.project.set_mask(3, truth[3].astype(np.uint16))
        session.save(wait=True)
        with pytest.raises(StorageError, match="is open already"):
            op.save(op.Project.from_masks(scene, {0: truth[0]}), folder, replace=True)
    assert op.open_session(scene, folder).project.painted_frames == (3,)


@pytest.mark.parametrize("format_name", ["png", "coco", "cvat", "yolo"])
def test_masks_that_were_read_are_never_written_over(scene, masks, tmp_path, format_name):
    before = {p.name: p.read_bytes() for p in masks.iterdir()}
    project = op.Project.from_masks(scene, masks)
    op.save(project, tmp_path / "scene.o3dpaint")
    with op.open_session(scene, tmp_path / "scene.o3dpaint") as session:
        for work in (project, session.project):
            for place in (masks, masks / "within"):
                with pytest.raises(StorageError, match="masks that the labels come from"):
                    op.write_masks(work, place, format_name)
    assert {p.name: p.read_bytes() for p in masks.iterdir()} == before
    assert op.write_masks(project, tmp_path / "others", format_name).paths


def test_masks_that_moved_with_the_project_are_not_written_over_either(
    scene, scene_file, masks, tmp_path
):
    before = tmp_path / "before"
    before.mkdir()
    moved = masks.rename(before / "network")
    shutil.copy(scene_file, before)
    project = op.Project.from_masks(scene, moved)
    project.fuse()
    op.save(project, before / "a.o3dpaint", scene_path=before / "scene.npz")
    after = before.rename(tmp_path / "after")
    known = {p: p.read_bytes() for p in (after / "network").iterdir()}
    done = CliRunner().invoke(
        app, ["masks", str(after / "a.o3dpaint"), "-o", str(after / "network"), "-y"]
    )
    assert done.exit_code == 1
    assert "holds the masks that the labels come from" in done.output
    opened = op.open_session(scene, after / "a.o3dpaint")
    with opened as session, pytest.raises(op.PaintError, match="holds the masks"):
        op.write_masks(session.project, after / "network")
    assert {p: p.read_bytes() for p in (after / "network").iterdir()} == known


def test_one_file_of_masks_is_not_written_over_either(scene, masks, tmp_path):
    first = op.Project.from_masks(scene, masks)
    place = tmp_path / "coco" / "annotations.json"
    op.write_masks(first, place, "coco")
    project = op.Project.from_masks(scene, place)
    before = place.read_bytes()
    with pytest.raises(StorageError, match="masks that the labels come from"):
        op.write_masks(project, place.parent, "coco")
    assert place.read_bytes() == before
    # Beside it there is room for others.
    assert op.write_masks(project, tmp_path / "coco" / "new.json", "coco").paths


def test_a_session_closes_by_itself_also_after_an_error(scene, truth, tmp_path):
    folder = tmp_path / "work.o3dpaint"

    def work() -> None:
        with op.open_session(scene, folder) as session:
            session.project.set_mask(0, (truth[0] > 0).astype(np.uint16))
            _ = 1 / 0

    with pytest.raises(ZeroDivisionError):
        work()
    with op.open_session(scene, folder) as session:
        assert session.read_only is None
        assert session.project.painted_frames == (0,)


def test_a_reopened_project_that_is_unchanged_is_not_stale(scene, scene_file, truth, tmp_path):
    """Photos that contradict each other: their indexes come one after another."""
    folder = tmp_path / "work.o3dpaint"
    with op.open_session(scene, folder, scene_path=scene_file, classes=["a", "b"]) as session:
        for i in range(3):
            session.project.set_mask(i, np.where(truth[i] > 0, 1 + i % 2, 0).astype(np.uint16))
        session.project.fuse()
        assert not session.project.fusion_is_stale
        labels = session.project.labels.copy()
    with op.open_session(scene, folder) as session:
        assert not session.project.fusion_is_stale
        np.testing.assert_array_equal(session.project.labels, labels)


def test_masks_from_files_without_a_project(scene, masks):
    found = op.load_masks(masks, scene, ["ball", "floor"])
    assert sorted(found.masks) == [0, 2]
    # The caller's numbers hold.
    assert [(c.class_id, c.name) for c in found.taxonomy] == [(1, "ball"), (2, "floor")]


def test_the_next_photo_is_one_without_paint_that_helps(scene, masks):
    project = op.Project.from_masks(scene, masks)
    found = op.suggest_photos(project, 4)
    assert {s.frame_idx for s in found} <= {1, 3}
    gains = [s.gain for s in found]
    assert gains == sorted(gains, reverse=True)
    assert len(op.suggest_photos(project)) <= 1


@pytest.mark.compiled
def test_statistics_of_everything(scene, masks, truth, tmp_path):
    project = op.Project.from_masks(scene, masks)
    labels = project.fuse()
    floor, ball, rest = op.statistics(project)
    assert (floor.name, ball.name, rest.class_id) == ("floor", "ball", 0)
    assert floor.points == np.count_nonzero(labels == 1)
    assert floor.points == floor.sure + floor.unsure
    assert floor.photos == 2
    op.export(project, tmp_path / "a.ply")
    of_file = op.statistics(tmp_path / "a.ply")
    assert [c.points for c in of_file] == [floor.points, ball.points, rest.points]
    assert of_file[0].area == pytest.approx(floor.area, rel=0.01)
    assert (of_file[0].photos, of_file[0].sure) == (None, floor.sure)


@pytest.mark.compiled
def test_the_background_of_one_object_is_a_class(scene, truth, tmp_path):
    for i in (0, 2):
        Image.fromarray((truth[i] == 2).astype(np.uint8)).save(tmp_path / f"{i:03d}.png")
    project = op.Project.from_masks(scene, tmp_path)
    ball, background = project.taxonomy
    assert background.name == "background"
    assert any("leave empty" in note for note in project.notes)
    labels = project.fuse()
    right = truth[truth > 0]
    assert np.mean((labels == ball.class_id) == (right == 2)) > 0.97
    plain = op.Project.from_masks(scene, tmp_path, background=False)
    assert len(plain.taxonomy) == 1


def test_scores_against_truth(scene, masks, truth, tmp_path):
    project = op.Project.from_masks(scene, masks)
    project.fuse()
    right = truth[truth > 0].astype(np.uint16)
    found = op.score(project, right)
    assert found.mean_iou > 0.9
    np.save(tmp_path / "truth.npy", right)
    op.export(project, tmp_path / "a.ply")
    for work in (project.labels, tmp_path / "a.ply"):
        assert op.score(work, tmp_path / "truth.npy").mean_iou == found.mean_iou
    with pytest.raises(ValueError, match="cannot be compared"):
        op.score(project, right[:5])


def test_parts_of_a_cloud(scene, masks, tmp_path):
    project = op.Project.from_masks(scene, masks)
    labels = project.fuse()
    op.export(project, tmp_path / "a.ply", only=["ball"])
    for number, one in enumerate(("ball", 2, [2])):
        op.export(project, tmp_path / f"one_{number}.ply", only=one)
        same = (tmp_path / f"one_{number}.ply").read_bytes()
        assert same == (tmp_path / "a.ply").read_bytes()
    found = np.asarray(PlyData.read(tmp_path / "a.ply")["vertex"]["label"])
    assert len(found) == np.count_nonzero(labels == 2)
    op.export(project, tmp_path / "b.ply", split=True, drop_unlabelled=True)
    assert sorted(p.name for p in tmp_path.glob("b_*")) == ["b_ball.ply", "b_floor.ply"]
    with pytest.raises(op.PaintError, match="'roof'"):
        op.export(project, tmp_path / "c.ply", only=["roof"])
    assert not (tmp_path / "c.ply").exists()


def test_pictures(scene, masks, truth, tmp_path):
    project = op.Project.from_masks(scene, masks)
    project.fuse()
    view = op.picture(project, size=(320, 200))
    assert view.shape == (200, 320, 3)
    assert view.dtype == np.uint8
    colors = {c.name: c.color for c in project.taxonomy}
    assert (view == colors["ball"]).all(axis=-1).any()
    plain = op.picture(scene, size=(320, 200))
    assert not (plain == colors["ball"]).all(axis=-1).any()
    # A photo that nobody painted shows what the cloud knows.
    photo = scene.frames[1].photo.pixels()
    over = op.picture(project, 1, path=tmp_path / "photo.png")
    assert over.shape == photo.shape
    changed = (over != photo).any(axis=-1)
    assert changed[truth[1] > 0].mean() > 0.9
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "photo.png")), over)
    np.testing.assert_array_equal(op.picture(scene, "001"), photo)
    with pytest.raises(ValueError, match="no photo 'x'"):
        op.picture(project, "x")
    with pytest.raises(op.PaintError, match=r"\.png"):
        op.picture(project, path=tmp_path / "a.jpg")
    with pytest.raises(ValueError, match="path= names the PNG"):
        op.picture(project, tmp_path / "a.png")
