"""Reading a project folder: masks and labels as they were saved, then what was recorded since.

Nothing is written here, so that it also serves who may only read. What is damaged is put together
from the newest older copy and the recorded edits; it and what no longer fits the scene is listed,
and `o3d_paint.project.session` keeps it under another name.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from sqlite3 import Connection

import numpy as np

from o3d_paint.core.scene import Scene
from o3d_paint.core.taxonomy import Taxonomy
from o3d_paint.errors import FormatError, PaintError, TaxonomyError
from o3d_paint.io.files import reading
from o3d_paint.project.cloud_labels import NUMBERS, classes_of, numbers_of, renumbered
from o3d_paint.project.database import wal_of
from o3d_paint.project.document import Document, PhotoEntry
from o3d_paint.project.fingerprint import cloud_fingerprint
from o3d_paint.project.fitting import Fit, fit_scene, refit_entries
from o3d_paint.project.from_masks import MASKS_READ, sources_now
from o3d_paint.project.history import Entry
from o3d_paint.project.layout import Layout
from o3d_paint.project.loaded import STEPS, Loaded, Replay
from o3d_paint.project.misfits import report_misfits
from o3d_paint.project.old_folder import load_old_folder
from o3d_paint.project.older_copies import rebuilt_mask, rebuilt_points
from o3d_paint.project.opened_database import mark, opened
from o3d_paint.project.records import Record, RecordKind
from o3d_paint.project.rows import (
    read_document_row,
    read_edits,
    read_mask_row,
    read_points_row,
)

__all__ = ["load_folder"]

_MAX_READS = 5
_BROKEN = (ValueError, KeyError, TypeError, RecursionError, AttributeError, TaxonomyError)


def load_folder(root: Path, scene: Scene, *, classes: Taxonomy | None = None) -> Loaded:
    """Read a project folder as it belongs to a scene; an absent or empty folder is a new project.

    Args:
        root: The folder.
        scene: What was painted.
        classes: Of a new project, or where the list of classes is lost.

    Raises:
        ProjectError: A newer version of the program wrote it.
    """
    taxonomy, layout = classes_of(scene, classes), Layout(root)
    with reading(root):
        if layout.is_old:
            loaded = load_old_folder(layout, scene, taxonomy)
        else:
            for _ in range(_MAX_READS):
                before = _mark(layout)
                loaded = _read_database(layout, scene, taxonomy)
                if _mark(layout) == before:
                    break
                # Somebody else's session saved while we were reading: read again.
    if not loaded.number and not loaded.messages:
        numbers = numbers_of(scene, taxonomy)
        if numbers:
            loaded.settings[NUMBERS] = numbers
            loaded.messages += [m[:1].lower() + m[1:-1] for m in renumbered(scene, numbers)]
    _name_unknown_classes(loaded)
    if MASKS_READ in loaded.settings:
        loaded.settings[MASKS_READ] = sources_now(loaded.settings[MASKS_READ], root) or []
    return loaded


def _mark(layout: Layout) -> bytes:
    with suppress(FormatError):
        return mark(layout.database)[0]
    return b""


def _read_database(layout: Layout, scene: Scene, taxonomy: Taxonomy) -> Loaded:
    """Read the database, or the newest older copy in its place."""
    loaded = Loaded(taxonomy)
    copies = [layout.state(n) for n in reversed(layout.state_numbers())]
    for path in (layout.database, *copies):
        is_copy = path != layout.database
        notes: list[str] = []
        try:
            with opened(path, notes) as database:
                if is_copy:
                    # Alone it would not be known as a project.
                    document, _ = read_document_row(database, str(path))
                    loaded.messages.append(
                        f"everything is as it was saved {document.saved}, in {path.name}"
                    )
                loaded.messages += notes
                if notes:
                    _note_damage(layout, loaded)
                _read(database, layout, scene, loaded)
                return loaded
        except FormatError as error:
            if is_copy or _is_there(layout.database):
                loaded.messages.append(str(error))
            if not is_copy:
                _note_damage(layout, loaded)
            elif not loaded.messages:
                loaded.messages.append(f"{layout.database.name} is missing")
    if loaded.damaged:
        loaded.messages.append("the list of classes is lost as well: the default one is used")
    return loaded


def _is_there(path: Path) -> bool:
    with suppress(OSError):
        path.lstat()
        return True
    return False


def _note_damage(layout: Layout, loaded: Loaded) -> None:
    """Note the files that are to be kept as they are."""
    for path in (layout.database, wal_of(layout.database)):
        if path.is_file() and path not in loaded.damaged:
            loaded.damaged.append(path)


def _read(database: Connection, layout: Layout, scene: Scene, loaded: Loaded) -> None:
    """Read everything of a database that opens."""
    document, seq = _document(database, layout, scene, loaded)
    fit = fit_scene(document, scene)
    loaded.is_exact = fit.is_exact and len(fit.frames) == len(scene.frames)
    loaded.taxonomy, loaded.number = document.taxonomy, max(1, document.number)
    loaded.hidden, loaded.locked = document.hidden, document.locked
    loaded.settings, loaded.fused_shown = dict(document.settings), document.fused_shown
    loaded.fusion, loaded.heirs = document.fusion, {document.fusion: dict(document.heirs)}
    loaded.scene_path, loaded.kept = document.scene_path, document.kept
    loaded.checksums = {
        new: entry.checksum
        for entry, new in zip(document.photos, fit.frames, strict=True)
        if new is not None and entry.checksum
    }
    _read_history(database, layout, loaded, document)
    loaded.seq = max([seq, *(e.seq for e in loaded.edits)])
    known = _read_masks(database, layout, scene, loaded, document=document, fit=fit, seq=seq)
    points = _read_points(database, layout, scene, loaded, document=document, fit=fit, seq=seq)
    _replay(Replay(scene, loaded, fit, masks=known, points=points), layout, loaded, seq)
    loaded.history.restore(
        refit_entries(loaded.history.done, fit), refit_entries(loaded.history.undone, fit)
    )
    report_misfits(loaded, document, fit)
    _note_newer_copies(layout, loaded, document)


def _document(
    database: Connection, layout: Layout, scene: Scene, loaded: Loaded
) -> tuple[Document, int]:
    """Return the document, or that of the newest older copy, and the last edit that it knows."""
    try:
        return read_document_row(database, layout.database.name)
    except FormatError as error:
        _note_damage(layout, loaded)
        loaded.messages.append(f"{error}; everything else was read without them")
    for number in reversed(layout.state_numbers()):
        with suppress(PaintError), opened(layout.state(number)) as older:
            document, seq = read_document_row(older, layout.state(number).name)
            loaded.messages.append(
                f"classes and settings are those of {document.saved}, and what was done since"
            )
            return document, seq
    loaded.messages.append("the list of classes is lost as well: the default one is used")
    photos = tuple(PhotoEntry(f.name, f.mask_shape, "", painted=False) for f in scene.frames)
    improvised = Document(
        number=0,
        saved="",
        program="",
        scene_name=scene.name,
        scene_path="",
        num_points=len(scene.cloud),
        cloud=cloud_fingerprint(scene.cloud),
        photos=photos,
        taxonomy=loaded.taxonomy,
    )
    return improvised, -1


def _read_history(database: Connection, layout: Layout, loaded: Loaded, document: Document) -> None:
    """Read what was recorded, and what could be undone and redone at the last saving."""
    loaded.edits, damaged = read_edits(database)
    if damaged:
        _note_damage(layout, loaded)
        steps = "one recorded step is" if damaged == 1 else f"{damaged} recorded steps are"
        loaded.messages.append(
            f"{layout.database.name} is damaged: {steps} lost, and cannot be undone"
        )
    found = {e.seq: e for e in loaded.edits}
    stacks: list[list[Entry]] = []
    for seqs in (document.done, document.undone):
        stacks.append([])
        for seq in seqs:
            with suppress(ValueError, KeyError):
                stacks[-1].append(Entry.packed(found[seq].data))
    loaded.history.restore(*stacks)


def _read_masks(
    database: Connection,
    layout: Layout,
    scene: Scene,
    loaded: Loaded,
    *,
    document: Document,
    fit: Fit,
    seq: int,
) -> Mapping[int, int]:
    """Read all masks that fit the scene; returns the last edit that each knows."""
    known: dict[int, int] = {}
    for old_idx, (entry, frame_idx) in enumerate(zip(document.photos, fit.frames, strict=True)):
        known[old_idx] = seq
        where = f"the mask of photo {entry.name} in {layout.database.name}"
        shape = None if frame_idx is None else scene.frames[frame_idx].mask_shape
        try:
            row = read_mask_row(database, old_idx, shape, where)
            if row is None and entry.painted:
                msg = f"{where} is missing"
                raise FormatError(msg)
        except FormatError as error:
            _note_damage(layout, loaded)
            if frame_idx is not None:
                assert shape is not None
                loaded.masks.put(
                    frame_idx,
                    rebuilt_mask(
                        layout, loaded, entry.name, old_idx=old_idx, shape=shape, until=seq,
                        error=error,
                    ),
                )  # fmt: skip
            continue
        if row is None:
            continue
        if frame_idx is None:
            loaded.misfits[f"{entry.name}.png"] = (row[0], entry.checksum)
        else:
            loaded.masks.put(frame_idx, row[0])
            known[old_idx] = row[1]
    return known


def _read_points(
    database: Connection,
    layout: Layout,
    scene: Scene,
    loaded: Loaded,
    *,
    document: Document,
    fit: Fit,
    seq: int,
) -> int:
    """Read the labels of points if they belong to this cloud; returns the last edit they know."""
    where = f"the labels of points in {layout.database.name}"
    try:
        row = read_points_row(database, where)
        if row is None and document.layer:
            msg = f"{where} are missing"
            raise FormatError(msg)
        if row is not None and fit.cloud and len(row[0].laid) != len(scene.cloud):
            msg = f"{where} are of {len(row[0].laid)} points: expected {len(scene.cloud)}"
            raise FormatError(msg)
    except FormatError as error:
        _note_damage(layout, loaded)
        if fit.cloud:
            labels = rebuilt_points(layout, loaded, len(scene.cloud), until=seq, error=error)
            loaded.layer = labels.laid if labels.laid.any() else None
            loaded.accepted = labels.accepted
        return seq
    if row is None:
        return seq
    if fit.cloud:
        loaded.layer = row[0].laid if row[0].laid.any() else None
        loaded.accepted = row[0].accepted
        return row[1]
    loaded.misfits["cloud_layer.npz"] = row[0]
    return seq


def _replay(replay: Replay, layout: Layout, loaded: Loaded, seq: int) -> None:
    """Apply what was recorded since the document was written."""
    for edit in loaded.edits:
        if edit.seq <= seq:
            continue
        try:
            kind = RecordKind(edit.kind)
            if kind in (*STEPS, RecordKind.SETTINGS, RecordKind.FUSED):
                replay.apply(Record(kind, edit.data), edit.seq)
        except _BROKEN as error:
            _note_damage(layout, loaded)
            loaded.messages.append(f"one recorded step cannot be read ({error})")


def _note_newer_copies(layout: Layout, loaded: Loaded, document: Document) -> None:
    """Say that older copies are newer than the project: somebody put an older file back."""
    newer = [n for n in layout.state_numbers() if n > document.number]
    if newer and loaded.number and not loaded.damaged:
        loaded.newer = [layout.state(n) for n in newer]
        loaded.messages.append(
            f"{layout.database.name} (saved {document.saved or 'at an unknown time'}) is older than"
            f" backup {newer[-1]}: a program that copies or synchronises files may have put it"
            f" back; o3d-paint recover --restore {newer[-1]} brings the newer work back"
        )


def _name_unknown_classes(loaded: Loaded) -> None:
    """Give a class to every id that is in use, should the list of classes be older."""
    painted = [m.class_ids for m in loaded.masks.all_packed().values()]
    if loaded.layer is not None:
        painted.append(np.unique(loaded.layer))
    if loaded.accepted is not None and len(loaded.accepted):
        painted.append(np.unique(loaded.accepted.labels))
    ids = {int(i) for part in painted for i in part}
    completed = loaded.taxonomy.completed(ids)
    if len(completed) != len(loaded.taxonomy):
        new = len(completed) - len(loaded.taxonomy)
        loaded.messages.append(f"{new} painted classes had lost their names: rename them")
        loaded.taxonomy = completed
