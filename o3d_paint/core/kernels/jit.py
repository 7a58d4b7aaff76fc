"""The one way in which loops are compiled; import late, loading numba costs a quarter second."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

__all__ = ["Ints", "kernel"]

Ints = Any
"""An integer array inside a kernel, whose checking is the compiler's."""

_Function = TypeVar("_Function", bound=Callable[..., Any])


def kernel(function: _Function) -> _Function:
    """Compile a loop: kept on disk, free of the interpreter's lock, exact floating point."""
    compiled: _Function = njit(cache=True, nogil=True)(function)
    return compiled
