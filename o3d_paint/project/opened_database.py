"""Opening a database that may come from anybody, may be damaged, and may be written meanwhile."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from o3d_paint.errors import FormatError, ProjectError
from o3d_paint.io.files import open_file
from o3d_paint.project.database import (
    APPLICATION,
    FORMAT,
    NAME,
    NUM_TABLES,
    PAGE,
    harden,
    is_readable,
    make_database,
    uri_of,
    wal_of,
)

__all__ = ["mark", "opened"]

_MAGIC = b"SQLite format 3\0"
_MAX_TRIES = 5
_LOG_HEADER, _FRAME_HEADER = 32, 24


def mark(path: Path) -> tuple[bytes, bytes]:
    """Return what tells whether a database was folded or replaced meanwhile.

    Raises:
        FormatError: It cannot be read.
    """
    with open_file(path) as file:
        head = file.read(64)
    try:
        with open_file(wal_of(path)) as file:
            return head[60:], file.read(24)[16:]
    except FormatError:
        return head[60:], b""


@contextmanager
def opened(
    path: Path, notes: list[str] | None = None, *, with_log: bool = True
) -> Iterator[sqlite3.Connection]:
    """Open a database to be read, without trust and without writing anything beside it.

    Where it has a log, or is damaged at its root, a copy is opened: nothing is folded in, and what
    can be mended is mended, in the copy alone. Journals of other kinds are not looked at.

    Args:
        path: The database; others may be writing it.
        notes: Gets what was noticed, a clause each.
        with_log: Whether to read what is not folded in yet.

    Yields:
        A connection; what is read may still be damaged.

    Raises:
        FormatError: It is no project, damaged beyond repair, or a link.
        ProjectError: A newer version of the program wrote it.
    """
    told: list[str] = [] if notes is None else notes
    with open_file(path) as file:
        head = file.read(100)
        size = file.seek(0, os.SEEK_END)
    application = int.from_bytes(head[68:72], "big")
    if application >> 8 == APPLICATION and application & 255 > FORMAT:
        msg = (
            f"{path} has format {application & 255}, and this version of O3D Paint knows up to"
            f" {FORMAT}: open it with the newer version that wrote it"
        )
        raise ProjectError(msg)
    is_ours = head.startswith(_MAGIC) and application == APPLICATION << 8 | FORMAT
    is_whole = int.from_bytes(head[28:32], "big") * PAGE <= size and head[16:18] == b"\x10\0"
    if is_ours and is_whole and not (with_log and _log_bytes(path, told)):
        connection = _connected(path, "mode=ro&immutable=1")
        try:
            if is_readable(connection):
                yield connection
                return
        finally:
            connection.close()
    with tempfile.TemporaryDirectory(prefix="o3d-paint-") as folder:
        copy = Path(folder) / NAME
        if not (is_ours and is_whole and _copied(path, copy, told)):
            _mended(path, copy)
            told.append(f"{path.name} is damaged at its beginning or its end")
        connection = _connected(copy, "mode=rw")
        try:
            if not is_readable(connection):
                msg = f"{path} is damaged, or no project of this program"
                raise FormatError(msg)
            yield connection
        finally:
            connection.close()


def _copied(path: Path, copy: Path, told: list[str]) -> bool:
    """Copy a database with its log, unless that is another's; returns whether it is readable.

    Within a generation the log holds all that its database may hold in part, so that a database
    and the log as it is afterwards make a whole.
    """
    log = wal_of(copy)
    for _ in range(_MAX_TRIES):
        before = mark(path)
        _copy(path, copy)
        log.unlink(missing_ok=True)
        if before[1] and _log_bytes(path, []):
            _copy(wal_of(path), log)
        if mark(path) == before:
            break
    with closing(_connected(copy, "mode=rw")) as connection:
        if not is_readable(connection):
            return False
        try:
            _, frames, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            (new,) = connection.execute("PRAGMA user_version").fetchone()
            (base,) = connection.execute("SELECT base FROM log WHERE id = 1").fetchone()
        except (sqlite3.Error, TypeError):
            return False
    if int.from_bytes(before[0], "big") in (base, new & 0xFFFFFFFF):
        lost = _lost_steps(path, max(0, frames))
        if lost:
            steps = "the last step is" if lost == 1 else f"the last {lost} steps are"
            told.append(f"{wal_of(path).name} is damaged: {steps} lost")
        return True
    told.append(f"{wal_of(path).name} belongs to another state of {path.name} and was left out")
    _copy(path, copy)
    log.unlink(missing_ok=True)
    return True


def _lost_steps(path: Path, frames: int) -> int:
    """Return how many transactions a log holds beyond the frames that SQLite found sound.

    It stops at the first sum that is wrong, as if that were where a killed program had stopped; but
    that leaves no frame behind it that ends a transaction.
    """
    if not _log_bytes(path, []):
        return 0
    ends: list[bytes] = []
    with open_file(wal_of(path)) as file:
        file.seek(_LOG_HEADER + frames * (_FRAME_HEADER + PAGE))
        while len(frame := file.read(_FRAME_HEADER + PAGE)) == _FRAME_HEADER + PAGE:
            if frame[4:8] != bytes(4):
                ends.append(frame[8:16])
    # Frames of an earlier log have other salts.
    return ends.count(ends[0]) if ends else 0


def _log_bytes(path: Path, told: list[str]) -> int:
    """Return the size of a database's log, 0 where there is none that may be read."""
    log = wal_of(path)
    if not os.path.lexists(log):
        return 0
    try:
        with open_file(log) as file:
            return file.seek(0, os.SEEK_END)
    except FormatError as error:
        told.append(f"{error}; it was left out")
        return 0


def _mended(path: Path, copy: Path) -> None:
    """Copy a database whose first page or end is damaged, with a first page that reads.

    All databases have the same tables in the same places, so that another's first page will do.
    """
    _copy(path, copy)
    wal_of(copy).unlink(missing_ok=True)
    fresh = copy.with_name("fresh")
    make_database(fresh, lambda _: None)
    page = bytearray(fresh.read_bytes()[:PAGE])
    with copy.open("r+b") as file:
        pages = max(2 + NUM_TABLES, -(-file.seek(0, os.SEEK_END) // PAGE))
        file.truncate(pages * PAGE)
        page[28:32] = pages.to_bytes(4, "big")
        file.seek(0)
        file.write(page)


def _copy(source: Path, target: Path) -> None:
    with open_file(source) as file, target.open("wb") as made:
        shutil.copyfileobj(file, made, 1 << 20)


def _connected(path: Path, options: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        uri_of(path, options), uri=True, isolation_level=None, check_same_thread=False, timeout=0
    )
    # What fails here is told by whoever looks whether it is readable.
    with suppress(sqlite3.Error):
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        harden(connection)
    return connection
