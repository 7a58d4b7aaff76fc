"""Random sequences of everything that a user does: what is kept always equals a rebuild."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from o3d_paint.fusion.fuse import FusionSettings, fuse
from o3d_paint.project import indexes
from o3d_paint.project.project import Project
from o3d_paint.project.session import Session, open_session, read_project
from tests.project.scenes import strip_scene

SCENE = strip_scene(num_points=800, num_frames=3)
OPTIONS = FusionSettings(method="ball", max_distance=0.1)
FRAMES = st.integers(0, 2)
XS, YS = st.integers(-20, 180), st.integers(-50, 1130)
PICK = st.integers(0, 1000)


class Naive:
    """The project as plain masks, layer and class names; every step keeps a whole copy."""

    def __init__(self, project: Project) -> None:
        self.past: list[tuple] = []
        self.future: list[tuple] = []
        self.present = self.of(project)

    @staticmethod
    def of(project: Project) -> tuple:
        layer = project.ballots.layer
        return (
            [project.mask(i).copy() for i in range(3)],
            np.zeros(800, np.uint16) if layer is None else layer.copy(),
            project.taxonomy,
            project.accepted.labels.copy(),
            project.accepted.percents.copy(),
        )

    def did(self, project: Project) -> None:
        now = self.of(project)
        if not same(now, self.present):
            self.past.append(self.present)
            self.future.clear()
            self.present = now


def same(one: tuple, other: tuple) -> bool:
    masks = all(np.array_equal(a, b) for a, b in zip(one[0], other[0], strict=True))
    points = all(np.array_equal(one[i], other[i]) for i in (1, 3, 4))
    return masks and points and one[2] == other[2]


class Work(RuleBasedStateMachine):
    @initialize()
    def start(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="o3d-paint-test-"))
        self.root = self.folder / "p.o3dpaint"
        self.session: Session = open_session(SCENE, self.root, classes=["a", "b", "c"])
        self.naive = Naive(self.project)

    @property
    def project(self) -> Project:
        return self.session.project

    def class_id(self, pick: int, *, zero: bool = False) -> int:
        ids = [c.class_id for c in self.project.taxonomy] + ([0] if zero else [])
        return ids[pick % len(ids)] if ids else 0

    @rule(
        frame=FRAMES,
        points=st.lists(st.tuples(XS, YS), min_size=1, max_size=4),
        radius=st.sampled_from([0.5, 8, 40, 90]),
        pick=PICK,
        protect=st.booleans(),
        cancel=st.booleans(),
    )
    def stroke(self, frame, points, radius, pick, protect, cancel) -> None:
        class_id = self.class_id(pick, zero=True)
        self.project.begin_stroke(
            frame, points[0], class_id=class_id, radius=radius, protect=protect
        )
        for point in points[1:]:
            self.project.extend_stroke(point)
        if cancel and len(points) == 3:
            self.project.cancel_stroke()
        else:
            self.project.end_stroke()
        self.naive.did(self.project)

    @rule(frame=FRAMES, pick=PICK, seed=st.integers(0, 5))
    def set_mask(self, frame, pick, seed) -> None:
        rng = np.random.default_rng(seed)
        coarse = rng.random((27, 4)) < 0.3
        mask = np.kron(coarse * self.class_id(pick), np.ones((4, 4))).astype(np.uint16)
        self.project.set_mask(frame, mask)
        self.naive.did(self.project)

    @rule(frame=FRAMES, pick=PICK, whole=st.booleans())
    def clear(self, frame, pick, whole) -> None:
        self.project.clear(frame, None if whole else self.class_id(pick))
        self.naive.did(self.project)

    @rule(frame=FRAMES | st.none(), pick=PICK, whole=st.booleans())
    def accept(self, frame, pick, whole) -> None:
        shown, painted = self.project.labels, self.project.painted.copy()
        sure = self.project.confidence_of(None)
        self.project.accept(frame, class_ids=None if whole else [self.class_id(pick)])
        np.testing.assert_array_equal(self.project.labels, shown)
        np.testing.assert_array_equal(self.project.painted, painted)
        if sure is not None:
            assert (self.project.confidence_of(None) <= sure).all()
        self.naive.did(self.project)

    @rule(start=st.integers(0, 799), count=st.integers(1, 200), pick=PICK)
    def layer(self, start, count, pick) -> None:
        points = np.arange(start, min(800, start + count))
        self.project.set_layer(points, self.class_id(pick, zero=True))
        self.naive.did(self.project)

    @rule(pick=PICK, other=PICK, what=st.sampled_from(["add", "name", "color", "move"]))
    def edit_class(self, pick, other, what) -> None:
        if what == "add" or not len(self.project.taxonomy):
            if len(self.project.taxonomy) < 12:
                names = {c.name for c in self.project.taxonomy}
                self.project.add_class(next(f"n{i}" for i in range(99) if f"n{i}" not in names))
        elif what == "name":
            self.project.rename_class(self.class_id(pick), f"renamed {self.class_id(pick)}")
        elif what == "color":
            self.project.recolor_class(self.class_id(pick), (other % 256, 1, 2))
        else:
            self.project.move_class(self.class_id(pick), other % 5)
        self.naive.did(self.project)

    @precondition(lambda self: len(self.project.taxonomy) > 1)
    @rule(pick=PICK, into=st.none() | PICK)
    def lose_class(self, pick, into) -> None:
        gone = self.class_id(pick)
        if into is None:
            self.project.remove_class(gone)
        else:
            self.project.merge_class(gone, self.class_id(into))
        self.naive.did(self.project)

    @rule(pick=PICK, on=st.booleans())
    def mark(self, pick, on) -> None:
        if len(self.project.taxonomy):
            self.project.set_hidden(self.class_id(pick), on)
            self.project.set_setting("note", pick)

    @rule(times=st.integers(1, 4))
    def undo(self, times) -> None:
        for _ in range(times):
            undone = self.project.undo()
            assert (undone is None) == (not self.naive.past)
            if undone is not None:
                self.naive.future.append(self.naive.present)
                self.naive.present = self.naive.past.pop()

    @rule(times=st.integers(1, 4))
    def redo(self, times) -> None:
        for _ in range(times):
            redone = self.project.redo()
            assert (redone is None) == (not self.naive.future)
            if redone is not None:
                self.naive.past.append(self.naive.present)
                self.naive.present = self.naive.future.pop()

    @rule()
    def fuse_now(self) -> None:
        labels = self.project.fuse(OPTIONS)
        again = fuse(SCENE.cloud, self.project.evidence(), OPTIONS).shown(OPTIONS.min_confidence)
        np.testing.assert_array_equal(labels, again.labels)
        np.testing.assert_array_equal(self.project.source_of(None), again.source)
        np.testing.assert_array_equal(self.project.confidence_of(None), again.confidence)

    @rule(shown=st.booleans())
    def show(self, shown) -> None:
        self.project.show_fused(shown)

    @rule()
    def save(self) -> None:
        self.session.save(wait=True)

    @rule(how=st.sampled_from(["close", "crash", "read"]))
    def reopen(self, how) -> None:
        before, labels = self.project, self.project.labels
        if how == "read":
            other, messages = read_project(self.root, SCENE)
            assert messages == ()
            self.check_equal(before, other)
            return
        if how == "close":
            self.session.close()
        else:
            # Nothing is written any more, and the lock is gone, as after kill -9.
            self.session.abandon()
        self.session = open_session(SCENE, self.root, classes=["a", "b", "c"])
        self.check_equal(before, self.project)
        if how == "close":
            np.testing.assert_array_equal(self.project.labels, labels)

    def check_equal(self, one: Project, other: Project) -> None:
        assert same(Naive.of(one), Naive.of(other))
        np.testing.assert_array_equal(one.painted, other.painted)
        assert (one.hidden, one.settings) == (other.hidden, other.settings)
        assert (one.history.done, one.history.undone) == (
            other.history.done,
            other.history.undone,
        )

    @invariant()
    def equals_a_rebuild(self) -> None:
        project = self.project
        assert len(project.accepted) == np.count_nonzero(project.accepted.labels)
        assert not project.accepted.percents[project.accepted.labels == 0].any()
        assert same(Naive.of(project), self.naive.present)
        np.testing.assert_array_equal(project.painted, project.rebuilt_labels())
        np.testing.assert_array_equal(project.evidence().labels(), project.painted)
        assert len(project.history) == len(self.naive.past)

    def teardown(self) -> None:
        if hasattr(self, "session"):
            self.session.abandon()
            shutil.rmtree(self.folder)


TestWork = Work.TestCase
TestWork.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


class TestWithoutRoomForIndexes(TestWork):
    """The same where each photo's index is let go as soon as another is painted."""

    @pytest.fixture(autouse=True)
    def _no_room(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(indexes, "BUDGET_BYTES", 0)
        monkeypatch.setattr(indexes, "_MAX_IDLE", 1)
