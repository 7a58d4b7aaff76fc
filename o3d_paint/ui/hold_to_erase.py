"""The eraser's key: a tap takes the eraser, holding it erases for a moment."""

from __future__ import annotations

import time

from o3d_paint.ui.editor import Editor

__all__ = ["HoldToErase"]

_HOLD_S = 0.35


class HoldToErase:
    """Remembers the tool before the eraser while its key is down.

    Args:
        editor: Whose tool it is.
    """

    def __init__(self, editor: Editor) -> None:
        self._editor = editor
        self._before = ""
        self._since = 0.0
        self._was_used = False
        editor.sketch_changed.connect(self._gesture_moved)

    def press(self) -> None:
        """The key went down, or the command was chosen."""
        tool = self._editor.state.tool
        # A repeat of the held key, which not every system marks as one, changes nothing.
        if tool != "eraser":
            self._before, self._since = tool, time.monotonic()
            self._was_used = False
            self._editor.choose_tool("eraser")

    def release(self) -> None:
        """The key went up: after a while, or a stroke, the tool before comes back."""
        before, self._before = self._before, ""
        # On a slow renderer both events can arrive together, with the stroke between them.
        if before and (self._was_used or time.monotonic() - self._since >= _HOLD_S):
            self._editor.release()
            self._editor.choose_tool(before)

    def _gesture_moved(self) -> None:
        self._was_used |= self._editor.is_painting
