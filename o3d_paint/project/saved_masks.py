"""Reading the masks of a folder; a damaged one is put together from what else there is."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np

from o3d_paint.core.arrays import IdArray
from o3d_paint.core.scene import Scene
from o3d_paint.errors import FormatError
from o3d_paint.project.document import Document, PhotoEntry
from o3d_paint.project.fitting import Fit
from o3d_paint.project.layout import Layout
from o3d_paint.project.loaded import Loaded, apply_checked
from o3d_paint.project.mask_file import read_mask
from o3d_paint.project.steps import FrameEdit

__all__ = ["read_masks"]


def read_masks(
    layout: Layout, scene: Scene, loaded: Loaded, *, document: Document, fit: Fit
) -> None:
    """Read all masks that fit the scene into ``loaded``, whose history is that of the checkpoint.

    Args:
        layout: The folder.
        scene: What is painted now.
        loaded: Gets masks, messages and the lists of damaged and misfitting files.
        document: The table of contents.
        fit: How its photos meet the scene.
    """
    for old_idx, (entry, frame_idx) in enumerate(zip(document.photos, fit.frames, strict=True)):
        if entry.mask is None:
            continue
        path = layout.root / entry.mask
        if frame_idx is None:
            if path.exists():
                loaded.misfits.append(path)
            continue
        shape = scene.frames[frame_idx].mask_shape
        try:
            mask = _read(path, shape)
        except FormatError as error:
            loaded.damaged.append(path)
            mask = _rebuilt(layout, loaded, entry, old_idx=old_idx, shape=shape, error=error)
        loaded.masks[frame_idx] = mask


def _read(path: Path, shape: tuple[int, int]) -> IdArray:
    """Read a mask of a known shape.

    Raises:
        FormatError: It is missing, damaged or of another shape.
    """
    mask, _ = read_mask(path)
    if mask.shape != shape:
        msg = f"{path} has {mask.shape[1]}x{mask.shape[0]} pixels: expected {shape[1]}x{shape[0]}"
        raise FormatError(msg)
    return mask


def _rebuilt(
    layout: Layout,
    loaded: Loaded,
    entry: PhotoEntry,
    *,
    old_idx: int,
    shape: tuple[int, int],
    error: FormatError,
) -> IdArray:
    """Put a mask together from the newest kept state that has it and the undo history.

    The history holds the last values of all pixels that it knows; the others come from the state.
    """
    mask, source = np.zeros(shape, dtype=np.uint16), "the undo history"
    for number in reversed(layout.state_numbers()):
        with suppress(FormatError):
            mask = _read(layout.states / f"{number:08d}" / str(entry.mask), shape)
            source = f"kept state {number} and the undo history"
            break
    steps = [e.step().inverted() for e in loaded.history.undone]
    steps += [e.step() for e in loaded.history.done]
    for step in steps:
        for edit in step.edits:
            if isinstance(edit, FrameEdit) and edit.frame_idx == old_idx:
                with suppress(ValueError):
                    apply_checked(mask, edit.edit)
    loaded.messages.append(
        f"{error}; the mask of photo {entry.name} was put together from {source}: look it over"
    )
    return mask
