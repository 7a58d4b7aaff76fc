"""A tiny typed observer: models say what changed, and do not know who listens."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Generic, ParamSpec

__all__ = ["Signal", "weakly"]

P = ParamSpec("P")


def weakly(method: Callable[P, object]) -> Callable[P, None]:
    """Return a function that calls a bound method, and does not keep its object.

    For an object that listens to its own signals, or hands its methods to its parts: else it would
    hold itself, and its scene with it, until Python looks for circles, which may be gigabytes late.
    """
    known = weakref.WeakMethod(method)

    def call(*args: P.args, **kwargs: P.kwargs) -> None:
        found = known()
        if found is not None:
            found(*args, **kwargs)

    return call


class Signal(Generic[P]):
    """Something that can happen, with the arguments that listeners get.

    Listeners are called in the order in which they connected, on the thread that emits.
    """

    __slots__ = ("_listeners",)

    def __init__(self) -> None:
        """Start without listeners."""
        self._listeners: list[Callable[P, object]] = []

    def connect(self, listener: Callable[P, object]) -> Callable[[], None]:
        """Call ``listener`` from now on; returns the function that ends it."""
        self._listeners.append(listener)

        def disconnect() -> None:
            # By identity: bound methods and arrays' owners may define odd equalities.
            self._listeners = [known for known in self._listeners if known is not listener]

        return disconnect

    def emit(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Tell all listeners; one that fails does not keep the others from hearing.

        Raises:
            Exception: The first error of a listener, after all have been called.
        """
        errors: list[Exception] = []
        for listener in tuple(self._listeners):
            try:
                listener(*args, **kwargs)
            except Exception as error:
                errors.append(error)
        if errors:
            raise errors[0]
