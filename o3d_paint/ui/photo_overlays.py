"""What lies over the open photo besides its paint: the ghost, and what is settled or contested.

Accepted predictions are a part of the ghost that shows even where the rest is switched off.

Both are drawn from the cloud off the UI thread. What has become wrong is dropped at once where it
would mislead (another photo, other paint behind the ghost), else replaced when the new one is
there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from o3d_paint.core.arrays import IdArray
from o3d_paint.core.consistency import suggested_tolerance
from o3d_paint.core.reproject import mask_from_points
from o3d_paint.core.views.ghost import Ghost, labels_of_others
from o3d_paint.core.views.heat import heat_levels
from o3d_paint.core.visibility import DepthTolerance, PixelIndex
from o3d_paint.project.jobs import Report, Worker
from o3d_paint.project.project import Project
from o3d_paint.project.records import Record, RecordKind
from o3d_paint.project.signals import Signal
from o3d_paint.ui.editor import Editor, EditorState

__all__ = ["PhotoOverlays"]


@dataclass(frozen=True, slots=True, eq=False)
class _Wanted:
    """What a worker draws: values of the points that the photo shows."""

    frame_idx: int
    index: PixelIndex
    others: IdArray | None
    fused: IdArray | None
    accepted: IdArray | None
    levels: IdArray | None


class PhotoOverlays:
    """Ghost and heat of the open photo.

    Args:
        editor: What is open and shown.
        worker: Draws.
        failed: Told of errors.

    Attributes:
        changed: Told when ``ghost`` or ``heat`` is another one.
    """

    def __init__(
        self, editor: Editor, worker: Worker, *, failed: Callable[[Exception], None]
    ) -> None:
        self._editor = editor
        self._project: Project = editor.project
        self._worker = worker
        self._failed = failed
        self._tolerance: DepthTolerance | None = None
        self._is_stale = True
        self.ghost: Ghost | None = None
        self.heat: IdArray | None = None
        self.changed: Signal[[]] = Signal()
        project = self._project
        self._disconnect = [
            project.recorded.connect(self._recorded),
            project.index_ready.connect(lambda _: self._outdated()),
            project.fused_changed.connect(self._outdated),
            project.taxonomy_changed.connect(self._outdated),
            editor.state_changed.connect(self._state_changed),
        ]

    def close(self) -> None:
        """Stop listening."""
        for disconnect in self._disconnect:
            disconnect()
        self._worker.cancel("overlays")

    def class_at(self, u: float, v: float) -> int:
        """Return the class at a mask position of the open photo: of its paint, else its ghost."""
        found = self._editor.class_at(u, v)
        if found or self.ghost is None:
            return found
        row, column = int(v + 0.5), int(u + 0.5)
        height, width = self.ghost.labels.shape
        is_inside = 0 <= row < height and 0 <= column < width
        return int(self.ghost.labels[row, column]) if is_inside else 0

    def tick(self, *, is_painting: bool) -> None:
        """Ask for what is missing, between gestures."""
        if self._is_stale and not is_painting:
            self._is_stale = False
            self._ask()

    def _state_changed(self, before: EditorState, after: EditorState) -> None:
        if before.open_idx != after.open_idx:
            self._set(None, None)
            self._outdated()
        elif before.has_ghost != after.has_ghost or before.heat != after.heat:
            self._outdated()

    def _recorded(self, record: Record) -> None:
        state = self._editor.state
        is_step = record.kind in (RecordKind.DO, RecordKind.UNDO, RecordKind.REDO)
        if not is_step:
            return
        if record.layer or record.frames - {state.open_idx}:
            self._set(None, self.heat)
            self._outdated()
        elif record.accepted or state.heat:
            self._outdated()

    def _outdated(self) -> None:
        self._is_stale = True

    def _set(self, ghost: Ghost | None, heat: IdArray | None) -> None:
        if ghost is not self.ghost or heat is not self.heat:
            self.ghost, self.heat = ghost, heat
            self.changed.emit()

    def _ask(self) -> None:
        state = self._editor.state
        frame_idx = state.open_idx
        index = None if frame_idx is None else self._project.index(frame_idx)
        shows = state.has_ghost or state.heat or len(self._project.accepted)
        if frame_idx is None or index is None or not shows:
            self._worker.cancel("overlays")
            self._set(None, None)
            return
        wanted = self._wanted(frame_idx, index)
        self._worker.submit(
            "overlays",
            lambda report: self._draw(wanted, report),
            done=lambda drawn: self._set(*drawn),
            failed=self._failed,
            urgent=True,
        )

    def _wanted(self, frame_idx: int, index: PixelIndex) -> _Wanted:
        """Read from the project what the worker needs; it must not touch the project itself."""
        project, state = self._project, self._editor.state
        points = index.point
        class_ids, counts = project.ballots.tally_of(points)
        others = fused = levels = accepted = None
        own = project.mask(frame_idx).reshape(-1)[index.pixel]
        if state.has_ghost:
            layer, imported = project.ballots.layer, project.ballots.imported
            others = labels_of_others(
                class_ids,
                counts,
                own,
                layer=None if layer is None else layer[points],
                imported=None if imported is None else imported[points],
            )
            if project.fusion is not None and project.fused_shown:
                fused = project.labels_of(points)
        if len(project.accepted):
            said = project.accepted.labels[points]
            shows = (own == 0) & (project.labels_of(points) == said)
            accepted = np.where(shows, said, 0).astype(np.uint16)
        if state.heat:
            levels = heat_levels(
                state.heat,
                labels=project.labels_of(points),
                sources=project.source_of(points),
                confidence=project.confidence_of(points),
                contested=np.count_nonzero(counts, axis=1) > 1,
            )
        return _Wanted(frame_idx, index, others, fused, accepted, levels)

    def _draw(self, wanted: _Wanted, report: Report) -> tuple[Ghost | None, IdArray | None]:
        scene = self._project.scene
        report(0.0)
        if self._tolerance is None:
            self._tolerance = suggested_tolerance(scene)
        tolerance, frame = self._tolerance, scene.frames[wanted.frame_idx]

        def drawn(values: IdArray | None) -> IdArray | None:
            if values is None:
                return None
            report(0.5)
            labels = np.zeros(len(scene.cloud), dtype=np.uint16)
            labels[wanted.index.point] = values
            return mask_from_points(
                frame,
                wanted.index,
                labels,
                xyz=scene.cloud.xyz,
                tolerance=tolerance,
                shape=frame.mask_shape,
            )

        ghost = Ghost.of(drawn(wanted.others), drawn(wanted.fused), drawn(wanted.accepted))
        return ghost, drawn(wanted.levels)
