"""Reading masks and cloud layer of formats 1 to 3; damaged ones are put together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from sqlite3 import Connection

import numpy as np

from o3d_paint.core.accepted import Accepted
from o3d_paint.core.arrays import IdArray
from o3d_paint.core.packed_masks import PackedMask
from o3d_paint.core.scene import Scene
from o3d_paint.errors import FormatError
from o3d_paint.project.database import make_tables
from o3d_paint.project.document import Document, PhotoEntry, read_old_document
from o3d_paint.project.fingerprint import fits_cloud
from o3d_paint.project.fitting import Fit
from o3d_paint.project.loaded import Loaded, apply_checked
from o3d_paint.project.mask_file import PointLabels, read_layer, read_mask
from o3d_paint.project.old_layout import OldLayout
from o3d_paint.project.rows import mask_bytes, put_document, put_mask, put_points
from o3d_paint.project.steps import AcceptEdit, Edit, FrameEdit, LayerEdit

__all__ = ["fill_from_old", "read_masks", "read_saved_layer"]


def read_masks(
    layout: OldLayout, scene: Scene, loaded: Loaded, *, document: Document, fit: Fit
) -> None:
    """Read all masks that fit the scene into ``loaded``, whose history is that of the checkpoint.

    Args:
        layout: The folder.
        scene: What is painted now.
        loaded: Gets masks and messages.
        document: The table of contents.
        fit: How its photos meet the scene.
    """
    for old_idx, (entry, frame_idx) in enumerate(zip(document.photos, fit.frames, strict=True)):
        if not entry.painted or frame_idx is None:
            continue
        path = layout.root / entry.file
        shape = scene.frames[frame_idx].mask_shape
        try:
            mask, _ = read_mask(path, shape)
        except FormatError as error:
            mask = _rebuilt(layout, loaded, entry, old_idx=old_idx, shape=shape, error=error)
        loaded.masks[frame_idx] = mask


def _rebuilt(
    layout: OldLayout,
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
            mask, _ = read_mask(layout.state(number).root / entry.file, shape)
            source = f"kept state {number} and the undo history"
            break
    for edit in _known_edits(loaded):
        if isinstance(edit, FrameEdit) and edit.frame_idx == old_idx:
            with suppress(ValueError):
                apply_checked(mask, edit.edit)
    loaded.messages.append(
        f"{error}; the mask of photo {entry.name} was put together from {source}: look it over"
    )
    return mask


def read_saved_layer(
    layout: OldLayout, scene: Scene, loaded: Loaded, *, document: Document, fit: Fit
) -> None:
    """Read the labels of points, if they belong to this cloud; see `read_masks`."""
    if not layout.layer.exists() and not document.layer:
        return
    try:
        labels, cloud = read_layer(layout.layer)
    except FormatError as error:
        if fit.cloud:
            _take(loaded, _rebuilt_layer(layout, scene, loaded, error=error))
        return
    fits = fits_cloud(cloud, scene) if cloud else fit.cloud
    if fits and len(labels.laid) == len(scene.cloud):
        _take(loaded, labels)


def _take(loaded: Loaded, labels: PointLabels) -> None:
    loaded.layer = labels.laid if labels.laid.any() else None
    loaded.accepted = labels.accepted


def _rebuilt_layer(
    layout: OldLayout, scene: Scene, loaded: Loaded, *, error: FormatError
) -> PointLabels:
    """Put the labels of points together as `_rebuilt` does a mask."""
    layer, accepted = np.zeros(len(scene.cloud), dtype=np.uint16), Accepted(len(scene.cloud))
    source = "the undo history"
    for number in reversed(layout.state_numbers()):
        with suppress(FormatError):
            kept, _ = read_layer(layout.state(number).layer)
            if len(kept.laid) == len(layer):
                layer, accepted = kept.laid, kept.accepted
                source = f"kept state {number} and the undo history"
                break
    for edit in _known_edits(loaded):
        if isinstance(edit, LayerEdit) and edit.points.max(initial=0) < len(layer):
            layer[edit.points] = edit.after
        elif isinstance(edit, AcceptEdit) and edit.points.max(initial=0) < len(layer):
            accepted.put(edit.points, edit.after, edit.percents_after)
    loaded.messages.append(
        f"{error}; the labels laid on points were put together from {source}: look them over"
    )
    return PointLabels(layer, accepted)


def fill_from_old(state: OldLayout, made: Connection) -> None:
    """Write an earlier state of formats 1 to 3 into a new database.

    Raises:
        FormatError: It is damaged.
        StorageError: It cannot be written.
    """
    document = read_old_document(state.document)
    make_tables(made)
    for photo, entry in enumerate(document.photos):
        if entry.painted:
            mask, _ = read_mask(state.root / entry.file)
            packed = PackedMask.of(mask)
            put_mask(made, photo, (mask_bytes(packed), packed), 0)
    has_layer = state.layer.exists()
    if has_layer:
        put_points(made, read_layer(state.layer)[0], 0)
    put_document(made, replace(document, layer=has_layer), 0)


def _known_edits(loaded: Loaded) -> Iterator[Edit]:
    """Go through the history so that the last word on each pixel and point comes last."""
    for entry in loaded.history.undone:
        yield from entry.edits(inverted=True)
    for entry in loaded.history.done:
        yield from entry.edits()
