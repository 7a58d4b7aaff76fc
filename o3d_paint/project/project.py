"""The open work: `Project`, the one object that window, commands and library change.

Summary of the interface (all on one thread; nothing here knows a widget or a file)::

    project = Project(scene, classes=["floor", "wall"])        # jobs run inline
    project = Project(scene, taxonomy, jobs=Worker(post))      # jobs run on a worker
    project = Project.from_masks(scene, "masks/")              # .notes says what was noticed

    state     .scene .taxonomy .settings .hidden .locked .history .ballots .painted_frames
              .mask(i) (H, W) read-only view · .masks of painted photos · .index(i)
    paint     .begin_stroke(i, (x, y), class_id=, radius=, protect=) .extend_stroke((x, y))
              .end_stroke() .cancel_stroke() .is_stroking        x, y in mask pixels
              .paint(i, Stroke) .paint_area(i, rect, coverage=, class_id=) .set_mask(i, mask)
              .clear(i[, class_id]) .set_layer(points, labels)
    classes   .add_class(name[, color]) -> id .rename_class .recolor_class .move_class
              .remove_class .merge_class(id, into) .set_taxonomy .ensure_classes(ids)
              .set_hidden(id, bool) .set_locked(id, bool) .set_setting(key, value)
    history   .undo() .redo() -> name | None · .history.undo_name .redo_name
              .slice_s (seconds; long steps then need) .go_on(seconds) -> share · .is_changing
    index     .request_index(i) -> bool (there already?); painting never waits for it
    fuse      .request_fuse([settings]) .cancel_fuse() .is_fusing .fuse([settings]) -> labels (now)
              .fusion .fused_shown .show_fused(bool) .drop_fusion() .fusion_is_stale
              .fusion_settings .set_fusion_settings(settings) .min_confidence
              .set_min_confidence(share)    what is less sure is unlabelled, everywhere
              .overruled() -> classes whose paint was overruled, those that vanished first
              .conflict_pairs() -> classes that photos confuse, with points
              .refresh_fused = True    fuse again after each step while the layer shows
              .accept([i], class_ids=, points=) -> count    accept what shows; no paint
              .accepted -> Accepted
    look      .painted (N,) · .labels (N,) · .labels_of(points) .source_of(points)
              .confidence_of(points) .evidence() .coverage() -> Coverage
    signals   mask_changed(frame_idx, rect) · labels_changed(points) · taxonomy_changed()
              history_changed() · settings_changed() (hidden, locked, settings)
              index_ready(frame_idx) · fused_changed() · fuse_progress(fraction, text)
              fuse_failed(error) · saved(time) · save_failed(error)

A verb that changes something is one undoable step and ends a stroke under way; one that changes
nothing adds no step. Saving is in `o3d_paint.project.autosave`, which only listens.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from o3d_paint.core.accepted import Accepted
from o3d_paint.core.arrays import IdArray
from o3d_paint.core.notebook import oblique_picture, summary_html
from o3d_paint.core.packed_masks import PackedMask, PackedMasks
from o3d_paint.core.reach import Reach, reach_of_photo
from o3d_paint.core.scene import Scene
from o3d_paint.core.taxonomy import LabelClass, Taxonomy
from o3d_paint.core.visibility import PixelIndex
from o3d_paint.project.classes import Classes
from o3d_paint.project.cloud_labels import NUMBERS, classes_of, numbers_of
from o3d_paint.project.from_masks import MASKS_READ, PhotoMasks, taken_masks
from o3d_paint.project.fusing import Fusing
from o3d_paint.project.history import Entry
from o3d_paint.project.jobs import Jobs
from o3d_paint.project.painting import Painting
from o3d_paint.project.signals import Signal, weakly

__all__ = ["Project", "taxonomy_of"]

_NAMED = 5


class Project(Painting, Classes, Fusing):
    """A scene, what was painted on it, and everything derived from that."""

    def __init__(
        self,
        scene: Scene,
        classes: Taxonomy | Iterable[str | LabelClass] | None = None,
        *,
        jobs: Jobs | None = None,
    ) -> None:
        """Start with nothing painted.

        Args:
            scene: What is painted.
            classes: The classes: names or classes, completed by those that the cloud came with,
                whose numbers give way; or a taxonomy, taken as it is: labels of the cloud are its
                numbers, and those that it lacks do not count. None for the cloud's own; without
                labels the published five.
            jobs: Runs what takes long; None runs it inline, on the caller's thread.

        Raises:
            TaxonomyError: The classes contradict themselves.
        """
        numbers: dict[str, int] = {}
        if not isinstance(classes, Taxonomy):
            classes = classes_of(scene, None if classes is None else taxonomy_of(classes))
            numbers = numbers_of(scene, classes)
        super().__init__(scene, classes, jobs=jobs)
        if numbers:
            self.settings[NUMBERS] = numbers
            self._count_imported()
        self.saved: Signal[[datetime]] = Signal()
        self.save_failed: Signal[[Exception]] = Signal()
        self.refresh_fused = False
        self.notes: tuple[str, ...] = ()
        self.history_changed.connect(weakly(self._refresh_fused))
        refresh = weakly(self._refresh_fused)
        self.index_ready.connect(lambda _: refresh())

    @classmethod
    def from_masks(
        cls,
        scene: Scene,
        masks: PhotoMasks,
        classes: Taxonomy | Iterable[str | LabelClass] | None = None,
        *,
        background: bool | None = None,
    ) -> Project:
        """Make a project that is painted with masks, a network's for example.

        Args:
            scene: What they are of.
            masks: A file or folder of any format that ``fuse --masks`` reads; or class ids (H, W)
                by position or name of the photo, at any size of its aspect, 0 where unlabelled.
            classes: Names in a file are looked up among them, others are added. None for the
                file's own; ids without a name are "class 7".
            background: Of files: whether what masks leave empty is of none of their classes rather
                than not painted; it gets a class of its own. None takes it for that where they
                show a single class.

        Returns:
            A project like any other: fuse, evaluate, export or save it, open it in a window. What
            was noticed about the masks is in its ``notes``.

        Raises:
            PaintError: A file cannot be read, or none of its masks belongs to a photo.
            ValueError: A mask has another aspect than its photo, holds no class ids, or there is no
                such photo.
        """
        known = None if classes is None else taxonomy_of(classes)
        painted, taxonomy, settings, notes = taken_masks(scene, masks, known, background=background)
        project = cls(scene, taxonomy)
        project.restore(masks=painted, settings=settings)
        project.notes = tuple(notes)
        return project

    def __enter__(self) -> Project:
        """Return the project itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def __repr__(self) -> str:
        """Return scene and counts."""
        names = ", ".join(c.name for c in self._taxonomy.classes[:_NAMED])
        more = ", …" if len(self._taxonomy) > _NAMED else ""
        return (
            f"<Project on {self.scene.name!r}: {len(self.painted_frames)} of"
            f" {len(self.scene.frames)} photos painted; {names}{more}>"
        )

    def _repr_html_(self) -> str:
        """Return what a notebook shows: counts by class and the cloud in their colours."""
        self.complete_indexes()
        counted = self.coverage()
        total = max(1, counted.num_points)
        facts = {
            "photos painted": f"{len(self.painted_frames)} of {len(self.scene.frames)}",
            "labelled": f"{counted.fused:,} of {counted.num_points:,} points",
            **{
                self._taxonomy.get(c.class_id).name: f"{c.shown:,} points ({c.shown / total:.1%})"
                for c in counted.classes
            },
        }
        cloud, labels = self.scene.cloud, self.labels
        colors = np.where(labels[:, None] > 0, self._taxonomy.color_table()[labels], cloud.rgb)
        picture = oblique_picture(cloud.xyz, colors.astype(np.uint8), self.scene.up)
        return summary_html(f"Project on {self.scene.name}", facts, picture)

    @property
    def masks_read(self) -> tuple[Path, ...]:
        """Files and folders that masks were read from, which no output writes over."""
        kept = self.settings.get(MASKS_READ)
        listed = kept if isinstance(kept, list) else []
        return tuple(Path(p) for p in listed if isinstance(p, str))

    def index(self, frame_idx: int) -> PixelIndex | None:
        """Return what points a photo shows; None until its index is built."""
        return self._indexes.get(frame_idx)

    def reach(self, frame_idx: int) -> tuple[Reach, ...]:
        """Return for each class on a photo how much of its paint reaches points of the cloud."""
        self._check_frame(frame_idx)
        self._indexes.build_now(frame_idx)
        index = self._indexes.get(frame_idx)
        assert index is not None
        return reach_of_photo(frame_idx, self.mask(frame_idx), index)

    def request_index(self, frame_idx: int) -> bool:
        """Build a photo's index before all others; returns whether it is there already.

        `index_ready` tells when it is; paint from before then reaches the cloud by itself.
        """
        self._check_frame(frame_idx)
        self._indexes.request(frame_idx, urgent=True)
        return self._indexes.get(frame_idx) is not None

    @property
    def masks(self) -> PackedMasks:
        """Masks of all painted photos as they are now, by position in the scene."""
        return PackedMasks(self.packed_masks())

    def restore(
        self,
        *,
        masks: Mapping[int, IdArray],
        layer: IdArray | None = None,
        accepted: Accepted | None = None,
        history: tuple[Sequence[Entry], Sequence[Entry]] = ((), ()),
        settings: Mapping[str, Any] | None = None,
        hidden: Iterable[int] = (),
        locked: Iterable[int] = (),
    ) -> None:
        """Take over what a folder remembers; on a project that was just made, before listeners.

        Args:
            masks: (H, W) ids by photo, of the photos' mask shapes.
            layer: (N,) labels laid on points.
            accepted: Accepted predictions; taken over.
            history: Steps that can be undone (oldest first) and redone (next one last).
            settings: What `set_setting` kept.
            hidden: Ids of hidden classes.
            locked: Ids of locked classes.

        Raises:
            ValueError: A mask or the layer has another shape than the scene needs.
        """
        kept = masks if isinstance(masks, PackedMasks) else None
        for frame_idx in masks:
            mask = PackedMask.of(masks[frame_idx]) if kept is None else kept.packed(frame_idx)
            if mask.shape != self.scene.frames[frame_idx].mask_shape:
                expected = self.scene.frames[frame_idx].mask_shape
                msg = f"mask {frame_idx} has shape {mask.shape}, expected {expected}"
                raise ValueError(msg)
            self._masks.put(frame_idx, mask)
            self._painted_pixels[frame_idx] = mask.num_painted
        if layer is not None:
            if layer.shape != (len(self.scene.cloud),):
                msg = f"layer has shape {layer.shape}, expected ({len(self.scene.cloud)},)"
                raise ValueError(msg)
            points = np.flatnonzero(layer).astype(np.int32)
            self.ballots.set_layer(points, layer[points])
        if accepted is not None:
            self.accepted = accepted
        present = {c.class_id for c in self._taxonomy}
        self._hidden, self._locked = frozenset(hidden) & present, frozenset(locked) & present
        self.settings.update(settings or {})
        self._settings_restored()
        self.history.restore(*history)
        for frame_idx in self.painted_frames:
            if self._indexes.get(frame_idx) is None:
                self._indexes.request(frame_idx)

    def rebuilt_labels(self) -> IdArray:
        """Return (N,) painted labels computed from the masks and layer alone, from scratch."""
        fresh = Project(self.scene, self._taxonomy)
        fresh.restore(
            masks=self.masks,
            layer=self.ballots.layer,
        )
        return fresh.painted

    def lend_jobs(self, jobs: Jobs) -> Jobs:
        """Run what takes long elsewhere from now on; returns what ran it before.

        What is under way stays with what ran it, and its answers are dropped. Call it between two
        strokes; whoever takes the jobs back calls `complete_indexes`, should they be inline.
        """
        self.end_stroke()
        self.cancel_fuse()
        before, self.jobs = self.jobs, jobs
        self._indexes.use(jobs)
        return before

    def close(self) -> None:
        """End a stroke under way and all jobs; the project is of no use afterwards."""
        self.end_stroke()
        self.cancel_fuse()
        self.jobs.close()

    def _refresh_fused(self) -> None:
        if self.refresh_fused and self._fused_shown and self._stale:
            self.request_fuse(warm=True)


def taxonomy_of(classes: Taxonomy | Iterable[str | LabelClass]) -> Taxonomy:
    """Return the classes that a caller means."""
    if isinstance(classes, Taxonomy):
        return classes
    taxonomy = Taxonomy()
    for entry in classes:
        if isinstance(entry, LabelClass):
            taxonomy = Taxonomy((*taxonomy.classes, entry))
        else:
            taxonomy = taxonomy.add(entry)
    return taxonomy
