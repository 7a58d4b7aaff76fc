"""What of a project becomes rows: each step with its number, and everything when it is saved."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from o3d_paint.project.checkpoint import (
    Dirty,
    SceneFacts,
    Snapshot,
    Written,
    document_of,
    point_labels,
)
from o3d_paint.project.history import Entry
from o3d_paint.project.loaded import Loaded
from o3d_paint.project.project import Project
from o3d_paint.project.records import Record, RecordKind
from o3d_paint.project.store import Store

__all__ = ["Recorder"]


class Recorder:
    """Numbers what happens to a project; knows which row has which step of the history."""

    def __init__(self, project: Project, loaded: Loaded, *, scene_path: Path | None) -> None:
        """Go on from what was read.

        Args:
            project: Whose steps are recorded.
            loaded: What its folder held.
            scene_path: The scene's file, noted in the project.
        """
        self._project = project
        self._facts = SceneFacts(project.scene, scene_path=scene_path, checksums=loaded.checksums)
        self._number, self._seq, self._kept = loaded.number, loaded.seq, loaded.kept
        # Rows that hold the steps of the history, by the identity of their bytes.
        self._rows = {id(e.data): (e.data, e.step) for e in loaded.edits}
        self._fusion = project.fusion
        # What earlier versions fused has no number; nor has what comes from elsewhere.
        self._fusion_number = loaded.fusion or int(project.fusion is not None)
        self._last_fusion = self._fusion_number

    def forget_rows(self) -> None:
        """Have all steps of the history written anew."""
        self._rows.clear()

    def append(self, store: Store, record: Record) -> None:
        """Write a record as the next row.

        Raises:
            sqlite3.Error: It cannot be written.
        """
        seq, project = self._seq + 1, self._project
        data, step = record.data, seq
        if record.kind is RecordKind.SETTINGS:
            value: dict[str, object] = {
                "settings": project.settings,
                "hidden": sorted(project.hidden),
                "locked": sorted(project.locked),
            }
            data = json.dumps(value).encode()
        elif record.kind is RecordKind.FUSED:
            heirs = {str(gone): heir for gone, heir in project.fusion_heirs.items()}
            value = {"shown": project.fused_shown, "fusion": self._fusion_number, "heirs": heirs}
            data = json.dumps(value).encode()
        _, step = self._rows.get(id(data), (data, seq))
        store.append(seq, record.kind, data if step == seq else None, step)
        self._seq = seq
        if record.kind is RecordKind.DO:
            self._rows[id(data)] = (data, seq)

    def note_fusion(self) -> bool:
        """Number a fused layer that is new; returns whether it is."""
        if self._project.fusion is self._fusion:
            return False
        self._fusion = self._project.fusion
        if self._fusion is None:
            self._fusion_number = 0
            return False
        self._last_fusion = self._fusion_number = self._last_fusion + 1
        return True

    def snapshot(self, dirty: Dirty, *, above: int, state: bool) -> Snapshot:
        """Copy what has to be written.

        Args:
            dirty: What to copy.
            above: Numbers of documents that are taken.
            state: Whether an older copy is to be kept.
        """
        project = self._project
        self._number = max(self._number, above) + 1
        done, edits = self._rows_of(project.history.done, RecordKind.DONE)
        undone, more = self._rows_of(project.history.undone, RecordKind.UNDONE)
        masks = project.packed_masks()
        document = replace(
            document_of(project, self._facts, self._number),
            fusion=self._fusion_number,
            done=done,
            undone=undone,
            kept=self._kept,
        )
        return Snapshot(
            document=document,
            seq=self._seq,
            masks={i: masks[i] for i in sorted(dirty.frames & set(masks))},
            photos={i: f.photo for i, f in enumerate(project.scene.frames) if i in dirty.frames},
            layer=point_labels(project) if dirty.layer else None,
            edits=(*edits, *more),
            fusion=project.fusion_for_saving() if dirty.fused else None,
            state=state,
        )

    def remember(self, snapshot: Snapshot, written: Written) -> None:
        """Know what a snapshot came to: the rows of the history, and none that is older."""
        self._facts.checksums.update(written.checksums)
        self._kept = written.kept
        new = {seq: data for seq, _, data in snapshot.edits}
        kept = {*snapshot.document.done, *snapshot.document.undone}
        rows = {k: v for k, v in self._rows.items() if v[1] in kept or v[1] > snapshot.seq}
        self._rows = rows | {id(data): (data, seq) for seq, data in new.items()}

    def _rows_of(
        self, entries: Iterable[Entry], kind: RecordKind
    ) -> tuple[tuple[int, ...], list[tuple[int, int, bytes]]]:
        """Return the rows of steps, and those that are still to be written."""
        rows, new = [], []
        for entry in entries:
            known = self._rows.get(id(entry.data))
            if known is None:
                self._seq += 1
                new.append((self._seq, int(kind), entry.data))
                rows.append(self._seq)
            else:
                rows.append(known[1])
        return tuple(rows), new
