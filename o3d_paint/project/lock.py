"""One writer per project folder.

The holder keeps a lock of the operating system on the file ``lock``; it ends with the process,
however that ends, so that nothing stale remains. Where the disk knows no such locks, the process
number in the file decides.
"""

from __future__ import annotations

import contextlib
import errno
import getpass
import json
import os
import socket
import sys
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path

from o3d_paint.project.foreign import is_foreign

__all__ = ["FolderLock", "Holder"]

_FLAGS = (
    os.O_RDWR
    | os.O_CREAT
    | sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC"))
)
_UNSUPPORTED = {errno.ENOTSUP, errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL}
_MAX_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a project.

    Attributes:
        user: Login name.
        host: Computer.
        pid: Process number.
        since: When it was opened, ISO 8601.
    """

    user: str
    host: str
    pid: int
    since: str

    @classmethod
    def me(cls) -> Holder:
        """Return this process."""
        try:
            user = getpass.getuser()
        except (KeyError, OSError, ImportError):
            user = "unknown"
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        return cls(user, socket.gethostname(), os.getpid(), now)

    def __str__(self) -> str:
        """Return a clause for messages."""
        return f"{self.user} on {self.host} (process {self.pid}, since {self._since_here()})"

    def _since_here(self) -> str:
        """Return the time as clocks here show it; what is no time, as it is in the file."""
        try:
            return datetime.fromisoformat(self.since).astimezone().strftime("%Y-%m-%d %H:%M")
        except (ValueError, OverflowError, OSError):
            return self.since


class FolderLock:
    """The lock on one folder, while it is held."""

    def __init__(self, descriptor: int, path: Path, *, recovered: Holder | None) -> None:
        """Take over an open, locked file; use `acquire`."""
        self._descriptor: int | None = descriptor
        self._path = path
        self.recovered = recovered

    @classmethod
    def acquire(cls, folder: Path) -> FolderLock | Holder:
        """Lock a folder, or say who holds it.

        The lock's ``recovered`` names a holder whose process ended without letting go.

        Raises:
            OSError: The folder cannot be written to.
        """
        path = folder / "lock"
        while True:
            if is_foreign(path):
                path.unlink()
            descriptor = os.open(path, _FLAGS, 0o666)
            if not _is_own(descriptor):
                # Somebody else's, which must not be written to: only its name here goes.
                os.close(descriptor)
                path.unlink()
                continue
            try:
                before = _read_holder(descriptor)
                if not _lock(descriptor, before):
                    os.close(descriptor)
                    return before or Holder("somebody", "this computer", 0, "an unknown time")
                if _is_at(descriptor, path):
                    # On a full disk the name is missing; the lock holds all the same.
                    with contextlib.suppress(OSError):
                        _write_holder(descriptor, Holder.me())
                    return cls(descriptor, path, recovered=before)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.close(descriptor)
                raise
            # The holder let go and removed the file between our opening and locking it.
            os.close(descriptor)

    @property
    def is_in_place(self) -> bool:
        """Whether the file that is locked still has its name."""
        return self._descriptor is not None and _is_at(self._descriptor, self._path)

    def release(self) -> None:
        """Let go; the next one finds no trace."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            return
        # Emptied first: if the file cannot be removed it must not look like a crash.
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, 0)
        with contextlib.suppress(OSError):
            if _is_at(descriptor, self._path):
                self._path.unlink()
        os.close(descriptor)


def _is_own(descriptor: int) -> bool:
    """Return whether an open file has no other name."""
    return os.fstat(descriptor).st_nlink <= 1


def _read_holder(descriptor: int) -> Holder | None:
    try:
        os.lseek(descriptor, 0, os.SEEK_SET)
        value = json.loads(os.read(descriptor, _MAX_BYTES))
        return Holder(
            str(value["user"]), str(value["host"]), int(value["pid"]), str(value["since"])
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write_holder(descriptor: int, holder: Holder) -> None:
    data = json.dumps(asdict(holder)).encode()
    os.ftruncate(descriptor, 0)
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.write(descriptor, data)


def _is_at(descriptor: int, path: Path) -> bool:
    """Return whether the open file still has its name."""
    try:
        here, there = os.fstat(descriptor), os.stat(path)
    except FileNotFoundError:
        return False
    return (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)


def _lock(descriptor: int, before: Holder | None) -> bool:
    """Lock an open file without waiting; returns whether that worked."""
    try:
        _system_lock(descriptor)
    except OSError as error:
        if error.errno in _UNSUPPORTED:
            return before is None or not _is_alive(before)
        return False
    return True


def _system_lock(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        # Far behind the text, so that others can still read who holds it.
        os.lseek(descriptor, _MAX_BYTES, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_alive(holder: Holder) -> bool:
    """Return whether a holder may still be running; those on other computers may."""
    if sys.platform == "win32" or holder.host != socket.gethostname():
        return True
    if holder.pid == os.getpid():
        return False
    try:
        os.kill(holder.pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
