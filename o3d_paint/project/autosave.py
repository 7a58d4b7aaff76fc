"""Keeps a project's folder in step with the project.

Every finished step is appended to a journal at once. Now and then, and on request, a checkpoint
writes the changed masks and begins a new journal. When the disk refuses, the work goes on in
memory, the project's ``save_failed`` says so once, and saving is tried again with later steps.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path

from o3d_paint.errors import PaintError, StorageError
from o3d_paint.io.store import make_folder
from o3d_paint.project.bookkeeper import Bookkeeper, Dirty
from o3d_paint.project.checkpoint import Snapshot, write_checkpoint
from o3d_paint.project.jobs import Jobs
from o3d_paint.project.journal import Journal
from o3d_paint.project.layout import Layout
from o3d_paint.project.project import Project
from o3d_paint.project.records import Record, RecordKind

__all__ = ["Autosave"]

_JOURNAL_BYTES = 4 << 20
_JOURNAL_RECORDS = 400
_RETRY_SECONDS = 2.0
_STATE_SECONDS = 600.0


class Autosave:
    """Writes one project into one folder that it holds the lock of."""

    def __init__(
        self,
        project: Project,
        layout: Layout,
        *,
        disk: Jobs,
        settler: Jobs,
        scene_path: Path | None,
        number: int,
        checksums: dict[int, str],
    ) -> None:
        """Begin to listen; nothing is written before `begin`.

        Args:
            project: Whose steps are kept.
            layout: Its folder.
            disk: Writes checkpoints.
            settler: Waits for journals to reach the disk.
            scene_path: The scene's file, noted in the table of contents.
            number: The last checkpoint in the folder.
            checksums: Known checksums of photos by position.
        """
        self._project = project
        self._layout = layout
        self._disk = disk
        self._settler = settler
        self._number = number
        self._book = Bookkeeper(project.scene, layout, scene_path=scene_path, checksums=checksums)
        # Keys of jobs: while saving elsewhere, two folders share the workers.
        self._checkpoint_key, self._settle_key = (
            ("checkpoint", layout.root),
            ("settle", layout.root),
        )
        self._journal: Journal | None = None
        self._dirty = Dirty()
        self._outdated: list[Path] = []
        self._in_flight: Dirty | None = None
        self._again = False
        self._state_wanted = False
        self._last_state = time.monotonic()
        self._last_try = 0.0
        self._problem: StorageError | None = None
        self._is_asked = False
        self._then: Callable[[], None] | None = None
        self._changed = self._changed_since_state = False
        self._stop_listening = project.recorded.connect(self._on_record)

    @property
    def problem(self) -> StorageError | None:
        """Why the latest work is in memory only; None while all is safe."""
        return self._problem

    @property
    def has_recorded(self) -> bool:
        """Whether anything changed since the folder was opened."""
        return self._changed

    def begin(self, dirty: Dirty, *, outdated: list[Path], wait: bool = False) -> None:
        """Start the first journal, and write what opening had to change.

        Args:
            dirty: What differs from the files.
            outdated: Files that can go then.
            wait: Block until it is done.

        Raises:
            StorageError: With ``wait``: it cannot be written.
        """
        self._dirty.add(dirty)
        self._outdated += outdated
        if wait:
            self._write_now()
        else:
            self._checkpoint()

    def save(self, *, wait: bool = False, then: Callable[[], None] | None = None) -> None:
        """Write everything and keep the state among the last five.

        Args:
            wait: Block until it is done. Otherwise the project's signals tell; who asks is told
                of a failure even where it was told before.
            then: Called once everything is on disk, and not if that fails.

        Raises:
            StorageError: With ``wait``: it cannot be written; the work is still in memory.
        """
        self._project.end_stroke()
        self._state_wanted |= self._changed_since_state
        self._is_asked, self._then = not wait, then
        if wait:
            self._write_now()
        else:
            self._checkpoint()

    def stop(self) -> None:
        """Listen no more and close the journal."""
        self._stop_listening()
        # It knows the listener, which is of this object: a circle that would keep the whole scene.
        self._stop_listening = _nothing
        # Answers that are still on their way would start writing into a folder that we let go.
        self._disk.cancel(self._checkpoint_key)
        self._settler.cancel(self._settle_key)
        journal, self._journal = self._journal, None
        if journal is not None:
            self._settler.call(lambda: _retire(journal))

    def retry(self) -> None:
        """Try again, if saving failed and enough time has passed. For a window's idle moments."""
        if self._problem is not None and time.monotonic() - self._last_try > _RETRY_SECONDS:
            self._checkpoint()

    def _write_now(self) -> None:
        """Write a checkpoint after what the worker has begun, and wait for it."""
        if self._in_flight is not None:
            # Its answer would come after ours; ours writes all that it does.
            self._disk.cancel(self._checkpoint_key)
            self._dirty.add(self._in_flight)
            self._in_flight = None
        snapshot, dirty = self._snapshot()
        try:
            checksums = self._disk.call(lambda: write_checkpoint(self._layout, snapshot))
            if self._journal is not None:
                self._settler.call(self._journal.settle)
        except (OSError, PaintError) as error:
            self._dirty.add(dirty)
            raise self._fail(error) from error
        self._written(checksums)

    def _on_record(self, record: Record) -> None:
        self._changed = self._changed_since_state = True
        fused = record.kind is RecordKind.FUSED
        layer = record.layer or record.accepted
        self._dirty.add(Dirty(set(record.frames), layer, fused, contents=True))
        journal = self._journal
        if journal is None:
            if time.monotonic() - self._last_try > _RETRY_SECONDS or self._problem is None:
                self._checkpoint()
            return
        try:
            journal.append(record.kind, self._data_of(record))
        except OSError as error:
            self._fail(error)
            return
        self._settler.submit(
            self._settle_key,
            lambda _: journal.settle(),
            done=lambda _: self._settled(),
            failed=self._fail,
        )
        if (
            self._again
            or journal.size > max(_JOURNAL_BYTES, self._project.history.nbytes // 2)
            or journal.count > _JOURNAL_RECORDS
        ):
            self._checkpoint()

    def _data_of(self, record: Record) -> bytes:
        """Return what the journal keeps of a record."""
        project = self._project
        if record.kind is RecordKind.SETTINGS:
            value: dict[str, object] = {
                "settings": project.settings,
                "hidden": sorted(project.hidden),
                "locked": sorted(project.locked),
            }
        elif record.kind is RecordKind.FUSED:
            value = {"shown": project.fused_shown}
        else:
            return record.data
        return json.dumps(value).encode()

    def _checkpoint(self) -> None:
        """Start writing what changed, off the UI thread; only between two strokes or steps."""
        project = self._project
        if self._in_flight is not None or project.is_stroking or project.is_changing:
            self._again = True
            return
        snapshot, self._in_flight = self._snapshot()
        self._disk.submit(
            self._checkpoint_key,
            lambda _: write_checkpoint(self._layout, snapshot),
            done=self._finished,
            failed=self._failed,
        )

    def _snapshot(self) -> tuple[Snapshot, Dirty]:
        """Begin a new journal and copy what has to be written beside it."""
        self._again, self._last_try = False, time.monotonic()
        self._rotate()
        dirty, self._dirty = self._dirty, Dirty()
        outdated, self._outdated = self._outdated, []
        due = self._last_try - self._last_state > _STATE_SECONDS
        state = self._state_wanted or (self._changed_since_state and due)
        if state:
            self._state_wanted = self._changed_since_state = False
            self._last_state = self._last_try
        snapshot = self._book.snapshot(
            self._project, dirty, number=self._number, outdated=outdated, state=state
        )
        return snapshot, dirty

    def _rotate(self) -> None:
        """Begin the next journal; without one, records wait in memory for the next checkpoint."""
        old, self._journal = self._journal, None
        if old is not None:
            self._settler.submit(("retire", old.path), lambda _: _retire(old), done=_ignore)
        present = self._layout.journal_numbers()
        self._number = max([self._number, *present]) + 1
        try:
            make_folder(self._layout.journals)
            self._journal = Journal(self._layout.journal(self._number))
        except (OSError, StorageError) as error:
            self._fail(error)

    def _finished(self, checksums: dict[int, str]) -> None:
        self._in_flight = None
        self._written(checksums)
        if self._again:
            self._checkpoint()

    def _failed(self, error: Exception) -> None:
        if self._in_flight is not None:
            self._dirty.add(self._in_flight)
        self._in_flight = None
        self._fail(error)

    def _written(self, checksums: dict[int, str]) -> None:
        """A checkpoint is on disk: all up to its journal is safe."""
        self._book.learn(checksums)
        if self._journal is None and self._dirty != Dirty():
            # Steps came meanwhile that no journal took.
            self._again = True
            return
        self._problem = None
        self._project.saved.emit(datetime.now(timezone.utc))
        if self._again:
            # What was asked for began while an earlier checkpoint was being written.
            return
        then, self._is_asked, self._then = self._then, False, None
        if then is not None:
            then()

    def _settled(self) -> None:
        if self._problem is None:
            self._project.saved.emit(datetime.now(timezone.utc))

    def _fail(self, error: Exception) -> StorageError:
        """Remember that the latest work is in memory only; say so once, and to who asks."""
        is_news = self._problem is None or self._is_asked
        self._is_asked, self._then = False, None
        problem = _explained(self._layout, error)
        self._problem = problem
        self._last_try = time.monotonic()
        journal, self._journal = self._journal, None
        if journal is not None:
            self._settler.submit(("retire", journal.path), lambda _: journal.close(), done=_ignore)
        if is_news:
            self._project.save_failed.emit(problem)
        return problem


def _retire(journal: Journal) -> None:
    """Bring a journal to the disk for the last time; a checkpoint replaces it anyway."""
    with suppress(OSError):
        journal.settle()
    journal.close()


def _nothing() -> None:
    """Have nothing to end any more."""


def _ignore(_answer: object) -> None:
    """Take an answer that nobody needs."""


def _explained(layout: Layout, error: Exception) -> StorageError:
    reason = getattr(error, "strerror", None) or str(error)
    if not isinstance(error, OSError | StorageError):
        # Not the disk's fault, but the work must not be lost for it either.
        reason = f"{type(error).__name__}: {reason}"
    return StorageError(
        f"cannot save into {layout.root} ({reason}): your work is kept in memory; make room or"
        ' choose another folder with "Save as…"'
    )
