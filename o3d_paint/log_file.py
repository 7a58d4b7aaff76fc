"""The log file: what an error was in full, where the user is told one sentence."""

from __future__ import annotations

import logging
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path

from o3d_paint.folders import cache_folder

__all__ = ["log_file", "record_failure", "start_log"]

_LOG = logging.getLogger("o3d_paint")
_BYTES = 1_000_000


def log_file() -> Path:
    """Return where errors are written."""
    return cache_folder() / "o3d-paint.log"


def start_log() -> None:
    """Write warnings and errors to the log file; a folder that cannot be written is no reason."""
    if any(isinstance(handler, RotatingFileHandler) for handler in _LOG.handlers):
        return
    try:
        handler = _handler()
    except OSError:
        return
    _LOG.addHandler(handler)
    _LOG.setLevel(logging.INFO)
    _LOG.propagate = False


def record_failure(what: str, error: BaseException) -> str:
    """Write an error with its traceback to the log file, whether or not `start_log` was called.

    A library must not change how the program that uses it logs, so the file is opened for this
    one entry.

    Args:
        what: What failed, for the entry's first line.
        error: With its traceback.

    Returns:
        The end of a sentence that says where the traceback is; "" where it cannot be written.
    """
    entry = logging.LogRecord(
        _LOG.name,
        logging.ERROR,
        sys.argv[0] if sys.argv else "",
        0,
        what,
        None,
        (type(error), error, error.__traceback__),
    )
    try:
        handler = _handler(_StrictHandler)
        try:
            handler.handle(entry)
        finally:
            handler.close()
    except OSError:
        return ""
    return f"the traceback is in {log_file()}"


class _StrictHandler(RotatingFileHandler):
    """Raises what keeps it from writing, such as a full disk."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Hand the error on that is being handled."""
        error = sys.exc_info()[1]
        if error is not None:
            raise error


def _handler(kind: type[RotatingFileHandler] = RotatingFileHandler) -> RotatingFileHandler:
    log_file().parent.mkdir(parents=True, exist_ok=True)
    handler = kind(
        log_file(), maxBytes=_BYTES, backupCount=1, encoding="utf-8", errors="backslashreplace"
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    return handler
