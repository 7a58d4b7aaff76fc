"""The fused layer beside the paint: applied, shown or hidden, and what then shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import BoolArray, FloatArray, IdArray, IndexArray, frozen
from o3d_paint.core.disagreement import Conflict, conflicts_by_pair
from o3d_paint.core.evidence import Evidence, Snapshot, Tally
from o3d_paint.core.label_source import FUSED, NONE, PAINTED
from o3d_paint.core.scene import Scene
from o3d_paint.core.taxonomy import Taxonomy
from o3d_paint.fusion.result import MODEL, Fusion
from o3d_paint.fusion.settings import FusionSettings
from o3d_paint.project.coverage import Coverage, CoverageCount
from o3d_paint.project.fusion_setting import SETTING, restored_settings
from o3d_paint.project.jobs import Jobs
from o3d_paint.project.records import Record, RecordKind
from o3d_paint.project.signals import Signal
from o3d_paint.project.steps import FrameEdit, TaxonomyEdit
from o3d_paint.project.work import Work

__all__ = ["FusedLayer"]

_COUNTED = 1 << 19
"""Points counted in one go: some ten milliseconds."""
_Scalar = TypeVar("_Scalar", bound=np.generic)


class FusedLayer(Work):
    """Work with derived labels beside the painted ones."""

    def __init__(self, scene: Scene, taxonomy: Taxonomy, *, jobs: Jobs | None = None) -> None:
        """Start without a fused layer; see `Work`."""
        super().__init__(scene, taxonomy, jobs=jobs)
        self.fused_changed: Signal[[]] = Signal()
        self._fusion: Fusion | None = None
        self._fused_shown = False
        self._stale = self._is_unchecked = False
        # Painted labels that the fusion knew: where they differ by now, the paint shows at once.
        self._known: IdArray = np.zeros(0, dtype=np.uint16)
        # Classes that were merged or removed after the fusion, and who got their paint.
        self._heirs: dict[int, int] = {}
        self._heirs_since_asked: dict[int, int] = {}
        self._coverage: Coverage | None = None
        self._count: CoverageCount | None = None
        self._settings = FusionSettings()

    @property
    def fusion(self) -> Fusion | None:
        """What was fused last, as it was computed, unsure labels too; None before."""
        return self._fusion

    @property
    def fusion_settings(self) -> FusionSettings:
        """How the project is fused; kept with it."""
        return self._settings

    @property
    def min_confidence(self) -> float:
        """Fused labels that are less sure than this do not show, nor does any output have them.

        That of the settings; but labels that an earlier version fused stay as they were until they
        are fused again.
        """
        settings = self._settings
        if self._fusion is not None and self.fusion_is_outdated:
            settings = self._fusion.settings
        return settings.min_confidence

    @property
    def fused_shown(self) -> bool:
        """Whether derived labels show beside the painted ones."""
        return self._fused_shown

    @property
    def fusion_is_stale(self) -> bool:
        """Whether fusing now would give other labels: the paint changed, or the program did."""
        return self._stale or self.fusion_is_outdated

    @property
    def paint_is_newer(self) -> bool:
        """Whether the evidence has changed since the fusion was asked for."""
        return self._stale

    @property
    def fusion_is_outdated(self) -> bool:
        """Whether an earlier version of the program fused."""
        return self._fusion is not None and self._fusion.model != MODEL

    @property
    def painted(self) -> IdArray:
        """(N,) painted labels; a read-only view that follows every change."""
        return self.ballots.labels

    @property
    def labels(self) -> IdArray:
        """(N,) labels that show: painted, and fused where the layer is on. A copy."""
        return self.labels_of(None)

    def labels_of(self, points: IndexArray | None) -> IdArray:
        """Return the labels that show on some points ((K,) positions; None for all)."""
        painted = _taken(self.ballots.labels, points)
        if self._fusion is None or not self._fused_shown:
            unfused: IdArray = painted.copy()
            return unfused
        fused = self._heir_table()[_taken(self._fusion.labels, points)]
        fused[~self._fusion.is_sure(self.min_confidence, points)] = 0
        shown: IdArray = np.where(self._is_newer(painted, points), painted, fused)
        return shown

    def source_of(self, points: IndexArray | None) -> npt.NDArray[np.uint8]:
        """Return where shown labels come from, as in `o3d_paint.core.label_source`."""
        painted = _taken(self.ballots.labels, points)
        shown = self.labels_of(points)
        source = np.full(len(shown), PAINTED, dtype=np.uint8)
        if self._fusion is not None and self._fused_shown:
            changed = painted != self._known_of(points)
            source = np.where(changed, FUSED, _taken(self._fusion.source, points))
            source[self._is_newer(painted, points)] = PAINTED
        source[shown == 0] = NONE
        return source

    def confidence_of(self, points: IndexArray | None) -> FloatArray | None:
        """Return (K,) confidence of the labels that show, 0 where none does.

        None without a fused layer on, and where the article made it. Paint that is newer than the
        fusion counts as certain.
        """
        fusion = self._fusion
        if fusion is None or not fusion.is_measured or not self._fused_shown:
            return None
        painted = _taken(self.ballots.labels, points)
        fused = _taken(fusion.confidence, points)
        fused = np.where(fusion.is_sure(self.min_confidence, points), fused, np.float32(0))
        return np.where(self._is_newer(painted, points), np.float32(1), fused)

    def coverage(self) -> Coverage:
        """Return how many points are painted, fused and confident; cached until a change."""
        while self._coverage is None:
            self._coverage = self.count_on()
        return self._coverage

    def count_on(self) -> Coverage | None:
        """Count a part of the cloud; returns the coverage once nothing is left to count.

        For a window, which has other things to do than to count millions of points at once.
        """
        if self._coverage is None:
            if self._count is None:
                self._count = CoverageCount([c.class_id for c in self._taxonomy])
            first, last = self._count.num_points, len(self.ballots.labels)
            part = np.arange(first, min(first + _COUNTED, last), dtype=np.int32)
            painted = self.ballots.labels[part]
            sources = self.source_of(part) if len(self.accepted) else None
            self._count.add(painted, self.labels_of(part), self.confidence_of(part), sources)
            if self._count.num_points >= last:
                self._coverage, self._count = self._count.result(), None
        return self._coverage

    def conflict_pairs(self) -> tuple[Conflict, ...]:
        """Return the pairs of classes on whose points painted photos disagree, with counts."""
        contested = np.flatnonzero(self.ballots.conflicts()).astype(np.int32)
        return conflicts_by_pair(Tally(*self.ballots.tally_of(contested)))

    def evidence(self) -> Evidence:
        """Return an immutable copy of all that was said about the points."""
        return self.snapshot().evidence()

    def snapshot(self) -> Snapshot:
        """Return the same as it is kept, for a worker to make the evidence of."""
        return self.ballots.snapshot(self.packed_masks())

    def set_fusion_settings(self, settings: FusionSettings) -> None:
        """Fuse by other settings from now on; kept with the project, not undone.

        Labels that are fused already follow ``min_confidence`` at once, and nothing else.
        """
        before, self._settings = self._settings, settings
        if settings == before:
            return
        self.set_setting(SETTING, settings.to_json())
        if self._indexes.follow(settings):
            self._renew_indexes()
        if settings.min_confidence != before.min_confidence:
            self.set_min_confidence(settings.min_confidence)

    def set_min_confidence(self, min_confidence: float) -> None:
        """Leave out fused labels that are less sure than this, from 0 to 1; nothing is computed.

        Raises:
            ValueError: It lies outside.
        """
        settings = replace(self._settings, min_confidence=min_confidence)
        if settings != self._settings:
            self._settings = settings
            self.set_setting(SETTING, settings.to_json())
        fusion = self._fusion
        if fusion is None and not len(self.accepted):
            return
        if fusion is not None and self.fusion_is_outdated:
            own = replace(fusion.settings, min_confidence=settings.min_confidence)
            self._fusion = replace(fusion, settings=own)
        self._shown_changed()
        self.fused_changed.emit()

    def apply_fusion(
        self,
        fusion: Fusion,
        *,
        painted: IdArray | None = None,
        heirs: Mapping[int, int] | None = None,
    ) -> None:
        """Lay a fusion beside the paint and show it.

        Args:
            fusion: For all points of the cloud.
            painted: (N,) painted labels that it was derived from; None for the present ones.
            heirs: Classes that were removed since, and who got their paint (0 for nobody).

        Raises:
            ValueError: It belongs to another cloud.
        """
        if len(fusion.labels) != len(self.scene.cloud):
            msg = f"a fusion of {len(fusion.labels)} points, the cloud has {len(self.scene.cloud)}"
            raise ValueError(msg)
        now = self.ballots.labels
        self._known = now.copy() if painted is None else painted
        self._fusion = fusion
        self._stale = painted is not None and not np.array_equal(now, painted)
        self._heirs = dict(heirs or {})
        self._fused_shown = True
        self._fused_changed()

    def restore_fusion(
        self,
        fusion: Fusion,
        *,
        known: IdArray,
        shown: bool,
        heirs: Mapping[int, int] | None = None,
    ) -> None:
        """Take over a fusion from a file, silently; on a project that was just made.

        Args:
            fusion: For all points of the cloud.
            known: (N,) painted labels that it was derived from.
            shown: Whether it shows.
            heirs: Classes that were removed since, and who got their paint (0 for nobody).
        """
        self._fusion, self._known, self._fused_shown = fusion, known, shown
        self._heirs = dict(heirs or {})
        self._stale = False

    def fusion_for_saving(self) -> tuple[Fusion, IdArray] | None:
        """Return the fusion as it was made, and the paint that it knew; see `fusion_heirs`."""
        return None if self._fusion is None else (self._fusion, self._known)

    @property
    def fusion_heirs(self) -> dict[int, int]:
        """Classes that were removed since the fusion, and who got their paint (0 for nobody)."""
        return dict(self._heirs)

    def show_fused(self, shown: bool) -> None:
        """Switch the fused layer on or off; nothing is computed."""
        if self._fused_shown != shown:
            self._fused_shown = shown
            self._fused_changed()

    def drop_fusion(self) -> None:
        """Forget the fused layer."""
        if self._fusion is not None:
            self._fusion, self._fused_shown, self._stale = None, False, False
            self._fused_changed()

    def _settings_restored(self) -> None:
        super()._settings_restored()
        self._settings = restored_settings(self.settings)
        self._indexes.follow(self._settings)

    def _shown_changed(self) -> None:
        self._coverage = self._count = None

    def _fused_changed(self) -> None:
        self._shown_changed()
        self.recorded.emit(Record(RecordKind.FUSED))
        self.fused_changed.emit()

    def _is_newer(self, painted: IdArray, points: IndexArray | None) -> BoolArray:
        """Return (K,) where there is paint that the fusion did not know."""
        newer: BoolArray = (painted != self._known_of(points)) & (painted > 0)
        return newer

    def _known_of(self, points: IndexArray | None) -> IdArray:
        """Return (K,) the paint that the fusion knew, in terms of the present classes."""
        known = _taken(self._known, points)
        return self._heir_table()[known] if self._heirs else known

    def _after_labels(self, points: IndexArray) -> None:
        self._coverage = self._count = None
        if self._fusion is None or self._stale or not len(points):
            return
        if self.missing_indexes():
            # After opening, indexes come one after another and bring back what was known.
            self._is_unchecked = True
            return
        where = None if self._is_unchecked else points
        self._is_unchecked = False
        painted = _taken(self.ballots.labels, where)
        self._stale = not np.array_equal(painted, self._known_of(where))

    def _apply_to_mask(self, frame_edit: FrameEdit) -> IndexArray:
        changed = super()._apply_to_mask(frame_edit)
        # Votes may have changed where no label did.
        self._stale |= self._fusion is not None
        return changed

    def _adopt(self, edit: TaxonomyEdit) -> IndexArray:
        changed = super()._adopt(edit)
        self._shown_changed()
        if not edit.gone:
            return changed
        for heirs in (self._heirs, self._heirs_since_asked):
            if edit.gone in edit.after:
                heirs.pop(edit.gone, None)
            else:
                heirs[edit.gone] = edit.heir
        return changed

    def _heir_table(self) -> IdArray:
        """Return (65536,) the class that now owns labels of a class at the time of fusion."""
        table = np.zeros(1 << 16, dtype=np.uint16)
        for label_class in self._taxonomy:
            table[label_class.class_id] = label_class.class_id
        for gone in self._heirs:
            heir = gone
            for _ in self._heirs:
                heir = self._heirs.get(heir, heir)
            table[gone] = heir if heir in self._taxonomy else 0
        return frozen(table)


def _taken(values: npt.NDArray[_Scalar], points: IndexArray | None) -> npt.NDArray[_Scalar]:
    return values if points is None else values[points]
