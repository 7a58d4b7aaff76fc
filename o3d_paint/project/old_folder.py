"""Reading project folders of formats 1 to 3: the last checkpoint, then the journals.

Nothing is written here. Such a folder is converted when it is opened to be worked on.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from o3d_paint.core.scene import Scene
from o3d_paint.core.taxonomy import Taxonomy
from o3d_paint.errors import PaintError, TaxonomyError
from o3d_paint.io.files import read_file
from o3d_paint.project.fitting import Fit, fit_scene, refit_entries
from o3d_paint.project.history import Entry
from o3d_paint.project.layout import Layout
from o3d_paint.project.loaded import Loaded, Replay
from o3d_paint.project.misfits import report_misfits
from o3d_paint.project.old_contents import find_document
from o3d_paint.project.old_layout import OldLayout
from o3d_paint.project.old_masks import read_masks, read_saved_layer
from o3d_paint.project.records import Record, RecordKind, parse_records

__all__ = ["load_old_folder"]

_BYTES_PER_BYTE = 3  # the file, its records, and what of them stays as history


def load_old_folder(layout: Layout, scene: Scene, taxonomy: Taxonomy) -> Loaded:
    """Read a project of formats 1 to 3 as it belongs to a scene.

    Args:
        layout: The folder, where files of such a project are.
        scene: What was painted.
        taxonomy: Where the list of classes is lost.

    Raises:
        ProjectError: A newer version of the program wrote it.
    """
    loaded = Loaded(taxonomy, is_old=True)
    old = layout.old
    document = find_document(old, scene, loaded)
    fit = fit_scene(document, scene)
    loaded.taxonomy, loaded.number = document.taxonomy, max(1, document.number)
    number = document.number
    loaded.hidden, loaded.locked = document.hidden, document.locked
    loaded.settings, loaded.fused_shown = dict(document.settings), document.fused_shown
    loaded.scene_path, loaded.heirs = document.scene_path, {0: {}}
    loaded.checksums = {
        new: entry.checksum
        for entry, new in zip(document.photos, fit.frames, strict=True)
        if new is not None and entry.checksum
    }
    _read_history(old, loaded, number)
    read_masks(old, scene, loaded, document=document, fit=fit)
    read_saved_layer(old, scene, loaded, document=document, fit=fit)
    _replay(old, scene, loaded, fit=fit, number=number)
    loaded.history.restore(
        refit_entries(loaded.history.done, fit), refit_entries(loaded.history.undone, fit)
    )
    report_misfits(loaded, document, fit)
    return loaded


def _replay(layout: OldLayout, scene: Scene, loaded: Loaded, *, fit: Fit, number: int) -> None:
    """Apply what the journals hold beyond the last checkpoint."""
    replay = Replay(scene, loaded, fit)
    for journal in layout.journal_numbers():
        if journal < number:
            continue
        for record in _records(layout.journal(journal), loaded):
            try:
                replay.apply(record)
            except (ValueError, KeyError, TypeError, RecursionError, TaxonomyError) as error:
                loaded.messages.append(f"one step of the journal cannot be read ({error})")


def _read_history(layout: OldLayout, loaded: Loaded, number: int) -> None:
    """Read what could be undone and redone at the last checkpoint."""
    path = layout.history(number)
    if not path.exists():
        if number:
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
        loaded.messages.append(f"{path.name} is damaged: {len(found.records)} records were saved")
    return found.records
