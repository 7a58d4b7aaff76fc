"""The database of an open project: every finished step is a row at once, saving is a few more.

`append` hands a step to the operating system, so that a killed program loses nothing; `settle`
brings it onto the disk, and is called off the UI thread. Two threads use a store: steps come from
one, all else from the other, so that a transaction is short.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from o3d_paint.project.database import connected_for_writing, fold, transaction, wal_of
from o3d_paint.project.layout import Layout
from o3d_paint.project.rows import put_edit

__all__ = ["Displaced", "Store"]


class Displaced(OSError):
    """The database is no longer where it was opened: moved, deleted or replaced."""


class Store:
    """An open database that nobody else opens."""

    def __init__(self, layout: Layout) -> None:
        """Open it, and fold in what a killed program left.

        Raises:
            sqlite3.Error: It cannot be opened, or is damaged.
            OSError: It is not there.
        """
        self._path = layout.database
        self._log_path = wal_of(self._path)
        self._lock = threading.Lock()
        self._connection = connected_for_writing(self._path)
        self._log: int | None = None
        found = os.stat(self._path)
        self._identity = (found.st_dev, found.st_ino)
        self.count = 0

    def append(self, seq: int, kind: int, data: bytes | None, step: int) -> None:
        """Write what happened; it is whole or absent afterwards.

        Args:
            seq: Its number, larger than all before.
            kind: A `RecordKind`.
            data: Of it; None where the row ``step`` has it.
            step: The row that has the data.

        Raises:
            sqlite3.Error: It cannot be written.
        """
        # One statement is a transaction by itself; a stroke waits for this.
        with self._lock:
            put_edit(self._connection, seq, kind, data, step)
        self.count += 1

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Change the database, wholly or not at all.

        Raises:
            sqlite3.Error: It cannot be written.
        """
        with self._lock, transaction(self._connection):
            yield self._connection

    def settle(self) -> None:
        """Wait until all that was written is on the disk, in its place. For a worker.

        Raises:
            Displaced: The database is no longer there.
            OSError: The disk failed.
        """
        if self._log is None:
            # For writing: Windows flushes nothing that is open for reading.
            flags = os.O_RDWR | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
            self.require_in_place()
            self._log = os.open(self._log_path, flags)
        os.fsync(self._log)
        self.require_in_place()

    def require_in_place(self) -> None:
        """Check that the database still has its name.

        A folder that is moved or deleted goes on to take what is written, silently.

        Raises:
            Displaced: It has not.
        """
        try:
            found = os.stat(self._path)
        except FileNotFoundError:
            found = None
        if found is None or (found.st_dev, found.st_ino) != self._identity:
            raise Displaced(errno.ENOENT, os.strerror(errno.ENOENT), str(self._path))

    @property
    def log_bytes(self) -> int:
        """Size of what is not folded in yet."""
        with suppress(OSError):
            return os.stat(self._log_path).st_size
        return 0

    def fold(self) -> None:
        """Bring everything into the database itself and onto the disk. For a worker.

        Raises:
            sqlite3.Error: It cannot be written.
            OSError: The disk failed, or the database is no longer there.
        """
        with self._lock:
            self.require_in_place()
            self.count = 0
            fold(self._connection, self._path)

    def close(self) -> None:
        """Fold everything in, as far as the disk takes it, and close the database."""
        with suppress(sqlite3.Error, OSError):
            self.fold()
        with self._lock, suppress(sqlite3.Error):
            self._connection.close()
        log, self._log = self._log, None
        if log is not None:
            os.close(log)
