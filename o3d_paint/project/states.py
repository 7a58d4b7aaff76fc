"""Earlier states of a project: the last five are kept whole, and can be put back.

A state is a folder with its own table of contents, masks and cloud layer. It is made beside its
place and renamed, as every file is.
"""

from __future__ import annotations

import filecmp
import os
import secrets
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from o3d_paint.errors import FormatError, PaintError, ProjectError, StorageError
from o3d_paint.io.files import is_link, read_file, reading
from o3d_paint.io.store import make_folder, write_bytes, write_json
from o3d_paint.project.document import read_document
from o3d_paint.project.foreign import move_foreign_aside
from o3d_paint.project.layout import Layout
from o3d_paint.project.lock import FolderLock, Holder
from o3d_paint.project.records import MAGIC, Record, RecordKind, parse_records

__all__ = ["KEPT_STATES", "Restored", "State", "keep_state", "list_states", "restore_state"]

KEPT_STATES = 5


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
        if not layout.document.exists() and not layout.states.is_dir():
            msg = f"{root} is not a project folder: it has no project.json"
            raise ProjectError(msg)
        return [_state(layout, number) for number in reversed(layout.state_numbers())]


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
    """Put a kept state back; what was there before becomes a state itself.

    Journals and undo history go to the folder ``aside``: they belong to what was there before. The
    fused layer goes; it is derived from the paint.

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
            notes += _about_to_go(layout)
            known = set(layout.state_numbers())
            _put_back(layout, number)
            notes += _about_states(layout, known)
    finally:
        lock.release()
    return Restored(state, tuple(notes))


def _about_to_go(layout: Layout) -> list[str]:
    """Return what restoring takes out of the project."""
    notes = []
    if layout.fused.exists():
        notes.append("The fused labels went, since they belong to other paint: fuse again.")
    saved = _number_of(layout)
    steps = sum(len(_records_of(layout.history(n))) for n in layout.history_numbers())
    if steps:
        notes.append(
            f"{_counted(steps, 'step')} that could be undone or redone went: the history lies in"
            f" {layout.aside}."
        )
    later = sum(len(_records_of(layout.journal(n))) for n in layout.journal_numbers() if n >= saved)
    if later:
        notes.append(
            f"{_counted(later, 'step')} after the last saving went, and no state has them: their"
            f" journal lies in {layout.aside}."
        )
    return notes


def _about_states(layout: Layout, known: set[int]) -> list[str]:
    """Return under which number the present state is kept, and which one had to go for it."""
    present = set(layout.state_numbers())
    notes = [f"What was there before is state {n}." for n in sorted(present - known)]
    gone = sorted(known - present)
    if gone:
        one = "the oldest" if len(gone) == 1 else "the oldest ones"
        notes.append(f"State {', '.join(map(str, gone))}, {one}, went: {KEPT_STATES} are kept.")
    return notes


def _number_of(layout: Layout) -> int:
    try:
        return read_document(layout.document).number
    except PaintError:
        return 0


def _records_of(path: Path) -> list[Record]:
    """Return the steps in a file; none where it cannot be read."""
    with suppress(PaintError):
        found = parse_records(read_file(path)).records
        return [r for r in found if r.kind not in (RecordKind.SETTINGS, RecordKind.FUSED)]
    return []


def _counted(number: int, word: str) -> str:
    """Return ``1 step`` or ``3 steps``."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


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


def keep_state(layout: Layout) -> int | None:
    """Keep the present files as a state, and forget all but the newest five.

    Returns:
        Its number; None where there is nothing sound to keep.

    Raises:
        OSError: It cannot be written.
        StorageError: It cannot be written.
    """
    try:
        document = read_document(layout.document)
    except PaintError:
        return None
    target = layout.states / f"{document.number:08d}"
    if target.exists():
        return document.number
    make_folder(layout.states)
    beside = layout.states / f".{document.number}-{secrets.token_hex(4)}.part"
    earlier = [layout.states / f"{n:08d}" for n in reversed(layout.state_numbers())][:1]
    try:
        make_folder(beside / "masks")
        for entry in document.photos:
            if entry.mask is not None:
                _keep_file(layout.root, beside, entry.mask, earlier=earlier)
        if layout.layer.exists():
            _keep_file(layout.root, beside, layout.layer.name, earlier=earlier)
        write_json(beside / "project.json", document.to_json())
        os.replace(beside, target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    _forget(layout)
    return document.number


def _keep_file(root: Path, beside: Path, name: str, *, earlier: list[Path]) -> None:
    """Copy a file into a state, or share it with the state before where it is the same."""
    for state in earlier:
        with suppress(OSError):
            if filecmp.cmp(root / name, state / name, shallow=False):
                os.link(state / name, beside / name)
                return
    # A missing or unreadable mask is simply not part of the state.
    with suppress(FormatError):
        write_bytes(beside / name, read_file(root / name))


def _forget(layout: Layout) -> None:
    """Remove the oldest states, and what an interrupted one left."""
    for number in layout.state_numbers()[:-KEPT_STATES]:
        shutil.rmtree(layout.states / f"{number:08d}", ignore_errors=True)
    for part in layout.states.glob(".*.part"):
        shutil.rmtree(part, ignore_errors=True)


def _put_back(layout: Layout, number: int) -> None:
    """Replace the present files by those of a state. The folder is locked."""
    chosen = layout.states / f"{number:08d}"
    document = read_document(chosen / "project.json")
    names = sorted(entry.mask for entry in document.photos if entry.mask is not None)
    if (chosen / layout.layer.name).exists():
        names.append(layout.layer.name)
    # In memory before anything else: keeping the present state may forget the oldest, this one.
    contents = {name: read_file(chosen / name) for name in names}
    outdated = _keep_present(layout)
    make_folder(layout.masks)
    for name, content in contents.items():
        write_bytes(layout.root / name, content)
    # A number above all journals: none of them is replayed onto the restored masks.
    above = max([*layout.journal_numbers(), *layout.state_numbers(), document.number]) + 1
    plain = document.to_json() | {"number": above, "fused_shown": False}
    write_bytes(layout.history(above), MAGIC)
    write_json(layout.document, plain)
    for path in outdated:
        path.unlink(missing_ok=True)
    for mask in layout.masks.glob("*.png"):
        if f"masks/{mask.name}" not in contents:
            layout.set_aside(mask)
    if layout.layer.name not in contents and layout.layer.exists():
        layout.set_aside(layout.layer)


def _keep_present(layout: Layout) -> list[Path]:
    """Keep what is about to be replaced, as a state and, for what no state holds, aside.

    Returns:
        Files that can go once the other state is in place.
    """
    outdated = [layout.journal(n) for n in layout.journal_numbers()]
    outdated += [layout.history(n) for n in layout.history_numbers()]
    for path in outdated:
        layout.set_aside(path, move=False)
    if layout.document.exists() and keep_state(layout) is None:
        layout.set_aside(layout.document, move=False)
    return [*outdated, layout.fused]


def _state(layout: Layout, number: int) -> State:
    folder = layout.states / f"{number:08d}"
    nbytes = sum(p.stat().st_size for p in folder.rglob("*") if not is_link(p) and p.is_file())
    try:
        document = read_document(folder / "project.json")
    except (FormatError, PaintError) as error:
        return State(number, "", 0, (), has_layer=False, nbytes=nbytes, problem=str(error))
    masks = [entry.mask for entry in document.photos if entry.mask is not None]
    missing = [name for name in masks if not (folder / name).exists()]
    return State(
        number=number,
        saved=document.saved,
        painted=len(masks),
        classes=tuple(c.name for c in document.taxonomy),
        has_layer=(folder / layout.layer.name).exists(),
        nbytes=nbytes,
        problem=f"{missing[0]} is missing" if missing else None,
    )
