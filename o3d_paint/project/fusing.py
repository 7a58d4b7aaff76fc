"""Asking for the fused layer: off the UI thread, one request at a time, the graph kept."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from o3d_paint.core.arrays import IdArray
from o3d_paint.core.evidence import Evidence, Snapshot
from o3d_paint.core.progress import Progress
from o3d_paint.core.scene import Scene
from o3d_paint.core.taxonomy import Taxonomy
from o3d_paint.fusion.accepted import with_accepted
from o3d_paint.fusion.camera_limit import counted_paint
from o3d_paint.fusion.fuse import derive
from o3d_paint.fusion.graph import Graph
from o3d_paint.fusion.overruled import Overruled, overruled, overruled_notes
from o3d_paint.fusion.result import Fusion
from o3d_paint.fusion.settings import FusionSettings
from o3d_paint.project.accepting import Accepting
from o3d_paint.project.jobs import Jobs
from o3d_paint.project.signals import Signal

__all__ = ["Fusing"]

_KEY = "fuse"


class Fusing(Accepting):
    """Work that can be fused, by its `fusion_settings`."""

    def __init__(self, scene: Scene, taxonomy: Taxonomy, *, jobs: Jobs | None = None) -> None:
        """Start without a fused layer; see `Work`."""
        super().__init__(scene, taxonomy, jobs=jobs)
        self.fuse_progress: Signal[[float, str]] = Signal()
        self.fuse_failed: Signal[[Exception]] = Signal()
        self._graph: Graph | None = None
        self._overruled: tuple[Overruled, ...] | None = None
        self._fuse_waits: Callable[[], object] | None = None

    @property
    def is_fusing(self) -> bool:
        """Whether a fusion is under way."""
        return self._fuse_waits is not None or self.jobs.is_running(_KEY)

    def request_fuse(
        self,
        settings: FusionSettings | None = None,
        *,
        then: Callable[[], object] | None = None,
        warm: bool = False,
    ) -> None:
        """Derive labels for all points off the UI thread; the layer shows when it is there.

        A request supersedes the one before. `fused_changed` tells of the result,
        `fuse_progress` of the way there and `fuse_failed` of an error.

        Args:
            settings: Kept for the next time; None for those of the project.
            then: Called after the result was applied.
            warm: Whether to start from the last result: faster, and the same labels but for a few
                points in ten thousand.
        """
        self._before_history()
        if settings is not None:
            self.set_fusion_settings(settings)
        if self.missing_indexes():
            # What photos without an index say is not in the ballots yet.
            self._fuse_waits = partial(self.request_fuse, then=then)
            return
        self._fuse_waits = None
        known = self.ballots.labels.copy()
        self._heirs_since_asked = {}

        def apply(answer: _Fused) -> None:
            self._take(answer, known)
            if then is not None:
                then()

        self.jobs.submit(
            _KEY,
            self._fuse_work(known, warm=warm),
            done=apply,
            failed=self.fuse_failed.emit,
            progressed=self.fuse_progress.emit,
        )

    def fuse(self, settings: FusionSettings | None = None) -> IdArray:
        """Derive labels now, show them, and return all labels (N,) that show.

        Args:
            settings: Kept for the next time; None for those of the project.

        Raises:
            SceneError: The article's method meets a photo without depth.
        """
        self._before_history()
        if settings is not None:
            self.set_fusion_settings(settings)
        self.complete_indexes()
        self.cancel_fuse()
        known = self.ballots.labels.copy()
        self._heirs_since_asked = {}
        self._take(self._fuse_work(known, warm=False)(_unheard), known)
        return self.labels

    def overruled(self) -> tuple[Overruled, ...]:
        """Return the classes whose paint the last fusion overruled, those that vanished first."""
        if self._overruled is None:
            self._overruled = ()
            if self._fusion is not None:
                heirs = self._heir_table()
                laid = with_accepted(
                    self._fusion,
                    self.accepted.snapshot(),
                    self.ballots.labels > 0,
                    self.min_confidence,
                )
                shown = laid.shown(self.min_confidence).labels
                scene = self.scene
                paint = counted_paint(scene.cloud, self._known, self._fusion, scene.frames)
                self._overruled = overruled(
                    heirs[paint], heirs[shown], class_ids=self._painted_classes()
                )
        return self._overruled

    def fusion_notes(self) -> tuple[str, ...]:
        """Return what the last fusion left out or overruled, one sentence each."""
        left_out = () if self._fusion is None else self._fusion.notes
        return (*overruled_notes(self.overruled(), self._taxonomy.name_of), *left_out)

    def cancel_fuse(self) -> None:
        """Drop the fusion under way; the layer stays as it was."""
        self._fuse_waits = None
        self.jobs.cancel(_KEY)

    def drop_fusion(self) -> None:
        """Forget the fused layer."""
        self.cancel_fuse()
        super().drop_fusion()

    def _painted_classes(self) -> set[int]:
        """Return the classes that were painted at all, on points or not."""
        layer, imported = self.ballots.layer, self.ballots.imported
        count = len(self.scene.cloud)
        return Evidence(count, (), layer, imported, self.packed_masks()).class_ids()

    def _shown_changed(self) -> None:
        super()._shown_changed()
        self._overruled = None

    def _fuse_work(self, known: IdArray, *, warm: bool) -> Callable[[Progress], _Fused]:
        """Return the function that fuses what is painted; safe to run on a worker."""
        return partial(
            _fused,
            self.scene,
            self.snapshot(),
            self.fusion_settings,
            known=known,
            graph=self._graph,
            before=self._fusion,
            warm=warm,
        )

    def _take(self, answer: _Fused, known: IdArray) -> None:
        """Show a result, and remember the graph: it is the same for the life of a scene."""
        self._graph = answer.fusion.graph or self._graph
        self.apply_fusion(answer.fusion, painted=known, heirs=self._heirs_since_asked)
        if not self._heirs and answer.min_confidence == self.min_confidence:
            self._overruled = answer.overruled

    def _catch_up(self, frame_idx: int) -> None:
        super()._catch_up(frame_idx)
        if self._fuse_waits is not None and not self.missing_indexes():
            self._fuse_waits()


class _Fused(NamedTuple):
    """A fusion, and what of the paint it overruled at the confidence that was asked for."""

    fusion: Fusion
    min_confidence: float
    overruled: tuple[Overruled, ...]


def _fused(
    scene: Scene,
    said: Snapshot,
    settings: FusionSettings,
    report: Progress,
    *,
    known: IdArray,
    graph: Graph | None,
    before: Fusion | None,
    warm: bool,
) -> _Fused:
    evidence = said.evidence()
    fusion = derive(
        scene.cloud,
        evidence,
        settings.resolved(scene),
        frames=scene.frames,
        graph=graph,
        known=before,
        warm=warm,
        progress=report,
    )
    laid = with_accepted(fusion, evidence.accepted, evidence.is_painted(), settings.min_confidence)
    shown = laid.shown(settings.min_confidence).labels
    paint = counted_paint(scene.cloud, known, fusion, scene.frames)
    lost = overruled(paint, shown, class_ids=evidence.class_ids())
    return _Fused(fusion, settings.min_confidence, lost)


def _unheard(_fraction: float, _stage: str) -> None:
    """Take progress that nobody asked for."""
