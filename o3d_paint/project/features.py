"""What the selection tools know of photos: prepared off the UI thread, the latest few kept."""

from __future__ import annotations

from collections import OrderedDict

from o3d_paint.core.selection.photo_features import PhotoFeatures, prepare_features
from o3d_paint.project.jobs import Report
from o3d_paint.project.project import Project
from o3d_paint.project.signals import Signal

__all__ = ["FeatureStore"]

_KEPT = 3


class FeatureStore:
    """Features of the photos of one project.

    Attributes:
        ready: Told of each photo whose features are there.
        changed: Told when something that a tool waited for has come, after the tools.
        failed: Told of errors.
    """

    def __init__(self, project: Project) -> None:
        """Start without any."""
        self._project = project
        self._kept: OrderedDict[int, PhotoFeatures] = OrderedDict()
        self.ready: Signal[[int]] = Signal()
        self.changed: Signal[[]] = Signal()
        self.failed: Signal[[Exception]] = Signal()

    def get(self, frame_idx: int) -> PhotoFeatures | None:
        """Return the features of a photo, None while there are none."""
        found = self._kept.get(frame_idx)
        if found is not None:
            self._kept.move_to_end(frame_idx)
        return found

    def is_pending(self, frame_idx: int | None) -> bool:
        """Return whether a photo is being prepared."""
        return frame_idx is not None and self._project.jobs.is_running(("features", frame_idx))

    def request(self, frame_idx: int) -> PhotoFeatures | None:
        """Prepare a photo before all others; returns its features if they are there already."""
        found = self.get(frame_idx)
        if found is not None:
            return found
        if not self.is_pending(frame_idx):
            self._submit(frame_idx)
        return self.get(frame_idx)

    def _submit(self, frame_idx: int) -> None:
        frame = self._project.scene.frames[frame_idx]

        def work(report: Report) -> PhotoFeatures:
            report(0.0, f"preparing {frame.name}")
            return prepare_features(frame)

        def done(features: PhotoFeatures) -> None:
            self._kept[frame_idx] = features
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            self.ready.emit(frame_idx)
            self.changed.emit()

        self._project.jobs.submit(
            ("features", frame_idx), work, done=done, failed=self.failed.emit, urgent=True
        )
