"""How long our own code holds the UI thread: the longest time of each kind of callback."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

__all__ = ["Holds"]

P = ParamSpec("P")
T = TypeVar("T")


class Holds:
    """A stopwatch around callbacks, for measurements from outside."""

    def __init__(self) -> None:
        """Start with nothing measured."""
        self.longest_s: dict[str, float] = {}

    def timed(self, name: str, function: Callable[P, T]) -> Callable[P, T]:
        """Return the function with its longest time kept under a name."""

        def measured(*args: P.args, **kwargs: P.kwargs) -> T:
            start = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                taken = time.perf_counter() - start
                if taken > self.longest_s.get(name, 0.0):
                    self.longest_s[name] = taken

        return measured

    def reset(self) -> None:
        """Forget what was measured."""
        self.longest_s.clear()
