"""Work that can wait a few ticks, so that no tick holds up the hand."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["IdleQueue"]


class IdleQueue:
    """Small jobs of the UI thread, done one after another between events."""

    def __init__(self) -> None:
        """Start with nothing to do."""
        self._waiting: dict[str, Callable[[], object]] = {}

    def __contains__(self, name: str) -> bool:
        """Return whether a job waits."""
        return name in self._waiting

    @property
    def are_done(self) -> bool:
        """Whether nothing waits."""
        return not self._waiting

    def add(self, name: str, job: Callable[[], object]) -> None:
        """Do a job soon; one of the same name that waits already stands for both."""
        self._waiting.setdefault(name, job)

    def clear(self) -> None:
        """Forget what waits."""
        self._waiting.clear()

    def work(self, seconds: float) -> None:
        """Do the first job, and more while there is time."""
        end = time.perf_counter() + seconds
        while self._waiting:
            name = next(iter(self._waiting))
            self._waiting.pop(name)()
            if time.perf_counter() >= end:
                return
