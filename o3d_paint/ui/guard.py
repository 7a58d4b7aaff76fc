"""Every callback of the window runs inside a guard: an error is told, and the program goes on.

Open3D hands exceptions of callbacks to the main loop, and some of them end the process. So none
gets out: the log file has the whole story, the user one sentence, the toolkit a safe answer.
"""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from o3d_paint.errors import PaintError
from o3d_paint.io.disk_errors import disk_sentence
from o3d_paint.log_file import log_file
from o3d_paint.ui.callback_times import CallbackTimes

__all__ = ["Guard"]

P = ParamSpec("P")
T = TypeVar("T")
_LOG = logging.getLogger("o3d_paint")
_REPEAT_S = 5.0


class Guard:
    """Wraps callbacks.

    Args:
        tell: Shows a sentence to the user.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._told: dict[str, float] = {}
        self.callback_times = CallbackTimes()

    def wrap(self, function: Callable[P, T], fallback: T) -> Callable[P, T]:
        """Return a function that answers ``fallback`` where the given one fails."""
        name = getattr(function, "__qualname__", str(function))

        @functools.wraps(function)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
            try:
                return function(*args, **kwargs)
            except Exception as error:
                self.report(error)
                return fallback

        return self.callback_times.timed(name, guarded)

    def report(self, error: Exception) -> None:
        """Log an error and tell the user, the same sentence not more than every few seconds."""
        if isinstance(error, PaintError):
            sentence = str(error)
            _LOG.warning("%s", sentence)
        elif isinstance(error, OSError) and error.errno is not None:
            sentence = disk_sentence(error)
            _LOG.error("disk", exc_info=error)
        else:
            sentence = f"Something went wrong: {error or type(error).__name__} (see {log_file()})"
            _LOG.error("unexpected error", exc_info=error)
        now = time.monotonic()
        if now - self._told.get(sentence, -_REPEAT_S) >= _REPEAT_S:
            self._told[sentence] = now
            self._tell(sentence)
