"""Damaged masks and labels of points, put together from older copies and what was recorded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import numpy as np

from o3d_paint.core.accepted import Accepted
from o3d_paint.core.packed_masks import PackedMask
from o3d_paint.errors import FormatError, PaintError
from o3d_paint.project.codec import PackedEdits
from o3d_paint.project.layout import Layout
from o3d_paint.project.loaded import STEPS, Loaded, apply_checked
from o3d_paint.project.mask_file import PointLabels
from o3d_paint.project.opened_database import opened
from o3d_paint.project.records import RecordKind
from o3d_paint.project.rows import read_document_row, read_mask_row, read_points_row
from o3d_paint.project.steps import AcceptEdit, Edit, FrameEdit, LayerEdit

__all__ = ["rebuilt_mask", "rebuilt_points"]


def rebuilt_mask(
    layout: Layout,
    loaded: Loaded,
    name: str,
    *,
    old_idx: int,
    shape: tuple[int, int],
    until: int,
    error: FormatError,
) -> PackedMask:
    """Return a mask of the newest older copy with all that is recorded since.

    Args:
        layout: The folder.
        loaded: Has what is recorded; gets a message.
        name: Of the photo.
        old_idx: Its position in the project.
        shape: (H, W) of the mask.
        until: Last edit to apply.
        error: What is wrong with the mask.
    """
    mask, since, source = np.zeros(shape, dtype=np.uint16), -1, "the undo history"
    for number in reversed(layout.state_numbers()):
        with suppress(PaintError), opened(layout.state(number)) as older:
            document, _ = read_document_row(older, "")
            names = [p.name for p in document.photos]
            place = names.index(name) if name in names else old_idx
            row = read_mask_row(older, place, shape, "")
            if row is not None:
                mask, since = row[0].unpacked(), row[1]
                source = f"backup {number} and what was recorded since"
                break
    for edit in _known_edits(loaded, since, until):
        if isinstance(edit, FrameEdit) and edit.frame_idx == old_idx:
            with suppress(ValueError):
                apply_checked(mask, edit.edit)
    loaded.messages.append(f"{error}; it was put together from {source}: look it over")
    return PackedMask.of(mask)


def rebuilt_points(
    layout: Layout, loaded: Loaded, count: int, *, until: int, error: FormatError
) -> PointLabels:
    """Return labels of points as `rebuilt_mask` does a mask."""
    laid, accepted = np.zeros(count, dtype=np.uint16), Accepted(count)
    since, source = -1, "the undo history"
    for number in reversed(layout.state_numbers()):
        with suppress(PaintError), opened(layout.state(number)) as older:
            row = read_points_row(older, "the labels of points")
            if row is not None and len(row[0].laid) == count:
                laid, accepted, since = row[0].laid, row[0].accepted, row[1]
                source = f"backup {number} and what was recorded since"
                break
    for edit in _known_edits(loaded, since, until):
        if isinstance(edit, LayerEdit | AcceptEdit) and edit.points.max(initial=0) < count:
            if isinstance(edit, LayerEdit):
                laid[edit.points] = edit.after
            else:
                accepted.put(edit.points, edit.after, edit.percents_after)
    loaded.messages.append(f"{error}; they were put together from {source}: look them over")
    return PointLabels(laid, accepted)


def _known_edits(loaded: Loaded, since: int, until: int) -> Iterator[Edit]:
    """Go through the history and then through what was recorded; the last word comes last."""
    for entry in loaded.history.undone:
        yield from _sound(entry.edits(inverted=True))
    for entry in loaded.history.done:
        yield from _sound(entry.edits())
    for stored in loaded.edits:
        if since < stored.seq <= until and stored.kind in STEPS:
            with suppress(ValueError):
                yield from _sound(PackedEdits(stored.data, inverted=stored.kind == RecordKind.UNDO))


def _sound(edits: PackedEdits) -> Iterator[Edit]:
    with suppress(ValueError):
        yield from edits
