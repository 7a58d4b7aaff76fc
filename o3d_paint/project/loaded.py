"""What a project folder remembers, in plain values, and how recorded edits change it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from o3d_paint.core.accepted import Accepted
from o3d_paint.core.arrays import IdArray
from o3d_paint.core.mask import MaskEdit, apply
from o3d_paint.core.packed_masks import PackedMask, PackedMasks
from o3d_paint.core.scene import Scene
from o3d_paint.core.taxonomy import Taxonomy
from o3d_paint.project.fitting import Fit
from o3d_paint.project.history import Entry, History
from o3d_paint.project.layout import Layout
from o3d_paint.project.mask_file import PointLabels
from o3d_paint.project.records import Record, RecordKind
from o3d_paint.project.rows import StoredEdit
from o3d_paint.project.steps import AcceptEdit, Edit, FrameEdit, LayerEdit

__all__ = ["STEPS", "Loaded", "Replay", "apply_checked"]

STEPS = (RecordKind.DO, RecordKind.UNDO, RecordKind.REDO, RecordKind.DONE)


@dataclass(slots=True)
class Loaded:
    """What a folder remembers, ready for a `Project`, and what went wrong.

    Attributes:
        taxonomy: The classes.
        masks: (H, W) ids by position of the photo in the scene.
        layer: (N,) labels laid on points, or None.
        accepted: Accepted predictions, or None.
        history: What can be undone and redone.
        settings: Kept values.
        hidden: Ids of hidden classes.
        locked: Ids of locked classes.
        fused_shown: Whether the fused layer showed.
        fusion: Number of the fused layer that was shown last, 0 for none.
        heirs: By number of a fused layer: classes removed since, and who got their paint.
        number: How often it was written; 0 for a new project.
        seq: Number of the last edit.
        kept: Number of the last edit that an older copy knows.
        edits: All that is recorded, in order.
        checksums: Of the scene's photos, by position, as far as they are known.
        scene_path: The scene's file as it was noted, "" where it was not.
        replayed: Edits that were recorded after the last saving.
        messages: What to tell the user, one sentence each.
        damaged: Files that could not be read (wholly).
        misfits: What no longer fits the scene, by name; masks with the checksum of their photo.
        newer: Older copies that are newer than the project, as after somebody put it back.
        is_old: Whether it is of formats 1 to 3, and has to be converted.
        is_exact: Whether photos and points are where they were.
    """

    taxonomy: Taxonomy
    masks: PackedMasks = field(default_factory=PackedMasks)
    layer: IdArray | None = None
    accepted: Accepted | None = None
    history: History = field(default_factory=History)
    settings: dict[str, Any] = field(default_factory=dict)
    hidden: tuple[int, ...] = ()
    locked: tuple[int, ...] = ()
    fused_shown: bool = False
    fusion: int = 0
    heirs: dict[int, dict[int, int]] = field(default_factory=dict)
    number: int = 0
    seq: int = 0
    kept: int = 0
    edits: list[StoredEdit] = field(default_factory=list)
    checksums: dict[int, str] = field(default_factory=dict)
    scene_path: str = ""
    replayed: int = 0
    messages: list[str] = field(default_factory=list)
    damaged: list[Path] = field(default_factory=list)
    misfits: dict[str, tuple[PackedMask, str] | PointLabels] = field(default_factory=dict)
    newer: list[Path] = field(default_factory=list)
    is_old: bool = False
    is_exact: bool = True

    @property
    def is_to_be_written(self) -> bool:
        """Whether what is on the disk cannot just be gone on with."""
        is_sound = self.number and not (self.is_old or self.damaged or self.misfits)
        return not (is_sound and self.is_exact)

    def is_fused(self, layout: Layout) -> bool:
        """Whether there is a fused layer that was not dropped."""
        return bool(self.number) and (self.fusion > 0 or self.is_old) and layout.fused.exists()


class Replay:
    """Applies records to what was loaded, through the fit of an older scene to the present one."""

    def __init__(
        self,
        scene: Scene,
        loaded: Loaded,
        fit: Fit,
        *,
        masks: Mapping[int, int] | None = None,
        points: int = -1,
    ) -> None:
        """Change ``loaded``, whose history is in terms of the older scene.

        Args:
            scene: What is painted now.
            loaded: What was read.
            fit: How the scenes meet.
            masks: By position in the older scene, the last edit that a mask knows.
            points: The last edit that the labels of points know.
        """
        self._scene = scene
        self._loaded = loaded
        self._fit = fit
        self._masks = masks or {}
        self._points = points
        self._seq = 0

    def apply(self, record: Record, seq: int = 0) -> None:
        """Apply one record, of which parts may know more already.

        Raises:
            ValueError: Its bytes are damaged.
        """
        loaded, self._seq = self._loaded, seq
        if record.kind in STEPS:
            self._apply_step(record)
        elif record.kind is RecordKind.SETTINGS:
            value = json.loads(record.data)
            loaded.settings = dict(value["settings"])
            loaded.hidden, loaded.locked = tuple(value["hidden"]), tuple(value["locked"])
        elif record.kind is RecordKind.FUSED:
            self._apply_fused(json.loads(record.data))
        loaded.replayed += 1

    def _apply_fused(self, value: dict[str, Any]) -> None:
        loaded = self._loaded
        loaded.fused_shown = bool(value["shown"])
        number = value.get("fusion", loaded.fusion)
        if number != loaded.fusion:
            loaded.fusion = int(number)
            heirs = {int(gone): int(heir) for gone, heir in value["heirs"].items()}
            loaded.heirs[loaded.fusion] = heirs

    def _apply_step(self, record: Record) -> None:
        entry, history = Entry.packed(record.data), self._loaded.history
        for edit in entry.edits(inverted=record.kind is RecordKind.UNDO):
            self._apply_edit(edit)
        if record.kind in (RecordKind.DO, RecordKind.DONE):
            history.push(entry)
        # The record tells all that is needed; the stacks follow where they know the step.
        elif record.kind is RecordKind.UNDO:
            if history.done and history.done[-1].data == record.data:
                history.undo()
        elif history.undone and history.undone[-1].data == record.data:
            history.redo()

    def _apply_edit(self, edit: Edit) -> None:
        loaded = self._loaded
        if isinstance(edit, FrameEdit):
            known = 0 <= edit.frame_idx < len(self._fit.frames)
            frame_idx = self._fit.frames[edit.frame_idx] if known else None
            if frame_idx is None or self._seq <= self._masks.get(edit.frame_idx, -1):
                return
            if frame_idx not in loaded.masks:
                shape = self._scene.frames[frame_idx].mask_shape
                loaded.masks.put(frame_idx, PackedMask.blank(shape))
            apply_checked(loaded.masks.edit(frame_idx), edit.edit)
        elif isinstance(edit, LayerEdit):
            if not self._fit.cloud or self._seq <= self._points:
                return
            if loaded.layer is None:
                loaded.layer = np.zeros(len(self._scene.cloud), dtype=np.uint16)
            loaded.layer[edit.points] = edit.after
        elif isinstance(edit, AcceptEdit):
            if not self._fit.cloud or self._seq <= self._points:
                return
            if loaded.accepted is None:
                loaded.accepted = Accepted(len(self._scene.cloud))
            loaded.accepted.put(edit.points, edit.after, edit.percents_after)
        else:
            loaded.taxonomy = edit.after
            for heirs in loaded.heirs.values() if edit.gone else ():
                if edit.gone in edit.after:
                    heirs.pop(edit.gone, None)
                else:
                    heirs[edit.gone] = edit.heir
            # As in the open project: the marks of a class go with it and do not come back.
            loaded.hidden = tuple(i for i in loaded.hidden if i in edit.after)
            loaded.locked = tuple(i for i in loaded.locked if i in edit.after)


def apply_checked(mask: IdArray, edit: MaskEdit) -> None:
    """Apply an edit that comes from a file.

    Raises:
        ValueError: It lies outside the mask.
    """
    if edit.rect.clipped((mask.shape[0], mask.shape[1])) != edit.rect:
        msg = f"an edit of {edit.rect} lies outside a mask of shape {mask.shape}"
        raise ValueError(msg)
    apply(mask, edit)
