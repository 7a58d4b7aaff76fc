from __future__ import annotations

import numpy as np
import pytest

from o3d_paint.core.brush import Stroke
from o3d_paint.core.mask import Rect
from o3d_paint.core.taxonomy import LabelClass, Taxonomy
from o3d_paint.errors import TaxonomyError
from o3d_paint.fusion.fuse import FusionSettings, fuse
from o3d_paint.project import fused_layer
from o3d_paint.project.jobs import Mailbox, Worker
from o3d_paint.project.project import Project
from tests.project.scenes import MASK_SHAPE, strip_scene


@pytest.fixture
def project() -> Project:
    return Project(strip_scene(), classes=["floor", "wall", "roof"])


def line(class_id: int, y: float = 500, radius: float = 30) -> Stroke:
    return Stroke(np.array([[20.0, y], [140.0, y]]), radius, class_id)


def test_a_stroke_labels_the_points_under_it_and_no_others(project: Project) -> None:
    heard: list[np.ndarray] = []
    project.labels_changed.connect(heard.append)
    assert project.paint(1, line(2))
    index, mask = project.index(1), project.mask(1)
    assert index is not None
    under = index.point[mask.ravel()[index.pixel] == 2]
    assert 0 < len(under) < len(index)
    np.testing.assert_array_equal(np.flatnonzero(project.painted), np.sort(under))
    np.testing.assert_array_equal(np.unique(np.concatenate(heard)), np.sort(under))
    np.testing.assert_array_equal(project.painted, project.rebuilt_labels())


def test_one_stroke_is_one_step_and_nothing_adds_none(project: Project) -> None:
    project.paint(0, line(1))
    assert not project.paint(0, line(1))
    assert not project.clear(2)
    project.rename_class(1, "floor")
    project.merge_class(2, 2)
    assert not project.set_layer(np.array([4, 5]), 0)
    assert len(project.history) == 1
    before = project.mask(0).copy()
    assert project.undo() == "paint"
    assert not project.mask(0).any()
    assert not project.painted.any()
    assert project.undo() is None
    assert project.redo() == "paint"
    np.testing.assert_array_equal(project.mask(0), before)
    assert project.redo() is None


def test_undo_restores_what_lay_under_a_stroke_that_crosses_itself(project: Project) -> None:
    project.paint(0, line(1, y=500))
    before = project.mask(0).copy()
    zigzag = np.array([[20.0, 480], [140, 520], [20, 520], [140, 480], [80, -50], [80, 1200]])
    project.paint(0, Stroke(zigzag, 12, 2))
    assert (project.mask(0) == 2).any()
    project.undo()
    np.testing.assert_array_equal(project.mask(0), before)


def test_cancel_takes_the_live_stroke_back(project: Project) -> None:
    project.paint(0, line(1))
    before, labels = project.mask(0).copy(), project.painted.copy()
    project.begin_stroke(0, (80, 480), class_id=2, radius=40)
    project.extend_stroke((80, 700))
    assert (project.painted == 2).any()
    project.cancel_stroke()
    np.testing.assert_array_equal(project.mask(0), before)
    np.testing.assert_array_equal(project.painted, labels)
    assert len(project.history) == 1


def test_protection_and_locks(project: Project) -> None:
    project.paint(0, line(1))
    before = project.mask(0).copy()
    begun = {"class_id": 2, "radius": 60}
    project.begin_stroke(0, (80, 500), protect=True, **begun)
    project.end_stroke()
    np.testing.assert_array_equal(project.mask(0)[before == 1], 1)
    assert (project.mask(0) == 2).any()
    project.set_locked(1, True)
    project.begin_stroke(0, (80, 500), class_id=0, radius=300)
    project.end_stroke()
    np.testing.assert_array_equal(project.mask(0) == 1, before == 1)
    assert not (project.mask(0) == 2).any()
    project.set_locked(1, False)
    project.paint(0, line(0))
    assert not project.mask(0).any()


def test_classes_move_with_their_paint_and_come_back(project: Project) -> None:
    project.paint(0, line(1))
    project.paint(1, line(2))
    project.set_layer(np.arange(50), 2)
    labels, mask = project.painted.copy(), project.mask(1).copy()
    project.merge_class(2, 3)
    np.testing.assert_array_equal(project.painted, np.where(labels == 2, 3, labels))
    assert 2 not in project.taxonomy
    project.undo()
    np.testing.assert_array_equal(project.painted, labels)
    np.testing.assert_array_equal(project.mask(1), mask)
    project.remove_class(1)
    assert not (project.mask(0)).any()
    np.testing.assert_array_equal(project.painted, project.rebuilt_labels())
    with pytest.raises(TaxonomyError, match="no class with id 1"):
        project.paint(0, line(1))
    project.undo()
    np.testing.assert_array_equal(project.painted, labels)


def test_fused_labels_show_beside_paint_and_follow_merges(project: Project) -> None:
    project.paint(0, line(1, radius=60))
    project.paint(2, line(2, radius=60))
    painted = project.painted.copy()
    fused = project.fuse(FusionSettings(min_confidence=0))
    assert np.count_nonzero(fused) > np.count_nonzero(painted)
    assert set(np.unique(project.source_of(None))) == {0, 1, 2} or fused.all()
    project.show_fused(False)
    np.testing.assert_array_equal(project.labels, painted)
    project.show_fused(True)
    project.merge_class(2, 3)
    np.testing.assert_array_equal(project.labels, np.where(fused == 2, 3, fused))
    project.undo()
    np.testing.assert_array_equal(project.labels, fused)
    assert project.fusion_is_stale
    project.paint(3, line(3, y=740))
    fresh = project.painted == 3
    assert fresh.any()
    np.testing.assert_array_equal(project.labels[fresh], 3)
    coverage = project.coverage()
    assert coverage.painted == np.count_nonzero(project.painted)
    assert coverage.fused == np.count_nonzero(project.labels)
    assert [c.class_id for c in coverage.classes] == [1, 2, 3]
    assert sum(c.shown for c in coverage.classes) == coverage.fused


def test_counting_in_parts_begins_anew_with_each_change(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fused_layer, "_COUNTED", 100)
    project.paint(0, line(1))
    assert project.count_on() is None
    project.paint(1, line(2, y=700))
    parts = 1
    while (counted := project.count_on()) is None:
        parts += 1
    assert parts == -(-len(project.scene.cloud) // 100)
    assert counted.painted == np.count_nonzero(project.painted) > 0
    assert project.coverage() is counted


def test_masks_of_another_size_are_fitted_and_other_aspects_refused(project: Project) -> None:
    small = np.zeros((108, 16), dtype=np.uint8)
    small[10:20, 4:8] = 3
    assert project.set_mask(0, small)
    expected = np.zeros(MASK_SHAPE, dtype=np.uint16)
    expected[100:200, 40:80] = 3
    np.testing.assert_array_equal(project.mask(0), expected)
    with pytest.raises(ValueError, match="aspect"):
        project.set_mask(0, np.zeros((16, 108), dtype=np.uint8))
    with pytest.raises(TaxonomyError, match="id 9"):
        project.set_mask(0, np.full((108, 16), 9, dtype=np.uint8))
    assert project.ensure_classes([0, 3, 9]) == (9,)
    project.set_mask(0, np.full((108, 16), 9, dtype=np.uint8))
    np.testing.assert_array_equal(project.painted, project.rebuilt_labels())


def test_an_area_is_painted_within_its_coverage_and_protection(project: Project) -> None:
    project.paint(0, line(1))
    before = project.mask(0).copy()
    rect = Rect(10, 480, 60, 700)
    coverage = np.zeros(rect.shape, dtype=bool)
    coverage[::2] = True
    assert project.paint_area(0, rect, coverage=coverage, class_id=3, protect=True, name="polygon")
    expected = before.copy()
    inside = expected[rect.slices]
    inside[coverage & (inside == 0)] = 3
    np.testing.assert_array_equal(project.mask(0), expected)
    assert project.history.undo_name == "polygon"
    with pytest.raises(TaxonomyError):
        project.paint_area(0, rect, coverage=coverage, class_id=77)


def test_a_new_class_list_keeps_paint_of_ids_that_stay(project: Project) -> None:
    project.paint(0, line(1))
    project.paint(1, line(2))
    project.set_layer(np.arange(9), 2)
    project.set_locked(2, True)
    project.set_taxonomy(
        Taxonomy((LabelClass(1, "ground", (1, 2, 3)), LabelClass(9, "new", (4, 5, 6))))
    )
    assert project.mask(0).max() == 1
    assert not project.mask(1).any()
    assert not project.locked
    np.testing.assert_array_equal(project.painted, project.rebuilt_labels())
    project.undo()
    assert project.mask(1).max() == 2
    assert (project.painted[:9] == 2).all()


def test_wrong_calls_name_the_value(project: Project) -> None:
    with pytest.raises(ValueError, match="begin_stroke"):
        project.extend_stroke((1, 1))
    with pytest.raises(ValueError, match=r"photo 9 is not one of 4"):
        project.paint(9, line(1))
    with pytest.raises(ValueError, match="3000"):
        project.set_layer(np.array([3000]), 1)
    with pytest.raises(ValueError, match="class ids 0 to 65535"):
        project.set_mask(0, np.full((108, 16), 70000))
    with pytest.raises(TaxonomyError):
        project.set_hidden(55, True)


@pytest.mark.parametrize("odd", [0.5, 2.25, np.nan, np.inf, -1.0, 65536.0])
def test_numbers_that_are_no_class_ids_are_refused(project: Project, odd: float) -> None:
    mask = np.ones(MASK_SHAPE)
    mask[7, 3] = odd
    with pytest.raises(ValueError, match=f"class ids 0 to 65535 in whole numbers, got {odd:g}"):
        project.set_mask(0, mask)
    with pytest.raises(ValueError, match=f"got {odd:g}"):
        project.set_layer(np.array([1, 2]), np.array([1.0, odd]))
    assert not project.has_paint
    mask[7, 3] = 2.0
    assert project.set_mask(0, mask)
    assert project.mask(0)[7, 3] == 2
    with pytest.raises(ValueError, match="type <U4"):
        project.set_mask(0, np.array([["roof"]]))


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf, 1e300])
def test_strokes_of_positions_that_are_no_numbers_are_refused(project: Project, odd: float) -> None:
    for points, radius in [([[9, 9], [20, odd]], 5.0), ([[odd, 9]], 5.0), ([[9, 9]], odd)]:
        with pytest.raises(ValueError, match="finite numbers of mask pixels, got"):
            project.paint(0, Stroke(np.array(points), radius, 1))
        assert not project.is_stroking
    with pytest.raises(ValueError, match="at least one point"):
        project.paint(0, Stroke(np.zeros((0, 2)), 5.0, 1))
    assert not project.has_paint
    project.begin_stroke(0, (9, 9), class_id=1, radius=5)
    with pytest.raises(ValueError, match="finite"):
        project.extend_stroke((odd, 9))
    assert project.end_stroke()


def test_indexes_of_painted_photos_stay_when_many_others_are_opened() -> None:
    project = Project(strip_scene(num_points=300, num_frames=20), classes=["a", "b"])
    for frame_idx in range(10):
        project.paint(frame_idx, line(1 + frame_idx % 2))
    kept = [project.index(i) for i in range(10)]
    for frame_idx in range(10, 20):
        assert project.request_index(frame_idx)
    assert all(project.index(i) is index for i, index in enumerate(kept))
    assert sum(project.index(i) is not None for i in range(10, 20)) <= 6
    np.testing.assert_array_equal(project.painted, project.rebuilt_labels())


def test_paint_before_the_index_reaches_the_cloud_when_it_is_there() -> None:
    mailbox = Mailbox()
    worker = Worker(mailbox.post)
    project = Project(strip_scene(), classes=["a", "b"], jobs=worker)
    project.paint(0, line(1))
    project.begin_stroke(1, (20, 500), class_id=2, radius=30)
    project.extend_stroke((140, 500))
    assert not project.painted.any()
    assert project.missing_indexes() == (0, 1)
    project.request_fuse(FusionSettings(method="ball", max_distance=0.1))
    assert project.is_fusing
    assert mailbox.run_until(lambda: project.fusion is not None)
    np.testing.assert_array_equal(project.painted, project.rebuilt_labels())
    assert not project.fusion_is_stale
    shown = fuse(project.scene.cloud, project.evidence(), project.fusion_settings).labels
    np.testing.assert_array_equal(project.labels, shown)
    project.refresh_fused = True
    project.paint(2, line(1, y=600))
    assert project.is_fusing
    assert mailbox.run_until(lambda: not project.is_fusing)
    assert not project.fusion_is_stale
    project.request_fuse()
    project.cancel_fuse()
    assert not project.is_fusing
    project.drop_fusion()
    np.testing.assert_array_equal(project.labels, project.painted)
    project.close()
