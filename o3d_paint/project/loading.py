"""Reading a project folder: the last checkpoint, then the journals, with whatever can be saved.

Nothing is written here, so that it also serves who may only read. What is damaged or no longer fits
the scene is listed; `o3d_paint.project.session` keeps it under another name.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np

from o3d_paint.core.scene import Scene
from o3d_paint.core.taxonomy import Taxonomy
from o3d_paint.errors import PaintError, TaxonomyError
from o3d_paint.io.files import read_file, reading
from o3d_paint.project.cloud_labels import NUMBERS, classes_of, numbers_of, renumbered
from o3d_paint.project.contents import find_document
from o3d_paint.project.document import Document, read_document
from o3d_paint.project.fitting import Fit, fit_scene, refit_entries
from o3d_paint.project.from_masks import MASKS_READ, sources_now
from o3d_paint.project.history import Entry
from o3d_paint.project.layout import Layout
from o3d_paint.project.loaded import Loaded, Replay
from o3d_paint.project.records import Record, RecordKind, parse_records
from o3d_paint.project.saved_masks import read_masks, read_saved_layer

__all__ = ["load_folder"]

_MAX_READS = 5
_BYTES_PER_BYTE = 3  # the file, its records, and what of them stays as history


def load_folder(root: Path, scene: Scene, *, classes: Taxonomy | None = None) -> Loaded:
    """Read a project folder as it belongs to a scene; an absent or empty folder is a new project.

    Args:
        root: The folder.
        scene: What was painted.
        classes: Of a new project, or where the list of classes is lost.

    Raises:
        ProjectError: A newer version of the program wrote it.
    """
    taxonomy = classes_of(scene, classes)
    numbers = numbers_of(scene, taxonomy)
    with reading(root):
        for _ in range(_MAX_READS):
            loaded = _read_once(Layout(root), scene, taxonomy, numbers)
            if _number_now(root) in (None, loaded.number):
                break
            # Somebody else's session wrote a checkpoint while we were reading: read again.
    if MASKS_READ in loaded.settings:
        loaded.settings[MASKS_READ] = sources_now(loaded.settings[MASKS_READ], root) or []
    return loaded


def _number_now(root: Path) -> int | None:
    with suppress(PaintError):
        return read_document(Layout(root).document).number
    return None


def _read_once(layout: Layout, scene: Scene, taxonomy: Taxonomy, numbers: dict[str, int]) -> Loaded:
    """Read everything; see `load_folder`."""
    loaded = Loaded(taxonomy)
    document = find_document(layout, scene, loaded)
    if document is None:
        if numbers:
            loaded.settings[NUMBERS] = numbers
            loaded.messages += [m[:1].lower() + m[1:-1] for m in renumbered(scene, numbers)]
        return loaded
    fit = fit_scene(document, scene)
    loaded.taxonomy, loaded.number = document.taxonomy, document.number
    loaded.hidden, loaded.locked = document.hidden, document.locked
    loaded.settings, loaded.fused_shown = dict(document.settings), document.fused_shown
    loaded.scene_path = document.scene_path
    loaded.checksums = {
        new: entry.checksum
        for entry, new in zip(document.photos, fit.frames, strict=True)
        if new is not None and entry.checksum
    }
    _read_history(layout, loaded)
    read_masks(layout, scene, loaded, document=document, fit=fit)
    read_saved_layer(layout, scene, loaded, document=document, fit=fit)
    _replay(layout, scene, loaded, fit=fit)
    loaded.history.restore(
        refit_entries(loaded.history.done, fit), refit_entries(loaded.history.undone, fit)
    )
    _report_misfits(loaded, document, fit)
    _name_unknown_classes(loaded)
    return loaded


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


def _replay(layout: Layout, scene: Scene, loaded: Loaded, *, fit: Fit) -> None:
    """Apply what the journals hold beyond the last checkpoint."""
    replay = Replay(scene, loaded, fit)
    for number in layout.journal_numbers():
        if number < loaded.number:
            continue
        for record in _records(layout.journal(number), loaded):
            try:
                replay.apply(record)
            except (ValueError, KeyError, TypeError, RecursionError, TaxonomyError) as error:
                loaded.damaged.append(layout.journal(number))
                loaded.messages.append(f"one step of the journal cannot be read ({error})")


def _read_history(layout: Layout, loaded: Loaded) -> None:
    """Read what could be undone and redone at the last checkpoint."""
    path = layout.history(loaded.number)
    if not path.exists():
        if loaded.number:
            loaded.messages.append(f"{path.name} is missing: earlier steps cannot be undone")
        return
    found = _records(path, loaded, whole=True)
    stacks: dict[RecordKind, list[Entry]] = {RecordKind.DONE: [], RecordKind.UNDONE: []}
    for record in found:
        with suppress(ValueError, KeyError):
            stacks[record.kind].append(Entry.packed(record.data))
    loaded.history.restore(stacks[RecordKind.DONE], stacks[RecordKind.UNDONE])


def _records(path: Path, loaded: Loaded, *, whole: bool = False) -> tuple[Record, ...]:
    """Return the sound records of a file; says so where others were lost.

    Args:
        path: The file.
        loaded: Gets the messages.
        whole: Whether a torn end is damage too: it is where the file was written at once.
    """
    try:
        found = parse_records(read_file(path, factor=_BYTES_PER_BYTE))
    except PaintError as error:
        loaded.messages.append(str(error))
        return ()
    if found.damaged or (whole and found.torn):
        loaded.damaged.append(path)
        loaded.messages.append(f"{path.name} is damaged: {len(found.records)} records were saved")
    return found.records


def _report_misfits(loaded: Loaded, document: Document, fit: Fit) -> None:
    """Say what a changed scene makes of the paint."""
    if not fit.cloud:
        loaded.messages.append(
            f"the scene's points changed ({document.num_points} before): paint on photos applies"
            " to the new ones, labels laid on points directly are set aside"
        )
    gone = [
        entry.name
        for entry, now in zip(document.photos, fit.frames, strict=True)
        if now is None and entry.mask is not None
    ]
    if gone:
        some = ", ".join(gone[:5]) + (", …" if len(gone) > 5 else "")
        loaded.messages.append(
            f"{len(gone)} painted photos changed or are gone, their masks are set aside: {some}"
        )
