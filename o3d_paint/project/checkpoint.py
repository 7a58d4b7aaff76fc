"""Saving: what differs from the database is written, and where the undo history stands.

Every mask says which edit it knows last, so that each can be written by itself: opening applies
to it what came after. The document comes last.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from o3d_paint import __version__
from o3d_paint.core.arrays import IdArray
from o3d_paint.core.packed_masks import PackedMask
from o3d_paint.core.scene import Photo, Scene
from o3d_paint.fusion.result import Fusion
from o3d_paint.project.database import make_database, wal_of
from o3d_paint.project.document import Document, PhotoEntry
from o3d_paint.project.fingerprint import cloud_fingerprint, photo_checksum
from o3d_paint.project.fused_file import write_fusion
from o3d_paint.project.layout import Layout, now_text
from o3d_paint.project.mask_file import PointLabels
from o3d_paint.project.project import Project
from o3d_paint.project.rows import (
    delete_edits,
    mask_bytes,
    put_document,
    put_edit,
    put_mask,
    put_points,
)
from o3d_paint.project.states import keep_state
from o3d_paint.project.store import Store

__all__ = ["Dirty", "SceneFacts", "Snapshot", "Written", "document_of", "point_labels", "write"]


@dataclass(slots=True)
class Dirty:
    """What differs between memory and the disk.

    Attributes:
        frames: Photos whose masks do.
        layer: Whether labels laid on points or accepted for them do.
        fused: Whether the fused layer does.
        contents: Whether anything else does: classes, settings, history.
    """

    frames: set[int] = field(default_factory=set)
    layer: bool = False
    fused: bool = False
    contents: bool = False

    def add(self, other: Dirty) -> None:
        """Take over what another one holds."""
        self.frames |= other.frames
        self.layer |= other.layer
        self.fused |= other.fused
        self.contents |= other.contents


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """Everything that saving writes; immutable, so that a worker may.

    Attributes:
        document: Checksums of newly painted photos are filled in.
        seq: The last edit that it knows.
        masks: Masks that changed, by photo.
        photos: Of all masks, for their checksums.
        layer: Labels of points; None where they did not change or there are none.
        edits: Rows for steps of the history that have none yet: number, kind, data.
        fusion: A new fused layer and the paint that it knew; None where it did not change.
        state: Whether to keep an older copy of all this.
    """

    document: Document
    seq: int
    masks: Mapping[int, PackedMask]
    photos: Mapping[int, Photo]
    layer: PointLabels | None
    edits: tuple[tuple[int, int, bytes], ...]
    fusion: tuple[Fusion, IdArray] | None
    state: bool


@dataclass(frozen=True, slots=True)
class Written:
    """What came of saving.

    Attributes:
        checksums: Of photos that were computed, by position.
        kept: Last edit that an older copy knows.
    """

    checksums: dict[int, str]
    kept: int


class SceneFacts:
    """What a document says of its scene; computed once."""

    def __init__(
        self, scene: Scene, *, scene_path: Path | None, checksums: Mapping[int, str]
    ) -> None:
        """Compute the fingerprint of the points.

        Args:
            scene: What is painted.
            scene_path: The scene's file, noted for commands that are given the folder alone.
            checksums: Known checksums of photos, by position.
        """
        self.path = "" if scene_path is None else str(scene_path.resolve())
        self.checksums = dict(checksums)
        self.cloud = cloud_fingerprint(scene.cloud)


def document_of(project: Project, facts: SceneFacts, number: int) -> Document:
    """Return the document of a project as it is now, without its history."""
    scene, painted = project.scene, set(project.painted_frames)
    return Document(
        number=number,
        saved=now_text(),
        program=__version__,
        scene_name=scene.name,
        scene_path=facts.path,
        num_points=len(scene.cloud),
        cloud=facts.cloud,
        photos=tuple(
            PhotoEntry(f.name, f.mask_shape, facts.checksums.get(i, ""), painted=i in painted)
            for i, f in enumerate(scene.frames)
        ),
        taxonomy=project.taxonomy,
        hidden=tuple(sorted(project.hidden)),
        locked=tuple(sorted(project.locked)),
        # A copy: the settings may change while a worker writes this.
        settings=json.loads(json.dumps(project.settings)),
        layer=_has_point_labels(project),
        fused_shown=project.fused_shown,
        heirs=project.fusion_heirs,
    )


def point_labels(project: Project) -> PointLabels | None:
    """Return a copy of the labels of points; None where there are none."""
    if not _has_point_labels(project):
        return None
    layer = project.ballots.layer
    laid = np.zeros(len(project.scene.cloud), dtype=np.uint16) if layer is None else layer.copy()
    return PointLabels(laid, project.accepted.copy())


def _has_point_labels(project: Project) -> bool:
    layer = project.ballots.layer
    return bool(len(project.accepted)) or (layer is not None and bool(layer.any()))


def write(layout: Layout, snapshot: Snapshot, store: Store | None) -> Written:
    """Write a snapshot.

    Args:
        layout: The folder.
        snapshot: What to write; everything, where there is no store.
        store: The open database; None makes a new one in place of what is there.

    Raises:
        StorageError: Something cannot be written; what was there before is still whole.
        OSError: The same.
        sqlite3.Error: The same.
    """
    if store is not None:
        store.require_in_place()
    checksums = {
        i: photo_checksum(snapshot.photos[i])
        for i in snapshot.masks
        if not snapshot.document.photos[i].checksum
    }
    document = replace(
        snapshot.document,
        photos=tuple(
            replace(entry, checksum=checksums[i]) if i in checksums else entry
            for i, entry in enumerate(snapshot.document.photos)
        ),
    )
    if snapshot.fusion is not None:
        fusion, known = snapshot.fusion
        write_fusion(
            layout.fused, fusion, known=known, cloud=document.cloud, number=document.fusion
        )
    if store is None:
        # Folded in or kept aside before; it would not belong to what comes in its place.
        wal_of(layout.database).unlink(missing_ok=True)
        make_database(layout.database, lambda made: _fill(made, snapshot, document))
    else:
        for photo, mask in snapshot.masks.items():
            packed = mask_bytes(mask), mask
            with store.transaction() as database:
                put_mask(database, photo, packed, snapshot.seq)
        layer = snapshot.layer
        with store.transaction() as database:
            if layer is not None:
                put_points(database, layer, snapshot.seq)
            _finish(database, snapshot, document)
        store.fold()
    if not document.fusion:
        with suppress(OSError):
            layout.fused.unlink(missing_ok=True)
    kept = keep_state(layout) if snapshot.state else None
    return Written(checksums, document.kept if kept is None else kept)


def _fill(made: sqlite3.Connection, snapshot: Snapshot, document: Document) -> None:
    for photo, mask in snapshot.masks.items():
        put_mask(made, photo, (mask_bytes(mask), mask), snapshot.seq)
    if snapshot.layer is not None:
        put_points(made, snapshot.layer, snapshot.seq)
    _finish(made, snapshot, document)


def _finish(database: sqlite3.Connection, snapshot: Snapshot, document: Document) -> None:
    """Write the document, and remove what it no longer has, in one transaction."""
    for seq, kind, data in snapshot.edits:
        put_edit(database, seq, kind, data, seq)
    for photo, entry in enumerate(document.photos):
        if not entry.painted:
            database.execute("DELETE FROM mask WHERE photo = ?", (photo,))
    if not document.layer:
        database.execute("DELETE FROM points")
    put_document(database, document, snapshot.seq)
    kept = {*document.done, *document.undone}
    delete_edits(database, min(snapshot.seq, document.kept), kept)
