"""How long our own code holds the UI thread: the longest time of each kind of callback.

Processor time of the thread counts, since on a busy machine the clock also counts the waiting for
others. The clock's time is kept beside it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

__all__ = ["CallbackTimes"]

P = ParamSpec("P")
T = TypeVar("T")


class CallbackTimes:
    """A stopwatch around callbacks, for measurements from outside."""

    def __init__(self) -> None:
        """Start with nothing measured."""
        self.longest_s: dict[str, float] = {}
        self.longest_wall_s: dict[str, float] = {}

    def timed(self, name: str, function: Callable[P, T]) -> Callable[P, T]:
        """Return the function with its longest time kept under a name."""

        def measured(*args: P.args, **kwargs: P.kwargs) -> T:
            start, start_wall = time.thread_time(), time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                _keep_longest(self.longest_s, name, time.thread_time() - start)
                _keep_longest(self.longest_wall_s, name, time.perf_counter() - start_wall)

        return measured

    def reset(self) -> None:
        """Forget what was measured."""
        self.longest_s.clear()
        self.longest_wall_s.clear()


def _keep_longest(times: dict[str, float], name: str, taken: float) -> None:
    if taken > times.get(name, 0.0):
        times[name] = taken
