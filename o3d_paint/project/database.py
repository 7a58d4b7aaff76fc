"""``project.sqlite``: its tables, how it is made, and opened where it may come from anybody.

While it is open, finished steps are in ``project.sqlite-wal`` beside it; closing folds them in.
What is promised, and why, is on the page ``assets/docs/project-store.md``.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from o3d_paint.io.files import open_file
from o3d_paint.io.part_files import part_folder
from o3d_paint.io.store import move_into_place

__all__ = [
    "APPLICATION",
    "FORMAT",
    "NAME",
    "NUM_TABLES",
    "PAGE",
    "checksum",
    "connected_for_writing",
    "copy_into",
    "fold",
    "harden",
    "is_readable",
    "make_database",
    "make_tables",
    "transaction",
    "uri_of",
    "wal_of",
]

FORMAT = 4
"""Of the projects that are written; 1 to 3 were folders of files."""
NAME = "project.sqlite"
APPLICATION = 0x4F3344
"""In the header: "O3D", before the format's number."""
PAGE = 4096
"""Bytes of a page."""
_ROW_BYTES = 1 << 30  # what SQLite itself takes at most is a little less
_TABLES = {
    # One row: what `Document` says, as JSON, and the number of the last edit that it knows.
    "document": "CREATE TABLE document (id INTEGER PRIMARY KEY, seq, data, sum)",
    # By position of the photo in the document.
    "mask": "CREATE TABLE mask (photo INTEGER PRIMARY KEY, seq, height, width, labels, objects,"
    " sum)",
    # One row: labels laid on points, predictions accepted for them.
    "points": "CREATE TABLE points (id INTEGER PRIMARY KEY, seq, count, laid, accepted, percents,"
    " objects, sum)",
    # What was done, undone and redone, in that order; ``step`` is the edit that has the data.
    "edit": "CREATE TABLE edit (seq INTEGER PRIMARY KEY, kind, step, object, data, sum)",
    # One row: which database file the log beside it belongs to.
    "log": "CREATE TABLE log (id INTEGER PRIMARY KEY, base)",
}


NUM_TABLES = len(_TABLES)


def checksum(*parts: int | str | bytes | None) -> bytes:
    """Return a sum over the values of a row: SQLite notices no bit that flips."""
    digest = hashlib.blake2b(digest_size=8)
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode()
        digest.update(b"%d:" % len(data))
        digest.update(data)
    return digest.digest()


def wal_of(path: Path) -> Path:
    """Return the name of a database's write-ahead log."""
    return path.with_name(path.name + "-wal")


def make_database(path: Path, fill: Callable[[sqlite3.Connection], None]) -> None:
    """Make a database in place of what is there, whole or not at all.

    Raises:
        StorageError: It cannot be written.
        OSError: It cannot be written.
        sqlite3.Error: It cannot be written.
    """
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as made:
        make_tables(made)
        made.execute("BEGIN")
        fill(made)
        made.execute("COMMIT")
        copy_into(made, path)


def make_tables(made: sqlite3.Connection) -> None:
    """Make the tables of a project in a new database."""
    made.execute(f"PRAGMA page_size={PAGE}")
    for sql in _TABLES.values():
        made.execute(sql)
    made.execute("INSERT INTO log VALUES (1, 0)")
    made.execute(f"PRAGMA user_version={_new_number()}")
    made.execute(f"PRAGMA application_id={APPLICATION << 8 | FORMAT}")


def copy_into(source: sqlite3.Connection, path: Path) -> None:
    """Copy a whole database to a file, in place of what is there.

    Raises:
        StorageError: It cannot be written.
        OSError: It cannot be written.
        sqlite3.Error: It cannot be written, or the source is damaged.
    """
    with part_folder(path.parent) as folder:
        part = folder / path.name
        source.execute("VACUUM INTO ?", (str(part),))
        with part.open("r+b") as file:
            # What "PRAGMA journal_mode=wal" changes in the header.
            file.seek(18)
            file.write(b"\2\2")
        move_into_place(part, path)


def connected_for_writing(path: Path) -> sqlite3.Connection:
    """Open a database that is locked by us, looks sound, and lies beside no log but its own.

    The index of the log is kept in memory, not in a file that processes share: nobody else opens
    the database, so that this works on network folders, too.

    Raises:
        sqlite3.Error: It cannot be opened.
        OSError: It is no plain file.
    """
    problem: sqlite3.Error | None = None
    # Some network disks know no locks of the operating system: then our own lock must do.
    for options in ("mode=rw", "mode=rw&vfs=unix-none")[: 1 if os.name == "nt" else 2]:
        connection = sqlite3.connect(
            uri_of(path, options),
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            timeout=0,
        )
        try:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            harden(connection)
            (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
            if mode == "wal":
                connection.execute("PRAGMA synchronous=NORMAL")
                connection.execute("PRAGMA wal_autocheckpoint=0")
                _require_schema(connection, path)
                fold(connection, path)
                return connection
            problem = sqlite3.OperationalError(f"journal mode {mode}")
        except sqlite3.Error as error:
            problem = error
        except BaseException:
            connection.close()
            raise
        connection.close()
    assert problem is not None
    raise problem


def fold(connection: sqlite3.Connection, path: Path) -> None:
    """Bring all of the log into the database and onto the disk, and begin the log anew.

    Two numbers say which log belongs to which file, since a synchronising program may put back one
    of them: the first transaction of a log notes the number in the file, and gives it another one;
    before it is folded it gets a third.

    Raises:
        sqlite3.Error: It cannot be written.
        OSError: It cannot be read.
    """
    connection.execute(f"PRAGMA user_version={_new_number()}")
    busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        msg = "its log cannot be folded in"
        raise sqlite3.OperationalError(msg)
    with open_file(path) as file:
        base = int.from_bytes(file.read(64)[60:], "big")
    with transaction(connection):
        connection.execute("UPDATE log SET base = ? WHERE id = 1", (base,))
        connection.execute(f"PRAGMA user_version={_new_number()}")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Change a database wholly or not at all.

    Raises:
        sqlite3.Error: It cannot be written.
    """
    if connection.in_transaction:  # where a disk that failed refused even to take it back
        connection.execute("ROLLBACK")
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
        raise


def harden(connection: sqlite3.Connection) -> None:
    """Trust nothing that the file says of itself, as far as this SQLite can be told."""
    connection.execute("PRAGMA trusted_schema=OFF")
    connection.execute("PRAGMA cell_size_check=ON")
    connection.execute("PRAGMA mmap_size=0")
    if sys.version_info >= (3, 11):
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _ROW_BYTES)
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 1)
    if sys.version_info >= (3, 12):
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE, True)


def is_readable(connection: sqlite3.Connection) -> bool:
    """Return whether a database has our tables and nothing else: no trigger, view or index."""
    try:
        found = connection.execute(
            "SELECT type, name, sql FROM sqlite_master LIMIT ?", (len(_TABLES) + 1,)
        ).fetchall()
    except sqlite3.Error:
        return False
    return sorted(found) == sorted(("table", name, sql) for name, sql in _TABLES.items())


def _require_schema(connection: sqlite3.Connection, path: Path) -> None:
    if not is_readable(connection):
        msg = f"{path} holds other tables than a project"
        raise sqlite3.DatabaseError(msg)


def uri_of(path: Path, options: str) -> str:
    """Return the name of a database for SQLite, with options such as ``mode=ro``."""
    name = quote(os.fsencode(path.absolute().as_posix()))
    # SQLite takes what follows two slashes for a host.
    return f"file://{name if name.startswith('/') else f'/{name}'}?{options}"


def _new_number() -> int:
    return secrets.randbelow(1 << 31)
