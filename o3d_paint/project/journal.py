"""The journal: every finished step, appended to a file before anything else is written.

`append` hands a record to the operating system at once, so that a killed program loses nothing;
`settle` brings it onto the disk, and is called off the UI thread. A journal that was cut or could
not be written is never continued: a new one begins with the next checkpoint.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

from o3d_paint.project.records import MAGIC, RecordKind, frame_record

__all__ = ["Journal"]


class Journal:
    """One file of records that grows."""

    def __init__(self, path: Path) -> None:
        """Create the file.

        Raises:
            OSError: It cannot be created, or is there already.
        """
        self.path = path
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_BINARY", 0)
        self._descriptor: int | None = os.open(path, flags, 0o666)
        self._size = 0
        self._count = 0
        self._named = False
        try:
            self._write(MAGIC)
        except OSError:
            self.close()
            raise

    @property
    def size(self) -> int:
        """Length of the file in bytes."""
        return self._size

    @property
    def count(self) -> int:
        """Number of records."""
        return self._count

    def append(self, kind: RecordKind, data: bytes) -> None:
        """Write a record; it is whole or absent afterwards.

        Raises:
            OSError: It cannot be written.
        """
        self._write(frame_record(kind, data, self._count))
        self._count += 1

    def settle(self) -> None:
        """Wait until all that was appended is on the disk, under its name. For a worker.

        Raises:
            OSError: The disk failed, or the file is no longer where it was.
        """
        descriptor = self._descriptor
        if descriptor is None:
            return
        os.fsync(descriptor)
        if not self._named:
            _sync_folder(self.path.parent)
            self._named = True
        here = os.fstat(descriptor)
        there = os.stat(self.path)
        # A deleted file or a folder that was unmounted and came back takes writes silently.
        if (here.st_dev, here.st_ino) != (there.st_dev, there.st_ino):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self.path))

    def close(self) -> None:
        """Close the file; appending afterwards is an error."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def _write(self, data: bytes) -> None:
        if self._descriptor is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF), str(self.path))
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._descriptor, view) :]
        except OSError:
            # What was written of it would hide the records that follow from a simple reader.
            os.ftruncate(self._descriptor, self._size)
            raise
        self._size += len(data)


def _sync_folder(folder: Path) -> None:
    """Bring the file's name onto the disk, where the system can."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
