"""A checkpoint: everything that changed since the last one, written so that a crash loses nothing.

Masks and layer come first, the table of contents last; it decides from which journal on an opening
has to replay. Replaying more than needed does no harm, since steps hold the final values.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from o3d_paint import __version__
from o3d_paint.core.arrays import IdArray
from o3d_paint.core.packed_masks import PackedMask
from o3d_paint.core.scene import Photo
from o3d_paint.fusion.result import Fusion
from o3d_paint.io.store import make_folder, write_bytes, write_json
from o3d_paint.project.document import Document
from o3d_paint.project.fingerprint import photo_checksum
from o3d_paint.project.fused_file import write_fusion
from o3d_paint.project.history import Entry
from o3d_paint.project.layout import Layout, now_text
from o3d_paint.project.mask_file import PointLabels, write_layer, write_mask
from o3d_paint.project.records import MAGIC, RecordKind, frame_record
from o3d_paint.project.states import keep_state

__all__ = ["MaskCopy", "Snapshot", "write_checkpoint"]


@dataclass(frozen=True, slots=True, eq=False)
class MaskCopy:
    """A mask that must be written.

    Attributes:
        frame_idx: The photo.
        mask: Its ids.
        photo: The photo itself, for its checksum.
    """

    frame_idx: int
    mask: PackedMask
    photo: Photo


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """Everything that a checkpoint writes; immutable, so that a worker may.

    Attributes:
        document: The table of contents; checksums of newly painted photos are filled in.
        masks: Masks that changed.
        layer: Labels of points; None where they did not change.
        done: Steps that can be undone.
        undone: Steps that can be redone.
        fusion: A new fused layer and the paint that it knew; None where it did not change.
        outdated: Files that are no longer needed afterwards.
        state: Whether to keep this state among the last five.
    """

    document: Document
    masks: tuple[MaskCopy, ...]
    layer: PointLabels | None
    done: tuple[Entry, ...]
    undone: tuple[Entry, ...]
    fusion: tuple[Fusion, IdArray] | None
    outdated: tuple[Path, ...]
    state: bool


def write_checkpoint(layout: Layout, snapshot: Snapshot) -> dict[int, str]:
    """Write a snapshot into a folder.

    Returns:
        Checksums of photos that were computed, by position.

    Raises:
        StorageError: Something cannot be written; what was there before is still whole.
    """
    document = snapshot.document
    make_folder(layout.masks)
    checksums: dict[int, str] = {}
    photos = list(document.photos)
    for copy in snapshot.masks:
        entry = photos[copy.frame_idx]
        if not entry.checksum:
            checksums[copy.frame_idx] = photo_checksum(copy.photo)
            entry = replace(entry, checksum=checksums[copy.frame_idx])
            photos[copy.frame_idx] = entry
        if entry.mask is not None:
            path = layout.root / entry.mask
            write_mask(path, copy.mask.unpacked(), document.taxonomy, photo=entry.checksum)
    if snapshot.layer is not None and document.layer:
        write_layer(layout.layer, snapshot.layer, cloud=document.cloud)
    if snapshot.fusion is not None:
        fusion, known = snapshot.fusion
        write_fusion(layout.fused, fusion, known=known, cloud=document.cloud)
    _write_history(layout.history(document.number), snapshot.done, snapshot.undone)
    document = replace(document, photos=tuple(photos), saved=now_text(), program=__version__)
    write_json(layout.document, document.to_json())
    _clean(layout, document, snapshot.outdated)
    if snapshot.state:
        keep_state(layout)
    return checksums


def _write_history(path: Path, done: Sequence[Entry], undone: Sequence[Entry]) -> None:
    records = [(RecordKind.DONE, e) for e in done] + [(RecordKind.UNDONE, e) for e in undone]
    parts = [frame_record(kind, e.data, i) for i, (kind, e) in enumerate(records)]
    write_bytes(path, MAGIC + b"".join(parts))


def _clean(layout: Layout, document: Document, outdated: Sequence[Path]) -> None:
    """Remove what the new table of contents no longer needs; what resists is left."""
    for number in layout.journal_numbers():
        if number < document.number:
            with suppress(OSError):
                layout.journal(number).unlink()
    for number in layout.history_numbers():
        if number != document.number:
            with suppress(OSError):
                layout.history(number).unlink()
    for path in outdated:
        with suppress(OSError):
            path.unlink(missing_ok=True)
    if not document.layer:
        with suppress(OSError):
            layout.layer.unlink(missing_ok=True)
