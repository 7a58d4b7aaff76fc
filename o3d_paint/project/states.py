"""Older copies of a project: the last five are kept whole, and can be put back.

A copy is a database like the project's own, with its undo history; the fused layer, which can be
computed anew, is in none. Earlier versions of the program left folders of files, which can be put
back, too.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from o3d_paint.errors import FormatError, PaintError, ProjectError, StorageError
from o3d_paint.io.files import is_link, reading
from o3d_paint.io.store import make_folder
from o3d_paint.project.database import copy_into, wal_of
from o3d_paint.project.document import Document, read_old_document
from o3d_paint.project.foreign import move_foreign_aside
from o3d_paint.project.layout import Layout
from o3d_paint.project.lock import FolderLock, Holder
from o3d_paint.project.old_layout import OldLayout
from o3d_paint.project.old_masks import fill_from_old
from o3d_paint.project.opened_database import opened
from o3d_paint.project.rows import (
    put_document,
    read_document_row,
    read_edits,
    read_mask_row,
    read_points_row,
)

__all__ = ["KEPT_STATES", "Restored", "State", "keep_state", "list_states", "restore_state"]

KEPT_STATES = 5
_Place = Path | OldLayout


@dataclass(frozen=True, slots=True)
class State:
    """A state that can be put back.

    Attributes:
        number: What to restore it by.
        saved: When it was saved, ISO 8601, UTC.
        painted: Number of painted photos.
        classes: Names of the classes.
        has_layer: Whether labels are laid on points.
        nbytes: Size of its files.
        problem: Why it cannot be restored, None where it can.
    """

    number: int
    saved: str
    painted: int
    classes: tuple[str, ...]
    has_layer: bool
    nbytes: int
    problem: str | None = None


def list_states(root: Path) -> list[State]:
    """Return the kept states of a project folder, newest first.

    Raises:
        ProjectError: It is not a project folder.
    """
    layout = Layout(root)
    with reading(root):
        is_one = layout.database.exists() or layout.old.document.exists()
        if not is_one and not layout.states.is_dir():
            msg = f"{root} is not a project folder: it has no {layout.database.name}"
            raise ProjectError(msg)
        return [_state(n, place) for n, place in sorted(_places(layout).items(), reverse=True)]


@dataclass(frozen=True, slots=True)
class Restored:
    """A state that was put back, and what that did to what was there before.

    Attributes:
        state: The one that was put back.
        notes: What is no longer there and where it is kept, one sentence each.
    """

    state: State
    notes: tuple[str, ...]


def restore_state(root: Path, number: int) -> Restored:
    """Put a kept state back, with its undo history; what was there before becomes a state itself.

    The fused layer goes; it is derived from the paint.

    Args:
        root: The project folder.
        number: Of the state, as `list_states` gives it.

    Raises:
        ProjectError: There is no such state, it is damaged, or the project is open.
        StorageError: The folder cannot be written to.
    """
    layout = Layout(root)
    _require_state(root, number)
    try:
        lock = FolderLock.acquire(root)
    except OSError as error:
        msg = f"cannot write to {root} ({error.strerror or error}): copy the project elsewhere"
        raise StorageError(msg) from error
    if isinstance(lock, Holder):
        msg = f"{root} is open in a window of {lock}: close it first"
        raise ProjectError(msg)
    try:
        with reading(root):
            notes = move_foreign_aside(layout)
            # Links may have been what made the state whole, so it is looked at once more.
            state = _require_state(root, number)
            notes += _put_back(layout, number)
    except sqlite3.Error as error:
        msg = f"cannot write to {root} ({error}): copy the project elsewhere"
        raise StorageError(msg) from error
    finally:
        lock.release()
    return Restored(state, tuple(notes))


def keep_state(layout: Layout) -> int | None:
    """Keep the database as a state, and forget all but the newest five.

    What is not folded in yet is not part of it.

    Returns:
        The last edit that it knows; None where there is nothing sound to keep.

    Raises:
        OSError: It cannot be written.
        StorageError: It cannot be written.
        sqlite3.Error: It cannot be written.
    """
    try:
        with opened(layout.database, with_log=False) as database:
            document, seq = read_document_row(database, layout.database.name)
            target = layout.state(document.number)
            if not target.exists():
                make_folder(layout.states)
                copy_into(database, target)
    except (FormatError, sqlite3.DatabaseError) as error:
        if isinstance(error, sqlite3.OperationalError):
            raise
        return None
    _forget(layout)
    return seq


def _forget(layout: Layout) -> list[int]:
    """Remove the oldest states; returns their numbers."""
    gone = layout.state_numbers()[:-KEPT_STATES]
    for number in gone:
        with suppress(OSError):
            layout.state(number).unlink()
    return gone


def _put_back(layout: Layout, number: int) -> list[str]:
    """Replace the present project by a state; returns what to tell. The folder is locked."""
    places = _places(layout)
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as chosen:
        # In memory before anything else: keeping the present state may forget the oldest, this one.
        _load(places[number], chosen)
        document, seq = read_document_row(chosen, f"state {number}")
        present, notes = _keep_present(layout, above=max(places, default=0) + 1)
        put_document(
            chosen,
            replace(document, number=max(present, *places) + 1, fused_shown=False, fusion=0),
            seq,
        )
        gone = _forget(layout)
        if layout.fused.exists():
            notes.append("The fused labels went, since they belong to other paint: fuse again.")
        wal_of(layout.database).unlink(missing_ok=True)
        copy_into(chosen, layout.database)
    layout.fused.unlink(missing_ok=True)
    if gone:
        one = "the oldest" if len(gone) == 1 else "the oldest ones"
        notes.append(f"State {', '.join(map(str, gone))}, {one}, went: {KEPT_STATES} are kept.")
    return notes


def _keep_present(layout: Layout, above: int) -> tuple[int, list[str]]:
    """Keep what is about to be replaced; returns its number, and what to tell."""
    if layout.is_old:
        layout.keep_original()
        return above, [f"What was there before is kept as it was in {layout.original.root}."]
    told: list[str] = []
    try:
        with opened(layout.database, told) as database:
            document, seq = read_document_row(database, layout.database.name)
            edits, _ = read_edits(database)
            later = [e for e in edits if e.seq > seq]
            kept = document.number
            if later or not layout.state(kept).exists():
                kept = above
                make_folder(layout.states)
                with closing(sqlite3.connect(":memory:", isolation_level=None)) as made:
                    database.backup(made)
                    put_document(made, replace(document, number=kept), seq)
                    copy_into(made, layout.state(kept))
    except PaintError as error:
        told.append(str(error))
        kept = above
    if told:
        for path in (layout.database, wal_of(layout.database)):
            if path.exists():
                layout.set_aside(path, move=False)
        return kept, [f"What was there before is damaged, and kept in {layout.aside}."]
    notes = [f"What was there before is state {kept}, with its undo history."]
    if later:
        steps = "1 step" if len(later) == 1 else f"{len(later)} steps"
        notes.append(f"{steps} after the last saving went: that state has them.")
    return kept, notes


def _load(place: _Place, made: sqlite3.Connection) -> None:
    """Read a whole state into a database in memory."""
    if isinstance(place, OldLayout):
        fill_from_old(place, made)
    else:
        with opened(place) as source:
            source.backup(made)


def _require_state(root: Path, number: int) -> State:
    """Return a state that can be restored.

    Raises:
        ProjectError: There is no such state, or it is damaged.
    """
    states = {state.number: state for state in list_states(root)}
    if number not in states:
        known = ", ".join(str(n) for n in states) or "none"
        msg = f"{root} has no state {number}: there are {known}"
        raise ProjectError(msg)
    if states[number].problem is not None:
        msg = f"state {number} of {root} cannot be restored: {states[number].problem}"
        raise ProjectError(msg)
    return states[number]


def _places(layout: Layout) -> dict[int, _Place]:
    """Return where the states are, those of formats 1 to 3 too."""
    found: dict[int, _Place] = {}
    for old in (layout.old, layout.original):
        if not is_link(old.root):
            found |= {n: old.state(n) for n in old.state_numbers()}
    return found | {n: layout.state(n) for n in layout.state_numbers()}


def _state(number: int, place: _Place) -> State:
    root = place.root if isinstance(place, OldLayout) else place
    files = root.rglob("*") if root.is_dir() else [root]
    nbytes = sum(p.stat().st_size for p in files if not is_link(p) and p.is_file())
    try:
        document, problem = _looked_at(place)
    except PaintError as error:
        return State(number, "", 0, (), has_layer=False, nbytes=nbytes, problem=str(error))
    return State(
        number=number,
        saved=document.saved,
        painted=sum(p.painted for p in document.photos),
        classes=tuple(c.name for c in document.taxonomy),
        has_layer=document.layer,
        nbytes=nbytes,
        problem=problem,
    )


def _looked_at(place: _Place) -> tuple[Document, str | None]:
    """Return the document of a state, and what is wrong with its pieces.

    Raises:
        PaintError: It cannot be read.
    """
    if isinstance(place, OldLayout):
        document = read_old_document(place.document)
        missing = [p.file for p in document.photos if p.file and not (place.root / p.file).exists()]
        return document, f"{missing[0]} is missing" if missing else None
    told: list[str] = []
    with opened(place, told) as database:
        document, _ = read_document_row(database, place.name)
        try:
            for i, photo in enumerate(document.photos):
                where = f"the mask of photo {photo.name}"
                if photo.painted and read_mask_row(database, i, None, where) is None:
                    return document, f"{where} is missing"
            if document.layer and read_points_row(database, "the labels of points") is None:
                return document, "the labels of points are missing"
        except PaintError as error:
            return document, str(error)
    return document, told[0] if told else None
