"""What a project folder remembers, in plain values, and how journals and history change it."""

from __future__ import annotations

import json
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
from o3d_paint.project.records import Record, RecordKind
from o3d_paint.project.steps import AcceptEdit, Edit, FrameEdit, LayerEdit

__all__ = ["Loaded", "Replay", "apply_checked"]


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
        number: The last checkpoint; 0 for a new project.
        checksums: Of the scene's photos, by position, as far as they are known.
        scene_path: The scene's file as it was noted, "" where it was not.
        replayed: Records of journals that were applied.
        messages: What to tell the user, one sentence each.
        damaged: Files that could not be read (wholly).
        misfits: Files that no longer fit the scene.
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
    number: int = 0
    checksums: dict[int, str] = field(default_factory=dict)
    scene_path: str = ""
    replayed: int = 0
    messages: list[str] = field(default_factory=list)
    damaged: list[Path] = field(default_factory=list)
    misfits: list[Path] = field(default_factory=list)


class Replay:
    """Applies records to what was loaded, through the fit of an older scene to the present one."""

    def __init__(self, scene: Scene, loaded: Loaded, fit: Fit) -> None:
        """Change ``loaded``, whose history is in terms of the older scene."""
        self._scene = scene
        self._loaded = loaded
        self._fit = fit

    def apply(self, record: Record) -> None:
        """Apply one record.

        Raises:
            ValueError: Its bytes are damaged.
        """
        loaded = self._loaded
        if record.kind in (RecordKind.DO, RecordKind.UNDO, RecordKind.REDO):
            self._apply_step(record)
        elif record.kind is RecordKind.SETTINGS:
            value = json.loads(record.data)
            loaded.settings = dict(value["settings"])
            loaded.hidden, loaded.locked = tuple(value["hidden"]), tuple(value["locked"])
        elif record.kind is RecordKind.FUSED:
            loaded.fused_shown = bool(json.loads(record.data)["shown"])
        loaded.replayed += 1

    def _apply_step(self, record: Record) -> None:
        entry, history = Entry.packed(record.data), self._loaded.history
        for edit in entry.edits(inverted=record.kind is RecordKind.UNDO):
            self._apply_edit(edit)
        if record.kind is RecordKind.DO:
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
            if frame_idx is None:
                return
            if frame_idx not in loaded.masks:
                shape = self._scene.frames[frame_idx].mask_shape
                loaded.masks.put(frame_idx, PackedMask.blank(shape))
            apply_checked(loaded.masks.edit(frame_idx), edit.edit)
        elif isinstance(edit, LayerEdit):
            if not self._fit.cloud:
                return
            if loaded.layer is None:
                loaded.layer = np.zeros(len(self._scene.cloud), dtype=np.uint16)
            loaded.layer[edit.points] = edit.after
        elif isinstance(edit, AcceptEdit):
            if not self._fit.cloud:
                return
            if loaded.accepted is None:
                loaded.accepted = Accepted(len(self._scene.cloud))
            loaded.accepted.put(edit.points, edit.after, edit.percents_after)
        else:
            loaded.taxonomy = edit.after
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
