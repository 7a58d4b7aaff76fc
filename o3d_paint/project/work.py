"""The state of the open work, and the one way in which it changes.

Everything that alters masks, classes or the cloud layer is a `Step`. A step is applied, packed,
put on the undo history and announced for the journal; undo applies its inverse the same way.

A step that changes hundreds of photos takes a quarter of a second. Where `slice_s` says so, it is
done a piece at a time by `go_on`, and nothing is announced before the end. Whatever else would
change the work, or write it down, finishes it first.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from o3d_paint.core.accepted import Accepted
from o3d_paint.core.arrays import IdArray, IndexArray
from o3d_paint.core.ballots import Ballots
from o3d_paint.core.mask import Rect, apply
from o3d_paint.core.packed_masks import PackedMask, PackedMasks
from o3d_paint.core.scene import Scene
from o3d_paint.core.taxonomy import Taxonomy
from o3d_paint.project.changed_points import positions, union
from o3d_paint.project.cloud_labels import counted_labels
from o3d_paint.project.history import Entry, History
from o3d_paint.project.indexes import Indexes
from o3d_paint.project.jobs import InlineJobs, Jobs
from o3d_paint.project.records import Record, RecordKind
from o3d_paint.project.signals import Signal, weakly
from o3d_paint.project.steps import (
    AcceptEdit,
    Edit,
    Edits,
    FrameEdit,
    LayerEdit,
    Step,
    TaxonomyEdit,
)

__all__ = ["Work"]

_FEW_EDITS = 8
NO_POINTS: IndexArray = np.zeros(0, dtype=np.int32)


class Work:
    """Masks, ballots, classes and history of one scene. Belongs to one thread."""

    def __init__(self, scene: Scene, taxonomy: Taxonomy, *, jobs: Jobs | None = None) -> None:
        """Start with nothing painted.

        Args:
            scene: What is painted.
            taxonomy: The classes to start with.
            jobs: Runs what takes long; by default the caller's own thread.
        """
        self.scene = scene
        self.jobs: Jobs = jobs if jobs is not None else InlineJobs()
        imported = counted_labels(scene, taxonomy)
        self.ballots = Ballots(len(scene.cloud), len(scene.frames), imported=imported)
        self.accepted = Accepted(len(scene.cloud))
        self.history = History()
        self.settings: dict[str, Any] = {}
        self.slice_s = math.inf
        self.mask_changed: Signal[[int, Rect]] = Signal()
        self.labels_changed: Signal[[IndexArray]] = Signal()
        self.taxonomy_changed: Signal[[]] = Signal()
        self.history_changed: Signal[[]] = Signal()
        self.settings_changed: Signal[[]] = Signal()
        self.index_ready: Signal[[int]] = Signal()
        self.recorded: Signal[[Record]] = Signal()
        self._taxonomy = taxonomy
        self._masks = PackedMasks()
        self._painted_pixels: dict[int, int] = {}
        self._hidden: frozenset[int] = frozenset()
        self._locked: frozenset[int] = frozenset()
        self._behind: set[int] = set()
        self._rest: Iterator[float] | None = None
        self.share = 1.0
        self._indexes = Indexes(
            scene, self.jobs, ready=weakly(self._catch_up), dropped=self.ballots.park
        )

    @property
    def taxonomy(self) -> Taxonomy:
        """The classes, in order."""
        return self._taxonomy

    @property
    def hidden(self) -> frozenset[int]:
        """Ids of the classes that views leave out."""
        return self._hidden

    @property
    def locked(self) -> frozenset[int]:
        """Ids of the classes whose paint nothing paints over."""
        return self._locked

    @property
    def painted_frames(self) -> tuple[int, ...]:
        """Photos with at least one painted pixel, ascending."""
        return tuple(sorted(i for i, count in self._painted_pixels.items() if count))

    @property
    def has_paint(self) -> bool:
        """Whether anything was said about any point or pixel."""
        layer = self.ballots.layer
        laid = (layer, self.ballots.imported)
        return bool(self.painted_frames) or any(x is not None and bool(x.any()) for x in laid)

    def mask(self, frame_idx: int) -> IdArray:
        """Return the (H, W) ids of a photo's mask, as a read-only view that follows changes."""
        if frame_idx not in self._masks:
            self._check_frame(frame_idx)
            blank = PackedMask.blank(self.scene.frames[frame_idx].mask_shape)
            self._masks.put(frame_idx, blank)
        return self._masks[frame_idx]

    def packed_masks(self) -> dict[int, PackedMask]:
        """Return the masks of all painted photos as they are now, for workers too; quickly made."""
        return self._masks.all_packed(self.painted_frames)

    def missing_indexes(self) -> tuple[int, ...]:
        """Return painted photos whose paint has not reached the cloud yet."""
        new = {i for i in self.painted_frames if not self.ballots.has_votes_of(i)}
        return tuple(sorted(new | self._behind))

    def complete_indexes(self) -> None:
        """Bring the paint of all photos to the cloud now, on the caller's thread."""
        for frame_idx in self.missing_indexes():
            self._indexes.build_now(frame_idx)

    @property
    def is_changing(self) -> bool:
        """Whether a step has begun of which a part is still to be done."""
        return self._rest is not None

    def go_on(self, seconds: float) -> float:
        """Do more of the step under way; returns the share that is done, 1 for all of it."""
        end = time.perf_counter() + seconds
        while self._rest is not None:
            # Taken out meanwhile: who hears of changes may change something.
            rest, self._rest = self._rest, None
            share = next(rest, None)
            if share is None:
                self.share = 1.0
                break
            self.go_on(math.inf)
            self._rest, self.share = rest, share
            if time.perf_counter() >= end:
                break
        return self.share

    def undo(self) -> str | None:
        """Take the newest step back; returns its name, None where there is nothing to undo."""
        self._before_history()
        entry = self.history.undo()
        if entry is None:
            return None
        self._run(self._replaying(entry, RecordKind.UNDO))
        return entry.name

    def redo(self) -> str | None:
        """Bring back the step that was undone last; returns its name, None without one."""
        self._before_history()
        entry = self.history.redo()
        if entry is None:
            return None
        self._run(self._replaying(entry, RecordKind.REDO))
        return entry.name

    def set_hidden(self, class_id: int, hidden: bool) -> None:
        """Show or hide a class in the views; kept with the project, not undone."""
        self._taxonomy.get(class_id)
        self._hidden = self._hidden | {class_id} if hidden else self._hidden - {class_id}
        self._settings_changed()

    def set_locked(self, class_id: int, locked: bool) -> None:
        """Protect the paint of a class, or no more; kept with the project, not undone."""
        self._taxonomy.get(class_id)
        self._locked = self._locked | {class_id} if locked else self._locked - {class_id}
        self._settings_changed()

    def set_setting(self, key: str, value: Any) -> None:
        """Keep a value (of JSON's types) with the project; None removes it. Not undone."""
        if self.settings.get(key) == value:
            return
        if value is None:
            self.settings.pop(key, None)
        else:
            self.settings[key] = value
        self._settings_changed()

    def _do(self, step: Step) -> None:
        """Apply a step that was not applied yet and make it one entry of the history."""
        if step.edits:
            self._commit(step, applied=False)

    def _commit(self, step: Step, *, applied: bool) -> None:
        self._run(self._committing(Entry.of(step), step.edits, applied=applied))

    def _run(self, pieces: Iterator[float]) -> None:
        """Begin what is done in pieces, each of which gives the share that is done by then."""
        self._rest, self.share = pieces, 0.0
        self.go_on(self.slice_s)

    def _committing(self, entry: Entry, edits: Edits, *, applied: bool = False) -> Iterator[float]:
        """Put a step on the history and apply its edits."""
        self.history.push(entry)
        yield from self._changing(edits, kind=RecordKind.DO, data=entry.data, applied=applied)

    def _replaying(self, entry: Entry, kind: RecordKind) -> Iterator[float]:
        """Apply a step of the history, or take it back."""
        edits = entry.edits(inverted=kind is RecordKind.UNDO)
        if len(edits) > _FEW_EDITS:
            yield 0.0
        yield from self._changing(edits, kind=kind, data=entry.data)

    def _changing(
        self, edits: Edits, *, kind: RecordKind, data: bytes, applied: bool = False
    ) -> Iterator[float]:
        """Apply edits, then tell the journal, then everybody."""
        classes = self._taxonomy
        rects: dict[int, Rect] = {}
        frames, kinds = set[int](), set[type[Edit]]()
        is_long = len(edits) > _FEW_EDITS
        is_changed = np.zeros(len(self.scene.cloud) if is_long else 0, dtype=bool)
        found: list[IndexArray] = []
        for number, edit in enumerate(edits):
            kinds.add(type(edit))
            if isinstance(edit, FrameEdit):
                frames.add(edit.frame_idx)
            points = NO_POINTS if applied else self._apply(edit, rects)
            if is_long:
                is_changed[points] = True
                yield (1 + number) / len(edits)
            else:
                found.append(points)
        points = (yield from positions(is_changed)) if is_long else union(found)
        self._after_labels(points)
        layer, accepted = LayerEdit in kinds, AcceptEdit in kinds
        self.recorded.emit(Record(kind, data, frozenset(frames), layer, accepted))
        for frame_idx, rect in rects.items():
            self.mask_changed.emit(frame_idx, rect)
        if len(points):
            self.labels_changed.emit(points)
        if self._taxonomy is not classes:
            self.taxonomy_changed.emit()
        self.history_changed.emit()

    def _apply(self, edit: Edit, rects: dict[int, Rect]) -> IndexArray:
        """Apply an edit and note the changed rectangle of its photo; returns changed points."""
        if isinstance(edit, LayerEdit):
            return self.ballots.set_layer(edit.points, edit.after)
        if isinstance(edit, AcceptEdit):
            return self._apply_accepted(edit)
        if isinstance(edit, TaxonomyEdit):
            return self._adopt(edit)
        known = rects.get(edit.frame_idx)
        rects[edit.frame_idx] = edit.edit.rect if known is None else known.union(edit.edit.rect)
        return self._apply_to_mask(edit)

    def _apply_to_mask(self, frame_edit: FrameEdit) -> IndexArray:
        """Write one edit into its mask and the ballots; returns the changed points."""
        frame_idx, edit = frame_edit.frame_idx, frame_edit.edit
        self.mask(frame_idx)  # made on first use
        mask = self._masks.edit(frame_idx)
        apply(mask, edit)
        gained = int(np.count_nonzero(edit.after)) - int(np.count_nonzero(edit.before))
        self._painted_pixels[frame_idx] = self._painted_pixels.get(frame_idx, 0) + gained
        index = self._indexes.get(frame_idx)
        if index is None:
            self._behind.add(frame_idx)
            self._indexes.request(frame_idx)
            # Inline jobs have built it by now and caught up with the whole mask.
            return NO_POINTS
        self._indexes.keep(frame_idx)
        return self.ballots.sync(frame_idx, index, mask, rect=edit.rect)

    def _apply_accepted(self, edit: AcceptEdit) -> IndexArray:
        """Write accepted predictions; returns their points."""
        self.accepted.put(edit.points, edit.after, edit.percents_after)
        return edit.points

    def _adopt(self, edit: TaxonomyEdit) -> IndexArray:
        """Take over changed classes; hidden and locked marks of absent ones go."""
        self._taxonomy = edit.after
        present = {c.class_id for c in edit.after}
        self._hidden &= present
        self._locked &= present
        return self._count_imported()

    def _count_imported(self) -> IndexArray:
        """Count the cloud's own labels for the classes that there are now."""
        imported = counted_labels(self.scene, self._taxonomy, self.settings)
        return NO_POINTS if imported is None else self.ballots.set_imported(imported)

    def _catch_up(self, frame_idx: int) -> None:
        """Bring the ballots in line with a mask that was painted before its index existed."""
        index = self._indexes.get(frame_idx)
        is_painted = self._painted_pixels.get(frame_idx) or self.ballots.has_votes_of(frame_idx)
        if index is not None:
            # Also where the paint was taken back before: fusing would wait for it for ever.
            self._behind.discard(frame_idx)
        # The index of a photo that was only looked at may be forgotten again.
        if index is not None and is_painted:
            self._indexes.keep(frame_idx)
            whole = Rect.whole(index.shape)
            changed = self.ballots.sync(frame_idx, index, self.mask(frame_idx), rect=whole)
            self._after_labels(changed)
            if len(changed):
                self.labels_changed.emit(changed)
        self.index_ready.emit(frame_idx)

    def _check_frame(self, frame_idx: int) -> None:
        if not 0 <= frame_idx < len(self.scene.frames):
            msg = f"photo {frame_idx} is not one of {len(self.scene.frames)}"
            raise ValueError(msg)

    def _renew_indexes(self) -> None:
        """Have the indexes of all painted photos built anew."""
        for frame_idx in self.painted_frames:
            self._behind.add(frame_idx)
            self._indexes.request(frame_idx)

    def _settings_changed(self) -> None:
        self.recorded.emit(Record(RecordKind.SETTINGS))
        self.settings_changed.emit()

    def _settings_restored(self) -> None:
        """Take over settings that a file remembered."""
        self._count_imported()

    def _before_history(self) -> None:
        """End what is under way before the history moves."""
        self.go_on(math.inf)

    def _after_labels(self, points: IndexArray) -> None:
        """Hear of painted labels that changed, before anybody is told."""
