"""Keeps a project's folder in step with the project.

Every finished step is a row of the database at once. Now and then, and on request, a worker writes
the changed masks. When the disk refuses, the work goes on in memory, the project's ``save_failed``
says so once, and saving is tried again with later steps. When the folder was moved, deleted or
replaced, everything is written anew where `Placing` says.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from pathlib import Path

from o3d_paint.errors import PaintError, StorageError
from o3d_paint.project.checkpoint import Dirty, Snapshot, Written, write
from o3d_paint.project.jobs import Jobs
from o3d_paint.project.layout import Layout
from o3d_paint.project.loaded import Loaded
from o3d_paint.project.project import Project
from o3d_paint.project.recorder import Recorder
from o3d_paint.project.records import Record
from o3d_paint.project.store import Displaced, Store

__all__ = ["Autosave", "Placing"]

_LOG_BYTES = 16 << 20
_LOG_STEPS = 400
_LOOK_EVERY = 16  # steps: looking at the size of a file takes longer than writing a step
_RETRY_SECONDS = 2.0
_STATE_SECONDS = 600.0
# A fused layer that follows the brush is written again after so many times what writing it took.
_FUSED_PAUSES = 20
_TROUBLE = (OSError, PaintError, sqlite3.Error)


Placing = Callable[[], tuple[Layout, str]]
"""Finds a locked folder for a project whose own was moved, deleted or replaced, and says a sentence
about it; raises `StorageError` where there is none."""


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
        loaded: Loaded,
        place: Placing,
    ) -> None:
        """Begin to listen; nothing is written before `begin`.

        Args:
            project: Whose steps are kept.
            layout: Its folder.
            disk: Saves.
            settler: Waits for steps to reach the disk.
            scene_path: The scene's file, noted in the project.
            loaded: What the folder held.
            place: Asked when the folder is gone.
        """
        self._project = project
        self._layout = layout
        self._disk = disk
        self._settler = settler
        self._place = place
        self._recorder = Recorder(project, loaded, scene_path=scene_path)
        self._fused_next = 0.0
        # Keys of jobs: while saving elsewhere, two folders share the workers.
        self._save_key, self._settle_key = ("save", layout.root), ("settle", layout.root)
        self._store: Store | None = None
        self._takes_steps = self._is_whole = False
        self._dirty = Dirty()
        self._in_flight: tuple[Snapshot, Dirty] | None = None
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

    def begin(self, *, whole: bool, touched: Iterable[int] | None = None) -> None:
        """Open the database, or write a new one with everything.

        Args:
            whole: Whether there is none that can be gone on with.
            touched: Photos whose masks may not be saved yet; None for none, and no labels.

        Raises:
            StorageError: It cannot be written.
        """
        if whole:
            self._is_whole = True
            self._write_now()
            return
        try:
            self._store = self._disk.call(lambda: Store(self._layout))
        except _TROUBLE as error:
            raise self._fail(error) from error
        self._takes_steps = True
        if touched is not None:
            self._dirty.add(Dirty(set(touched), layer=True, contents=True))
            self._save()

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
            self._save()

    def stop(self) -> None:
        """Listen no more and close the database."""
        self._stop_listening()
        # It knows the listener, which is of this object: a circle that would keep the whole scene.
        self._stop_listening = _nothing
        # Answers that are still on their way would start writing into a folder that we let go.
        self._disk.cancel(self._save_key)
        self._settler.cancel(self._settle_key)
        self._place = _nowhere
        self._close_store()

    def retry(self) -> None:
        """Save what waits, and what failed once enough time has passed. For idle moments."""
        waited = time.monotonic() - self._last_try
        failed = self._problem is not None and waited > _RETRY_SECONDS
        if failed or (self._problem is None and self._is_fusion_due()):
            self._save()

    def _is_fusion_due(self) -> bool:
        """Whether a new fused layer is to be written now; one that follows the brush may wait."""
        is_at_rest = not self._project.refresh_fused or time.monotonic() > self._fused_next
        return self._dirty.fused and is_at_rest

    def _close_store(self) -> None:
        store, self._store = self._store, None
        self._takes_steps = False
        if store is not None:
            # After what the workers have begun, which use it.
            self._settler.call(_nothing)
            self._disk.call(store.close)

    def _write_now(self) -> None:
        """Save after what the worker has begun, and wait for it."""
        if self._in_flight is not None:
            # Its answer would come after ours; ours writes all that it does.
            self._disk.cancel(self._save_key)
            self._disk.call(_nothing)
            self._take_back()
        snapshot, _ = self._in_flight = self._snapshot()
        store, layout = self._store, self._layout
        try:
            written = self._disk.call(lambda: write(layout, snapshot, store))
        except _TROUBLE as error:
            self._take_back()
            problem = self._fail(error)
            if not (isinstance(error, Displaced) and self._store is not store):
                raise problem from error
            # There is a new place.
            self._write_now()
            return
        self._finished(written)

    def _on_record(self, record: Record) -> None:
        self._changed = self._changed_since_state = True
        is_fused = self._recorder.note_fusion()
        layer = record.layer or record.accepted
        self._dirty.add(Dirty(set(record.frames), layer, is_fused, contents=True))
        store = self._store
        if store is None or not self._takes_steps:
            self._takes_steps = False
            if time.monotonic() - self._last_try > _RETRY_SECONDS or self._problem is None:
                self._save()
            return
        try:
            self._recorder.append(store, record)
        except _TROUBLE as error:
            # Later steps alone would make no sense without this one.
            self._takes_steps = False
            self._fail(error)
            return
        self._settler.submit(
            self._settle_key,
            lambda _: store.settle(),
            done=lambda _: self._settled(),
            failed=self._fail,
        )
        if self._store is None:
            return
        is_looked_at = store.count % _LOOK_EVERY == 0
        is_long = store.count > _LOG_STEPS or (is_looked_at and store.log_bytes > _LOG_BYTES)
        if self._again or is_long or self._is_fusion_due():
            self._save()

    def _save(self) -> None:
        """Start writing what changed, off the UI thread; only between two strokes or steps."""
        project = self._project
        if self._in_flight is not None or project.is_stroking or project.is_changing:
            self._again = True
            return
        snapshot, _ = self._in_flight = self._snapshot()
        store, layout = self._store, self._layout
        self._disk.submit(
            self._save_key,
            lambda _: write(layout, snapshot, store),
            done=self._finished,
            failed=self._failed,
        )

    def _snapshot(self) -> tuple[Snapshot, Dirty]:
        """Copy what has to be written."""
        self._again, self._last_try = False, time.monotonic()
        self._dirty.fused |= self._recorder.note_fusion()
        if self._is_whole or self._store is None:
            self._close_store()
            self._recorder.forget_rows()
            self._is_whole = True
            frames = set(self._project.painted_frames)
            self._dirty.add(Dirty(frames, layer=True, fused=True))
        dirty, self._dirty = self._dirty, Dirty()
        due = self._last_try - self._last_state > _STATE_SECONDS
        state = self._state_wanted or (self._changed_since_state and due)
        if state:
            self._state_wanted = self._changed_since_state = False
            self._last_state = self._last_try
        above = max(self._layout.state_numbers(), default=0)
        return self._recorder.snapshot(dirty, above=above, state=state), dirty

    def _take_back(self) -> None:
        """Remember that what was being written is not."""
        if self._in_flight is not None:
            self._dirty.add(self._in_flight[1])
        self._in_flight = None

    def _finished(self, written: Written) -> None:
        """Everything up to the snapshot is safe."""
        assert self._in_flight is not None
        snapshot, dirty = self._in_flight
        self._in_flight = None
        self._recorder.remember(snapshot, written)
        if dirty.fused:
            now = time.monotonic()
            self._fused_next = now + _FUSED_PAUSES * (now - self._last_try)
        if self._store is None:
            try:
                self._store = self._disk.call(lambda: Store(self._layout))
            except _TROUBLE as error:
                self._fail(error)
                return
            self._is_whole = False
        # Where steps came meanwhile that no row took, they are to be written first.
        self._takes_steps = self._takes_steps or self._dirty == Dirty()
        if self._again or not self._takes_steps:
            # What was asked for began while an earlier one was being written.
            self._save()
            return
        self._problem = None
        self._project.saved.emit(datetime.now(timezone.utc))
        then, self._is_asked, self._then = self._then, False, None
        if then is not None:
            then()

    def _failed(self, error: Exception) -> None:
        self._take_back()
        self._fail(error)

    def _settled(self) -> None:
        is_fusion_safe = not self._dirty.fused and self._in_flight is None
        if self._problem is None and is_fusion_safe:
            self._project.saved.emit(datetime.now(timezone.utc))

    def _fail(self, error: Exception) -> StorageError:
        """Remember that the latest work is in memory only; say so once, and to who asks."""
        is_news = self._problem is None or self._is_asked
        self._is_asked, self._then = False, None
        self._takes_steps = False
        problem, is_placed = _explained(self._layout, error), False
        if isinstance(error, Displaced):
            problem, is_placed = self._go_elsewhere()
        self._problem = problem
        if is_news:
            self._project.save_failed.emit(problem)
        if is_placed:
            self._save()
        return problem

    def _go_elsewhere(self) -> tuple[StorageError, bool]:
        """Have everything written where there is a place; returns what to tell, and whether."""
        try:
            self._layout, sentence = self._place()
        except StorageError as error:
            return error, False
        self._disk.cancel(self._save_key)
        self._take_back()
        self._close_store()
        self._is_whole = True
        return StorageError(sentence), True


def _nothing() -> None:
    """Have nothing to end any more."""


def _nowhere() -> tuple[Layout, str]:
    msg = "the session is closed"
    raise StorageError(msg)


def _explained(layout: Layout, error: Exception) -> StorageError:
    reason = getattr(error, "strerror", None) or str(error)
    if not isinstance(error, OSError | StorageError | sqlite3.OperationalError):
        # Not the disk's fault, but the work must not be lost for it either.
        reason = f"{type(error).__name__}: {reason}"
    return StorageError(
        f"cannot save into {layout.root} ({reason}): your work is kept in memory; make room or"
        ' choose another folder with "Save as…"'
    )
