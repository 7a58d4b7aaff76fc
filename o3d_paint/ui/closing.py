"""Tells the window being closed from Escape, for which Open3D asks to close it as well."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from o3d_paint.ui.events import KeyEvent

__all__ = ["CloseRequest"]


class CloseRequest:
    """A wish to close the window that may turn out to be Escape.

    Open3D asks to close first and passes the key afterwards, or keeps it to itself while its own
    widgets have the mouse; of a press that it kept the release may still arrive.
    """

    def __init__(self) -> None:
        """Start without a wish."""
        self._is_pending = False

    def asked(self) -> None:
        """The toolkit asks whether the window may close."""
        self._is_pending = True

    def key(self, event: KeyEvent) -> KeyEvent:
        """Return a key event as what it means: a lone release of Escape as the press it was."""
        if event.key != "Escape":
            return event
        was_pending, self._is_pending = self._is_pending, False
        return replace(event, is_down=True) if was_pending else event

    def decide(self, *, hides_keys: bool) -> Literal["close", "escape"] | None:
        """Return what the wish was, once all events are through; None where there was none.

        Args:
            hides_keys: Whether the toolkit may have kept keys to itself.
        """
        was_pending, self._is_pending = self._is_pending, False
        if not was_pending:
            return None
        return "escape" if hides_keys else "close"
