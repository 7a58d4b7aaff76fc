"""Labels that a cloud came with: their classes, in new and in reopened projects."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import o3d_paint as op
from o3d_paint.core.taxonomy import LabelClass, Taxonomy
from o3d_paint.project.cloud_labels import classes_of, numbers_of, renumbered, with_classes
from tests.project.scenes import strip_scene


def labelled_scene(names=None):
    scene = strip_scene()
    labels = np.where(scene.cloud.xyz[:, 1] > 0, 2, 9).astype(np.uint16)
    labels[::5] = 0
    return replace(scene, labels=labels, label_names=names or {})


NAMED = {2: "Ground", 9: "Water"}


def ids(taxonomy):
    return {c.name: c.class_id for c in taxonomy}


def test_the_files_names_are_the_classes():
    assert ids(classes_of(labelled_scene(NAMED), None)) == {"Ground": 2, "Water": 9}


LIST = Taxonomy(
    (
        LabelClass(1, "water", (1, 2, 3)),
        LabelClass(2, "roof", (4, 5, 6)),
        LabelClass(3, "wall", (7, 8, 9)),
    )
)


def test_a_list_keeps_its_numbers_and_the_cloud_gives_way():
    scene = labelled_scene(NAMED)
    found = classes_of(scene, LIST)
    assert ids(found) == {"water": 1, "roof": 2, "wall": 3, "Ground": 10}
    assert found.get(1).color == (1, 2, 3)
    numbers = numbers_of(scene, found)
    assert numbers == {"2": 10, "9": 1}
    (sentence,) = renumbered(scene, numbers)
    assert "Ground 2 is 10, Water 9 is 1" in sentence
    moved, taxonomy, notes = with_classes(scene, LIST)
    assert taxonomy == found
    assert notes == [sentence]
    expected = np.select([scene.labels == 2, scene.labels == 9], [10, 1], 0)
    assert (moved.labels == expected).all()
    assert moved.label_names[10] == "Ground"


def test_a_cloud_that_agrees_stays_as_it_is():
    scene = labelled_scene(NAMED)
    moved, taxonomy, notes = with_classes(scene, None)
    assert moved is scene
    assert ids(taxonomy) == {"Ground": 2, "Water": 9}
    assert notes == []


def test_labels_without_names_mean_the_classes_asked_for_or_get_a_name():
    assert 9 not in classes_of(strip_scene(), None)
    assert ids(classes_of(labelled_scene(), None)) == {"class 2": 2, "class 9": 9}
    small = replace(labelled_scene(), labels=np.full(3000, 3, np.uint16))
    assert ids(classes_of(small, None)) == {"class 3": 3}
    wanted = Taxonomy((LabelClass(2, "roof", (4, 5, 6)),))
    assert ids(classes_of(labelled_scene(), wanted)) == {"roof": 2, "class 9": 9}


def test_labels_that_mean_no_class_do_not_count():
    scene = labelled_scene({2: "Ground", 9: "__ignore__"})
    moved, taxonomy, notes = with_classes(scene, None)
    assert ids(taxonomy) == {"Ground": 2}
    assert set(np.unique(moved.labels)) == {0, 2}
    assert "__ignore__" in notes[0]
    project = op.Project(scene)
    assert (project.labels == moved.labels).all()


def test_a_project_remembers_where_the_clouds_numbers_went(tmp_path):
    scene = labelled_scene(NAMED)
    expected = np.select([scene.labels == 2, scene.labels == 9], [10, 1], 0)
    with_list = op.open_session(scene, tmp_path / "p", classes=LIST)
    assert any("Ground 2 is 10" in m for m in with_list.messages)
    project = with_list.project
    assert (project.labels == expected).all()
    project.rename_class(10, "Boden")
    project.merge_class(1, 2)
    with_list.close()
    again = op.open_session(scene, tmp_path / "p")
    assert (again.project.labels == np.where(expected == 1, 2, expected)).all()
    assert ids(again.project.taxonomy) == {"roof": 2, "wall": 3, "Boden": 10}
    again.close()


def test_a_project_knows_them_and_strokes_override_them():
    project = op.Project(labelled_scene(NAMED), classes=["roof"])
    assert ids(project.taxonomy) == {"roof": 1, "Ground": 2, "Water": 9}
    before = project.labels.copy()
    project.set_mask(0, np.full(project.mask(0).shape, 1, np.uint16))
    painted = project.labels == 1
    assert painted.any()
    assert not painted.all()
    assert (project.labels[~painted] == before[~painted]).all()
    fused = project.fuse()
    assert (fused[~painted & (before > 0)] == before[~painted & (before > 0)]).all()


def test_merged_and_removed_classes_take_them_along_and_undo_brings_them_back(tmp_path):
    scene = labelled_scene(NAMED)
    with_labels = scene.labels
    session = op.open_session(scene, tmp_path / "p")
    project = session.project
    project.add_class("roof")
    project.merge_class(2, 9)
    assert (project.labels == np.where(with_labels > 0, 9, 0)).all()
    project.undo()
    assert (project.labels == with_labels).all()
    project.redo()
    project.remove_class(9)
    assert not project.labels.any()
    project.undo()
    assert (project.labels == np.where(with_labels > 0, 9, 0)).all()
    session.close()
    again = op.open_session(scene, tmp_path / "p")
    assert (again.project.labels == np.where(with_labels > 0, 9, 0)).all()
    assert ids(again.project.taxonomy) == {"Water": 9, "roof": 10}
    again.close()
